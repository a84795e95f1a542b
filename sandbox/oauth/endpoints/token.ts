import type { Request, Response } from 'express';

import { addressOf } from '../../access/login-ranges.ts';
import { baseUrlOf } from '../base-url.ts';
import { parseBasic } from '../clients.ts';
import { authorizationCode } from '../flows/authorization-code.ts';
import { beginDevice, device } from '../flows/device.ts';
import { clientCredentials } from '../flows/client-credentials.ts';
import type { Flow } from '../flows/flow.ts';
import { hybridCode, hybridRefresh, refused } from '../flows/hybrid.ts';
import { jwtBearer } from '../flows/jwt-bearer.ts';
import { password } from '../flows/password.ts';
import { refreshToken } from '../flows/refresh-token.ts';
import { OAuthError } from '../oauth-error.ts';
import type { OAuthPorts } from '../ports.ts';
import { formOf } from './parameters.ts';

export const FLOWS: ReadonlyMap<string, Flow> = new Map<string, Flow>([
  ['authorization_code', authorizationCode],
  ['refresh_token', refreshToken],
  ['password', password],
  ['client_credentials', clientCredentials],
  ['device', device],
  ['hybrid_auth_code', hybridCode],
  ['hybrid_refresh', hybridRefresh],
  ['urn:ietf:params:oauth:grant-type:jwt-bearer', jwtBearer],
]);

/** Grant types that Salesforce has and this org cannot have. */
const REFUSED: ReadonlyMap<string, Flow> = new Map([
  [
    'urn:ietf:params:oauth:grant-type:token-exchange',
    refused(
      'token exchange needs an Apex token exchange handler, and Apex does not run in the sandbox org',
    ),
  ],
  [
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
    refused(
      'SAML bearer assertions are not supported by the sandbox org: use JWT bearer assertions',
    ),
  ],
]);

/** POST /services/oauth2/token */
export function token(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const parameters = formOf(request);
    const { grant_type: grantType } = parameters;
    const flow =
      parameters['response_type'] === 'device_code'
        ? beginDevice
        : (FLOWS.get(grantType ?? '') ?? REFUSED.get(grantType ?? ''));
    if (flow === undefined)
      throw new OAuthError('unsupported_grant_type', 'grant type not supported');
    const client = parseBasic(request.headers.authorization) ?? {
      clientId: parameters['client_id'],
      clientSecret: parameters['client_secret'],
    };
    const reply = await flow(ports, {
      client,
      parameters,
      baseUrl: baseUrlOf(request),
      address: addressOf(request),
    });
    response.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' }).json(reply);
  };
}
