import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { portOf } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { createApp } from '../../../sandbox/app.ts';
import { defineApp, prepareOAuth } from '../../../sandbox/oauth/prepare.ts';
import {
  createAuthenticator,
  createOAuthRouter,
  oauthPorts,
} from '../../../sandbox/oauth/router.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import { startStreaming, type Streaming } from '../../../sandbox/streaming/start.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

const ADMIN = 'admin@landbridge.example';
const CLIENT = join(import.meta.dirname, 'core-client-process.ts');
const run = promisify(execFile);

let home: string;
let whole: TestOrg;
let streaming: Streaming;
let server: Server;
let url: string;
let keyFile: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sf-home-'));
  whole = await openTestOrg();
  const { org } = whole;
  await prepareOAuth(org);
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  keyFile = join(home, 'key.pem');
  await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await defineApp(oauthPorts(org), {
    clientId: 'jwt',
    clientSecret: 'secret',
    name: 'JWT',
    callbackUrls: [],
    certificate: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    approvedUsers: [ADMIN],
  });
  const authenticator = createAuthenticator(org);
  streaming = await startStreaming(org, authenticator);
  const routers = [createOAuthRouter(org), streaming.router, createRestRouter(org, authenticator)];
  server = createServer(
    createApp({ log: silentLog, health: () => ({ ready: true, parts: {} }), routers }),
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${portOf(server)}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await streaming[Symbol.asyncDispose]();
  await whole[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

describe('@salesforce/core, unmodified', () => {
  test('logs in by JWT, writes a record, and receives its change event; is told of an invalid replay id', async () => {
    const { stdout } = await run(process.execPath, [CLIENT, url, ADMIN, keyFile], {
      env: {
        ...process.env,
        HOME: home,
        SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
        SF_DISABLE_LOG_FILE: 'true',
      },
      timeout: 25_000,
    });
    expect(JSON.parse(stdout)).toEqual({
      username: ADMIN,
      retained: 'CREATE',
      fresh: 'CREATE',
      invalid: expect.stringContaining('400::The replayId {7} you provided was invalid.'),
    });
  });
});
