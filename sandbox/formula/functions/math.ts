import { FormulaProblem } from '../problem.ts';
import { anyFault, faultsOf, made, type Kind, type Value } from '../value.ts';
import { NUMBER, plain, TEXT, type FunctionCall, type FunctionRule } from './rule.ts';

const PLACE: readonly Kind[] = ['Geolocation'];
/** Of the earth, in the unit of the answer. */
const RADIUS: ReadonlyMap<string, number> = new Map([
  ['km', 6_371.009],
  ['mi', 3_958.7613],
]);

const trigonometric = (name: string): FunctionRule =>
  plain('Number', [NUMBER], (n) => `formula.trig_of('${name}', ${n})`);
const limited = (name: string): FunctionRule =>
  plain('Number', [NUMBER], (n) => `formula.trig_of('${name}', ${n})`, {
    fault: (n) => `(abs(${n}) > 1)`,
  });
/** Of several numbers; blank when one of them is. */
const extreme = (sql: 'greatest' | 'least'): FunctionRule => ({
  takes: [NUMBER],
  needs: 1,
  more: true,
  make: ({ values }) => {
    const all = values.map((value) => value.sql);
    const [only] = all;
    const chosen = `case when num_nulls(${all.join(', ')}) = 0 then ${sql}(${all.join(', ')}) end`;
    return made('Number', all.length === 1 && only !== undefined ? only : `(${chosen})`, values);
  },
});

export const MATH_FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  ABS: plain('Number', [NUMBER], (n) => `abs(${n})`),
  ACOS: limited('ACOS'),
  ASIN: limited('ASIN'),
  ATAN: trigonometric('ATAN'),
  ATAN2: plain(
    'Number',
    [NUMBER, NUMBER],
    (y, x) => `atan2((${y})::double precision, (${x})::double precision)::numeric`,
  ),
  CEILING: plain('Number', [NUMBER], (n) => `formula.ceiling_of(${n})`),
  COS: trigonometric('COS'),
  DISTANCE: { takes: [PLACE, PLACE, TEXT], needs: 3, make: distance },
  EXP: plain('Number', [NUMBER], (n) => `formula.exp_of(${n})`, { fault: (n) => `(${n} > 700)` }),
  FLOOR: plain('Number', [NUMBER], (n) => `trunc(${n})`),
  GEOLOCATION: {
    takes: [NUMBER, NUMBER],
    needs: 2,
    make: ({ values }) => {
      const [latitude = 'null', longitude = 'null'] = values.map((value) => value.sql);
      return {
        kind: 'Geolocation',
        sql: 'null',
        place: { latitude, longitude },
        fault: anyFault(faultsOf(values), `(abs(${latitude}) > 90)`, `(abs(${longitude}) > 180)`),
      };
    },
  },
  LN: plain('Number', [NUMBER], (n) => `formula.ln_of(${n})`, { fault: (n) => `(${n} <= 0)` }),
  LOG: plain('Number', [NUMBER], (n) => `formula.log_of(${n})`, { fault: (n) => `(${n} <= 0)` }),
  MAX: extreme('greatest'),
  MCEILING: plain('Number', [NUMBER], (n) => `ceil(${n})`),
  MFLOOR: plain('Number', [NUMBER], (n) => `floor(${n})`),
  MIN: extreme('least'),
  MOD: plain('Number', [NUMBER, NUMBER], (n, by) => `mod(${n}, nullif(${by}, 0))`, {
    fault: (_, by) => `(${by} = 0)`,
  }),
  PI: plain('Number', [], () => '3.14159265358979323846::numeric'),
  ROUND: plain('Number', [NUMBER, NUMBER], (n, digits) => `formula.round_to(${n}, ${digits})`),
  SIN: trigonometric('SIN'),
  SQRT: plain('Number', [NUMBER], (n) => `formula.sqrt_of(${n})`, { fault: (n) => `(${n} < 0)` }),
  TAN: trigonometric('TAN'),
  TRUNC: plain(
    'Number',
    [NUMBER, NUMBER],
    (n, digits = '0') => `formula.trunc_to(${n}, ${digits})`,
    { needs: 1 },
  ),
};

function distance({ values }: FunctionCall): Value {
  const [from, to, unit] = values;
  const radius = RADIUS.get(unit?.constant?.toLowerCase() ?? '');
  if (radius === undefined) {
    throw new FormulaProblem(
      `Incorrect parameter value for function 'DISTANCE()'. Expected 'mi'/'km', received '${unit?.constant ?? ''}'`,
    );
  }
  if (from?.place === undefined || to?.place === undefined) {
    throw new FormulaProblem("Incorrect parameter for function 'DISTANCE()'.");
  }
  const numbers = [
    from.place.latitude,
    from.place.longitude,
    to.place.latitude,
    to.place.longitude,
  ];
  return made('Number', `formula.distance(${numbers.join(', ')}, ${radius})`, values);
}
