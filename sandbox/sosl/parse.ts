import type { SalesforceError } from '../salesforce-error.ts';
import type { Condition, Name, OrderItem, SelectItem } from '../soql/ast.ts';
import { parseCondition } from '../soql/parse-condition.ts';
import {
  parseCount,
  parseList,
  parseNested,
  parseOrderBy,
  parseSelectItem,
} from '../soql/parse.ts';
import { TokenStream } from '../soql/token-stream.ts';
import { parseExpression, type SearchExpression } from './expression.ts';
import { SEARCH_CHARACTERS_MAX } from './limits.ts';
import { badSearch } from './problem.ts';

export const GROUPS = ['ALL', 'NAME', 'EMAIL', 'PHONE', 'SIDEBAR'] as const;
export type SearchGroup = (typeof GROUPS)[number];

/** One object of RETURNING: what is answered of its records, and which of them. */
export interface Returning {
  readonly object: Name;
  readonly select: readonly SelectItem[];
  readonly where: Condition | undefined;
  readonly orderBy: readonly OrderItem[];
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

export interface Search {
  /** The statement with the search term blanked: every place in it is one of the statement. */
  readonly text: string;
  readonly expression: SearchExpression;
  readonly group: SearchGroup;
  /** Undefined: every object that can be searched. */
  readonly returning: readonly Returning[] | undefined;
  readonly limit: number | undefined;
  /** WITH METADATA = 'LABELS': the answer says how its fields are called. */
  readonly labels: boolean;
  /** WITH PricebookId: only products of this pricebook. */
  readonly pricebookId: string | undefined;
}

/** Parses a SOSL statement: `FIND {term} IN NAME FIELDS RETURNING Account(Id, Name WHERE … LIMIT 5), Contact LIMIT 20`. */
export function parseSearch(statement: string): Search {
  if (statement.includes('\0')) throw badSearch('A search cannot hold the character NUL');
  const start = /^\s*FIND\s*\{/i.exec(statement);
  if (start === null)
    throw badSearch('No search term found. The search term must be enclosed in braces.');
  const end = closingBrace(statement, start[0].length);
  const term = statement.slice(start[0].length, end);
  if (term.length > SEARCH_CHARACTERS_MAX) throw badSearch('The search term is too long');
  if (term.replaceAll(/[\s*?"()\\]/g, '').length < 2) {
    throw badSearch(`Search term must be longer than one character: ${term}`);
  }
  const text = ' '.repeat(end + 1) + statement.slice(end + 1);
  const tokens = new TokenStream(text);
  const group = parseGroup(tokens);
  const returning = tokens.takes('RETURNING')
    ? parseList(tokens, () => parseReturning(tokens))
    : undefined;
  const clauses = parseWith(tokens);
  const limit = tokens.takes('LIMIT') ? parseCount(tokens) : undefined;
  if (tokens.takes('UPDATE')) parseList(tokens, () => tokens.name());
  if (tokens.peek().kind !== 'end') throw tokens.unexpected();
  return { text, expression: parseExpression(term), group, returning, limit, ...clauses };
}

function closingBrace(statement: string, from: number): number {
  for (let at = from; at < statement.length; at += 1) {
    if (statement.charAt(at) === '\\') at += 1;
    else if (statement.charAt(at) === '}') return at;
  }
  throw badSearch('A } is missing after the search term');
}

function parseGroup(tokens: TokenStream): SearchGroup {
  if (!tokens.takes('IN')) return 'ALL';
  const group = GROUPS.find((word) => tokens.takes(word));
  if (group === undefined) throw tokens.unexpected();
  tokens.expect('FIELDS');
  return group;
}

function parseReturning(tokens: TokenStream): Returning {
  const object = tokens.name();
  if (!tokens.takes('(')) {
    return {
      object,
      select: [idOnly(object)],
      where: undefined,
      orderBy: [],
      limit: undefined,
      offset: undefined,
    };
  }
  const select = parseList(tokens, () => parseSelectItem(tokens));
  const where = tokens.takes('WHERE')
    ? parseCondition(tokens, () => parseNested(tokens))
    : undefined;
  const orderBy = parseOrderBy(tokens);
  const limit = tokens.takes('LIMIT') ? parseCount(tokens) : undefined;
  const offset = tokens.takes('OFFSET') ? parseCount(tokens) : undefined;
  tokens.expect(')');
  return { object, select, where, orderBy, limit, offset };
}

export function idOnly({ at }: { readonly at: number }): SelectItem {
  return {
    kind: 'expression',
    expression: { kind: 'path', names: [{ text: 'Id', at }], at },
    alias: undefined,
  };
}

type Clauses = Pick<Search, 'labels' | 'pricebookId'>;

/** WITH clauses: what this org lacks is refused by name. */
function parseWith(tokens: TokenStream): Clauses {
  let clauses: Clauses = { labels: false, pricebookId: undefined };
  while (tokens.takes('WITH')) {
    if (tokens.takes('USER_MODE') || tokens.takes('SYSTEM_MODE')) continue;
    if (tokens.takes('SPELL_CORRECTION', '=')) {
      // It only ever finds more; an index without a dictionary has nothing to correct by.
      if (!tokens.takes('TRUE') && !tokens.takes('FALSE')) throw tokens.unexpected();
    } else if (tokens.takes('METADATA', '=')) {
      if (parseText(tokens).toUpperCase() !== 'LABELS') {
        throw tokens.malformed("WITH METADATA takes 'LABELS'", tokens.peek());
      }
      clauses = { ...clauses, labels: true };
    } else if (tokens.takes('PricebookId', '=')) {
      clauses = { ...clauses, pricebookId: parseText(tokens) };
    } else {
      throw absent(tokens);
    }
  }
  return clauses;
}

function parseText(tokens: TokenStream): string {
  const token = tokens.peek();
  if (token.kind !== 'string') throw tokens.unexpected();
  tokens.take();
  return token.text;
}

/** Clauses of features that an org must have first. */
const ABSENT: Readonly<Record<string, string>> = {
  DATA: 'WITH DATA CATEGORY needs articles or questions, which the sandbox org does not have',
  DIVISION: 'WITH DIVISION needs divisions, which are not enabled in the sandbox org',
  NETWORK: 'WITH NETWORK needs Experience Cloud sites, which the sandbox org does not have',
  HIGHLIGHT: 'WITH HIGHLIGHT is not implemented by the sandbox org',
  SNIPPET:
    'WITH SNIPPET needs articles, cases or feeds in a search index with snippets, which the sandbox org does not have',
};

function absent(tokens: TokenStream): SalesforceError {
  const token = tokens.peek();
  const message = ABSENT[token.text.toUpperCase()];
  return message === undefined ? tokens.unexpected() : tokens.malformed(message, token);
}
