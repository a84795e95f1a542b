import { problemAt } from './problem.ts';

/** One word of a statement. `text` is as written, except a string's, which is what it says. */
export interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'date' | 'datetime' | 'time' | 'symbol' | 'end';
  readonly text: string;
  /** A string as a LIKE pattern: `\_` and `\%` stay escaped. Empty for every other kind. */
  readonly pattern: string;
  readonly at: number;
  readonly end: number;
}

const BLANK = /[\s\u00a0]+/y;
const SHAPES = [
  ['datetime', /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})/iy],
  ['date', /\d{4}-\d{2}-\d{2}/y],
  ['time', /\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/iy],
  ['number', /\d+(?:\.\d+)?|\.\d+/y],
  ['word', /[a-z_][a-z0-9_]*/iy],
  ['symbol', /!=|<>|<=|>=|[(),.=<>:+-]/y],
] as const;

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '"': '"',
  "'": "'",
  '\\': '\\',
};

/** Splits a statement into tokens, an `end` last. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(BLANK, text, at).length;
    if (at >= text.length) break;
    const token = text[at] === "'" ? readString(text, at) : readShape(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '<EOF>', pattern: '', at: text.length, end: text.length });
  return tokens;
}

function readShape(text: string, at: number): Token {
  for (const [kind, shape] of SHAPES) {
    const found = matchAt(shape, text, at);
    if (found !== '') return { kind, text: found, pattern: '', at, end: at + found.length };
  }
  const row = text.slice(0, at).split('\n');
  const column = (row.at(-1) ?? '').length;
  throw problemAt(
    'MALFORMED_QUERY',
    `line ${row.length}:${column} no viable alternative at character '${text[at] ?? ''}'`,
    { text, at },
  );
}

function readString(text: string, at: number): Token {
  let value = '';
  let pattern = '';
  let next = at + 1;
  while (next < text.length) {
    const character = text.charAt(next);
    if (character === '\0') break;
    if (character === "'") return { kind: 'string', text: value, pattern, at, end: next + 1 };
    if (character !== '\\') {
      value += character;
      pattern += character;
      next += 1;
      continue;
    }
    const escape = readEscape(text, next);
    value += escape.value;
    pattern += escape.pattern;
    next = escape.end;
  }
  throw problemAt('MALFORMED_QUERY', "unterminated string: expecting ''', found '<EOF>'", {
    text,
    at,
  });
}

function readEscape(text: string, at: number): { value: string; pattern: string; end: number } {
  const letter = text.charAt(at + 1);
  if (letter === '_' || letter === '%') {
    return { value: `\\${letter}`, pattern: `\\${letter}`, end: at + 2 };
  }
  if (letter === 'u') {
    const digits = matchAt(/[0-9a-f]{4}/iy, text, at + 2);
    if (digits !== '' && digits !== '0000') {
      const value = String.fromCharCode(Number.parseInt(digits, 16));
      return { value, pattern: value === '\\' ? '\\\\' : value, end: at + 6 };
    }
  }
  const value = ESCAPES[letter] ?? ESCAPES[letter.toLowerCase()];
  if (value === undefined) {
    throw problemAt(
      'MALFORMED_QUERY',
      `Invalid string literal. Illegal character sequence '\\${letter}' in string literal.`,
      { text, at },
    );
  }
  return { value, pattern: value === '\\' ? '\\\\' : value, end: at + 2 };
}

function matchAt(shape: RegExp, text: string, at: number): string {
  shape.lastIndex = at;
  return shape.exec(text)?.[0] ?? '';
}
