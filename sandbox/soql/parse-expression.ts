import {
  AGGREGATES,
  DATE_FUNCTIONS,
  OTHER_FUNCTIONS,
  type Argument,
  type Call,
  type Expression,
  type FunctionName,
  type Geolocation,
  type Name,
  type Path,
} from './ast.ts';
import type { TokenStream } from './token-stream.ts';

const FUNCTIONS: readonly FunctionName[] = [...AGGREGATES, ...DATE_FUNCTIONS, ...OTHER_FUNCTIONS];

/** Whether a function call comes next. */
export function isCall(tokens: TokenStream): boolean {
  return tokens.peek().kind === 'word' && tokens.peek(1).text === '(';
}

/** A field path or a function of one. */
export function parseExpression(tokens: TokenStream): Expression {
  return isCall(tokens) ? parseCall(tokens) : parsePath(tokens);
}

export function parsePath(tokens: TokenStream): Path {
  const first = tokens.name();
  const names: [Name, ...Name[]] = [first];
  while (tokens.takes('.')) names.push(tokens.name());
  return { kind: 'path', names, at: first.at };
}

function parseCall(tokens: TokenStream): Call {
  const word = tokens.peek();
  const name = FUNCTIONS.find((known) => known === word.text.toUpperCase());
  if (name === undefined) throw tokens.unexpected(tokens.peek(1));
  tokens.take();
  tokens.expect('(');
  const parsed = tokens.deeper(() => parseArguments(tokens, name));
  tokens.expect(')');
  return { kind: 'call', name, arguments: parsed, at: word.at };
}

/** What each function takes is fixed by the language; everything else is an unexpected token. */
function parseArguments(tokens: TokenStream, name: FunctionName): readonly Argument[] {
  if (name === 'COUNT' && tokens.sees(')')) return [];
  if (name === 'FORMAT') return [parseExpression(tokens)];
  if (name === 'DISTANCE') {
    const from = parseLocation(tokens);
    tokens.expect(',');
    const to = parseLocation(tokens);
    tokens.expect(',');
    return [from, to, parseUnit(tokens)];
  }
  if (name === 'FIELDS' && !['ALL', 'CUSTOM', 'STANDARD'].some((word) => tokens.sees(word))) {
    throw tokens.unexpected();
  }
  return [takesTimezone(name) && isCall(tokens) ? parseTimezone(tokens) : parsePath(tokens)];
}

function takesTimezone(name: FunctionName): boolean {
  return DATE_FUNCTIONS.some((known) => known === name);
}

function parseTimezone(tokens: TokenStream): Call {
  if (!tokens.sees('CONVERTTIMEZONE')) throw tokens.unexpected();
  return parseCall(tokens);
}

function parseLocation(tokens: TokenStream): Path | Geolocation {
  if (!tokens.sees('GEOLOCATION', '(')) return parsePath(tokens);
  const { at } = tokens.take();
  tokens.expect('(');
  const latitude = parseCoordinate(tokens);
  tokens.expect(',');
  const longitude = parseCoordinate(tokens);
  tokens.expect(')');
  return { kind: 'geolocation', latitude, longitude, at };
}

function parseCoordinate(tokens: TokenStream): number {
  const negative = tokens.takes('-');
  if (!negative) tokens.takes('+');
  const token = tokens.peek();
  if (token.kind !== 'number') throw tokens.unexpected();
  tokens.take();
  return negative ? -Number(token.text) : Number(token.text);
}

function parseUnit(tokens: TokenStream): Argument {
  const token = tokens.peek();
  if (token.kind !== 'string') throw tokens.unexpected();
  tokens.take();
  return { kind: 'string', value: token.text, pattern: token.pattern, at: token.at };
}
