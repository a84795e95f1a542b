import { quoteLiteral } from '../../src/kit/identifiers.ts';
import { ofRow } from '../formula/template.ts';
import type { FieldDef } from '../schema/field.ts';
import { columnName } from './layout.ts';

/** A field's value in a row: its column, what its formula computes, or what an encrypted one shows to its reader. */
export function fieldSql(alias: string, field: FieldDef): string {
  if (field.formula !== null) return ofRow(field.formula, alias);
  const column = `${alias}.${columnName(field)}`;
  return field.encrypted && field.revealed !== true ? masked(column, field) : column;
}

/** What stays to be seen of an encrypted value: nothing, or its last four characters. */
function masked(column: string, { mask, maskType }: FieldDef): string {
  const sign = quoteLiteral(mask ?? '*');
  const last = `right(${column}, 4)`;
  switch (maskType) {
    case 'creditCard':
      return `(repeat(${sign}, 4) || '-' || repeat(${sign}, 4) || '-' || repeat(${sign}, 4) || '-' || ${last})`;
    case 'ssn':
      return `(repeat(${sign}, 3) || '-' || repeat(${sign}, 2) || '-' || ${last})`;
    case 'lastFour':
    case 'sin':
      return `(repeat(${sign}, greatest(length(${column}) - 4, 0)) || ${last})`;
    case null:
    default:
      return `repeat(${sign}, length(${column}))`;
  }
}
