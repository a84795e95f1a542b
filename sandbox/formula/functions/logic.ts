import { FormulaProblem, wrongCount, wrongType } from '../problem.ts';
import { anyFault, faultsOf, made, type Kind, type Value } from '../value.ts';
import { BOOLEAN, plain, TEXT, type FunctionCall, type FunctionRule } from './rule.ts';

const RESULTS: readonly Kind[] = ['Number', 'Text', 'Boolean', 'Date', 'DateTime', 'Time', 'Null'];
const CASES: readonly Kind[] = [...RESULTS, 'Picklist'];
const ANY: readonly Kind[] = [...CASES, 'Multi-Select Picklist', 'Geolocation'];

export const LOGIC_FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  AND: { takes: [BOOLEAN], needs: 1, more: true, make: ({ values }) => junction('and', values) },
  OR: { takes: [BOOLEAN], needs: 1, more: true, make: ({ values }) => junction('or', values) },
  NOT: plain('Boolean', [BOOLEAN], (value) => `(not ${value})`),
  IF: { takes: [BOOLEAN, RESULTS, RESULTS], needs: 3, make: choice },
  CASE: { takes: [CASES, CASES, RESULTS, RESULTS], needs: 4, more: true, make: cases },
  ISBLANK: {
    takes: [ANY],
    needs: 1,
    make: ({ values }) => made('Boolean', blankSql(values[0]), values),
  },
  ISNULL: {
    takes: [ANY],
    needs: 1,
    // Text is never null, as Salesforce's documentation says.
    make: ({ values }) =>
      made('Boolean', values[0]?.kind === 'Text' ? 'false' : blankSql(values[0]), values),
  },
  ISNUMBER: plain('Boolean', [TEXT], (text) => `formula.is_number(${text})`),
  BLANKVALUE: { takes: [CASES, CASES], needs: 2, make: (call) => instead(call) },
  NULLVALUE: {
    takes: [CASES, CASES],
    needs: 2,
    make: (call) => {
      const kind = oneKind(call.name, call.values);
      const [value] = call.values;
      return kind === 'Text' && value !== undefined && value.kind !== 'Null'
        ? value
        : instead(call);
    },
  },
};

/** AND and OR look no further than they must: what stands behind may be #Error!. */
function junction(word: 'and' | 'or', values: readonly Value[]): Value {
  const faults: string[] = [];
  const before: string[] = [];
  for (const { sql, fault } of values) {
    const reached = before.map(
      (earlier) => `(${earlier}) is ${word === 'and' ? 'not false' : 'not true'}`,
    );
    if (fault !== undefined) faults.push([...reached, fault].join(' and '));
    before.push(sql);
  }
  return {
    kind: 'Boolean',
    sql: `(${before.join(` ${word} `)})`,
    fault: anyFault(...faults.map((fault) => `(${fault})`)),
  };
}

function choice({ name, values }: FunctionCall): Value {
  const [condition, yes, no] = values;
  if (condition === undefined || yes === undefined || no === undefined)
    throw wrongCount(named(name), 3, values.length);
  const kind = oneKind(name, [yes, no]);
  return {
    kind,
    sql: ofKind(kind, `(case when ${condition.sql} then ${yes.sql} else ${no.sql} end)`),
    fault: anyFault(
      condition.fault,
      yes.fault === undefined ? undefined : `(${condition.sql} and ${yes.fault})`,
      no.fault === undefined ? undefined : `((${condition.sql}) is not true and ${no.fault})`,
    ),
  };
}

interface Branch {
  readonly when: Value;
  readonly result: Value;
}

/** `CASE(expression, value, result, …, otherwise)` */
function cases({ name, values }: FunctionCall): Value {
  if (values.length % 2 !== 0) {
    throw wrongCount(named(name), values.length + 1, values.length);
  }
  const [subject, ...rest] = values;
  const otherwise = rest.at(-1);
  if (subject === undefined || otherwise === undefined)
    throw wrongCount(named(name), 4, values.length);
  const branches = rest.slice(0, -1).flatMap((when, at): readonly Branch[] => {
    const result = rest[at + 1];
    return at % 2 === 0 && result !== undefined ? [{ when, result }] : [];
  });
  for (const { when } of branches) checkCase(name, subject, when);
  const kind = oneKind(name, [...branches.map(({ result }) => result), otherwise]);
  const key = keySql(subject);
  const select = (of: (value: Value) => string): string =>
    `(case ${key} ${branches.map(({ when, result }) => `when ${keySql(when)} then ${of(result)}`).join(' ')} else ${of(otherwise)} end)`;
  const faulty = [...branches.map(({ result }) => result), otherwise].some(
    ({ fault }) => fault !== undefined,
  );
  return {
    kind,
    sql: ofKind(
      kind,
      select(({ sql }) => sql),
    ),
    fault: anyFault(
      subject.fault,
      faultsOf(branches.map(({ when }) => when)),
      faulty ? select(({ fault }) => fault ?? 'false') : undefined,
    ),
  };
}

function checkCase(name: string, subject: Value, when: Value): void {
  const wanted = subject.kind === 'Picklist' ? 'Text' : subject.kind;
  if (when.kind === wanted || when.kind === 'Null' || subject.kind === 'Null') return;
  throw wrongType(named(name), [wanted], when.kind);
}

/** Blank text is one value, however it is stored. */
function keySql({ kind, sql }: Value): string {
  return kind === 'Text' || kind === 'Picklist' ? `coalesce(${sql}, '')` : sql;
}

/** Nothing of no kind stays bare, so that it fits wherever it is put. */
function ofKind(kind: Kind, sql: string): string {
  return kind === 'Null' ? 'null' : sql;
}

/** The one kind values are of, null being of any. */
function oneKind(name: string, values: readonly Value[]): Kind {
  const [first, ...others] = values.filter(({ kind }) => kind !== 'Null');
  if (first === undefined) return 'Null';
  const kind = first.kind === 'Picklist' ? 'Text' : first.kind;
  const other = others.find((value) => value.kind !== kind && value.kind !== first.kind);
  if (other !== undefined) throw wrongType(named(name), [kind], other.kind);
  return kind;
}

export function named(name: string): string {
  return `function '${name}()'`;
}

function blankSql(value: Value | undefined): string {
  if (value === undefined) throw new FormulaProblem('Syntax error');
  const { kind, sql, place } = value;
  if (place !== undefined) return `(num_nulls(${place.latitude}, ${place.longitude}) > 0)`;
  const text = kind === 'Text' || kind === 'Picklist' || kind === 'Multi-Select Picklist';
  return text ? `(coalesce(${sql}, '') = '')` : `(${sql} is null)`;
}

/** The first, or the second where the first is blank. */
function instead({ name, values }: FunctionCall): Value {
  const [value, substitute] = values;
  if (value === undefined || substitute === undefined)
    throw wrongCount(named(name), 2, values.length);
  const kind = oneKind(name, values);
  const given = kind === 'Text' ? `nullif(${value.sql}, '')` : value.sql;
  return {
    kind,
    sql: ofKind(kind, `coalesce(${given}, ${substitute.sql})`),
    fault: anyFault(
      value.fault,
      substitute.fault === undefined ? undefined : `(${blankSql(value)} and ${substitute.fault})`,
    ),
  };
}
