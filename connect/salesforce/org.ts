import { z } from 'zod';

import { assert } from '../../src/kit/assert.ts';
import type { Clock } from '../../src/kit/clock.ts';
import type { MappingPlan } from '../core/plan.ts';
import type { OrgRecord } from '../core/row.ts';
import { fault } from '../faults.ts';
import {
  CLOCK_SKEW_MAX_MS,
  DELETED_DAYS_MAX,
  SEARCHED_RECORDS_MAX,
  WRITE_RECORDS_MAX,
} from '../limits.ts';
import type { Org } from '../ports.ts';
import { parseJson, refused } from './answer.ts';
import { BulkQuery } from './bulk-query.ts';
import { query, queryAll } from './query.ts';
import { orgRecord } from './records.ts';
import type { OrgSession } from './session.ts';
import { changesQuery, dateTime, fieldsOf, lists, literal, type Query } from './soql.ts';
import { write } from './write.ts';

const DAY_MS = 86_400_000;
const READ_BACK_PER_QUERY = 200;

/** An org as the engine sees it, over REST and Bulk 2.0. */
export function salesforceOrg(session: OrgSession, clock: Clock): Org {
  const bulk = new BulkQuery(session, clock);
  return {
    async changesSince(plan, window, signal) {
      const { stampField } = plan;
      assert(stampField !== null, 'an object without a stamp is not swept');
      const answer = await query({ session, clock, signal }, changesQuery(plan, window));
      const { count, last } = answer.answered;
      return {
        records: answer.records.map((record) => orgRecord(plan, session.userId, record)),
        end: last === undefined ? null : { stamp: z.string().parse(last[stampField]), id: last.Id },
        more: last !== undefined && (!answer.done || count >= window.max),
        asOf: answer.asOf,
      };
    },
    async readBack(plan, { sfids, keys }, signal) {
      const asking = { session, clock, signal };
      const base: Omit<Query, 'where'> = {
        object: plan.object,
        fields: fieldsOf(plan),
        order: 'Id',
        deleted: plan.hasIsDeleted,
      };
      const records: OrgRecord[] = [];
      const read = async (field: string, values: readonly string[]): Promise<OrgRecord[]> => {
        const found: OrgRecord[] = [];
        for (const where of lists(base, field, values, READ_BACK_PER_QUERY)) {
          const answers = await queryAll(asking, { ...base, where });
          found.push(...answers.map((record) => orgRecord(plan, session.userId, record)));
        }
        return found;
      };
      records.push(...(await read('Id', sfids)));
      if (plan.externalId !== null && keys.length > 0) {
        records.push(...oneOfEachKey(plan, await read(plan.externalId.field, keys)));
      }
      return records;
    },
    async createdBySelf(plan, since, signal) {
      return createdBySelf({ session, clock, signal }, plan, since);
    },
    async write(plan, sends, signal) {
      assert(sends.length <= WRITE_RECORDS_MAX, 'a write is at most 200 records');
      return write({ session, plan, signal }, sends);
    },
    async deletedSince(plan, since, signal) {
      return deletedSince({ session, clock, signal }, plan, since);
    },
    createQueryJob: (plan, signal) => bulk.create(plan, signal),
    queryJobState: (jobId, signal) => bulk.state(jobId, signal),
    queryJobPage: (jobId, locator, signal) => bulk.page(jobId, locator, signal),
    usage: () => session.usage,
  };
}

interface Asking {
  readonly session: OrgSession;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Of one external id the live record, else the last that was deleted; later ones have later Ids. */
function oneOfEachKey(plan: MappingPlan, records: readonly OrgRecord[]): readonly OrgRecord[] {
  const column = plan.externalId?.column ?? '';
  const chosen = new Map<string, OrgRecord>();
  for (const record of records) {
    const key = record.values?.[column]?.toLowerCase();
    if (key === undefined) continue;
    const before = chosen.get(key);
    if (before === undefined || before.deleted) chosen.set(key, record);
  }
  return [...chosen.values()];
}

async function createdBySelf(
  asking: Asking,
  plan: MappingPlan,
  since: number,
): Promise<readonly OrgRecord[]> {
  const from = new Date(since - CLOCK_SKEW_MAX_MS).toISOString();
  const records = await queryAll(asking, {
    object: plan.object,
    fields: fieldsOf(plan),
    where: `CreatedById = ${literal(asking.session.userId)} AND CreatedDate >= ${dateTime(from)}`,
    order: 'Id',
    limit: SEARCHED_RECORDS_MAX,
    deleted: plan.hasIsDeleted,
  });
  if (records.length >= SEARCHED_RECORDS_MAX) {
    throw fault(
      'SALESFORCE_REFUSED',
      `More than ${SEARCHED_RECORDS_MAX} ${plan.object} records were created since a create whose answer was lost: the one it made cannot be told. Give the mapping an upsert field.`,
    );
  }
  return records.map((record) => orgRecord(plan, asking.session.userId, record));
}

const Deleted = z.object({
  deletedRecords: z.array(z.object({ id: z.string() })),
  latestDateCovered: z.string(),
});

async function deletedSince(
  { session, clock, signal }: Asking,
  plan: MappingPlan,
  since: string,
): Promise<{ readonly sfids: readonly string[]; readonly asOf: string }> {
  const start = Date.parse(since);
  if (clock.now() - start > DELETED_DAYS_MAX * DAY_MS) {
    throw fault(
      'SALESFORCE_REFUSED',
      `Salesforce does not say which ${plan.object} records were deleted more than ${DELETED_DAYS_MAX} days ago. Reload the mapping.`,
    );
  }
  // The resource refuses a window shorter than a minute.
  const end = Math.max(clock.now(), start + 61_000);
  const window = new URLSearchParams({
    start: seconds(start),
    end: seconds(end),
  });
  const version = await session.version(signal);
  const answer = await session.send({
    method: 'GET',
    path: `/services/data/${version}/sobjects/${plan.object}/deleted/?${window.toString()}`,
    signal,
  });
  if (answer.statusCode !== 200) {
    throw await refused(answer, `Deleted ${plan.object} records were not listed`);
  }
  const { deletedRecords, latestDateCovered } = Deleted.parse(parseJson(await answer.body.text()));
  return { sfids: deletedRecords.map(({ id }) => id), asOf: dateTime(latestDateCovered) };
}

function seconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00');
}
