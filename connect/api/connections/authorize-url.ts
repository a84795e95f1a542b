import { z } from 'zod';

import { fault } from '../../faults.ts';
import { AUTHORIZATION_LIFETIME_MS } from '../../limits.ts';
import { connectionFor } from '../authorize.ts';
import { body, type Endpoint } from '../context.ts';
import { loginUrlOf, Place } from '../oauth/login-url.ts';
import { isNextAllowed } from '../oauth/next-url.ts';

const Wanted = Place.extend({ next: z.string().optional() });

/** The address at which a person lets Connect into the org. */
export const authorizeUrl: Endpoint = {
  method: 'post',
  path: '/api/v3/connections/:id/authorize_url',
  async handle(api, request) {
    const { connection } = await connectionFor(api, request);
    const wanted = body(request, Wanted);
    const { next } = wanted;
    if (next !== undefined && !isNextAllowed(next, api.config.publicUrl)) {
      throw fault(
        'AUTHORIZATION_REFUSED',
        'The browser can be sent on to this machine or to the platform, and nowhere else: correct next.',
      );
    }
    const loginUrl = await loginUrlOf(api, wanted);
    const { state, verifier } = api.salesforce.oauth.begin();
    await api.registry.attempts.insert(state, {
      connectionId: connection.id,
      environment: wanted.environment,
      loginUrl,
      verifier,
      nextUrl: next ?? null,
      expiresAt: new Date(api.clock.now() + AUTHORIZATION_LIFETIME_MS),
    });
    const redirect = await api.salesforce.oauth.authorizationUrl(loginUrl, { state, verifier });
    return { status: 201, body: { redirect } };
  },
};
