import { GraphQLError, Lexer, Source, TokenKind } from 'graphql';

import { DEPTH_MAX, TOKENS_MAX } from './limits.ts';

const OPENING: ReadonlySet<string> = new Set([
  TokenKind.BRACE_L,
  TokenKind.BRACKET_L,
  TokenKind.PAREN_L,
]);
const CLOSING: ReadonlySet<string> = new Set([
  TokenKind.BRACE_R,
  TokenKind.BRACKET_R,
  TokenKind.PAREN_R,
]);

/**
 * Refuses a document that is nested beyond the bound before it is parsed, since the parser and all that walk through
 * its tree go down by recursion.
 *
 * @throws GraphQLError
 */
export function assertShallow(query: string): void {
  const source = new Source(query);
  const lexer = new Lexer(source);
  let depth = 0;
  for (let tokens = 0; tokens <= TOKENS_MAX; tokens += 1) {
    const token = lexer.advance();
    if (token.kind === TokenKind.EOF) return;
    if (OPENING.has(token.kind)) depth += 1;
    else if (CLOSING.has(token.kind)) depth -= 1;
    if (depth > DEPTH_MAX) {
      throw new GraphQLError(`Syntax Error: Document is nested too deeply: ${DEPTH_MAX} levels`, {
        source,
        positions: [token.start],
      });
    }
  }
}
