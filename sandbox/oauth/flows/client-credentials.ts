import { getClient } from '../clients.ts';
import { issueAccessToken, openGrant } from '../issue.ts';
import { invalidGrant, OAuthError } from '../oauth-error.ts';
import { grantScopes } from '../scopes.ts';
import { assertAddress } from '../users.ts';
import type { Flow } from './flow.ts';

/** An app acts as the user an administrator has set for it. */
export const clientCredentials: Flow = async (ports, request) => {
  const app = await getClient(ports, request.client, { secretOptional: false });
  if (app.secretHash === null) throw new OAuthError('invalid_client', 'invalid client credentials');
  if (app.runAsUsername === null) throw invalidGrant('no client credentials user enabled');
  const user = await ports.directory.findUserByUsername(app.runAsUsername);
  if (user === undefined || !user.active) throw invalidGrant('no client credentials user enabled');
  await assertAddress(ports, user, request.address);
  const scopes = grantScopes(request.parameters['scope'], app.scopes).filter(
    (scope) => scope !== 'refresh_token',
  );
  const grant = await openGrant(ports, ports.pool, { app, user, scopes });
  return issueAccessToken(ports, {
    db: ports.pool,
    app,
    user,
    grant,
    baseUrl: request.baseUrl,
    clientSecret: request.client.clientSecret,
  });
};
