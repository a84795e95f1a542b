import type { ClaimedClient } from '../clients.ts';
import type { TokenReply } from '../issue.ts';
import type { OAuthPorts } from '../ports.ts';

/** A request to the token endpoint. */
export interface TokenRequest {
  readonly client: ClaimedClient;
  readonly parameters: Readonly<Record<string, string>>;
  readonly baseUrl: string;
  /** Where the request comes from, for profiles that let users in from some addresses only. */
  readonly address: string;
}

/** One `grant_type`. Throws OAuthError to refuse. */
export type Flow = (
  ports: OAuthPorts,
  request: TokenRequest,
) => Promise<TokenReply | Readonly<Record<string, unknown>>>;
