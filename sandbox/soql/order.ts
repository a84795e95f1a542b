import type { OrderItem, Query } from './ast.ts';
import type { Build } from './build.ts';
import { kindOf, type CompileOperand, type Operand } from './operand.ts';

/** ORDER BY as SQL, empty without one. Nulls come first unless the statement says otherwise, in either direction. */
export function compileOrderBy(build: Build, query: Query, operand: CompileOperand): string {
  if (query.orderBy.length === 0) return '';
  const terms = query.orderBy.map((item) =>
    compileOrderItem(build, item, operand(item.expression)),
  );
  return ` order by ${terms.join(', ')}`;
}

function compileOrderItem(build: Build, item: OrderItem, operand: Operand): string {
  const kind = kindOf(operand.type);
  if (operand.field?.sortable === false || kind === 'compound' || kind === 'binary') {
    throw build.problem(
      'MALFORMED_QUERY',
      `field '${operand.label}' can not be sorted in a query call`,
      operand,
    );
  }
  const direction = item.descending ? ' desc' : '';
  // Where nothing is null the clause is left out: PostgreSQL would not use an index that says otherwise.
  const nulls = operand.nullable ? ` nulls ${item.nullsLast ? 'last' : 'first'}` : '';
  return `${sortKey(build, operand)}${direction}${nulls}`;
}

/** Text in the order of its letters, whatever their case; picklists in the order of their values. */
function sortKey(build: Build, { sql, type, field }: Operand): string {
  const values = field?.picklistValues ?? [];
  if (type === 'picklist' && values.length > 0) {
    const list = values.map(({ value }) => build.value(value, 'text')).join(', ');
    return `case when ${sql} is not null then coalesce(array_position(array[${list}], ${sql}), ${values.length + 1}) end`;
  }
  const kind = kindOf(type);
  return kind === 'text' || kind === 'picks' ? `lower(${sql})` : sql;
}
