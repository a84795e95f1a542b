import { getClient } from '../clients.ts';
import { issueAccessToken, openGrant } from '../issue.ts';
import { invalidGrant, invalidRequest } from '../oauth-error.ts';
import { assertAddress, assertApproved, findUserByPassword } from '../users.ts';
import type { Flow } from './flow.ts';

/** Username and password straight to a token. It never gives a refresh token. */
export const password: Flow = async (ports, request) => {
  const { username, password: secret } = request.parameters;
  if (username === undefined || username === '')
    throw invalidRequest('missing required parameter: username');
  if (secret === undefined) throw invalidRequest('missing required parameter: password');
  const app = await getClient(ports, request.client, { secretOptional: false });
  const user = await findUserByPassword(ports, username, secret);
  if (user === undefined) throw invalidGrant('authentication failure');
  await assertAddress(ports, user, request.address);
  assertApproved(app, user);
  const scopes = app.scopes.filter((scope) => scope !== 'refresh_token');
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
