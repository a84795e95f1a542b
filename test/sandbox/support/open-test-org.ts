import { tmpdir } from 'node:os';

import { silentLog } from '../../../src/kit/log.ts';
import type { Clock } from '../../../src/kit/clock.ts';
import { openOrg, type OpenOrg } from '../../../sandbox/open-org.ts';
import type { WriteContext } from '../../../sandbox/records/engine.ts';
import { createTestDatabase } from '../../support/database.ts';

export interface TestOrg extends AsyncDisposable {
  readonly org: OpenOrg;
  readonly databaseUrl: string;
  /** Writes as the administrator. */
  readonly context: WriteContext;
}

/** An org of its own, seeded as a Developer Edition, on a fresh database; gone at disposal. */
export async function openTestOrg(clock?: Clock): Promise<TestOrg> {
  const database = await createTestDatabase();
  const config = {
    port: 20_000,
    databaseUrl: database.url,
    home: tmpdir(),
    logLevel: 'silent',
    password: 'sandbox-password',
    connectedApp: undefined,
    adminApi: true,
    eventDelay: { minMs: 0, maxMs: 0 },
    visibilityDelay: { minMs: 0, maxMs: 0 },
  };
  const org = await openOrg(config, silentLog, clock);
  return {
    org,
    databaseUrl: database.url,
    context: {
      session: { userId: org.adminUserId },
      origin: 'com/salesforce/api/rest/64.0',
      allOrNone: false,
    },
    async [Symbol.asyncDispose]() {
      await org[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
