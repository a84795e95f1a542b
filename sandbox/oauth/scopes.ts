import { OAuthError } from './oauth-error.ts';

/** The scopes a connected app may be given, in the order in which Salesforce's consent page lists them. */
export const SCOPE_MEANINGS: Readonly<Record<string, string>> = {
  id: 'Access the identity URL service',
  profile: 'Access your basic information',
  email: 'Access your email address',
  address: 'Access your address',
  phone: 'Access your phone number',
  openid: 'Access unique user identifiers',
  api: 'Manage user data via APIs',
  chatter_api: 'Access Connect REST API resources',
  custom_permissions: 'Access custom permissions',
  content: 'Access content resources',
  lightning: 'Access Lightning applications',
  pardot_api: 'Manage Pardot services',
  visualforce: 'Access Visualforce applications',
  web: 'Manage user data via Web browsers',
  full: 'Full access',
  refresh_token: 'Perform requests at any time',
};

export const ALL_SCOPES: readonly string[] = Object.keys(SCOPE_MEANINGS);

/**
 * The scopes a request is given: those it names, if the app may have them; all of the app's if it names none.
 * `offline_access` is the standard's word for `refresh_token`.
 */
export function grantScopes(
  requested: string | undefined,
  allowed: readonly string[],
): readonly string[] {
  const named = (requested ?? '').split(/[\s+]+/).filter((scope) => scope !== '');
  if (named.length === 0) return allowed;
  const wanted = [
    ...new Set(named.map((scope) => (scope === 'offline_access' ? 'refresh_token' : scope))),
  ];
  const covered = allowed.includes('full')
    ? new Set([...ALL_SCOPES.filter((s) => s !== 'refresh_token'), ...allowed])
    : new Set(allowed);
  for (const scope of wanted) {
    if (!ALL_SCOPES.includes(scope))
      throw new OAuthError(
        'invalid_scope',
        'the requested scope is invalid, unknown, or malformed',
      );
    if (!covered.has(scope))
      throw new OAuthError('invalid_scope', 'the requested scope is not allowed');
  }
  return wanted;
}
