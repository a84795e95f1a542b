import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { expect, test } from '@jest/globals';

import { Salesforce } from '../../../connect/salesforce/salesforce.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { RENEWED_TOKEN, startFakeOrg } from '../support/fake-org.ts';

const login = (host: string, privateKey: string | undefined): Salesforce =>
  new Salesforce({
    app: {
      clientId: 'client',
      clientSecret: 'canary-client-secret',
      callbackUrl: 'http://localhost:5055/oauth/salesforce/callback',
      privateKey,
    },
    namedHosts: [host],
    grants: { renew: async () => undefined },
    clock: systemClock,
    log: silentLog,
  });

test('a JWT bearer login shows a signed assertion of a few minutes, and no secret', async () => {
  await using org = await startFakeOrg();
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  await using salesforce = login(org.host, await exportPKCS8(privateKey));
  const tokens = await salesforce.oauth.withJwtBearer(org.url, 'admin@example.com');
  expect(tokens).toMatchObject({ accessToken: RENEWED_TOKEN, refreshToken: null });
  const form = new URLSearchParams(org.requests[0]?.body);
  expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
  expect(org.requests[0]?.body).not.toContain('canary');
  const { payload } = await jwtVerify(form.get('assertion') ?? '', publicKey, {
    issuer: 'client',
    subject: 'admin@example.com',
    audience: org.url,
  });
  expect((payload.exp ?? 0) * 1_000 - Date.now()).toBeLessThanOrEqual(300_000);
});

test('without a key a JWT bearer login names the setting', async () => {
  await using org = await startFakeOrg();
  await using salesforce = login(org.host, undefined);
  await expect(salesforce.oauth.withJwtBearer(org.url, 'x')).rejects.toThrow(
    /LANDBRIDGE_SF_JWT_KEY_FILE/,
  );
});

test('a browser that comes back with another state than it left with gets no token', async () => {
  await using org = await startFakeOrg();
  await using salesforce = login(org.host, undefined);
  const { state, verifier } = salesforce.oauth.begin();
  const query = new URLSearchParams({ code: 'x', state: 'another' });
  await expect(salesforce.oauth.finish(org.url, { query, state, verifier })).rejects.toMatchObject({
    code: expect.any(String),
  });
  expect(org.requests).toEqual([]);
});

test('a login that the person refuses is told in the org’s words', async () => {
  await using org = await startFakeOrg();
  await using salesforce = login(org.host, undefined);
  const { state, verifier } = salesforce.oauth.begin();
  const query = new URLSearchParams({
    error: 'access_denied',
    error_description: 'end-user denied authorization',
    state,
  });
  await expect(salesforce.oauth.finish(org.url, { query, state, verifier })).rejects.toMatchObject({
    code: 'SALESFORCE_UNAUTHORIZED',
    message: expect.stringContaining('end-user denied authorization'),
  });
});
