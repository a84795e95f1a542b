import { OAuthError } from '../oauth-error.ts';

/** /services/oauth2/register: dynamic client registration, which administrators must have allowed in Salesforce too. */
export function register(): never {
  throw new OAuthError(
    'invalid_client_metadata',
    'dynamic client registration is not supported: make the app by deploying a ConnectedApp, or by PUT /admin/connected-apps/{consumer key}',
  );
}
