import { NESTING_MAX } from './limits.ts';
import { problemAt } from './problem.ts';
import { tokenize, type Token } from './tokenize.ts';
import type { Name } from './ast.ts';
import type { SalesforceError } from '../salesforce-error.ts';

/** The tokens of one statement and how far they have been read. */
export class TokenStream {
  readonly text: string;
  readonly #tokens: readonly Token[];
  readonly #end: Token;
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = tokenize(text);
    this.#end = { kind: 'end', text: '<EOF>', pattern: '', at: text.length, end: text.length };
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#next + ahead] ?? this.#end;
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#next += 1;
    return token;
  }

  /** Whether the next tokens are these keywords or symbols. */
  sees(...texts: readonly string[]): boolean {
    return texts.every((text, ahead) => is(this.peek(ahead), text));
  }

  /** Takes the keywords or symbols if they are next. */
  takes(...texts: readonly string[]): boolean {
    if (!this.sees(...texts)) return false;
    this.#next += texts.length;
    return true;
  }

  expect(text: string): Token {
    if (!this.sees(text)) throw this.unexpected();
    return this.take();
  }

  name(): Name {
    const token = this.peek();
    if (token.kind !== 'word') throw this.unexpected();
    this.take();
    return { text: token.text, at: token.at };
  }

  unexpected(token: Token = this.peek()): SalesforceError {
    return this.malformed(`unexpected token: '${token.text}'`, token);
  }

  malformed(message: string, { at }: { readonly at: number }): SalesforceError {
    return problemAt('MALFORMED_QUERY', message, { text: this.text, at });
  }

  /** Runs one level deeper, so that no statement can exhaust the stack. */
  deeper<T>(work: () => T): T {
    if (this.#depth >= NESTING_MAX) {
      throw this.malformed('too many nested parentheses', this.peek());
    }
    this.#depth += 1;
    const result = work();
    this.#depth -= 1;
    return result;
  }
}

function is(token: Token, text: string): boolean {
  return (
    (token.kind === 'word' || token.kind === 'symbol') &&
    token.text.toUpperCase() === text.toUpperCase()
  );
}
