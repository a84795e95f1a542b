import type pg from 'pg';

import { quoteName } from '../../src/kit/identifiers.ts';
import type { MappedField, MappingPlan } from '../core/plan.ts';
import { onSurface, ours, schemaNames, type SchemaNames } from './schema-names.ts';

/** A mapped table as statements speak of it. */
export interface Table {
  readonly plan: MappingPlan;
  readonly names: SchemaNames;
  readonly pool: pg.Pool;
  /** Quoted, with its schema. */
  readonly sql: string;
  readonly log: string;
  readonly archive: string;
}

export function tableOf(pool: pg.Pool, plan: MappingPlan, hstore = 'public'): Table {
  const names = schemaNames(plan.schema, hstore);
  return {
    plan,
    names,
    pool,
    sql: onSurface(names, plan.table),
    log: onSurface(names, '_trigger_log'),
    archive: onSurface(names, '_trigger_log_archive'),
  };
}

/** One of our own tables of the connection, quoted. */
export function own(table: Table, name: string): string {
  return ours(table.names, name);
}

/** `"a", "b"`, each with the prefix: `t."a", t."b"`. */
export function columnList(columns: readonly string[], prefix = ''): string {
  return columns.map((column) => `${prefix}${quoteName(column)}`).join(', ');
}

export function columnsOf(fields: readonly MappedField[]): readonly string[] {
  return fields.map(({ column }) => column);
}
