import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';

import express from 'express';
import pg from 'pg';

import { systemClock } from '../../../src/kit/clock.ts';
import { portOf } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { migrate } from '../../../src/kit/migrate.ts';
import { inTransaction } from '../../../src/kit/transaction.ts';
import { Injector } from '../../../sandbox/injector.ts';
import { writeJournal, type NewJournalEntry } from '../../../sandbox/records/events.ts';
import { Schema } from '../../../sandbox/schema/schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import type { Authenticator, Session } from '../../../sandbox/session.ts';
import { ensureTables } from '../../../sandbox/store/tables.ts';
import { Cometd, type CometdPorts } from '../../../sandbox/streaming/cometd.ts';
import { listenForChanges } from '../../../sandbox/streaming/doorbell.ts';
import { ALL_PERMISSIONS } from '../../../sandbox/access/access.ts';
import type { SeesUsers } from '../../../sandbox/streaming/seen-org.ts';
import { Publisher, type PublisherOrg } from '../../../sandbox/streaming/publisher.ts';
import { createTestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';
import { defaultSettings } from '../../../sandbox/settings.ts';
import { ApiUsage } from '../../../sandbox/usage.ts';

export const ADMIN = '005000000000001AAA';
export const TOKEN = '00D000000000001!token';
const OTHER_TOKEN = '00D000000000001!other';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations/sandbox');

/** The event delivery of an org alone: a journal that tests write, a clock they move, and a CometD server. */
export interface EventOrg extends AsyncDisposable {
  readonly parts: CometdPorts['org'] & PublisherOrg & SeesUsers;
  readonly authenticator: Authenticator;
  readonly pool: pg.Pool;
  readonly publisher: Publisher;
  readonly cometd: Cometd;
  readonly url: string;
  readonly databaseUrl: string;
  readonly settings: PublisherOrg['settings'];
  advance(ms: number): void;
  /** Tokens that are refused from now on. */
  readonly revoked: Set<string>;
  /** Commits changes as one transaction. */
  change(...entries: readonly Partial<NewJournalEntry>[]): Promise<void>;
}

export async function startEventOrg(schema = new Schema(STANDARD_OBJECTS)): Promise<EventOrg> {
  const database = await createTestDatabase();
  await migrate(database.url, MIGRATIONS);
  const pool = new pg.Pool({ connectionString: database.url, max: 8 });
  await inTransaction(pool, (client) => ensureTables(client, schema.objects));
  let offsetMs = 0;
  const settings = { eventDelay: { minMs: 0, maxMs: 0 } };
  const clock = { now: () => Date.now() + offsetMs, sleep: systemClock.sleep };
  const allSettings = {
    ...defaultSettings(),
    visibilityDelay: { minMs: 0, maxMs: 0 },
    ...settings,
  };
  const org = {
    pool,
    clock,
    log: silentLog,
    schema: () => schema,
    adminUserId: ADMIN,
    /** Everybody sees everything here. */
    seenBy: () =>
      Promise.resolve({
        pool,
        schema: () => schema,
        settings: allSettings,
        permissions: ALL_PERMISSIONS,
      }),
    usage: new ApiUsage(),
    injector: new Injector(),
    settings: allSettings,
  };
  const revoked = new Set<string>();
  const publisher = await Publisher.create(org);
  const authenticator = {
    authenticate: (token: string) =>
      Promise.resolve(revoked.has(token) ? undefined : SESSIONS.get(token)),
  };
  const cometd = new Cometd({ org, authenticator, feed: publisher.feed });
  const doorbell = await listenForChanges({ databaseUrl: database.url, log: silentLog }, () => {
    publisher.wake();
  });
  const stopping = new AbortController();
  const running = publisher.run(stopping.signal);
  const app = express();
  app.post(/^\/cometd(\/|$)/, express.json({ type: () => true }), (request, response) =>
    cometd.handle(request, response),
  );
  const server = createServer(app);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    parts: org,
    authenticator,
    pool,
    publisher,
    cometd,
    settings: org.settings,
    revoked,
    url: `http://127.0.0.1:${portOf(server)}`,
    databaseUrl: database.url,
    advance(ms) {
      offsetMs += ms;
      publisher.wake();
    },
    async change(...entries) {
      await inTransaction(pool, (client) =>
        writeJournal(
          client,
          {
            transactionKey: randomUUID(),
            origin: 'com/salesforce/api/rest/60.0;client=Test',
            userId: ADMIN,
            now: new Date(clock.now()),
            written: 0,
          },
          entries.map((entry) => ({ ...CONTACT_CREATED, ...entry })),
        ),
      );
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await cometd[Symbol.asyncDispose]();
      await doorbell[Symbol.asyncDispose]();
      await running;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.end();
      await allGone(database.url);
      await database[Symbol.asyncDispose]();
    },
  };
}

export const CONTACT_CREATED: NewJournalEntry = {
  entity: 'Contact',
  record_id: '003000000000001AAA',
  change_type: 'CREATE',
  changed_fields: [],
  record: {
    Id: '003000000000001AAA',
    LastName: 'Lovelace',
    FirstName: 'Ada',
    Name: 'Ada Lovelace',
    MailingCity: 'London',
    Email: 'ada@landbridge.example',
    CreatedDate: '2026-11-21T09:00:00.000+0000',
    SystemModstamp: '2026-11-21T09:00:00.000+0000',
  },
  previous: {},
};

const SESSIONS: ReadonlyMap<string, Session> = new Map(
  [
    [TOKEN, ADMIN],
    [OTHER_TOKEN, '005000000000002AAA'],
  ].map(([token = '', userId = '']) => [
    token,
    {
      userId,
      orgId: '00D000000000001EAA',
      username: 'u',
      profileId: '00e',
      clientId: null,
      scopes: ['full'],
      accessToken: token,
    },
  ]),
);

/** A pool is ended a moment before its sessions are; whoever is still there when the database goes would hear of it. */
async function allGone(databaseUrl: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await until(
    async () => {
      const { rowCount } = await client.query(
        'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      return rowCount === 0 ? true : undefined;
    },
    { what: 'the database sessions to end' },
  );
  await client.end();
}
