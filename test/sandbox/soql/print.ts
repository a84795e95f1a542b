import { unreachable } from '../../../src/kit/assert.ts';
import type {
  Argument,
  Condition,
  Expression,
  Literal,
  Path,
  Query,
  SelectItem,
  Value,
} from '../../../sandbox/soql/ast.ts';

/** A statement's tokens in the order of the grammar: the inverse of the parser. */
export function printQuery(query: Query): string {
  return [
    'SELECT',
    query.select.map(printItem).join(', '),
    'FROM',
    query.from
      .map(({ path, alias }) => [printPath(path), alias?.text].filter(Boolean).join(' '))
      .join(', '),
    query.scope && `USING SCOPE ${query.scope.text}`,
    query.where && `WHERE ${printCondition(query.where)}`,
    query.with?.kind === 'mode' && `WITH ${query.with.mode}`,
    query.groupBy && `GROUP BY ${printGroups(query)}`,
    query.having && `HAVING ${printCondition(query.having)}`,
    query.orderBy.length > 0 &&
      `ORDER BY ${query.orderBy.map((item) => `${printExpression(item.expression)}${item.descending ? ' DESC' : ''}${item.nullsLast ? ' NULLS LAST' : ''}`).join(', ')}`,
    query.limit !== undefined && `LIMIT ${query.limit}`,
    query.offset !== undefined && `OFFSET ${query.offset}`,
    query.allRows && 'ALL ROWS',
    ...query.purposes.map((purpose) => `FOR ${purpose}`),
    query.tracking.length > 0 && `UPDATE ${query.tracking.join(', ')}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function printGroups({ groupBy }: Query): string {
  const by = (groupBy?.by ?? []).map(printExpression).join(', ');
  return groupBy === undefined || groupBy.mode === 'plain'
    ? by
    : `${groupBy.mode.toUpperCase()}(${by})`;
}

function printItem(item: SelectItem): string {
  if (item.kind === 'typeof') {
    const when = item.when.map(
      ({ type, fields }) => `WHEN ${type.text} THEN ${fields.map(printPath).join(', ')}`,
    );
    const otherwise =
      item.otherwise === undefined ? '' : ` ELSE ${item.otherwise.map(printPath).join(', ')}`;
    return `TYPEOF ${printPath(item.path)} ${when.join(' ')}${otherwise} END`;
  }
  const text =
    item.kind === 'subquery' ? `(${printQuery(item.query)})` : printExpression(item.expression);
  return item.alias === undefined ? text : `${text} ${item.alias.text}`;
}

function printPath(path: Path): string {
  return path.names.map(({ text }) => text).join('.');
}

function printExpression(expression: Expression): string {
  if (expression.kind === 'path') return printPath(expression);
  return `${expression.name}(${expression.arguments.map(printArgument).join(', ')})`;
}

function printArgument(argument: Argument): string {
  if (argument.kind === 'path' || argument.kind === 'call') return printExpression(argument);
  if (argument.kind === 'geolocation')
    return `GEOLOCATION(${argument.latitude}, ${argument.longitude})`;
  return printLiteral(argument);
}

function printCondition(condition: Condition): string {
  if (condition.kind === 'not') return `NOT ${printTerm(condition.term)}`;
  if (condition.kind === 'comparison') {
    return `${printExpression(condition.left)} ${condition.operator} ${printValue(condition.right)}`;
  }
  return condition.terms.map(printTerm).join(` ${condition.kind.toUpperCase()} `);
}

function printTerm(condition: Condition): string {
  const text = printCondition(condition);
  return condition.kind === 'comparison' ? text : `(${text})`;
}

function printValue(value: Value): string {
  if (value.kind === 'list') return `(${value.values.map(printLiteral).join(', ')})`;
  if (value.kind === 'subquery') return `(${printQuery(value.query)})`;
  return printLiteral(value);
}

function printLiteral(literal: Literal): string {
  switch (literal.kind) {
    case 'null':
      return 'NULL';
    case 'boolean':
      return String(literal.value);
    case 'string':
      return `'${literal.value.replaceAll(/\\(?![_%])|['"\n\r\t\b\f]/g, (found) => ESCAPED[found] ?? found)}'`;
    case 'period':
      return literal.count === undefined ? literal.name : `${literal.name}:${literal.count}`;
    case 'currency':
      return `${literal.iso}${literal.text}`;
    case 'number':
    case 'date':
    case 'datetime':
    case 'time':
      return literal.text;
    default:
      return unreachable(literal);
  }
}

const ESCAPED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};
