import { importPKCS8, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { z } from 'zod';

import { unreachable } from '../../src/kit/assert.ts';
import type { Clock } from '../../src/kit/clock.ts';
import { messageOf } from '../../src/kit/fault.ts';
import { fault } from '../faults.ts';
import { ASSERTION_LIFETIME_MS, OAUTH_TIMEOUT_MS } from '../limits.ts';
import type { Grant } from '../registry.ts';
import { parseJson, refused } from './answer.ts';
import type { OrgHttp } from './http.ts';

/** The connected app (external client app) that an org knows Connect by. */
export interface ConnectedApp {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly callbackUrl: string;
  /** PKCS #8, PEM: signs assertions of the JWT bearer flow. */
  readonly privateKey: string | undefined;
}

export interface Tokens {
  readonly accessToken: string;
  readonly instanceUrl: string;
  readonly refreshToken: string | null;
  /** Address of the identity: its path ends with the org's id and the user's. */
  readonly identity: string;
}

export interface Identity {
  readonly organizationId: string;
  readonly userId: string;
  readonly username: string;
}

/** What Connect asks for, and no more: the API, and to go on when nobody is there. */
const SCOPE = 'api refresh_token';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Logging in to orgs: OAuth 2.0 as Salesforce speaks it. Every address is held against the allowed hosts before use. */
export class OrgOAuth {
  readonly #app: ConnectedApp;
  readonly #http: OrgHttp;
  readonly #clock: Clock;

  constructor(
    app: ConnectedApp,
    { http, clock }: { readonly http: OrgHttp; readonly clock: Clock },
  ) {
    this.#app = app;
    this.#http = http;
    this.#clock = clock;
  }

  /** A new secret pair for one login: what the browser carries, and what only we know. */
  begin(): { readonly state: string; readonly verifier: string } {
    return { state: oauth.generateRandomState(), verifier: oauth.generateRandomCodeVerifier() };
  }

  /** Where the browser is sent to. */
  async authorizationUrl(
    loginUrl: string,
    { state, verifier }: { readonly state: string; readonly verifier: string },
  ): Promise<string> {
    const url = new URL('/services/oauth2/authorize', loginUrl);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: this.#app.clientId,
      redirect_uri: this.#app.callbackUrl,
      scope: SCOPE,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();
    return url.toString();
  }

  /** The tokens of a browser that came back with `query`. */
  async finish(
    loginUrl: string,
    back: { readonly query: URLSearchParams; readonly state: string; readonly verifier: string },
  ): Promise<Tokens> {
    return this.#tokens(loginUrl, async (server, client, secret, options) => {
      const parameters = oauth.validateAuthResponse(server, client, back.query, back.state);
      const answer = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        secret,
        parameters,
        this.#app.callbackUrl,
        back.verifier,
        options,
      );
      return oauth.processAuthorizationCodeResponse(server, client, answer);
    });
  }

  async withRefreshToken(loginUrl: string, refreshToken: string): Promise<Tokens> {
    return this.#tokens(loginUrl, async (server, client, secret, options) => {
      const answer = await oauth.refreshTokenGrantRequest(
        server,
        client,
        secret,
        refreshToken,
        options,
      );
      return oauth.processRefreshTokenResponse(server, client, answer);
    });
  }

  async withClientCredentials(loginUrl: string): Promise<Tokens> {
    return this.#tokens(loginUrl, async (server, client, secret, options) => {
      const answer = await oauth.clientCredentialsGrantRequest(server, client, secret, {}, options);
      return oauth.processClientCredentialsResponse(server, client, answer);
    });
  }

  /** For a user whom an administrator has approved: nobody has to log in, and no refresh token is kept. */
  async withJwtBearer(loginUrl: string, username: string): Promise<Tokens> {
    const { privateKey, clientId } = this.#app;
    if (privateKey === undefined) {
      throw fault(
        'AUTHORIZATION_REFUSED',
        'The JWT bearer flow needs the private key of the connected app: set LANDBRIDGE_SF_JWT_KEY_FILE.',
      );
    }
    const assertion = await new SignJWT()
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(clientId)
      .setSubject(username)
      .setAudience(new URL(loginUrl).origin)
      .setExpirationTime(new Date(this.#clock.now() + ASSERTION_LIFETIME_MS))
      .sign(await importPKCS8(privateKey, 'RS256'));
    return this.#tokens(loginUrl, async (server, client, _secret, options) => {
      // The assertion speaks for the app; a secret beside it is not asked for.
      const answer = await oauth.genericTokenEndpointRequest(
        server,
        client,
        oauth.None(),
        JWT_BEARER,
        { assertion },
        options,
      );
      return oauth.processGenericTokenEndpointResponse(server, client, answer);
    });
  }

  /** New tokens for a grant, in its own way. */
  async renew(
    grant: Pick<Grant, 'kind' | 'loginUrl' | 'refreshToken' | 'username'>,
  ): Promise<Tokens> {
    switch (grant.kind) {
      case 'refresh_token':
        return this.withRefreshToken(grant.loginUrl, grant.refreshToken ?? '');
      case 'client_credentials':
        return this.withClientCredentials(grant.loginUrl);
      case 'jwt_bearer':
        return this.withJwtBearer(grant.loginUrl, grant.username);
      default:
        return unreachable(grant.kind);
    }
  }

  /** Gives the grant back: its tokens are worth nothing afterwards. */
  async revoke(grant: Pick<Grant, 'loginUrl' | 'refreshToken' | 'accessToken'>): Promise<void> {
    const { server, client, secret, options } = this.#server(grant.loginUrl);
    const token = grant.refreshToken ?? grant.accessToken;
    const answer = await oauth.revocationRequest(server, client, secret, token, options);
    await oauth.processRevocationResponse(answer);
  }

  /** Whose tokens these are. */
  async identify({ instanceUrl, accessToken }: Tokens): Promise<Identity> {
    const answer = await this.#http.send({
      method: 'GET',
      url: new URL('/services/oauth2/userinfo', instanceUrl).toString(),
      headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
      signal: AbortSignal.timeout(OAUTH_TIMEOUT_MS),
    });
    if (answer.statusCode !== 200) throw await refused(answer, 'The org did not say who logged in');
    const info = UserInfo.parse(parseJson(await answer.body.text()));
    return {
      organizationId: info.organization_id,
      userId: info.user_id,
      username: info.preferred_username,
    };
  }

  async #tokens(loginUrl: string, grant: GrantCall): Promise<Tokens> {
    const { server, client, secret, options } = this.#server(loginUrl);
    try {
      const answer = Answer.parse(await grant(server, client, secret, options));
      return {
        accessToken: answer.access_token,
        instanceUrl: new URL(answer.instance_url).origin,
        refreshToken: answer.refresh_token ?? null,
        identity: answer.id,
      };
    } catch (error) {
      throw loginFault(error, loginUrl);
    }
  }

  #server(loginUrl: string): Server {
    const at = (path: string): string => new URL(path, loginUrl).toString();
    return {
      server: {
        issuer: new URL(loginUrl).origin,
        authorization_endpoint: at('/services/oauth2/authorize'),
        token_endpoint: at('/services/oauth2/token'),
        revocation_endpoint: at('/services/oauth2/revoke'),
      },
      client: { client_id: this.#app.clientId },
      secret: oauth.ClientSecretPost(this.#app.clientSecret),
      options: {
        [oauth.customFetch]: this.#fetch,
        // Which addresses may be plain http is the allowed hosts' to say, and `OrgHttp` asks them.
        [oauth.allowInsecureRequests]: true,
      },
    };
  }

  readonly #fetch = async (
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: unknown },
  ): Promise<Response> => {
    const answer = await this.#http.send({
      method: method === 'GET' ? 'GET' : 'POST',
      url,
      headers,
      body: body instanceof URLSearchParams ? body.toString() : undefined,
      signal: AbortSignal.timeout(OAUTH_TIMEOUT_MS),
    });
    const type = answer.headers['content-type'];
    return new Response(await answer.body.text(), {
      status: answer.statusCode,
      headers: typeof type === 'string' ? { 'content-type': type } : {},
    });
  };
}

interface Server {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly secret: oauth.ClientAuth;
  readonly options: oauth.TokenEndpointRequestOptions;
}

type GrantCall = (
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  secret: oauth.ClientAuth,
  options: oauth.TokenEndpointRequestOptions,
) => Promise<oauth.TokenEndpointResponse>;

const Answer = z.object({
  access_token: z.string().min(1),
  instance_url: z.url(),
  refresh_token: z.string().optional(),
  id: z.string(),
});

const UserInfo = z.object({
  organization_id: z.string(),
  user_id: z.string(),
  preferred_username: z.string(),
});

/** Salesforce's codes of an org that is switched off, as opposed to a user or an app that is not let in. */
const INACTIVE = new Set(['inactive_org', 'org_is_locked', 'ORG_LOCKED']);

function loginFault(error: unknown, loginUrl: string): unknown {
  const { origin } = new URL(loginUrl);
  if (
    error instanceof oauth.ResponseBodyError ||
    error instanceof oauth.AuthorizationResponseError
  ) {
    const words = `${error.error}${error.error_description === undefined ? '' : ` (${error.error_description})`}`;
    return fault(
      INACTIVE.has(error.error) ? 'SALESFORCE_ORG_INACTIVE' : 'SALESFORCE_UNAUTHORIZED',
      `The login at ${origin} was refused: ${words}. ${adviceOn(error.error)}`,
      { details: { code: error.error } },
    );
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof z.ZodError) {
    return fault(
      'SALESFORCE_AWAY',
      `The login at ${origin} gave an answer that is not one of OAuth’s: ${messageOf(error)}.`,
      { details: { code: 'BAD_LOGIN_ANSWER' } },
    );
  }
  return error;
}

function adviceOn(code: string): string {
  if (code === 'invalid_client' || code === 'invalid_client_id') {
    return 'Compare SF_CLIENT_ID and SF_CLIENT_SECRET with the connected app.';
  }
  if (code === 'invalid_grant') {
    return 'The token was revoked or has ended, or the user is not let in: authorize the connection again.';
  }
  return 'Authorize the connection again.';
}
