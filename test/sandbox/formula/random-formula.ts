import fc from 'fast-check';

/** What a formula answers, told by an evaluator of its own: a value, null for blank, or that it is #Error!. */
export type Answer = number | string | boolean | null | typeof ERROR;
export const ERROR = Symbol('#Error!');

/** A record's values. */
export interface Values {
  readonly a: number | null;
  readonly b: number | null;
  readonly t: string | null;
  readonly u: string | null;
  readonly f: boolean;
}

/** A formula with what it means. */
export interface Meant {
  readonly text: string;
  readonly answer: (values: Values) => Answer;
}

export const arbitraryValues: fc.Arbitrary<Values> = fc.record({
  a: fc.option(fc.integer({ min: -9, max: 9 })),
  b: fc.option(fc.integer({ min: -3, max: 3 })),
  t: fc.option(fc.constantFrom('', 'a', 'A', 'ab', "it's", 'b"c', 'ä')),
  u: fc.option(fc.constantFrom('a', 'b', 'ab')),
  f: fc.boolean(),
});

/** Stops at the first part that is #Error!. */
function strict(parts: readonly Meant[], then: (...answers: never[]) => Answer): Meant['answer'] {
  return (values) => {
    const answers: Answer[] = [];
    for (const part of parts) {
      const answer = part.answer(values);
      if (answer === ERROR) return ERROR;
      answers.push(answer);
    }
    return Reflect.apply(then, undefined, answers);
  };
}

type Numbers = (x: number | null, y: number | null) => Answer;
const both =
  (compute: (x: number, y: number) => Answer): Numbers =>
  (x, y) =>
    x === null || y === null ? null : compute(x, y);
const SUMS: Readonly<Record<string, Numbers>> = {
  '+': both((x, y) => x + y),
  '-': both((x, y) => x - y),
  '*': both((x, y) => x * y),
  '/': (x, y) => (y === 0 ? ERROR : both((one, other) => one / other)(x, y)),
};
const COMPARISONS: Readonly<Record<string, Numbers>> = {
  '<': both((x, y) => x < y),
  '>=': both((x, y) => x >= y),
  '=': both((x, y) => x === y),
  '<>': both((x, y) => x !== y),
};

const text = (value: string | null): string => value ?? '';
const quoted = (value: string): string => `"${value.replaceAll('"', '\\"')}"`;
const binary = (operator: string, left: Meant, right: Meant, compute: Numbers): Meant => ({
  text: `(${left.text} ${operator} ${right.text})`,
  answer: strict([left, right], compute),
});

/** IF takes the branch that it needs, and blank is no reason to take the first. */
function choice(condition: Meant, yes: Meant, no: Meant): Meant {
  return {
    text: `IF(${condition.text}, ${yes.text}, ${no.text})`,
    answer: (values) => {
      const chosen = condition.answer(values);
      if (chosen === ERROR) return ERROR;
      return (chosen === true ? yes : no).answer(values);
    },
  };
}

/** AND and OR have three values, and what follows the one that decides does not matter. */
function junction(name: 'AND' | 'OR', terms: readonly Meant[]): Meant {
  const deciding = name === 'OR';
  return {
    text: `${name}(${terms.map((term) => term.text).join(', ')})`,
    answer: (values) => {
      let blank = false;
      for (const term of terms) {
        const answer = term.answer(values);
        if (answer === ERROR || answer === deciding) return answer;
        blank ||= answer === null;
      }
      return blank ? null : !deciding;
    },
  };
}

const field = (name: keyof Values): Meant => ({
  text: `${name}__c`,
  answer: (values) => values[name],
});

interface Kinds {
  readonly number: Meant;
  readonly text: Meant;
  readonly boolean: Meant;
}

/** Formulas of every kind made of each other. */
export const {
  number,
  text: texts,
  boolean,
} = fc.letrec<Kinds>((tie: fc.LetrecTypedTie<Kinds>) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(field('a'), field('b')),
    fc.nat({ max: 5 }).map((n): Meant => ({ text: String(n), answer: () => n })),
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/'), tie('number'), tie('number'))
      .map(([sign, x, y]) => binary(sign, x, y, SUMS[sign] ?? (() => null))),
    fc.tuple(tie('boolean'), tie('number'), tie('number')).map(([c, x, y]) => choice(c, x, y)),
    tie('number').map((x): Meant => ({
      text: `ABS(- ${x.text})`,
      answer: strict([x], (n: number | null) => (n === null ? null : Math.abs(n))),
    })),
    tie('text').map((t): Meant => ({
      text: `LEN(${t.text})`,
      answer: strict([t], (given: string | null) => Array.from(text(given)).length),
    })),
    fc.tuple(tie('number'), fc.nat({ max: 3 })).map(([x, n]): Meant => ({
      text: `BLANKVALUE(${x.text}, ${n})`,
      answer: strict([x], (given: number | null) => given ?? n),
    })),
    fc.tuple(tie('text'), tie('number'), tie('number')).map(([t, x, y]): Meant => ({
      text: `CASE(${t.text}, "a", ${x.text}, "", 7, ${y.text})`,
      answer: (values) => {
        const key = t.answer(values);
        if (key === ERROR) return ERROR;
        if (key === 'a') return x.answer(values);
        return key === '' || key === null ? 7 : y.answer(values);
      },
    })),
  ),
  text: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(field('t'), field('u')),
    fc
      .constantFrom('', 'a', "o'clock", 'say "x"', '$1', '%')
      .map((value): Meant => ({ text: quoted(value), answer: () => value })),
    fc.tuple(tie('text'), tie('text')).map(([x, y]): Meant => ({
      text: `(${x.text} & ${y.text})`,
      answer: strict([x, y], (one: string | null, other: string | null) => text(one) + text(other)),
    })),
    fc.tuple(tie('text'), fc.nat({ max: 3 })).map(([x, n]): Meant => ({
      text: `LEFT(${x.text}, ${n})`,
      answer: strict([x], (given: string | null) => Array.from(text(given)).slice(0, n).join('')),
    })),
    fc.tuple(tie('boolean'), tie('text'), tie('text')).map(([c, x, y]) => choice(c, x, y)),
  ),
  boolean: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(field('f')),
    fc
      .tuple(fc.constantFrom('<', '>=', '=', '<>'), tie('number'), tie('number'))
      .map(([sign, x, y]) => binary(sign, x, y, COMPARISONS[sign] ?? (() => null))),
    fc.tuple(tie('text'), tie('text')).map(([x, y]): Meant => ({
      text: `(${x.text} = ${y.text})`,
      answer: strict(
        [x, y],
        (one: string | null, other: string | null) => text(one) === text(other),
      ),
    })),
    fc
      .tuple(fc.constantFrom('AND' as const, 'OR' as const), tie('boolean'), tie('boolean'))
      .map(([name, x, y]) => junction(name, [x, y])),
    tie('boolean').map((x): Meant => ({
      text: `NOT(${x.text})`,
      answer: strict([x], (given: boolean | null) => (given === null ? null : !given)),
    })),
    fc.oneof(tie('number'), tie('text')).map((x): Meant => ({
      text: `ISBLANK(${x.text})`,
      answer: strict([x], (given: Answer) => given === null || given === ''),
    })),
    fc.tuple(tie('text'), tie('text')).map(([x, y]): Meant => ({
      text: `CONTAINS(${x.text}, ${y.text})`,
      answer: strict([x, y], (one: string | null, other: string | null) =>
        text(one).includes(text(other)),
      ),
    })),
  ),
}));
