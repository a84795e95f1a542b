import { createServer } from 'node:http';

import { z } from 'zod';

import { silentLog } from '../../../src/kit/log.ts';
import { listen } from '../../../src/kit/listen.ts';
import { createApp } from '../../../sandbox/app.ts';
import { createAdminRouter } from '../../../sandbox/admin/router.ts';
import { createApexRestRouter } from '../../../sandbox/apexrest/router.ts';
import { createBulkRouter, startBulk } from '../../../sandbox/bulk/router.ts';
import { MetadataJobs } from '../../../sandbox/metadata/metadata-jobs.ts';
import { createMetadataRouter } from '../../../sandbox/metadata/router.ts';
import { defineApp, prepareOAuth } from '../../../sandbox/oauth/prepare.ts';
import {
  createAuthenticator,
  createOAuthRouter,
  oauthPorts,
} from '../../../sandbox/oauth/router.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import { createSoapRouter } from '../../../sandbox/soap/router.ts';
import { startStreaming } from '../../../sandbox/streaming/start.ts';
import { createUiRouter } from '../../../sandbox/ui/router.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** One who is logged in. */
export interface Caller {
  readonly id: string;
  readonly token: string;
  ask(method: string, path: string, body?: unknown): Promise<Reply>;
}

export interface OrgWithUsers extends TestOrg {
  readonly url: string;
  readonly admin: Caller;
  /** Makes a user by REST and gives him a password by SOAP, as administrators do; resolves to his id. */
  makeUser(username: string, profile: string): Promise<string>;
  logIn(username: string): Promise<Reply>;
  caller(username: string): Promise<Caller>;
  soap(operation: string, content: string, token?: string): Promise<Reply>;
}

const CLIENT = { clientId: 'test-client', clientSecret: 'test-secret' };
const PASSWORD = 'correct horse battery';
const Id = z.object({ id: z.string() });
const Token = z.object({ access_token: z.string(), id: z.string() });
const Records = z.object({ records: z.array(z.looseObject({ Id: z.string() })) });

/** A whole org behind HTTP with its real logins, so that what is tested is what a client meets. */
export async function openOrgWithUsers({
  deploys = false,
}: { readonly deploys?: boolean } = {}): Promise<OrgWithUsers> {
  const opened = await openTestOrg();
  const { org } = opened;
  await prepareOAuth(org);
  await defineApp(oauthPorts(org), { ...CLIENT, name: 'Test', callbackUrls: [] });
  const authenticator = createAuthenticator(org);
  const bulk = await startBulk(org);
  // Tests that run a deploy by themselves must not find it taken.
  const metadata = new MetadataJobs(org);
  if (!deploys) await metadata[Symbol.asyncDispose]();
  const streaming = await startStreaming(org, authenticator);
  const app = createApp({
    log: silentLog,
    health: () => ({ ready: true, parts: {} }),
    routers: [
      createOAuthRouter(org),
      createAdminRouter(org, authenticator),
      streaming.router,
      createSoapRouter(org, authenticator),
      createBulkRouter(org, authenticator),
      createMetadataRouter(org, authenticator, metadata),
      createApexRestRouter(org, authenticator, []),
      createRestRouter(org, authenticator),
      createUiRouter(org),
    ],
  });
  const place = { port: 0, host: '127.0.0.1', drainMs: 1_000, what: 'the test org', variable: '-' };
  const listening = await listen(createServer(app), place);
  const url = `http://127.0.0.1:${listening.port}`;

  async function logIn(username: string, password = PASSWORD): Promise<Reply> {
    const body = new URLSearchParams({
      grant_type: 'password',
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
      username,
      password,
    });
    const response = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body });
    return { status: response.status, body: await response.json() };
  }

  async function caller(username: string, password = PASSWORD): Promise<Caller> {
    const { access_token: token, id } = Token.parse((await logIn(username, password)).body);
    return { id: id.split('/').at(-1) ?? '', token, ask: asker(url, token) };
  }

  async function soap(operation: string, content: string, token?: string): Promise<Reply> {
    const session =
      token === undefined
        ? ''
        : `<s:Header><SessionHeader><sessionId>${token}</sessionId></SessionHeader></s:Header>`;
    const response = await fetch(`${url}/services/Soap/u/60.0`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/xml' },
      body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">${session}<s:Body><${operation}>${content}</${operation}></s:Body></s:Envelope>`,
    });
    return { status: response.status, body: await response.text() };
  }

  const admin = await caller('admin@landbridge.example', org.config.password);
  return {
    ...opened,
    url,
    admin,
    logIn,
    caller,
    soap,
    async makeUser(username, profile) {
      const found = await admin.ask(
        'GET',
        `query?q=${encodeURIComponent(`SELECT Id FROM Profile WHERE Name = '${profile}'`)}`,
      );
      const [{ Id: ProfileId } = { Id: '' }] = Records.parse(found.body).records;
      const made = await admin.ask('POST', 'sobjects/User', userNamed(username, ProfileId));
      const { id } = Id.parse(made.body);
      const set = await soap(
        'setPassword',
        `<userId>${id}</userId><password>${PASSWORD}</password>`,
        admin.token,
      );
      if (set.status !== 200) throw new Error(String(set.body));
      return id;
    },
    async [Symbol.asyncDispose]() {
      await streaming.polls[Symbol.asyncDispose]();
      await listening[Symbol.asyncDispose]();
      await streaming[Symbol.asyncDispose]();
      await metadata[Symbol.asyncDispose]();
      await bulk[Symbol.asyncDispose]();
      await opened[Symbol.asyncDispose]();
    },
  };
}

/** What a user must have. */
export function userNamed(username: string, ProfileId: string): Readonly<Record<string, unknown>> {
  return {
    Username: username,
    LastName: username.split('@')[0],
    Email: username,
    Alias: 'user',
    ProfileId,
    IsActive: true,
    TimeZoneSidKey: 'Europe/Berlin',
    LocaleSidKey: 'en_US',
    LanguageLocaleKey: 'en_US',
    EmailEncodingKey: 'UTF-8',
  };
}

function asker(url: string, token: string): Caller['ask'] {
  return async (method, path, body) => {
    const raw = typeof body === 'string';
    const response = await fetch(
      `${url}${path.startsWith('/') ? path : `/services/data/v60.0/${path}`}`,
      {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': raw ? 'text/csv' : 'application/json',
        },
        ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
      },
    );
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: json && text !== '' ? JSON.parse(text) : text };
  };
}
