import { unreachable } from '../../src/kit/assert.ts';
import type { FieldType } from '../schema/field.ts';
import type { Aggregate } from './ast.ts';
import { kindOf, type Operand } from './operand.ts';

/** An aggregate of a value, as SQL. */
export function aggregateSql(name: Aggregate, { sql, type }: Operand): string {
  switch (name) {
    case 'COUNT':
      return `count(${sql})`;
    case 'COUNT_DISTINCT':
      return kindOf(type) === 'text' ? `count(distinct lower(${sql}))` : `count(distinct ${sql})`;
    case 'SUM':
      return `sum(${sql})`;
    case 'AVG':
      return `avg(${sql})::double precision`;
    case 'MIN':
      return `min(${sql})`;
    case 'MAX':
      return `max(${sql})`;
    default:
      return unreachable(name);
  }
}

/** The type of what an aggregate of a value of a type is. */
export function aggregateType(name: Aggregate, type: FieldType): FieldType {
  if (name === 'COUNT' || name === 'COUNT_DISTINCT') return 'int';
  return name === 'AVG' ? 'double' : type;
}
