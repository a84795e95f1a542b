import { FORMULA_CHARACTERS_MAX, NESTING_MAX } from './limits.ts';
import { FormulaProblem, syntaxError } from './problem.ts';
import { tokenize, type Sign, type Token } from './tokenize.ts';

export type BinaryOperator =
  '+' | '-' | '*' | '/' | '^' | '&' | '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Expression =
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    };

/**
 * Reads a formula. The levels are those of Salesforce's published grammar, in which `^` binds less than `*` and `/`:
 *
 *     or:  and ( || and )*        comparison: sum ( (< > <= >=) sum )*    product: unary ( (* /) unary )*
 *     and: equality ( && … )*     sum: power ( (+ - &) power )*           unary: (- + ! NOT) unary | primary
 *     equality: comparison (= …)* power: product ( ^ product )*
 *
 * @throws FormulaProblem
 */
export function parseFormula(text: string): Expression {
  if (text.length > FORMULA_CHARACTERS_MAX) {
    throw new FormulaProblem(
      `Formula is too long (${text.length.toLocaleString('en-US')} characters). Maximum length is ${FORMULA_CHARACTERS_MAX.toLocaleString('en-US')} characters`,
    );
  }
  const parser = new Parser(tokenize(text));
  return parser.whole();
}

const EQUALITIES: Readonly<Partial<Record<Sign, BinaryOperator>>> = {
  '=': '=',
  '==': '=',
  '<>': '<>',
  '!=': '<>',
};
const COMPARISONS: Readonly<Partial<Record<Sign, BinaryOperator>>> = {
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
const SUMS: Readonly<Partial<Record<Sign, BinaryOperator>>> = { '+': '+', '-': '-', '&': '&' };
const POWERS: Readonly<Partial<Record<Sign, BinaryOperator>>> = { '^': '^' };
const PRODUCTS: Readonly<Partial<Record<Sign, BinaryOperator>>> = { '*': '*', '/': '/' };
const LEVELS = [EQUALITIES, COMPARISONS, SUMS, POWERS, PRODUCTS] as const;

const END: Token = { kind: 'end', text: '' };

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#or();
    const rest = this.#next;
    if (rest.kind === 'end') return expression;
    throw syntaxError(
      rest.text === ')' || rest.text === ',' ? `Extra '${rest.text}'` : `Extra ${rest.text}`,
    );
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  #isSign(sign: Sign): boolean {
    return this.#next.kind === 'sign' && this.#next.text === sign;
  }

  #skip(sign: Sign): boolean {
    if (!this.#isSign(sign)) return false;
    this.#at += 1;
    return true;
  }

  #need(sign: Sign): void {
    if (!this.#skip(sign)) throw syntaxError(`Missing '${sign}'`);
  }

  #or(): Expression {
    this.#depth += 1;
    if (this.#depth > NESTING_MAX) throw new FormulaProblem('Syntax error. Too many levels');
    const terms = this.#list(() => this.#and(), '||');
    this.#depth -= 1;
    return terms;
  }

  #and(): Expression {
    return this.#list(() => this.#level(0), '&&');
  }

  /** `a || b || c` is OR(a, b, c). */
  #list(term: () => Expression, sign: '||' | '&&'): Expression {
    const first = term();
    if (!this.#isSign(sign)) return first;
    const terms = [first];
    while (this.#skip(sign)) terms.push(term());
    return { kind: 'call', name: sign === '||' ? 'OR' : 'AND', arguments: terms };
  }

  #level(level: number): Expression {
    const signs = LEVELS[level];
    if (signs === undefined) return this.#unary();
    let left = this.#level(level + 1);
    for (;;) {
      const token = this.#next;
      const operator = token.kind === 'sign' ? signs[token.text] : undefined;
      if (operator === undefined) return left;
      this.#at += 1;
      left = { kind: 'binary', operator, left, right: this.#level(level + 1) };
    }
  }

  #unary(): Expression {
    const token = this.#next;
    const not = this.#isSign('!') || (isWord(token, 'NOT') && !this.#isCall());
    if (not) {
      this.#at += 1;
      return { kind: 'call', name: 'NOT', arguments: [this.#deeper()] };
    }
    if (token.kind === 'sign' && (token.text === '-' || token.text === '+')) {
      this.#at += 1;
      return { kind: 'sign', operator: token.text, of: this.#deeper() };
    }
    return this.#primary();
  }

  #deeper(): Expression {
    this.#depth += 1;
    if (this.#depth > NESTING_MAX) throw new FormulaProblem('Syntax error. Too many levels');
    const expression = this.#unary();
    this.#depth -= 1;
    return expression;
  }

  #isCall(): boolean {
    const after = this.#tokens[this.#at + 1];
    return after?.kind === 'sign' && after.text === '(';
  }

  #primary(): Expression {
    const token = this.#next;
    switch (token.kind) {
      case 'number':
        this.#at += 1;
        return { kind: 'number', text: token.text };
      case 'string':
        this.#at += 1;
        return { kind: 'string', value: token.text };
      case 'name':
        return this.#named(token.text);
      case 'sign':
        if (!this.#skip('(')) throw syntaxError(`Found '${token.text}'`);
        return this.#parenthesized();
      case 'end':
      default:
        throw syntaxError(this.#at === 0 ? undefined : "Found 'end of formula'");
    }
  }

  #parenthesized(): Expression {
    const inner = this.#or();
    this.#need(')');
    return inner;
  }

  #named(text: string): Expression {
    const call = this.#isCall();
    this.#at += 1;
    if (call) {
      this.#at += 1;
      return { kind: 'call', name: text.toUpperCase(), arguments: this.#arguments() };
    }
    const word = text.toUpperCase();
    if (word === 'TRUE' || word === 'FALSE') return { kind: 'boolean', value: word === 'TRUE' };
    return word === 'NULL' ? { kind: 'null' } : { kind: 'field', name: text };
  }

  #arguments(): readonly Expression[] {
    if (this.#skip(')')) return [];
    const given: Expression[] = [];
    do given.push(this.#or());
    while (this.#skip(','));
    this.#need(')');
    return given;
  }
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'name' && token.text.toUpperCase() === word;
}
