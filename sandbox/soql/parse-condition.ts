import { unreachable } from '../../src/kit/assert.ts';
import type { Comparison, Condition, Literal, Operator, Query, Value } from './ast.ts';
import { parseExpression } from './parse-expression.ts';
import { isPeriod, takesCount } from './period.ts';
import type { TokenStream } from './token-stream.ts';

type ParseNested = () => Query;

const OPERATORS: readonly (readonly [readonly string[], Operator])[] = [
  [['='], '='],
  [['!='], '!='],
  [['<>'], '!='],
  [['<='], '<='],
  [['>='], '>='],
  [['<'], '<'],
  [['>'], '>'],
  [['LIKE'], 'LIKE'],
  [['IN'], 'IN'],
  [['NOT', 'IN'], 'NOT IN'],
  [['INCLUDES'], 'INCLUDES'],
  [['EXCLUDES'], 'EXCLUDES'],
];

/**
 * A condition: either one comparison, or several joined by AND, or several joined by OR, or NOT before one. A mixture
 * needs parentheses: Salesforce refuses it at the word that does not fit, and so does this.
 */
export function parseCondition(tokens: TokenStream, parseNested: ParseNested): Condition {
  if (tokens.takes('NOT')) return { kind: 'not', term: parseTerm(tokens, parseNested) };
  const first = parseTerm(tokens, parseNested);
  const kind = tokens.sees('AND') ? 'and' : 'or';
  const terms = [first];
  while (tokens.takes(kind)) terms.push(parseTerm(tokens, parseNested));
  return terms.length === 1 ? first : { kind, terms };
}

function parseTerm(tokens: TokenStream, parseNested: ParseNested): Condition {
  if (!tokens.takes('(')) return parseComparison(tokens, parseNested);
  return tokens.deeper(() => {
    const condition = parseCondition(tokens, parseNested);
    tokens.expect(')');
    return condition;
  });
}

function parseComparison(tokens: TokenStream, parseNested: ParseNested): Comparison {
  const left = parseExpression(tokens);
  const found = OPERATORS.find(([words]) => tokens.takes(...words));
  if (found === undefined) throw tokens.unexpected();
  const [, operator] = found;
  return {
    kind: 'comparison',
    left,
    operator,
    right: parseValue(tokens, parseNested),
    at: left.at,
  };
}

function parseValue(tokens: TokenStream, parseNested: ParseNested): Value {
  const { at } = tokens.peek();
  if (!tokens.takes('(')) return parseLiteral(tokens);
  if (tokens.sees('SELECT')) return { kind: 'subquery', query: parseNested(), at };
  const values = [parseLiteral(tokens)];
  while (tokens.takes(',')) values.push(parseLiteral(tokens));
  tokens.expect(')');
  return { kind: 'list', values, at };
}

function parseLiteral(tokens: TokenStream): Literal {
  const token = tokens.peek();
  const { at } = token;
  switch (token.kind) {
    case 'string':
      tokens.take();
      return { kind: 'string', value: token.text, pattern: token.pattern, at };
    case 'date':
    case 'datetime':
    case 'time':
      tokens.take();
      return { kind: token.kind, text: token.text, at };
    case 'number':
      tokens.take();
      return { kind: 'number', text: token.text, at };
    case 'symbol':
      return parseSigned(tokens);
    case 'word':
      return parseWord(tokens);
    case 'end':
      throw tokens.unexpected();
    default:
      return unreachable(token.kind);
  }
}

function parseSigned(tokens: TokenStream): Literal {
  const sign = tokens.peek();
  if (sign.text === ':') {
    throw tokens.malformed('Bind variables only allowed in Apex code', sign);
  }
  const number = tokens.peek(1);
  if ((sign.text !== '-' && sign.text !== '+') || number.kind !== 'number') {
    throw tokens.unexpected();
  }
  tokens.take();
  tokens.take();
  return { kind: 'number', text: sign.text === '-' ? `-${number.text}` : number.text, at: sign.at };
}

function parseWord(tokens: TokenStream): Literal {
  const { at, ...token } = tokens.peek();
  const word = token.text.toUpperCase();
  if (word === 'NULL') {
    tokens.take();
    return { kind: 'null', at };
  }
  if (word === 'TRUE' || word === 'FALSE') {
    tokens.take();
    return { kind: 'boolean', value: word === 'TRUE', at };
  }
  if (isPeriod(word)) {
    tokens.take();
    return {
      kind: 'period',
      name: word,
      count: takesCount(word) ? parsePeriodCount(tokens) : undefined,
      at,
    };
  }
  if (/^[A-Z]{3}\d+$/.test(word)) {
    tokens.take();
    const text = `${word.slice(3)}${parseFraction(tokens)}`;
    return { kind: 'currency', iso: word.slice(0, 3), text, at };
  }
  throw tokens.unexpected();
}

function parsePeriodCount(tokens: TokenStream): number {
  tokens.expect(':');
  const negative = tokens.takes('-');
  if (!negative) tokens.takes('+');
  const token = tokens.peek();
  if (token.kind !== 'number' || !/^\d{1,6}$/.test(token.text)) throw tokens.unexpected();
  tokens.take();
  return negative ? -Number(token.text) : Number(token.text);
}

/** `USD5000.25` is read as the word `USD5000` and the number `.25`. */
function parseFraction(tokens: TokenStream): string {
  const { kind, text } = tokens.peek();
  if (kind === 'number' && text.startsWith('.')) {
    tokens.take();
    return text;
  }
  tokens.takes('.');
  return '';
}
