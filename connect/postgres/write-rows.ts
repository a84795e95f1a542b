import type pg from 'pg';

import { present } from '../../src/kit/assert.ts';
import { quoteLiteral, quoteName } from '../../src/kit/identifiers.ts';
import type { MappedField, ValueKind } from '../core/plan.ts';
import type { Values } from '../core/row.ts';
import type { Effect, RowStatus } from '../core/step-types.ts';
import type { LoadedRow } from './read-states.ts';
import type { Table } from './table.ts';

type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;

export async function deleteRows(
  client: pg.ClientBase,
  table: Table,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  await client.query(`/* deleteRows */ delete from ${table.sql} where id = any ($1::integer[])`, [
    ids,
  ]);
}

export interface RowToSet {
  readonly id: number;
  readonly before: LoadedRow;
  readonly columns: Values;
  readonly sfid: string | null;
  readonly status: RowStatus;
}

export function rowToSet(row: LoadedRow, { columns, sfid, status }: EffectOf<'setRow'>): RowToSet {
  return {
    id: present(row.state.recordId, 'the row to set'),
    before: row,
    columns: changed(row, columns),
    sfid: sfid ?? null,
    status,
  };
}

/** Only what differs from what the table has: writing the same again costs a row version and tells listeners of nothing. */
function changed({ state }: LoadedRow, columns: Values): Values {
  return Object.fromEntries(
    Object.entries(columns).filter(([column, value]) => state.row?.values[column] !== value),
  );
}

export async function setRows(
  client: pg.ClientBase,
  table: Table,
  rows: readonly RowToSet[],
): Promise<void> {
  const wanted = rows.filter(isNews);
  await yieldSfids(client, table, wanted);
  const groups = Map.groupBy(wanted, ({ columns }) => Object.keys(columns).toSorted().join('\0'));
  for (const group of groups.values()) await setGroup(client, table, group);
  const flipped = wanted.filter(isFlipped);
  if (flipped.length === 0) return;
  await client.query(restoreStatusText(table), [
    flipped.map(({ id }) => id),
    flipped.map(({ status }) => status.lastop),
    flipped.map(({ status }) => status.err),
  ]);
}

function isNews({ before, columns, sfid, status }: RowToSet): boolean {
  return (
    Object.keys(columns).length > 0 ||
    (sfid !== null && sfid !== before.state.row?.sfid) ||
    status.lastop !== before.lastop ||
    status.err !== before.err
  );
}

/** The status trigger takes the same status written twice for "no status" and makes it SYNCED; it is then written once more. */
function isFlipped({ before, status }: RowToSet): boolean {
  return status.lastop === before.lastop && status.lastop !== 'SYNCED';
}

const restoreStatusText = (table: Table): string => `/* restoreStatus */
update ${table.sql} t set _hc_lastop = s.lastop, _hc_err = s.err
  from unnest($1::integer[], $2::text[], $3::text[]) as s (id, lastop, err) where t.id = s.id`;

/**
 * A page of a load can bring a record between its creation's answer and this transaction, as a row of its own. The row
 * that the application inserted is the record's; the other one, in which nothing waits, gives way.
 */
async function yieldSfids(
  client: pg.ClientBase,
  table: Table,
  rows: readonly RowToSet[],
): Promise<void> {
  const linked = rows.filter(
    ({ before, sfid }) => sfid !== null && before.state.row?.sfid !== sfid,
  );
  if (linked.length === 0) return;
  await client.query(yieldSfidsText(table), [
    linked.map(({ sfid }) => sfid),
    linked.map(({ id }) => id),
    table.plan.table,
  ]);
}

const yieldSfidsText = (table: Table): string => `/* yieldSfids */
delete from ${table.sql} t
 where t.sfid = any ($1::text[]) and t.id <> all ($2::integer[])
   and not exists (select 1 from ${table.log} l
                    where l.table_name = $3 and l.record_id = t.id and l.state in ('NEW', 'PENDING'))`;

/** Rows of which the same columns change. */
async function setGroup(
  client: pg.ClientBase,
  table: Table,
  group: readonly RowToSet[],
): Promise<void> {
  const fields = fieldsIn(table, group[0]?.columns ?? {});
  const lists = ['$1::integer[]', '$2::text[]', '$3::text[]', '$4::text[]'];
  const names = ['id', 'sfid', 'lastop', 'err'];
  const sets = [
    'sfid = coalesce(s.sfid, t.sfid)',
    '_hc_lastop = s.lastop',
    '_hc_err = s.err',
    ...fields.map(({ column, kind }, at) => `${quoteName(column)} = s.v${at}${CASTS[kind]}`),
  ];
  fields.forEach((_, at) => {
    lists.push(`$${at + 5}::text[]`);
    names.push(`v${at}`);
  });
  await client.query(
    `/* setRows */ update ${table.sql} t set ${sets.join(', ')}
  from unnest(${lists.join(', ')}) as s (${names.join(', ')}) where t.id = s.id`,
    [
      group.map(({ id }) => id),
      group.map(({ sfid }) => sfid),
      group.map(({ status }) => status.lastop),
      group.map(({ status }) => status.err),
      ...fields.map(({ column }) => group.map(({ columns }) => columns[column] ?? null)),
    ],
  );
}

export async function insertRows(
  client: pg.ClientBase,
  table: Table,
  rows: readonly EffectOf<'insertRow'>[],
): Promise<void> {
  const groups = Map.groupBy(rows, ({ columns }) => Object.keys(columns).toSorted().join('\0'));
  for (const group of groups.values()) {
    const fields = fieldsIn(table, group[0]?.columns ?? {});
    const columns = ['id', 'sfid', ...fields.map(({ column }) => quoteName(column))];
    const lists = ['$1::integer[]', '$2::text[]', ...fields.map((_, at) => `$${at + 3}::text[]`)];
    const names = ['id', 'sfid', ...fields.map((_, at) => `v${at}`)];
    const values = [
      `coalesce(s.id, nextval(pg_get_serial_sequence(${quoteLiteral(table.sql)}, 'id')))`,
      's.sfid',
      ...fields.map(({ kind }, at) => `s.v${at}${CASTS[kind]}`),
    ];
    await client.query(
      `/* insertRows */ insert into ${table.sql} (${columns.join(', ')})
select ${values.join(', ')} from unnest(${lists.join(', ')}) as s (${names.join(', ')})`,
      [
        group.map(({ recordId }) => recordId),
        group.map(({ sfid }) => sfid),
        ...fields.map(({ column }) => group.map(({ columns }) => columns[column] ?? null)),
      ],
    );
  }
}

function fieldsIn({ plan }: Table, values: Values): readonly MappedField[] {
  return plan.fields.filter(({ column }) => Object.hasOwn(values, column));
}

/** A canonical text as a value of its column; numeric is narrowed by the assignment to whatever the column is. */
const CASTS: Readonly<Record<ValueKind, string>> = {
  text: '',
  boolean: '::boolean',
  integer: '::numeric',
  double: '::double precision',
  date: '::date',
  datetime: '::timestamp without time zone',
  time: '::time without time zone',
};
