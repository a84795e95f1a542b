import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer, type Server } from 'node:http';

import express from 'express';
import pg from 'pg';

import { silentLog } from '../../../src/kit/log.ts';
import { portOf } from '../../../src/kit/listen.ts';
import { SecretBox } from '../../../src/kit/secret-box.ts';
import { createRouter } from '../../../sandbox/oauth/router.ts';
import type { OAuthPorts, OrgUser } from '../../../sandbox/oauth/ports.ts';
import { signingKeyOf } from '../../../sandbox/oauth/signing-key.ts';
import { setPassword } from '../../../sandbox/oauth/users.ts';
import { createTestDatabase } from '../../support/database.ts';

export const ADA: OrgUser = {
  id: '005000000000001AAA',
  profileId: '00e000000000001AAA',
  username: 'ada@landbridge.example',
  email: 'ada@landbridge.example',
  firstName: 'Ada',
  lastName: 'Lovelace',
  name: 'Ada Lovelace',
  nickname: 'ada',
  active: true,
  userType: 'Standard',
  timeZone: 'America/Los_Angeles',
  locale: 'en_US',
  language: 'en_US',
  mobilePhone: null,
  street: null,
  city: 'San Francisco',
  state: null,
  postalCode: null,
  country: 'US',
  createdAt: new Date('2026-01-01T00:00:00Z'),
  modifiedAt: new Date('2026-01-01T00:00:00Z'),
};
const MIGRATIONS = join(import.meta.dirname, '../../../migrations/sandbox');
export const PASSWORD = 'analytical engine';

/** The login parts of an org alone, with one user and a clock that tests move. */
export interface LoginOrg extends AsyncDisposable {
  readonly ports: OAuthPorts;
  readonly server: Server;
  readonly url: string;
  /** Moves the org's clock. */
  advance(ms: number): void;
}

export async function startLoginOrg(): Promise<LoginOrg> {
  const database = await createTestDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 5 });
  for (const name of ['0100_oauth', '0430_oauth_policies', '0431_front_door', '0620_login_ranges'])
    await pool.query(await readFile(join(MIGRATIONS, `${name}.up.sql`), 'utf8'));
  let offsetMs = 0;
  const ports: OAuthPorts = {
    pool,
    log: silentLog,
    key: Buffer.alloc(32, 7),
    signingKey: signingKeyOf(
      pool,
      () => Promise.resolve(new SecretBox(Buffer.alloc(32, 9))),
      () => new Date(),
    ),
    settings: { sessionTimeoutMs: 7_200_000 },
    clock: { now: () => Date.now() + offsetMs, sleep: () => Promise.resolve() },
    directory: {
      orgId: '00D000000000001EAA',
      findUserById: (id) => Promise.resolve(id === ADA.id ? ADA : undefined),
      findUserByUsername: (name) =>
        Promise.resolve(name.toLowerCase() === ADA.username ? ADA : undefined),
    },
  };
  await setPassword(ports, ADA.username, PASSWORD);
  const server = createServer(express().use(createRouter(ports)));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    ports,
    server,
    url: `http://127.0.0.1:${portOf(server)}`,
    advance(ms) {
      offsetMs += ms;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** The value of a hidden field of a page. */
export function hiddenField(page: string, name: string): string {
  const match = new RegExp(`name="${name}" value="([^"]*)"`).exec(page);
  if (match?.[1] === undefined) throw new Error(`the page has no field ${name}`);
  return match[1].replaceAll('&amp;', '&');
}
