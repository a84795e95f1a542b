import fc from 'fast-check';

import {
  DATE_FUNCTIONS,
  type Condition,
  type Expression,
  type Literal,
  type Name,
  type Path,
  type Query,
} from '../../../sandbox/soql/ast.ts';

const at = 0;
const WORDS = [
  'Id',
  'Name',
  'Account',
  'Owner',
  'Amount__c',
  'Parent__r',
  'Type',
  'Status',
  'Contacts',
  'x',
  'Group',
  'Order1',
];

const name: fc.Arbitrary<Name> = fc.constantFrom(...WORDS).map((text) => ({ text, at }));
const path: fc.Arbitrary<Path> = fc
  .tuple(name, fc.array(name, { maxLength: 3 }))
  .map(([first, rest]) => ({ kind: 'path', names: [first, ...rest], at }));
const call: fc.Arbitrary<Expression> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...DATE_FUNCTIONS), path)
    .map(([fn, argument]) => ({ kind: 'call' as const, name: fn, arguments: [argument], at })),
  fc
    .tuple(
      fc.constantFrom(
        'COUNT' as const,
        'SUM' as const,
        'COUNT_DISTINCT' as const,
        'TOLABEL' as const,
      ),
      path,
    )
    .map(([fn, argument]) => ({ kind: 'call' as const, name: fn, arguments: [argument], at })),
  fc
    .tuple(path, fc.integer({ min: 0, max: 90 }), fc.integer({ min: -180, max: 0 }))
    .map(([from, latitude, longitude]) => ({
      kind: 'call' as const,
      name: 'DISTANCE' as const,
      arguments: [
        from,
        { kind: 'geolocation' as const, latitude, longitude, at },
        { kind: 'string' as const, value: 'km', pattern: 'km', at },
      ],
      at,
    })),
);
const expression = fc.oneof({ weight: 4, arbitrary: path }, { weight: 1, arbitrary: call });

/** Strings whose value and LIKE pattern are written differently are left to tests of their own. */
const text = fc.string({
  unit: fc.constantFrom('a', 'B', ' ', "'", '"', '\n', 'é', '✓', '(', '%', '_'),
  maxLength: 8,
});
const literal: fc.Arbitrary<Literal> = fc.oneof(
  text.map((value) => ({ kind: 'string' as const, value, pattern: value, at })),
  fc.constant({ kind: 'null' as const, at }),
  fc.boolean().map((value) => ({ kind: 'boolean' as const, value, at })),
  fc
    .constantFrom('0', '-12', '3.25', '-0.5')
    .map((digits) => ({ kind: 'number' as const, text: digits, at })),
  fc.constant({ kind: 'date' as const, text: '2026-11-21', at }),
  fc
    .constantFrom('2026-11-21T06:41:31Z', '2026-11-21T06:41:31.250+01:00')
    .map((moment) => ({ kind: 'datetime' as const, text: moment, at })),
  fc.constant({ kind: 'time' as const, text: '12:30:00.000Z', at }),
  fc
    .constantFrom('TODAY', 'LAST_90_DAYS', 'NEXT_FISCAL_QUARTER')
    .map((period) => ({ kind: 'period' as const, name: period, count: undefined, at })),
  fc
    .constantFrom('LAST_N_DAYS', 'N_WEEKS_AGO', 'NEXT_N_FISCAL_YEARS')
    .map((period) => ({ kind: 'period' as const, name: period, count: 7, at })),
);

const operator = fc.constantFrom(
  '=' as const,
  '!=' as const,
  '<' as const,
  '<=' as const,
  '>' as const,
  '>=' as const,
  'LIKE' as const,
);
const comparison: fc.Arbitrary<Condition> = fc.oneof(
  fc.tuple(expression, operator, literal).map(([left, symbol, right]) => ({
    kind: 'comparison' as const,
    left,
    operator: symbol,
    right,
    at,
  })),
  fc
    .tuple(
      path,
      fc.constantFrom('IN' as const, 'NOT IN' as const, 'INCLUDES' as const, 'EXCLUDES' as const),
      fc.array(literal, { minLength: 1, maxLength: 3 }),
    )
    .map(([left, symbol, values]) => ({
      kind: 'comparison' as const,
      left,
      operator: symbol,
      right: { kind: 'list' as const, values, at },
      at,
    })),
);
const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    comparison,
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, terms]) => ({ kind, terms })),
    tie('condition').map((term) => ({ kind: 'not' as const, term })),
  ),
})).condition;

const order = fc.record({ expression, descending: fc.boolean(), nullsLast: fc.boolean() });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

function query(nested: fc.Arbitrary<Query> | undefined): fc.Arbitrary<Query> {
  const item = fc
    .tuple(expression, maybe(fc.constant({ text: 'alias1', at })))
    .map(([selected, alias]) => ({ kind: 'expression' as const, expression: selected, alias }));
  const items =
    nested === undefined
      ? item
      : fc.oneof(
          { weight: 5, arbitrary: item },
          {
            weight: 1,
            arbitrary: nested.map((inner) => ({
              kind: 'subquery' as const,
              query: inner,
              alias: undefined,
            })),
          },
        );
  const semiJoin = nested?.map((inner) => ({
    kind: 'comparison' as const,
    left: { kind: 'path' as const, names: [{ text: 'Id', at }] as const, at },
    operator: 'IN' as const,
    right: { kind: 'subquery' as const, query: inner, at },
    at,
  }));
  return fc
    .record({
      select: fc.array(items, { minLength: 1, maxLength: 4 }),
      from: fc
        .tuple(path, maybe(fc.constant({ text: 'a1', at })))
        .map(([from, alias]) => [{ path: from, alias }]),
      scope:
        nested === undefined ? fc.constant(undefined) : maybe(fc.constant({ text: 'mine', at })),
      where: maybe(
        semiJoin === undefined
          ? condition
          : fc.oneof({ weight: 4, arbitrary: condition }, { weight: 1, arbitrary: semiJoin }),
      ),
      with:
        nested === undefined
          ? fc.constant(undefined)
          : maybe(fc.constant({ kind: 'mode' as const, mode: 'USER_MODE' as const, at })),
      groupBy:
        nested === undefined
          ? fc.constant(undefined)
          : maybe(
              fc.record({
                mode: fc.constantFrom('plain' as const, 'rollup' as const, 'cube' as const),
                by: fc.array(path, { minLength: 1, maxLength: 2 }),
              }),
            ),
      having: maybe(condition),
      orderBy: fc.array(order, { maxLength: 2 }),
      limit: maybe(fc.nat(2_000)),
      offset: nested === undefined ? fc.constant(undefined) : maybe(fc.nat(2_000)),
      allRows: nested === undefined ? fc.constant(false) : fc.boolean(),
      purposes: fc.subarray(['VIEW' as const, 'REFERENCE' as const]),
      tracking: fc.constantFrom(
        [],
        ['TRACKING' as const],
        ['TRACKING' as const, 'VIEWSTAT' as const],
      ),
      at: fc.constant(at),
    })
    .map((made) => ({ ...made, having: made.groupBy === undefined ? undefined : made.having }));
}

/** Any statement of the grammar, with child queries and semi-joins one level deep. */
export const statement: fc.Arbitrary<Query> = query(query(undefined));
