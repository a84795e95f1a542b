import { z } from 'zod';

import type { Clock } from '../../src/kit/clock.ts';
import { QUERY_ADDRESS_CHARACTERS_MAX } from '../limits.ts';
import { answeredAt, parseJson, refused } from './answer.ts';
import { AnswerRecord } from './records.ts';
import type { OrgSession } from './session.ts';
import { encoded, fieldGroups, lists, queryText, type Query } from './soql.ts';

export interface QueryAnswer {
  readonly records: readonly AnswerRecord[];
  /** As Salesforce answered, before records that changed in between were left out. */
  readonly answered: { readonly count: number; readonly last: AnswerRecord | undefined };
  /** False where Salesforce kept some of the records for a further page. */
  readonly done: boolean;
  /** Salesforce's clock at the first answer. */
  readonly asOf: string;
}

interface Asking {
  readonly session: OrgSession;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const Answer = z.object({
  done: z.boolean(),
  records: z.array(AnswerRecord),
  nextRecordsUrl: z.string().optional(),
});

/** Ids in one list of a further field group: few enough for the address, many enough for one call in most cases. */
const IDS_PER_LIST = 200;

/**
 * One answer to a query: its first page. A query too wide for one address is asked in groups of fields; a record that
 * is not in every answer has changed meanwhile and is left out, since it comes again with a later stamp.
 */
export async function query(asking: Asking, wanted: Query): Promise<QueryAnswer> {
  const keep = wanted.fields.filter((name) =>
    ['Id', 'IsDeleted', ...(wanted.order ?? '').split(',')].includes(name),
  );
  const rest = encoded(queryText({ ...wanted, fields: keep }));
  const [first = keep, ...others] = fieldGroups(
    wanted.fields,
    keep,
    QUERY_ADDRESS_CHARACTERS_MAX - rest,
  );
  const answer = await ask(asking, { ...wanted, fields: first });
  let records = answer.records;
  for (const fields of others) {
    const more = new Map(
      (await byIds(asking, { ...wanted, fields }, records)).map((record) => [record.Id, record]),
    );
    records = records.flatMap((record) => {
      const found = more.get(record.Id);
      return found === undefined ? [] : [{ ...record, ...found }];
    });
  }
  return { ...answer, records };
}

/** Every record of a query, over all its pages. */
export async function queryAll(asking: Asking, wanted: Query): Promise<readonly AnswerRecord[]> {
  const records: AnswerRecord[] = [];
  let page = await query(asking, wanted);
  records.push(...page.records);
  // Continued by Id and not by Salesforce's cursor, of which a user may hold ten.
  while (!page.done) {
    const { last } = page.answered;
    if (last === undefined) break;
    const where = `(${wanted.where}) AND Id > '${last.Id}'`;
    page = await query(asking, { ...wanted, where });
    records.push(...page.records);
  }
  return records;
}

async function byIds(
  asking: Asking,
  wanted: Query,
  records: readonly AnswerRecord[],
): Promise<readonly AnswerRecord[]> {
  const ids = records.map(({ Id }) => Id);
  const found: AnswerRecord[] = [];
  const { object, fields, deleted } = wanted;
  for (const where of lists({ object, fields, deleted }, 'Id', ids, IDS_PER_LIST)) {
    found.push(...(await ask(asking, { object, fields, deleted, where })).records);
  }
  return found;
}

async function ask({ session, clock, signal }: Asking, wanted: Query): Promise<QueryAnswer> {
  const resource = wanted.deleted ? 'queryAll' : 'query';
  const version = await session.version(signal);
  const answer = await session.send({
    method: 'GET',
    path: `/services/data/${version}/${resource}?q=${encodeURIComponent(queryText(wanted))}`,
    headers: { 'sforce-query-options': 'batchSize=2000', 'accept-encoding': 'identity' },
    signal,
  });
  if (answer.statusCode !== 200) {
    throw await refused(answer, `A query of ${wanted.object} was refused`);
  }
  const asOf = answeredAt(answer, clock.now());
  const { done, records } = Answer.parse(parseJson(await answer.body.text()));
  return { done, records, asOf, answered: { count: records.length, last: records.at(-1) } };
}
