import type { BinaryOperator } from './parse.ts';
import { picklistProblem, wrongType, type FormulaProblem } from './problem.ts';
import { faultsOf, made, type Kind, type Value } from './value.ts';

/** An operator between two values. */
export function compileOperator(operator: BinaryOperator, left: Value, right: Value): Value {
  for (const value of [left, right]) {
    if (value.kind === 'Picklist' || value.kind === 'Multi-Select Picklist')
      throw picklistProblem(value.kind, value.field?.name ?? '');
  }
  switch (operator) {
    case '=':
    case '<>':
      return equality(operator, left, right);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(operator, left, right);
    case '&':
      return concatenation(operator, left, right);
    case '+':
    case '-':
      return sum(operator, left, right);
    case '*':
    case '/':
    case '^':
    default:
      return product(operator, left, right);
  }
}

function refuse(
  operator: BinaryOperator,
  expected: readonly Kind[],
  { kind }: Value,
): FormulaProblem {
  return wrongType(`operator '${operator}'`, expected, kind);
}

/** Text is equal by every letter; blank text is equal to blank text. Other blanks are equal to nothing. */
function equality(operator: '=' | '<>', left: Value, right: Value): Value {
  const kind = left.kind === 'Null' ? right.kind : left.kind;
  if (right.kind !== kind && right.kind !== 'Null') throw refuse(operator, [kind], right);
  if (kind === 'Geolocation')
    throw refuse(operator, ['Number', 'Text', 'Date', 'DateTime', 'Boolean'], left);
  const of = ({ sql }: Value): string => (kind === 'Text' ? `coalesce(${sql}, '')` : sql);
  return made('Boolean', `(${of(left)} ${operator} ${of(right)})`, [left, right]);
}

const ORDERED: readonly Kind[] = ['Number', 'Date', 'DateTime', 'Time', 'Text'];

function comparison(operator: BinaryOperator, left: Value, right: Value): Value {
  const kind = left.kind === 'Null' ? right.kind : left.kind;
  if (kind !== 'Null' && !ORDERED.includes(kind)) {
    throw refuse(operator, ['Number', 'Date', 'DateTime'], left.kind === 'Null' ? right : left);
  }
  if (right.kind !== kind && right.kind !== 'Null') throw refuse(operator, [kind], right);
  // Text is in the order of its letters' codes, capitals first.
  const order = kind === 'Text' ? ' collate "C"' : '';
  return made('Boolean', `(${left.sql}${order} ${operator} ${right.sql})`, [left, right]);
}

function concatenation(operator: BinaryOperator, left: Value, right: Value): Value {
  for (const value of [left, right]) {
    if (value.kind !== 'Text' && value.kind !== 'Null') throw refuse(operator, ['Text'], value);
  }
  return made('Text', `(coalesce(${left.sql}, '') || coalesce(${right.sql}, ''))`, [left, right]);
}

/** Numbers; text put together; days added to dates, or the days between two. */
function sum(operator: '+' | '-', left: Value, right: Value): Value {
  const both = [left, right];
  if (left.kind === 'Null' || right.kind === 'Null') {
    const other = left.kind === 'Null' ? right : left;
    return {
      kind: other.kind,
      sql: other.kind === 'Text' ? other.sql : nullOf(other.kind),
      fault: faultsOf(both),
    };
  }
  if (left.kind === 'Text' && operator === '+') return concatenation(operator, left, right);
  if (left.kind === 'Number' && right.kind === 'Number') {
    return made('Number', `(${left.sql} ${operator} ${right.sql})`, both);
  }
  const after = AFTER[left.kind];
  if (after !== undefined && right.kind === 'Number') {
    const days = operator === '+' ? right.sql : `(- ${right.sql})`;
    return made(left.kind, `formula.${after}(${left.sql}, ${days})`, both);
  }
  const later = AFTER[right.kind];
  if (later !== undefined && left.kind === 'Number' && operator === '+') {
    return made(right.kind, `formula.${later}(${right.sql}, ${left.sql})`, both);
  }
  if (operator === '-' && left.kind === right.kind) {
    if (left.kind === 'Date') return made('Number', `(${left.sql} - ${right.sql})::numeric`, both);
    if (left.kind === 'DateTime')
      return made('Number', `formula.days_between(${left.sql}, ${right.sql})`, both);
    if (left.kind === 'Time')
      return made(
        'Number',
        // From a later hour to an earlier one it is the next day.
        `mod(formula.milliseconds_of(${left.sql}) - formula.milliseconds_of(${right.sql}) + 86400000, 86400000)`,
        both,
      );
  }
  const wrong =
    left.kind === 'Number' ||
    left.kind === 'Date' ||
    left.kind === 'DateTime' ||
    left.kind === 'Time'
      ? right
      : left;
  const expected: readonly Kind[] =
    wrong === right && left.kind !== 'Number'
      ? ['Number', left.kind]
      : operator === '+'
        ? ['Number', 'Date', 'DateTime']
        : ['Number', 'Date', 'DateTime'];
  throw refuse(
    operator,
    left.kind === 'Text' ? ['Text'] : expected,
    left.kind === 'Text' ? right : wrong,
  );
}

const AFTER: Readonly<Partial<Record<Kind, string>>> = {
  Date: 'days_after',
  DateTime: 'time_after',
  Time: 'clock_after',
};

/** Nothing, of the type that values of a kind have. */
export function nullOf(kind: Kind | undefined): string {
  const types: Readonly<Partial<Record<Kind, string>>> = {
    Number: 'numeric',
    Date: 'date',
    DateTime: 'timestamptz',
    Time: 'time(3)',
    Boolean: 'boolean',
  };
  return `null::${(kind === undefined ? undefined : types[kind]) ?? 'text'}`;
}

function product(operator: BinaryOperator, left: Value, right: Value): Value {
  for (const value of [left, right]) {
    if (value.kind !== 'Number' && value.kind !== 'Null') throw refuse(operator, ['Number'], value);
  }
  const both = [left, right];
  const [one, other] = both.map(({ kind, sql }) => (kind === 'Null' ? 'null::numeric' : sql));
  if (operator === '/')
    return made('Number', `(${one} / nullif(${other}, 0))`, both, `(${other} = 0)`);
  if (operator === '*') return made('Number', `(${one} * ${other})`, both);
  const power = `formula.power_of(${one}, ${other})`;
  return made('Number', power, both, `(num_nulls(${one}, ${other}) = 0 and ${power} is null)`);
}
