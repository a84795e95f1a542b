/** A refusal of the OAuth endpoints: `{error, error_description}`, an object, unlike the errors of the REST API. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly error: string;
  readonly status: number;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }
}

export const invalidGrant = (description: string): OAuthError =>
  new OAuthError('invalid_grant', description);
export const invalidClientId = (): OAuthError =>
  new OAuthError('invalid_client_id', 'client identifier invalid');
export const invalidRequest = (description: string): OAuthError =>
  new OAuthError('invalid_request', description);
export const redirectUriMismatch = (): OAuthError =>
  new OAuthError('redirect_uri_mismatch', 'redirect_uri must match configuration');
