import { syntaxError } from './problem.ts';

export type Token =
  | { readonly kind: 'number' | 'string' | 'name'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: Sign }
  | { readonly kind: 'end'; readonly text: '' };

const DOUBLE = ['<>', '!=', '<=', '>=', '==', '&&', '||'] as const;
const SINGLE = ['(', ')', '+', '-', '*', '/', '^', '&', '=', '<', '>', '!', ','] as const;
/** The longer ones first. */
const SIGNS = [...DOUBLE, ...SINGLE] as const;
export type Sign = (typeof SIGNS)[number];

const SPACE = /[ \t\f\r\n]+|\/\*(?:\\\*\/|[^])*?\*\//y;
const NUMBER = /\d+(?:\.\d+)?|\.\d+/y;
const NAME = /[A-Za-z$][A-Za-z0-9$_:.#]*/y;
const STRING = /"(?:\\[^]|[^"\\\r\n])*"|'(?:\\[^]|[^'\\\r\n])*'/y;
const ESCAPED: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  N: '\n',
  R: '\r',
  T: '\t',
  '"': '"',
  "'": "'",
  '\\': '\\',
};

/** Cuts a formula into words and signs. Line breaks and comments count as space. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < text.length) {
    if (take(SPACE) !== undefined) continue;
    const string = take(STRING);
    const number = string === undefined ? take(NUMBER) : undefined;
    const name = string === undefined && number === undefined ? take(NAME) : undefined;
    if (string !== undefined) tokens.push({ kind: 'string', text: unescaped(string) });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else {
      const sign = SIGNS.find((known) => text.startsWith(known, at));
      if (sign === undefined) throw syntaxError(`Found '${text.slice(at, at + 1)}'`);
      tokens.push({ kind: 'sign', text: sign });
      at += sign.length;
    }
  }
  return [...tokens, { kind: 'end', text: '' }];
}

function unescaped(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\([^])/g, (_, letter: string) => {
    const meant = ESCAPED[letter];
    if (meant === undefined) throw syntaxError(`Found '\\${letter}'`);
    return meant;
  });
}
