import type pg from 'pg';
import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import type { ColumnPlan, TablePlan } from '../core/table-plan.ts';
import { fault } from '../faults.ts';
import { addColumn, createIndex } from './mapped-table.ts';
import { onSurface, ours, type SchemaNames } from './schema-names.ts';

/**
 * `altered`: columns are empty that were not there before. `widened`: something changed, and no value is missing.
 */
export type Change = 'created' | 'altered' | 'widened' | 'unchanged';

const Existing = z.object({ name: z.string(), type: z.string(), mine: z.boolean() });
type Existing = z.infer<typeof Existing>;

/** Adds the columns that are new, takes away those that are mapped no longer, and gives others the type they now have. */
export async function alterTable(
  client: pg.ClientBase,
  names: SchemaNames,
  plan: TablePlan,
): Promise<Change> {
  const { rows } = await client.query(findColumns(names), [
    onSurface(names, plan.table.name),
    plan.table.name,
  ]);
  const existing = z.array(Existing).parse(rows);
  const alterations = plan.columns.map((column) => alterColumn({ names, plan, column }, existing));
  const table = onSurface(names, plan.table.name);
  const dropped = existing
    .filter(({ name, mine }) => mine && !plan.columns.some((column) => column.name === name))
    .map(({ name }) => `alter table ${table} drop column ${quoteName(name)}`);
  for (const statement of [...dropped, ...alterations.flatMap(({ statements }) => statements)]) {
    await client.query(statement).catch((error: unknown) => {
      throw inTheWay(error);
    });
  }
  await alterIndexes(client, names, plan);
  if (alterations.some(({ empties }) => empties)) return 'altered';
  return dropped.length > 0 || alterations.some(({ statements }) => statements.length > 0)
    ? 'widened'
    : 'unchanged';
}

interface Alteration {
  readonly statements: readonly string[];
  /** True where the column is empty afterwards and its values must be read. */
  readonly empties: boolean;
}

function alterColumn(
  { names, plan, column }: { names: SchemaNames; plan: TablePlan; column: ColumnPlan },
  existing: readonly Existing[],
): Alteration {
  const table = onSurface(names, plan.table.name);
  const name = quoteName(column.name);
  const found = existing.find((candidate) => candidate.name === column.name);
  if (found === undefined) return { statements: [addColumn(names, plan, column)], empties: true };
  if (!found.mine) {
    throw fault(
      'SCHEMA_UNUSABLE',
      `The table ${plan.table.name} has a column ${column.name} that was not made by this connection. Rename it, then map ${column.field}.`,
    );
  }
  if (found.type === column.type) return { statements: [], empties: false };
  if (isWider(found.type, column.type)) {
    return {
      statements: [`alter table ${table} alter column ${name} type ${column.type}`],
      empties: false,
    };
  }
  return {
    statements: [`alter table ${table} drop column ${name}`, addColumn(names, plan, column)],
    empties: true,
  };
}

const VARCHAR = /^character varying\((\d+)\)$/;

/** True where every value of the old type is one of the new; PostgreSQL then keeps the table's rows as they are. */
function isWider(before: string, after: string): boolean {
  const from = VARCHAR.exec(before)?.[1];
  const to = VARCHAR.exec(after)?.[1];
  if (from === undefined) return before === 'integer' && after === 'bigint';
  return after === 'text' || (to !== undefined && Number(to) >= Number(from));
}

/** Makes the indexes the plan has and takes away Connect's own that it no longer has; the application's are left alone. */
async function alterIndexes(
  client: pg.ClientBase,
  names: SchemaNames,
  plan: TablePlan,
): Promise<void> {
  const { rows } = await client.query(FIND_INDEXES, [names.surface, plan.table.name]);
  const existing = z
    .array(z.object({ name: z.string() }))
    .parse(rows)
    .map(({ name }) => name);
  for (const name of existing) {
    if (!plan.indexes.some((index) => index.name === name) && isOurIndex(name, plan.table.name)) {
      await client.query(`drop index ${onSurface(names, name)}`);
    }
  }
  for (const index of plan.indexes) {
    if (!existing.includes(index.name)) await client.query(createIndex(names, plan, index));
  }
}

function isOurIndex(name: string, table: string): boolean {
  return name.startsWith(`hc_idx_${table}_`) || name.startsWith(`hcu_idx_${table}_`);
}

const findColumns = (names: SchemaNames): string => `/* findColumns */
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
       exists (select 1 from ${ours(names, 'mapped_column')} m
                where m.table_name = $2 and m.column_name = a.attname) as mine
  from pg_attribute a
 where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped`;

const FIND_INDEXES = `/* findIndexes */
select indexname as name from pg_indexes where schemaname = $1 and tablename = $2`;

/** Errors of statements that something of the application's own stands in the way of (a view on a column, a foreign key). */
const DEPENDENT_OBJECTS = '2BP01';

export function inTheWay(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== DEPENDENT_OBJECTS) {
    return error;
  }
  const detail = 'detail' in error ? String(error.detail) : '';
  return fault(
    'SCHEMA_UNUSABLE',
    `Something of the application's depends on a column or table that is mapped no longer: ${detail} Drop it, then try again.`,
    { cause: error },
  );
}
