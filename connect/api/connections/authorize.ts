import { z } from 'zod';

import { unreachable } from '../../../src/kit/assert.ts';
import { keepGrant } from '../../authorization.ts';
import { connectionFor } from '../authorize.ts';
import { body, type Api, type Endpoint } from '../context.ts';
import { loginUrlOf, Place } from '../oauth/login-url.ts';
import type { Tokens } from '../../salesforce/oauth.ts';

const Wanted = z.discriminatedUnion('grant', [
  Place.extend({ grant: z.literal('client_credentials') }),
  Place.extend({ grant: z.literal('jwt_bearer'), username: z.string().min(1) }),
  Place.extend({ grant: z.literal('refresh_token'), refresh_token: z.string().min(1) }),
]);
type Wanted = z.infer<typeof Wanted>;

/**
 * Authorizes a connection without a browser (ours, not Heroku Connect's): with the connected app's run-as user, with a
 * user an administrator has approved, or with a refresh token that the caller has from elsewhere.
 */
export const authorizeConnection: Endpoint = {
  method: 'post',
  path: '/api/v3/connections/:id/actions/authorize',
  async handle(api, request) {
    const { connection, life } = await connectionFor(api, request);
    const wanted = body(request, Wanted);
    const loginUrl = await loginUrlOf(api, wanted);
    const tokens = await tokensOf(api, loginUrl, wanted);
    const grant = await keepGrant(api, connection, {
      kind: wanted.grant,
      environment: wanted.environment,
      loginUrl,
      tokens:
        wanted.grant === 'refresh_token'
          ? { ...tokens, refreshToken: tokens.refreshToken ?? wanted.refresh_token }
          : { ...tokens, refreshToken: null },
    });
    life.restart();
    return {
      status: 200,
      body: {
        sf_info: {
          username: grant.username,
          organization_id: grant.organizationId,
          environment: grant.environment,
          domain: new URL(grant.instanceUrl).host,
        },
      },
    };
  },
};

async function tokensOf(
  { salesforce: { oauth } }: Api,
  loginUrl: string,
  wanted: Wanted,
): Promise<Tokens> {
  switch (wanted.grant) {
    case 'client_credentials':
      return oauth.withClientCredentials(loginUrl);
    case 'jwt_bearer':
      return oauth.withJwtBearer(loginUrl, wanted.username);
    case 'refresh_token':
      return oauth.withRefreshToken(loginUrl, wanted.refresh_token);
    default:
      return unreachable(wanted);
  }
}
