import { Fault } from '../../../src/kit/fault.ts';
import { keepGrant } from '../../authorization.ts';
import { fault } from '../../faults.ts';
import { query, type Answer, type Api, type Endpoint } from '../context.ts';
import { page } from './page.ts';

/** Where Salesforce sends the browser back to. Only a state that we gave out, once and lately, gets anywhere. */
export const oauthCallback: Endpoint = {
  method: 'get',
  path: '/oauth/salesforce/callback',
  async handle(api, request) {
    try {
      const search = new URL(request.originalUrl, 'http://callback').searchParams;
      return await finish(api, search, query(request, 'state') ?? '');
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return {
        status: error.status,
        html: page({ title: 'Not authorized', text: error.message }),
      };
    }
  },
};

async function finish(api: Api, search: URLSearchParams, state: string): Promise<Answer> {
  const attempt = await api.registry.attempts.take(state, new Date(api.clock.now()));
  const connection =
    attempt === undefined ? undefined : await api.registry.connections.find(attempt.connectionId);
  if (attempt === undefined || connection === undefined) {
    throw fault(
      'AUTHORIZATION_REFUSED',
      'This login has ended or was used already. Begin again: heroku connect:sf:auth.',
    );
  }
  const { loginUrl, verifier, environment, nextUrl } = attempt;
  const tokens = await api.salesforce.oauth.finish(loginUrl, { query: search, state, verifier });
  if (tokens.refreshToken === null) {
    throw fault(
      'AUTHORIZATION_REFUSED',
      'Salesforce gave no refresh token, so the connection would end with its session. Add the scope “refresh_token, offline_access” to the connected app.',
    );
  }
  await keepGrant(api, connection, { kind: 'refresh_token', environment, loginUrl, tokens });
  api.connections.get(connection.id).restart();
  if (nextUrl !== null) return { status: 302, location: nextUrl };
  return {
    status: 200,
    html: page({
      title: 'Authorized',
      text: `The connection ${connection.resourceName} is authorized. You can close this window.`,
    }),
  };
}
