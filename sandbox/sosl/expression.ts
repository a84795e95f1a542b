import { NESTING_MAX } from './limits.ts';
import { badSearch } from './problem.ts';

/** What is searched for: words and phrases, joined. */
export type SearchExpression =
  | { readonly kind: 'phrase'; readonly pattern: string }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly SearchExpression[] }
  | { readonly kind: 'not'; readonly term: SearchExpression };

type Token =
  | { readonly kind: 'phrase'; readonly pattern: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: '(' | ')' };

const WORD_CHARACTER = /[^\s()"]/;

/**
 * Reads the text between the braces of FIND: words and "phrases" joined by AND, OR, AND NOT, with parentheses. Words
 * without an operator between them must all be there. `*` stands for any letters, `?` for one.
 */
export function parseExpression(text: string): SearchExpression {
  const parser = new Parser(tokenize(text));
  const expression = parser.or(0);
  parser.end();
  return expression;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  end(): void {
    if (this.#next < this.#tokens.length) throw badSearch('unexpected ) in the search term');
  }

  or(depth: number): SearchExpression {
    if (depth > NESTING_MAX) throw badSearch('too many nested parentheses');
    const terms = [this.#and(depth)];
    while (this.#takes('or')) terms.push(this.#and(depth));
    return one('or', terms);
  }

  #and(depth: number): SearchExpression {
    const terms = [this.#term(depth)];
    for (;;) {
      const joined = this.#takes('and');
      const next = this.#tokens[this.#next];
      const more =
        next !== undefined &&
        next.kind !== ')' &&
        !(next.kind === 'word' && /^or$/i.test(next.text));
      if (!joined && !more) return one('and', terms);
      const negated = this.#takes('not');
      const term = this.#term(depth);
      terms.push(negated ? { kind: 'not', term } : term);
    }
  }

  #term(depth: number): SearchExpression {
    const token = this.#tokens[this.#next];
    this.#next += 1;
    if (token === undefined) throw badSearch('the search term ends too early');
    if (token.kind === 'phrase') return token;
    if (token.kind === 'word') return { kind: 'phrase', pattern: wordPattern(token.text) };
    if (token.kind === ')') throw badSearch('unexpected ) in the search term');
    const inner = this.or(depth + 1);
    if (this.#tokens[this.#next]?.kind !== ')')
      throw badSearch('a ) is missing in the search term');
    this.#next += 1;
    return inner;
  }

  #takes(word: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word) return false;
    this.#next += 1;
    return true;
  }
}

function one(kind: 'and' | 'or', terms: readonly SearchExpression[]): SearchExpression {
  const [only, ...others] = terms;
  return only !== undefined && others.length === 0 ? only : { kind, terms };
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (/\s/.test(character)) at += 1;
    else if (character === '(' || character === ')') {
      tokens.push({ kind: character });
      at += 1;
    } else if (character === '"') {
      const end = closingQuote(text, at + 1);
      const words = text
        .slice(at + 1, end)
        .split(/\s+/)
        .filter((word) => word !== '');
      if (words.length > 0) {
        tokens.push({ kind: 'phrase', pattern: words.map(wordPattern).join('[^[:alnum:]]+') });
      }
      at = end + 1;
    } else {
      const start = at;
      while (at < text.length && WORD_CHARACTER.test(text.charAt(at))) {
        at += text.charAt(at) === '\\' ? 2 : 1;
      }
      tokens.push({ kind: 'word', text: text.slice(start, at) });
    }
  }
  return tokens;
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === '"') return at;
  }
  throw badSearch('a " is missing in the search term');
}

/** A word as a PostgreSQL regular expression, whole words only; a word also ends where letters become digits or digits letters. */
function wordPattern(word: string): string {
  let pattern = '';
  for (let at = 0; at < word.length; at += 1) {
    const character = word.charAt(at);
    if (character === '*') pattern += '[[:alnum:]_]*';
    else if (character === '?') pattern += '[[:alnum:]_]';
    else if (character === '\\') {
      at += 1;
      pattern += literal(word.charAt(at));
    } else pattern += literal(character);
  }
  return `(?<!${kindOf(word.at(0))})${pattern}(?!${kindOf(word.at(-1))})`;
}

/** What may not stand beside a word that begins or ends with this character. */
function kindOf(character = ''): string {
  if (/\d/.test(character)) return '[[:digit:]]';
  return /\p{L}/u.test(character) ? '[[:alpha:]]' : '[[:alnum:]]';
}

function literal(character: string): string {
  return /[\w\u0080-\uffff]/.test(character) || character === '' ? character : `\\${character}`;
}
