import type { Request, Response } from 'express';

import { baseUrlOf } from '../base-url.ts';
import type { OAuthPorts } from '../ports.ts';
import { ALL_SCOPES } from '../scopes.ts';

/** GET /.well-known/openid-configuration */
export function openidConfiguration(request: Request, response: Response): void {
  const baseUrl = baseUrlOf(request);
  response.json({
    issuer: baseUrl,
    authorization_endpoint: `${baseUrl}/services/oauth2/authorize`,
    token_endpoint: `${baseUrl}/services/oauth2/token`,
    revocation_endpoint: `${baseUrl}/services/oauth2/revoke`,
    userinfo_endpoint: `${baseUrl}/services/oauth2/userinfo`,
    jwks_uri: `${baseUrl}/id/keys`,
    introspection_endpoint: `${baseUrl}/services/oauth2/introspect`,
    scopes_supported: ALL_SCOPES,
    response_types_supported: ['code', 'token', 'hybrid_auth_code', 'hybrid_token'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'password',
      'client_credentials',
      'device',
      'hybrid_auth_code',
      'hybrid_refresh',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    display_values_supported: ['page', 'popup', 'touch'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    claims_supported: [
      'active',
      'address',
      'email',
      'email_verified',
      'family_name',
      'given_name',
      'is_salesforce_integration_user',
      'language',
      'locale',
      'name',
      'nickname',
      'organization_id',
      'photos',
      'picture',
      'preferred_username',
      'profile',
      'sub',
      'updated_at',
      'urls',
      'user_id',
      'user_type',
      'zoneinfo',
    ],
  });
}

/** GET /id/keys */
export function keys(ports: Pick<OAuthPorts, 'signingKey'>) {
  return async (_request: Request, response: Response): Promise<void> => {
    const { jwk } = await ports.signingKey();
    response.json({ keys: [jwk] });
  };
}
