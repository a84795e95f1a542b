import { quoteLiteral, quoteName } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { fieldSql } from './field-sql.ts';
import { columnName } from './layout.ts';

/** The value of a field as REST writes it, as an SQL expression for `to_jsonb`. */
function jsonValue(object: ObjectDef, field: FieldDef, alias: string): string {
  if (field.components !== null) return compoundValue(object, field.components, alias);
  if (field.column === null && field.formula === null) return 'null::text';
  const column = fieldSql(quoteName(alias), field);
  switch (field.type) {
    case 'datetime':
      return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+0000"')`;
    case 'date':
      return `to_char(${column}, 'YYYY-MM-DD')`;
    case 'time':
      return `to_char(${column}, 'HH24:MI:SS.MS"Z"')`;
    case 'base64':
      return `encode(${column}, 'base64')`;
    case 'address':
    case 'anyType':
    case 'boolean':
    case 'combobox':
    case 'complexvalue':
    case 'currency':
    case 'double':
    case 'email':
    case 'encryptedstring':
    case 'id':
    case 'int':
    case 'location':
    case 'long':
    case 'multipicklist':
    case 'percent':
    case 'phone':
    case 'picklist':
    case 'reference':
    case 'string':
    case 'textarea':
    case 'url':
    default:
      return column;
  }
}

/**
 * `value as "Name"` for each field: the select list of a subquery whose row `to_jsonb` turns into the record. Who reads
 * formula fields tells with `forReader` (formula/template.ts) who reads, and when.
 */
export function jsonColumns(object: ObjectDef, fields: readonly FieldDef[], alias: string): string {
  return fields
    .map((field) => `${jsonValue(object, field, alias)} as ${quoteName(field.name)}`)
    .join(', ');
}

/** `{ city, country, … }`; null when every part is. */
function compoundValue(
  object: ObjectDef,
  components: Readonly<Record<string, string>>,
  alias: string,
): string {
  const parts = Object.entries(components).flatMap(([part, name]) => {
    const field = object.fields.find((candidate) => candidate.name === name);
    return field === undefined
      ? []
      : [{ part, column: `${quoteName(alias)}.${columnName(field)}` }];
  });
  const given = parts.map(({ column }) => column).join(', ');
  const pairs = parts.map(({ part, column }) => `${quoteLiteral(part)}, ${column}`).join(', ');
  return `case when num_nonnulls(${given}) > 0 then json_build_object(${pairs}) end`;
}
