import { z } from 'zod';

import { fault } from './faults.ts';

const REQUEST_TIMEOUT_MS = 30_000;
/** The sandbox org's own newest versions all serve it. */
const API_VERSION = 'v62.0';

const Token = z.object({ access_token: z.string(), instance_url: z.string(), id: z.string() });
const Identity = z.object({ username: z.string() });

export interface OrgSession {
  readonly url: string;
  readonly accessToken: string;
  readonly username: string;
}

export interface OrgCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Opens a session of the sandbox org's administrator (OAuth 2.0 client credentials, the app's run-as user). */
export async function openOrgSession(
  url: string,
  { clientId, clientSecret }: OrgCredentials,
): Promise<OrgSession> {
  const token = Token.parse(
    await request(new URL('/services/oauth2/token', url), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }),
    }),
  );
  const identity = Identity.parse(
    await request(new URL(new URL(token.id).pathname, url), {
      headers: { authorization: `Bearer ${token.access_token}` },
    }),
  );
  return { url, accessToken: token.access_token, username: identity.username };
}

const Fields = z.object({ fields: z.array(z.object({ name: z.string() })) });

/** Makes the external id field of contacts that the original demo asks its users to make by hand: Text(32), unique. */
export async function addExternalContactId(session: OrgSession): Promise<void> {
  const authorization = `Bearer ${session.accessToken}`;
  const describe = Fields.parse(
    await request(new URL(`/services/data/${API_VERSION}/sobjects/Contact/describe`, session.url), {
      headers: { authorization },
    }),
  );
  if (describe.fields.some(({ name }) => name === 'External_Contact_Id__c')) return;
  await request(
    new URL(`/services/data/${API_VERSION}/tooling/sobjects/CustomField`, session.url),
    {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({
        FullName: 'Contact.External_Contact_Id__c',
        Metadata: {
          label: 'External Contact Id',
          type: 'Text',
          length: 32,
          externalId: true,
          unique: true,
          caseSensitive: false,
        },
      }),
    },
  );
}

async function request(url: URL, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) {
    throw fault(
      'ORG_REFUSED',
      `The sandbox org refused ${init.method ?? 'GET'} ${url.pathname} (${response.status}): ${text.slice(0, 1_000)}`,
    );
  }
  return JSON.parse(text);
}
