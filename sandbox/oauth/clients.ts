import { invalidClientId, OAuthError } from './oauth-error.ts';
import type { OAuthPorts } from './ports.ts';
import { verifyPassword } from './secrets.ts';
import { findApp, type ConnectedApp } from './store/apps.ts';

/** The identity a client claims in a request: in the form, or as HTTP Basic credentials. */
export interface ClaimedClient {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

/**
 * The connected app a request comes from, its secret checked if it shows one.
 * A request without the secret passes only where the flow proves the caller in another way (`secretOptional`).
 *
 * @throws OAuthError
 */
export async function getClient(
  { pool }: Pick<OAuthPorts, 'pool'>,
  claimed: ClaimedClient,
  { secretOptional }: { readonly secretOptional: boolean },
): Promise<ConnectedApp> {
  if (claimed.clientId === undefined || claimed.clientId === '') {
    throw new OAuthError('invalid_request', 'missing required parameter: client_id');
  }
  const app = await findApp(pool, claimed.clientId);
  if (app === undefined) throw invalidClientId();
  if (claimed.clientSecret !== undefined && claimed.clientSecret !== '') {
    const right =
      app.secretHash !== null && (await verifyPassword(claimed.clientSecret, app.secretHash));
    if (!right) throw new OAuthError('invalid_client', 'invalid client credentials');
    return app;
  }
  if (app.secretHash !== null && !secretOptional) {
    throw new OAuthError('invalid_client', 'invalid client credentials');
  }
  return app;
}

/** Reads HTTP Basic credentials as RFC 6749 writes them: each half form-encoded. */
export function parseBasic(header: string | undefined): ClaimedClient | undefined {
  if (header === undefined || !/^basic /i.test(header)) return undefined;
  const [id, ...secret] = Buffer.from(header.slice(6).trim(), 'base64').toString('utf8').split(':');
  return { clientId: decode(id ?? ''), clientSecret: decode(secret.join(':')) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
