import { unreachable } from '../../src/kit/assert.ts';
import { fieldSql } from '../store/field-sql.ts';
import type { FieldDef, FieldType } from '../schema/field.ts';
import type { Expression } from './ast.ts';

/** Something that has a value in a row: SQL, and what SOQL thinks of it. */
export interface Operand {
  readonly sql: string;
  readonly type: FieldType;
  /** As the statement names it, for errors. */
  readonly label: string;
  /** The field itself, when it is one. */
  readonly field: FieldDef | undefined;
  /** Whether it may be null in a row. */
  readonly nullable: boolean;
  readonly aggregate: boolean;
  /** For an amount of an org with several currencies: SQL of the code of its record's. */
  readonly currency?: string;
  readonly at: number;
}

/** Compiles an expression; what is allowed differs from clause to clause. */
export type CompileOperand = (expression: Expression) => Operand;

export function columnOf(alias: string, field: FieldDef): string {
  return fieldSql(alias, field);
}

/** How a value is compared, ordered and shown. */
export function kindOf(
  type: FieldType,
):
  | 'id'
  | 'text'
  | 'picks'
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'date'
  | 'datetime'
  | 'time'
  | 'binary'
  | 'compound' {
  switch (type) {
    case 'id':
    case 'reference':
      return 'id';
    case 'boolean':
      return 'boolean';
    case 'int':
    case 'long':
      return 'integer';
    case 'double':
    case 'currency':
    case 'percent':
      return 'decimal';
    case 'date':
    case 'datetime':
    case 'time':
      return type;
    case 'base64':
      return 'binary';
    case 'address':
    case 'location':
      return 'compound';
    case 'multipicklist':
      return 'picks';
    case 'string':
    case 'textarea':
    case 'picklist':
    case 'combobox':
    case 'email':
    case 'phone':
    case 'url':
    case 'encryptedstring':
    case 'anyType':
    case 'complexvalue':
      return 'text';
    default:
      return unreachable(type);
  }
}
