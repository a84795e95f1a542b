import { z } from 'zod';

import { DELETED_DAYS_MAX, REPLICATION_IDS_MAX, UPDATED_DAYS_MAX } from '../limits.ts';
import { settledUntil } from '../records/stamp.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { columnName, tableName } from '../store/layout.ts';
import type { ObjectDef } from '../schema/schema.ts';
import type { FieldDef } from '../schema/field.ts';
import { ok, type Handler, type RestRequest } from './request.ts';
import { getObject } from './sobjects.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

interface Window {
  readonly start: Date;
  readonly end: Date;
  /** Until here no row can any more appear: the next call's start. */
  readonly covered: Date;
}

/** `?start&end`: ISO times with zone; at least a minute apart, not too far back. */
function readWindow(request: RestRequest, daysMax: number): Window {
  const start = readTime(request, 'start');
  const end = readTime(request, 'end');
  if (end.getTime() <= start.getTime()) {
    throw new SalesforceError('INVALID_REPLICATION_DATE', 'startDate must be before endDate');
  }
  if (end.getTime() - start.getTime() < MINUTE_MS) {
    throw new SalesforceError(
      'INVALID_REPLICATION_DATE',
      'endDate must be at least one minute greater than startDate',
    );
  }
  if (start.getTime() < request.org.clock.now() - daysMax * DAY_MS) {
    throw new SalesforceError(
      'INVALID_REPLICATION_DATE',
      `startDate before org replication enabled date or more than ${daysMax} days ago`,
    );
  }
  const settled = settledUntil(request.org.clock, request.org.settings);
  return { start, end, covered: settled < end ? settled : end };
}

function readTime({ query }: RestRequest, name: string): Date {
  const text = query
    .get(name)
    ?.replace(/ (\d{2}:?\d{2})$/, '+$1')
    .replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  const time = new Date(text ?? '');
  if (text === undefined || !/\d{4}-\d{2}-\d{2}T/.test(text) || Number.isNaN(time.getTime())) {
    throw new SalesforceError(
      'INVALID_QUERY_FILTER_OPERATOR',
      `${name} must be an ISO 8601 time with a zone`,
      { status: 400 },
    );
  }
  return time;
}

function isoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, '.000+0000');
}

function replicated(request: RestRequest): { object: ObjectDef; stamp: FieldDef } {
  const object = getObject(request);
  const stamp = object.fields.find(({ name }) => name === 'SystemModstamp');
  if (!object.flags.replicateable || stamp === undefined) {
    throw new SalesforceError(
      'INVALID_TYPE_FOR_OPERATION',
      `entity ${object.name} is not replicateable`,
    );
  }
  return { object, stamp };
}

const IdRow = z.object({ id: z.string() });

export const updated: Handler = async (request) => {
  const { object, stamp } = replicated(request);
  const { start, end, covered } = readWindow(request, UPDATED_DAYS_MAX);
  const { rows } = await request.org.pool.query(
    `/* updated */ select "id" as id from ${tableName(object)}
 where ${columnName(stamp)} >= $1 and ${columnName(stamp)} < $2 and not "isdeleted" order by ${columnName(stamp)}, "id" limit ${REPLICATION_IDS_MAX + 1}`,
    [start, end],
  );
  checkIds(rows.length);
  return ok({
    ids: z
      .array(IdRow)
      .parse(rows)
      .map(({ id }) => id),
    latestDateCovered: isoSeconds(covered),
  });
};

const DeletedRow = z.object({ id: z.string(), time: z.date() });

export const deleted: Handler = async (request) => {
  const { object, stamp } = replicated(request);
  const { start, end, covered } = readWindow(request, DELETED_DAYS_MAX);
  const { rows } = await request.org.pool.query(
    `/* deleted */ select id, time from (
  select "id" as id, ${columnName(stamp)} as time from ${tableName(object)} where ${columnName(stamp)} >= $1 and ${columnName(stamp)} < $2 and "isdeleted"
  union all
  select record_id, deleted_at from hard_deletions where entity = $3 and deleted_at >= $1 and deleted_at < $2
) as gone order by time, id limit ${REPLICATION_IDS_MAX + 1}`,
    [start, end, object.name],
  );
  checkIds(rows.length);
  return ok({
    deletedRecords: z
      .array(DeletedRow)
      .parse(rows)
      .map(({ id, time }) => ({ id, deletedDate: isoSeconds(time) })),
    earliestDateAvailable: isoSeconds(
      new Date(request.org.clock.now() - DELETED_DAYS_MAX * DAY_MS),
    ),
    latestDateCovered: isoSeconds(covered),
  });
};

function checkIds(count: number): void {
  if (count > REPLICATION_IDS_MAX) {
    throw new SalesforceError(
      'EXCEEDED_ID_LIMIT',
      `more than ${REPLICATION_IDS_MAX} ids in the given time: ask for a shorter one`,
    );
  }
}
