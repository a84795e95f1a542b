import { TEXT_CHARACTERS_MAX } from '../limits.ts';
import { FormulaProblem } from '../problem.ts';
import { literal } from '../template.ts';
import { faultsOf, made, type Value } from '../value.ts';
import { NUMBER, plain, TEXT, type FunctionCall, type FunctionRule } from './rule.ts';

const PICKS = ['Picklist'] as const;
const MULTIPLE = ['Multi-Select Picklist'] as const;

const blank = (sql: string): string => `coalesce(${sql}, '')`;

export const TEXT_FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  ASCII: plain('Number', [TEXT], (t) => `nullif(ascii(${blank(t)}), 0)::numeric`),
  BEGINS: plain('Boolean', [TEXT, TEXT], (t, start) => `starts_with(${blank(t)}, ${blank(start)})`),
  BR: plain('Text', [], () => `'<br>'::text`),
  CASESAFEID: plain('Text', [TEXT], (t) => `formula.casesafe_id(${t})`),
  CHR: plain('Text', [NUMBER], (n) => `formula.letter_of(${n})`),
  CONTAINS: plain(
    'Boolean',
    [TEXT, TEXT],
    (t, wanted) => `(strpos(${blank(t)}, ${blank(wanted)}) > 0)`,
  ),
  FIND: plain(
    'Number',
    [TEXT, TEXT, NUMBER],
    (wanted, t, start = '1') => `formula.find_in(${wanted}, ${t}, ${start})`,
    { needs: 2 },
  ),
  HYPERLINK: plain(
    'Text',
    [TEXT, TEXT, TEXT],
    (url, label, target = `'_blank'`) =>
      `('<a href="' || ${blank(url)} || '" target="' || ${blank(target)} || '">' || ${blank(label)} || '</a>')`,
    { needs: 2 },
  ),
  IMAGE: plain(
    'Text',
    [TEXT, TEXT, NUMBER, NUMBER],
    (url, alternative, height, width) =>
      `('<img src="' || ${blank(url)} || '" alt="' || ${blank(alternative)} || '"'${imageStyle(height, width)} || ' border="0"/>')`,
    { needs: 2 },
  ),
  INCLUDES: {
    takes: [MULTIPLE, TEXT],
    needs: 2,
    make: (call) => {
      const [picks, wanted] = pickAndLiteral(call);
      const sql = `coalesce(string_to_array(${picks.sql}, ';') @> array[${literal(wanted)}], false)`;
      return made('Boolean', sql, call.values);
    },
  },
  INITCAP: plain('Text', [TEXT], (t) => `initcap(${t})`),
  ISPICKVAL: {
    takes: [PICKS, TEXT],
    needs: 2,
    make: (call) => {
      const [pick, wanted] = pickAndLiteral(call);
      return made('Boolean', `(${blank(pick.sql)} = ${literal(wanted)})`, call.values);
    },
  },
  LEFT: plain('Text', [TEXT, NUMBER], (t, n) => `formula.left_of(${t}, ${n})`),
  LEN: plain('Number', [TEXT], (t) => `length(${blank(t)})::numeric`),
  LOWER: plain('Text', [TEXT, TEXT], (t) => `lower(${t})`, { needs: 1 }),
  LPAD: plain('Text', [TEXT, NUMBER, TEXT], (t, n, pad) => padded(t, n, pad, true), { needs: 2 }),
  MID: plain(
    'Text',
    [TEXT, NUMBER, NUMBER],
    (t, start, n) => `formula.mid_of(${t}, ${start}, ${n})`,
  ),
  PICKLISTCOUNT: plain(
    'Number',
    [MULTIPLE],
    (picks) => `coalesce(array_length(string_to_array(nullif(${picks}, ''), ';'), 1), 0)::numeric`,
  ),
  REGEX: {
    takes: [TEXT, TEXT],
    needs: 2,
    places: ['rule', 'default'],
    make: ({ values }) => {
      const [text, pattern] = two(values);
      if (pattern.constant !== undefined) checkPattern(pattern.constant);
      return made('Boolean', `formula.matches(${text.sql}, ${pattern.sql})`, values);
    },
  },
  REVERSE: plain('Text', [TEXT], (t) => `reverse(${t})`),
  RIGHT: plain('Text', [TEXT, NUMBER], (t, n) => `formula.right_of(${t}, ${n})`),
  RPAD: plain('Text', [TEXT, NUMBER, TEXT], (t, n, pad) => padded(t, n, pad, false), { needs: 2 }),
  SUBSTITUTE: plain('Text', [TEXT, TEXT, TEXT], (t, old, fresh) => {
    const cut = (sql: string): string => `left(${blank(sql)}, ${TEXT_CHARACTERS_MAX})`;
    return `left(replace(${cut(t)}, nullif(${old}, ''), ${cut(fresh)}), ${TEXT_CHARACTERS_MAX})`;
  }),
  TEXT: {
    takes: [['Number', 'Date', 'DateTime', 'Time', 'Picklist', 'Null']],
    needs: 1,
    make: ({ values }) => {
      const [value] = values;
      return made('Text', value === undefined ? 'null' : asText(value), values);
    },
  },
  TRIM: plain('Text', [TEXT], (t) => `btrim(${t}, E' \\t\\r\\n')`),
  UPPER: plain('Text', [TEXT, TEXT], (t) => `upper(${t})`, { needs: 1 }),
  VALUE: plain('Number', [TEXT], (t) => `formula.number_of(${t})`, {
    fault: (t) => `(${blank(t)} <> '' and not formula.is_number(${t}))`,
  }),
  FORMATDURATION: {
    takes: [
      ['Number', 'Time', 'DateTime'],
      ['Boolean', 'Time', 'DateTime'],
    ],
    needs: 1,
    make: duration,
  },
};

/** `HH:MM:SS` of so many seconds, or of the time between two moments; with TRUE, days before it. */
function duration({ values }: FunctionCall): Value {
  const [first, second] = values;
  if (first === undefined)
    throw new FormulaProblem('Incorrect parameter for function FORMATDURATION().');
  if (first.kind === 'Number') {
    const days = second === undefined ? 'false' : `coalesce(${second.sql}, false)`;
    return made('Text', `formula.duration_of(${first.sql}, ${days})`, values);
  }
  if (second?.kind !== first.kind) {
    throw new FormulaProblem('Incorrect parameter for function FORMATDURATION().');
  }
  const seconds = `abs(extract(epoch from ${first.sql}) - extract(epoch from ${second.sql}))`;
  return made('Text', `formula.duration_of(${seconds}, ${first.kind === 'DateTime'})`, values);
}

function asText({ kind, sql }: Value): string {
  switch (kind) {
    case 'Number':
      return `formula.text_of(${sql})`;
    case 'Date':
      return `to_char(${sql}, 'YYYY-MM-DD')`;
    case 'DateTime':
      return `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')`;
    case 'Time':
      return `to_char(${sql}, 'HH24:MI:SS.MS')`;
    case 'Boolean':
    case 'Geolocation':
    case 'Multi-Select Picklist':
    case 'Null':
      return 'null::text';
    case 'Picklist':
    case 'Text':
    default:
      return sql;
  }
}

function padded(t: string, n: string, pad: string | undefined, left: boolean): string {
  return `formula.padded(${t}, ${n}, ${pad ?? `' '`}, ${left}, ${TEXT_CHARACTERS_MAX})`;
}

function imageStyle(height: string | undefined, width: string | undefined): string {
  if (height === undefined || width === undefined) return '';
  return ` || ' style="height:' || coalesce(formula.text_of(${height}), '') || 'px; width:' || coalesce(formula.text_of(${width}), '') || 'px;"'`;
}

function two(values: readonly Value[]): readonly [Value, Value] {
  const [first, second] = values;
  if (first === undefined || second === undefined)
    throw new TypeError('two parameters were checked');
  return [first, second];
}

function pickAndLiteral({ name, values }: FunctionCall): readonly [Value, string] {
  const [pick, wanted] = two(values);
  if (wanted.constant === undefined || faultsOf([wanted]) !== undefined) {
    throw new FormulaProblem(
      `Incorrect parameter type for function '${name}()'. Expected Text Literal, received Text`,
    );
  }
  return [pick, wanted.constant];
}

/** A pattern that cannot be read is told when the formula is written, not when it is used. */
function checkPattern(pattern: string): void {
  try {
    RegExp(`^(?:${pattern})$`);
  } catch (cause) {
    throw new FormulaProblem(`Invalid regular expression: ${pattern}`, { cause });
  }
}
