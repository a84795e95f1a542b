import type { FieldDef } from '../schema/field.ts';
import { ofRow } from '../formula/template.ts';
import { columnName } from './layout.ts';

/** A field's value in a row: its column, or what its formula computes. */
export function fieldSql(alias: string, field: FieldDef): string {
  return field.formula === null ? `${alias}.${columnName(field)}` : ofRow(field.formula, alias);
}
