import { unreachable } from '../../src/kit/assert.ts';
import type { Comparison, Literal, Operator } from './ast.ts';
import type { Build } from './build.ts';
import { inCorporateCurrency, literalInCorporateCurrency } from './currency.ts';
import { checkLength, compileLiteral, invalidOperator, wrongType } from './literal.ts';
import { kindOf, type Operand } from './operand.ts';
import { periodOf } from './period.ts';

/** A comparison whose right side is not a subquery. */
export interface PlainComparison {
  readonly left: Operand;
  readonly operator: Operator;
  readonly right: Exclude<Comparison['right'], { kind: 'subquery' }>;
}

/**
 * A comparison as SQL. SOQL's logic has two values: a comparison that SQL answers with null counts as false, so the
 * caller negates with `is not true`, never with `not`. Null is compared as a value: `!= 'x'` is true of null.
 */
export function compileComparison(build: Build, comparison: PlainComparison): string {
  const { left, operator, right } = comparison;
  const kind = kindOf(left.type);
  if (kind === 'compound' || kind === 'binary' || left.field?.filterable === false) {
    throw build.problem(
      'INVALID_FIELD',
      `field '${left.label}' can not be filtered in a query call`,
      left,
    );
  }
  switch (operator) {
    case 'IN':
    case 'NOT IN':
      return compileMembership(build, comparison);
    case 'INCLUDES':
    case 'EXCLUDES':
      return compilePicks(build, comparison);
    case 'LIKE':
      return compileLike(build, left, one(build, comparison));
    case '=':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compileOrder(build, { left, operator, right: one(build, { left, operator, right }) });
    default:
      return unreachable(operator);
  }
}

/** The one literal of an operator that takes no list. */
function one(build: Build, { right }: PlainComparison): Literal {
  if (right.kind === 'list') throw build.problem('MALFORMED_QUERY', "unexpected token: '('", right);
  return right;
}

type OrderOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';

interface OrderComparison {
  readonly left: Operand;
  readonly operator: OrderOperator;
  readonly right: Literal;
}

function compileOrder(build: Build, { left, operator, right }: OrderComparison): string {
  if (isNull(left, right)) {
    if (operator === '=') return `${left.sql} is null`;
    if (operator === '!=') return `${left.sql} is not null`;
    return 'false';
  }
  const kind = kindOf(left.type);
  if (kind === 'boolean') return compileBoolean(build, left, operator, right);
  if (right.kind === 'period') return comparePeriod(build, { left, operator, right });
  const converted = right.kind === 'currency' && left.currency !== undefined;
  const sql = converted ? inCorporateCurrency(left) : comparable(left);
  const value = converted
    ? literalInCorporateCurrency(build, right.iso, right.text)
    : compileLiteral(build, left, right);
  if (operator !== '!=') return `${sql} ${operator} ${value}`;
  return left.nullable ? `${sql} is distinct from ${value}` : `${sql} <> ${value}`;
}

/** In a row whose parent is missing a boolean counts as false. */
function compileBoolean(
  build: Build,
  left: Operand,
  operator: OrderOperator,
  right: Literal,
): string {
  if (right.kind !== 'boolean') throw wrongType(build, left);
  if (operator !== '=' && operator !== '!=') {
    throw invalidOperator(build, left, 'invalid operator on boolean field');
  }
  const wanted = (operator === '=') === right.value;
  if (!left.nullable) return wanted ? left.sql : `not ${left.sql}`;
  return wanted ? `${left.sql} is true` : `${left.sql} is not true`;
}

/** Null, and the empty string, which Salesforce stores as null. */
function isNull(left: Operand, right: Literal): boolean {
  if (right.kind === 'null') return true;
  const kind = kindOf(left.type);
  return (
    right.kind === 'string' &&
    right.value === '' &&
    (kind === 'text' || kind === 'picks' || kind === 'id')
  );
}

/** Text is compared without regard to case, unless the field itself regards it. */
function comparable({ sql, type, field }: Operand): string {
  const kind = kindOf(type);
  if (kind !== 'text' && kind !== 'picks') return sql;
  return field?.caseSensitive === true ? sql : `lower(${sql})`;
}

function compileMembership(build: Build, { left, operator, right }: PlainComparison): string {
  if (right.kind !== 'list') {
    throw build.problem('MALFORMED_QUERY', "unexpected token: expecting '('", right);
  }
  const matches = membershipTerms(build, left, right.values);
  const condition = matches.length === 1 ? (matches[0] ?? 'false') : `(${matches.join(' or ')})`;
  return operator === 'IN' ? condition : `(${condition}) is not true`;
}

function membershipTerms(build: Build, left: Operand, values: readonly Literal[]): string[] {
  const terms: string[] = [];
  const plain: Literal[] = [];
  for (const literal of values) {
    if (isNull(left, literal)) terms.push(`${left.sql} is null`);
    else if (literal.kind === 'period')
      terms.push(comparePeriod(build, { left, operator: '=', right: literal }));
    else plain.push(literal);
  }
  if (plain.length > 0) {
    const list = plain.map((literal) => compileLiteral(build, left, literal));
    terms.push(`${comparable(left)} in (${list.join(', ')})`);
  }
  return terms;
}

function compileLike(build: Build, left: Operand, right: Literal): string {
  const kind = kindOf(left.type);
  if (kind === 'id') throw invalidOperator(build, left, 'invalid operator on id field');
  if (kind !== 'text') {
    throw invalidOperator(build, left, `invalid operator on ${left.type} field`);
  }
  if (right.kind === 'null') return `${left.sql} is null`;
  if (right.kind !== 'string') throw wrongType(build, left);
  checkLength(build, right);
  const pattern = build.value(right.pattern, 'text');
  return left.field?.caseSensitive === true
    ? `${left.sql} like ${pattern}`
    : `lower(${left.sql}) like lower(${pattern})`;
}

/** `INCLUDES ('a;b', 'c')`: a and b, or c. */
function compilePicks(build: Build, { left, operator, right }: PlainComparison): string {
  if (kindOf(left.type) !== 'picks') {
    throw invalidOperator(
      build,
      left,
      'includes or excludes operators only valid on multipicklist field',
    );
  }
  if (right.kind !== 'list') {
    throw build.problem('MALFORMED_QUERY', "unexpected token: expecting '('", right);
  }
  const terms = right.values.map((literal) => {
    if (isNull(left, literal)) return `${left.sql} is null`;
    if (literal.kind !== 'string') throw wrongType(build, left);
    return `string_to_array(lower(${left.sql}), ';') @> string_to_array(lower(${build.value(literal.value, 'text')}), ';')`;
  });
  const condition = `(${terms.join(' or ')})`;
  return operator === 'INCLUDES' ? condition : `${condition} is not true`;
}

/** The moment a day begins in the user's time zone. */
function midnight(build: Build, day: string): string {
  const { zone } = build.moment.calendar;
  if (zone === 'UTC') return build.value(`${day}T00:00:00Z`, 'timestamptz');
  return `(${build.value(day, 'timestamp')} at time zone ${build.value(zone, 'text')})`;
}

interface PeriodComparison {
  readonly left: Operand;
  readonly operator: OrderOperator;
  readonly right: Extract<Literal, { kind: 'period' }>;
}

/** A date literal is a stretch of days: `=` is inside it, `<` before it, `>` after it. */
function comparePeriod(build: Build, { left, operator, right }: PeriodComparison): string {
  if (left.type !== 'date' && left.type !== 'datetime') throw wrongType(build, left);
  const period = periodOf(right.name, right.count, build.moment);
  const day = (text: string): string =>
    left.type === 'date' ? build.value(text, 'date') : midnight(build, text);
  switch (operator) {
    case '=':
      return `(${left.sql} >= ${day(period.start)} and ${left.sql} < ${day(period.end)})`;
    case '!=':
      return `(${left.sql} >= ${day(period.start)} and ${left.sql} < ${day(period.end)}) is not true`;
    case '<':
      return `${left.sql} < ${day(period.start)}`;
    case '<=':
      return `${left.sql} < ${day(period.end)}`;
    case '>':
      return `${left.sql} >= ${day(period.end)}`;
    case '>=':
      return `${left.sql} >= ${day(period.start)}`;
    default:
      return unreachable(operator);
  }
}
