import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { quoteLiteral } from '../../src/kit/identifiers.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { SEED_BATCH_RECORDS, SEED_RECORDS_MAX, SEED_STAMP_SPAN_SECONDS } from '../limits.ts';
import type { Org } from '../org.ts';
import { fillSummariesOver } from '../records/fill-summaries.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, tableName } from '../store/layout.ts';
import { INSTANCE } from '../store/record-id.ts';
import { generated } from './generated-values.ts';

export interface Seeding {
  readonly object: string;
  readonly count: number;
  /** The same seed makes the same values. */
  readonly seed: number;
}

/**
 * Makes many records at once, inside PostgreSQL: two million rows never pass through this process. Their values depend
 * on the seed and the row's number only; ids and stamps are the org's next ones. No journal entries: such records were
 * there before anybody listened. Each batch is a transaction; a crash leaves the whole batches done so far.
 */
export async function generateRecords(
  org: Org,
  { object: name, count, seed }: Seeding,
): Promise<number> {
  const object = org.schema().findObject(name);
  if (
    object === undefined ||
    object.isView ||
    object.keyPrefix === null ||
    !object.flags.createable
  ) {
    throw new SalesforceError('INVALID_TYPE', `sObject type '${name}' cannot be seeded.`);
  }
  if (count > SEED_RECORDS_MAX)
    throw new SalesforceError('LIMIT_EXCEEDED', `At most ${SEED_RECORDS_MAX} records at a time`);
  const now = new Date(Math.floor(org.clock.now() / 1_000) * 1_000);
  for (let done = 0; done < count; done += SEED_BATCH_RECORDS) {
    const size = Math.min(SEED_BATCH_RECORDS, count - done);
    await inTransaction(
      org.pool,
      (client) =>
        generateBatch(client, { org, object, seed, now, from: done + 1, to: done + size, count }),
      // A batch of wide records takes longer than a request may.
      'begin; set local statement_timeout = 0',
    );
  }
  await inTransaction(org.pool, (client) =>
    fillSummariesOver(client, org.schema(), {
      child: object,
      reader: { now, userId: org.adminUserId },
    }),
  );
  await org.pool.query(`analyze ${tableName(object)}`);
  return count;
}

interface Batch {
  readonly org: Org;
  readonly object: ObjectDef;
  readonly seed: number;
  readonly now: Date;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

async function generateBatch(client: pg.ClientBase, batch: Batch): Promise<void> {
  const { org, object, seed, now, from, to, count } = batch;
  const first = await reserveNumbers(client, to - from + 1);
  const parents = await readParents(client, org, object);
  const fields = object.fields.filter(
    (field) =>
      field.column !== null && field.generated === null && !field.calculated && field.name !== 'Id',
  );
  const columns: string[] = ['"id"'];
  const values: string[] = [
    `salesforce_id(${quoteLiteral(present(object.keyPrefix, 'prefix'))}, ${quoteLiteral(INSTANCE)}, ${first} + n - ${from})`,
  ];
  for (const [salt, field] of fields.entries()) {
    const value =
      systemValue(field, org) ?? generated(field, { salt, parents: parents.get(field.name) ?? [] });
    if (value === undefined) continue;
    columns.push(columnName(field));
    values.push(value);
  }
  await client.query(
    `/* generateRecords */ insert into ${tableName(object)} (${columns.join(', ')})
select ${values.join(', ')}
  from (select n, $1::bigint as seed,
               $4::timestamptz - make_interval(secs => ${SEED_STAMP_SPAN_SECONDS} - floor(n::numeric * ${SEED_STAMP_SPAN_SECONDS} / $5)::integer) as stamp
          from generate_series($2::bigint, $3::bigint) as n) as row`,
    [seed, from, to, now, count],
  );
}

/** A run of numbers for ids; nextval alone would hand them out one by one. */
async function reserveNumbers(client: pg.ClientBase, count: number): Promise<string> {
  await client.query(`/* reserveNumbers */ select pg_advisory_xact_lock(7251906)`);
  const { rows } = await client.query(
    `/* reserveNumbers */ select (setval('record_number', nextval('record_number') + $1) - $1 + 1)::text as number`,
    [count],
  );
  const [row] = z.array(z.object({ number: z.string() })).parse(rows);
  return present(row, 'number').number;
}

function systemValue(field: FieldDef, org: Org): string | undefined {
  switch (field.name) {
    case 'CreatedDate':
    case 'LastModifiedDate':
    case 'SystemModstamp':
      return 'stamp';
    case 'CreatedById':
    case 'LastModifiedById':
    case 'OwnerId':
      return quoteLiteral(org.adminUserId);
    default:
      return undefined;
  }
}

const PARENTS_MAX = 1_000;

/** Some existing parents for each reference that should have one: the account of a contact, custom lookups, whatever is required. */
async function readParents(
  client: pg.ClientBase,
  org: Org,
  object: ObjectDef,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const parents = new Map<string, readonly string[]>();
  for (const field of object.fields) {
    if (
      field.type !== 'reference' ||
      !(field.required || field.custom || field.name === 'AccountId')
    )
      continue;
    const parent = org.schema().findObject(field.referenceTo[0] ?? '');
    if (parent === undefined || parent.isView || parent === object) continue;
    const { rows } = await client.query(
      `/* readParents */ select "id" as id from ${tableName(parent)} where not "isdeleted" order by "id" limit ${PARENTS_MAX}`,
    );
    parents.set(
      field.name,
      z
        .array(z.object({ id: z.string() }))
        .parse(rows)
        .map(({ id }) => id),
    );
  }
  return parents;
}
