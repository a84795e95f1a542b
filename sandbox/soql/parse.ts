import type {
  CategorySelection,
  FromItem,
  GroupBy,
  Name,
  OrderItem,
  Path,
  Purpose,
  Query,
  SelectItem,
  Tracking,
  TypeOf,
  WithClause,
} from './ast.ts';
import { STATEMENT_CHARACTERS_MAX } from './limits.ts';
import { parseCondition } from './parse-condition.ts';
import { isCall, parseExpression, parsePath } from './parse-expression.ts';
import { problemAt } from './problem.ts';
import { TokenStream } from './token-stream.ts';

/** Words that cannot be an alias. */
const RESERVED = new Set(
  'AND ASC DESC EXCLUDES FIRST FOR FROM GROUP HAVING IN INCLUDES LAST LIKE LIMIT NOT NULL NULLS OFFSET OR ORDER SELECT UPDATE USING WHERE WITH'.split(
    ' ',
  ),
);

/** Parses a SOQL statement. Throws MALFORMED_QUERY with the place. */
export function parseQuery(text: string): Query {
  if (text.length > STATEMENT_CHARACTERS_MAX) {
    throw problemAt('MALFORMED_QUERY', 'SOQL statements cannot be longer than 100000 characters.', {
      text,
      at: 0,
    });
  }
  const tokens = new TokenStream(text);
  const query = parseBody(tokens, 'query');
  if (tokens.peek().kind !== 'end') throw tokens.unexpected();
  return query;
}

/** A whole statement or one in parentheses; child queries and semi-joins have fewer clauses. */
function parseBody(tokens: TokenStream, role: 'query' | 'subquery'): Query {
  const { at } = tokens.expect('SELECT');
  const select = parseList(tokens, () => parseSelectItem(tokens));
  tokens.expect('FROM');
  const from = parseList(tokens, () => parseFromItem(tokens));
  const whole = role === 'query';
  const scope = whole && tokens.takes('USING', 'SCOPE') ? tokens.name() : undefined;
  const where = tokens.takes('WHERE')
    ? parseCondition(tokens, () => parseNested(tokens))
    : undefined;
  const withClause = whole ? parseWith(tokens) : undefined;
  const groupBy = whole ? parseGroupBy(tokens) : undefined;
  const having =
    groupBy !== undefined && tokens.takes('HAVING')
      ? parseCondition(tokens, () => parseNested(tokens))
      : undefined;
  const orderBy = parseOrderBy(tokens);
  const limit = tokens.takes('LIMIT') ? parseCount(tokens) : undefined;
  const offset = whole && tokens.takes('OFFSET') ? parseCount(tokens) : undefined;
  const allRows = whole && tokens.takes('ALL', 'ROWS');
  const purposes = parsePurposes(tokens);
  const tracking = tokens.takes('UPDATE') ? parseList(tokens, () => parseTracking(tokens)) : [];
  return {
    select,
    from,
    scope,
    where,
    with: withClause,
    groupBy,
    having,
    orderBy,
    limit,
    offset,
    allRows,
    purposes,
    tracking,
    at,
  };
}

/** `(SELECT …)`, the opening parenthesis being taken already. */
export function parseNested(tokens: TokenStream): Query {
  return tokens.deeper(() => {
    const query = parseBody(tokens, 'subquery');
    tokens.expect(')');
    return query;
  });
}

export function parseSelectItem(tokens: TokenStream): SelectItem {
  if (tokens.sees('TYPEOF') && tokens.peek(1).kind === 'word') return parseTypeOf(tokens);
  if (tokens.sees('(')) {
    tokens.take();
    const query = parseNested(tokens);
    return { kind: 'subquery', query, alias: parseAlias(tokens) };
  }
  if (tokens.sees('FROM')) throw tokens.unexpected();
  const expression = isCall(tokens) ? parseExpression(tokens) : parsePath(tokens);
  return { kind: 'expression', expression, alias: parseAlias(tokens) };
}

function parseTypeOf(tokens: TokenStream): TypeOf {
  const { at } = tokens.expect('TYPEOF');
  const path = parsePath(tokens);
  const when: { type: Name; fields: readonly Path[] }[] = [];
  while (tokens.takes('WHEN')) {
    const type = tokens.name();
    tokens.expect('THEN');
    when.push({ type, fields: parseList(tokens, () => parsePath(tokens)) });
  }
  if (when.length === 0) throw tokens.unexpected();
  const otherwise = tokens.takes('ELSE') ? parseList(tokens, () => parsePath(tokens)) : undefined;
  tokens.expect('END');
  return { kind: 'typeof', path, when, otherwise, at };
}

function parseFromItem(tokens: TokenStream): FromItem {
  return { path: parsePath(tokens), alias: parseAlias(tokens) };
}

function parseAlias(tokens: TokenStream): Name | undefined {
  const token = tokens.peek();
  if (token.kind !== 'word' || RESERVED.has(token.text.toUpperCase())) return undefined;
  if (tokens.sees('ALL', 'ROWS')) return undefined;
  return tokens.name();
}

function parseWith(tokens: TokenStream): WithClause | undefined {
  if (!tokens.sees('WITH')) return undefined;
  const { at } = tokens.take();
  if (tokens.takes('DATA', 'CATEGORY')) {
    return { kind: 'category', selections: parseCategories(tokens), at };
  }
  for (const mode of ['SECURITY_ENFORCED', 'USER_MODE', 'SYSTEM_MODE'] as const) {
    if (tokens.takes(mode)) return { kind: 'mode', mode, at };
  }
  return { kind: 'filter', condition: parseCondition(tokens, () => parseNested(tokens)), at };
}

function parseCategories(tokens: TokenStream): CategorySelection[] {
  const selections: CategorySelection[] = [];
  do {
    const group = tokens.name();
    const selector = (['AT', 'ABOVE_OR_BELOW', 'ABOVE', 'BELOW'] as const).find((word) =>
      tokens.takes(word),
    );
    if (selector === undefined) throw tokens.unexpected();
    selections.push({ group, selector, names: parseCategoryNames(tokens) });
  } while (tokens.takes('AND'));
  return selections;
}

function parseCategoryNames(tokens: TokenStream): readonly Name[] {
  if (!tokens.takes('(')) return [tokens.name()];
  const names = parseList(tokens, () => tokens.name());
  tokens.expect(')');
  return names;
}

function parseGroupBy(tokens: TokenStream): GroupBy | undefined {
  if (!tokens.takes('GROUP', 'BY')) return undefined;
  for (const mode of ['rollup', 'cube'] as const) {
    if (!tokens.takes(mode, '(')) continue;
    const by = parseList(tokens, () => parseExpression(tokens));
    tokens.expect(')');
    return { mode, by };
  }
  return { mode: 'plain', by: parseList(tokens, () => parseExpression(tokens)) };
}

export function parseOrderBy(tokens: TokenStream): readonly OrderItem[] {
  if (!tokens.takes('ORDER', 'BY')) return [];
  return parseList(tokens, () => {
    const expression = parseExpression(tokens);
    const descending = !tokens.takes('ASC') && tokens.takes('DESC');
    const nullsLast = tokens.takes('NULLS', 'LAST');
    if (!nullsLast) tokens.takes('NULLS', 'FIRST');
    return { expression, descending, nullsLast };
  });
}

export function parseCount(tokens: TokenStream): number {
  const token = tokens.peek();
  if (token.kind !== 'number' || !/^\d{1,10}$/.test(token.text)) throw tokens.unexpected();
  tokens.take();
  return Number(token.text);
}

function parsePurposes(tokens: TokenStream): readonly Purpose[] {
  const purposes: Purpose[] = [];
  while (tokens.takes('FOR')) {
    const purpose = (['VIEW', 'REFERENCE', 'UPDATE'] as const).find((word) => tokens.takes(word));
    if (purpose === undefined) throw tokens.unexpected();
    purposes.push(purpose);
  }
  return purposes;
}

function parseTracking(tokens: TokenStream): Tracking {
  const tracking = (['TRACKING', 'VIEWSTAT'] as const).find((word) => tokens.takes(word));
  if (tracking === undefined) throw tokens.unexpected();
  return tracking;
}

export function parseList<T>(tokens: TokenStream, parseItem: () => T): [T, ...T[]] {
  const items: [T, ...T[]] = [parseItem()];
  while (tokens.takes(',')) items.push(parseItem());
  return items;
}
