import type pg from 'pg';

import { z } from 'zod';

import { quoteLiteral, quoteName } from '../../src/kit/identifiers.ts';
import type { Token } from '../core/row.ts';
import { CLOCK_SKEW_MAX_MS } from '../limits.ts';
import { IS_KEYLESS_CREATE } from './find-rows.ts';
import { columnList, columnsOf, own, type Table } from './table.ts';

const STAGE = 'pg_temp.landbridge_stage';

/** A place for a page of records, which lasts as long as the transaction. `row_id` and `held` are not Salesforce's. */
export async function createStage(client: pg.ClientBase, table: Table): Promise<string> {
  const columns = columnList(['sfid', ...columnsOf(table.plan.fields)]);
  await client.query(`create temporary table landbridge_stage on commit drop as
select ${columns}, null::integer as row_id, null::boolean as held from ${table.sql} with no data`);
  return STAGE;
}

const TEXT = 'pg_temp.landbridge_text';

/** A place for a page whose values are not trusted to fit. */
export async function createTextStage(client: pg.ClientBase, { plan }: Table): Promise<string> {
  const columns = ['sfid', ...columnsOf(plan.fields)].map((column) => `${quoteName(column)} text`);
  await client.query(
    `create temporary table landbridge_text (${columns.join(', ')}) on commit drop`,
  );
  return TEXT;
}

/**
 * Takes from the text stage what fits its columns. A record with a value that does not (longer than the field was when
 * it was mapped, say) is put down with the column it failed at, and the others go on.
 */
export async function siftStage(client: pg.ClientBase, table: Table): Promise<void> {
  const { rows } = await client.query(COLUMN_TYPES, [table.sql]);
  const types = new Map(
    z
      .array(z.object({ name: z.string(), type: z.string() }))
      .parse(rows)
      .map(({ name, type }) => [name, type]),
  );
  const columns = ['sfid', ...columnsOf(table.plan.fields)];
  const typed = columns.map((column) => ({ column, type: types.get(column) ?? 'text' }));
  const misfit = typed
    .map(
      ({ column, type }) =>
        `when not pg_input_is_valid(${quoteName(column)}, ${quoteLiteral(type)}) then ${quoteLiteral(`a value does not fit the column ${column} (${type})`)}`,
    )
    .join('\n            ');
  await client.query(
    `/* putMisfitsDown */
with judged as (select sfid, case ${misfit} end as message from ${TEXT}), gone as (
  delete from ${TEXT} t using judged j where t.sfid = j.sfid and j.message is not null returning j.sfid, j.message
)
insert into ${own(table, 'stuck')} (table_name, sfid, message) select $1, sfid, message from gone`,
    [table.plan.table],
  );
  await createStage(client, table);
  const values = typed.map(({ column, type }) => `${quoteName(column)}::${type}`).join(', ');
  await client.query(
    `/* siftStage */ insert into ${STAGE} (${columnList(columns)}) select ${values} from ${TEXT}`,
  );
}

const COLUMN_TYPES = `/* columnTypes */
select attname as name, format_type(atttypid, atttypmod) as type
  from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`;

/**
 * Brings a stage of records into a table that has rows, set by set. Local ids stay. Records that the engine has
 * something to say about (changes waiting, a write on the wire, or one that ended after the load began) are held back
 * and read again one by one, where the engine decides.
 *
 * The rows are locked first, ordered by id, and only then, in statements of their own, is the log looked at: a look in
 * the statement that locks would see the log as it was before the lock was had, and overwrite what was written meanwhile.
 */
export async function mergeStage(client: pg.ClientBase, table: Table, token: Token): Promise<void> {
  const name = table.plan.table;
  await client.query(`create index on ${STAGE} (sfid); analyze ${STAGE}`);
  await client.query(lockRows(table));
  await client.query(findRows(table));
  await client.query(holdKnownRows(table), [name, token]);
  await client.query(holdNewRecords(table), [name]);
  await client.query(holdDoubtful(table), [name, CLOCK_SKEW_MAX_MS]);
  await client.query(readHeldAgain(table), [name]);
  await client.query(updateChanged(table));
  await client.query(insertMissing(table));
  await client.query(noteSeen(table), [name]);
}

const lockRows = (table: Table): string => {
  const key = table.plan.externalId?.column;
  const byKey =
    key === undefined
      ? ''
      : ` union select t.id from ${table.sql} t join ${STAGE} s on t.${quoteName(key)} = s.${quoteName(key)} where t.sfid is null`;
  return `/* lockRows */
select 1 from ${table.sql} where id in (
  select t.id from ${table.sql} t join ${STAGE} s on t.sfid = s.sfid${byKey}
) order by id for update`;
};

const findRows = (table: Table): string => `/* findRows */
update ${STAGE} s set row_id = t.id from ${table.sql} t where t.sfid = s.sfid`;

/** Rows with changes that wait, or that the engine remembers something of. */
const holdKnownRows = (table: Table): string => `/* holdKnownRows */
update ${STAGE} set held = true where row_id in (
  select record_id from ${table.log} where table_name = $1 and state in ('NEW', 'PENDING', 'IGNORE')
  union all
  select record_id from ${own(table, 'row_sync')}
   where table_name = $1
     and (epoch > $2 or sent is not null or settled <> '{}' or bases <> '{}' or refusal is not null or parked is not null)
)`;

/** Records without a row that belong to one nevertheless: deleted by the application, or inserted by it and not yet linked. */
const holdNewRecords = (table: Table): string => {
  const key = table.plan.externalId?.column;
  const byKey =
    key === undefined
      ? ''
      : ` or ${quoteName(key)}::text in (
    select ${quoteName(key)}::text from ${table.sql} where sfid is null and ${quoteName(key)} is not null
    union all
    select sent ->> 'key' from ${own(table, 'row_sync')} where table_name = $1 and sent ->> 'key' is not null
  )`;
  return `/* holdNewRecords */
update ${STAGE} set held = true where row_id is null and (sfid in (
    select sfid from ${table.log} where table_name = $1 and state in ('NEW', 'PENDING') and sfid is not null
    union all
    select sfid from ${own(table, 'row_sync')} where table_name = $1 and sfid is not null
  )${byKey})`;
};

/** Without an external id, a record newer than a create on the wire may be that create's. */
const holdDoubtful = (table: Table): string => {
  const stamp = table.plan.fields.find(({ name }) => name === table.plan.stampField)?.column;
  const since = `(select min((sent ->> 'at')::bigint) - $2::bigint from ${own(table, 'row_sync')}
    where table_name = $1 and ${IS_KEYLESS_CREATE})`;
  const newer =
    stamp === undefined
      ? `${since} is not null`
      : `${quoteName(stamp)} >= to_timestamp(${since} / 1000.0) at time zone 'UTC'`;
  return `/* holdDoubtful */
update ${STAGE} set held = true where row_id is null and ${newer}`;
};

const readHeldAgain = (table: Table): string => `/* readHeldAgain */
insert into ${own(table, 'read_again')} (table_name, sfid)
select $1, sfid from ${STAGE} where held on conflict do nothing`;

/** Unchanged rows are left as they are: writing them again would cost their indexes and tell listeners of nothing. */
const updateChanged = (table: Table): string => {
  const columns = columnsOf(table.plan.fields);
  return `/* updateChanged */
update ${table.sql} t set ${columns.map((column) => `${quoteName(column)} = s.${quoteName(column)}`).join(', ')}
  from ${STAGE} s
 where t.id = s.row_id and s.held is null
   and row(${columnList(columns, 't.')}) is distinct from row(${columnList(columns, 's.')})`;
};

const insertMissing = (table: Table): string => {
  const columns = columnList(['sfid', ...columnsOf(table.plan.fields)]);
  return `/* insertMissing */
insert into ${table.sql} (${columns}) select ${columns} from ${STAGE} where row_id is null and held is null`;
};

const noteSeen = (table: Table): string => `/* noteSeen */
insert into ${own(table, 'load_seen')} (table_name, sfid) select $1, sfid from ${STAGE} on conflict do nothing`;
