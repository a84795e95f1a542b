import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';

import { inTransaction } from '../../../src/kit/transaction.ts';
import { migrate } from '../../../src/kit/migrate.ts';
import { writeJournal } from '../../../sandbox/records/events.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import { ensureTables } from '../../../sandbox/store/tables.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';

const TRANSACTIONS = 30;
const CHANGES_EACH = 100;

let database: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database.url, join(import.meta.dirname, '../../../migrations/sandbox'));
  pool = new pg.Pool({ connectionString: database.url });
  pool.on('error', () => undefined);
  await inTransaction(pool, (client) => ensureTables(client, STANDARD_OBJECTS));
});
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

describe('a publisher that is killed', () => {
  test('publishes every change once and in order, whenever it is killed', async () => {
    for (let number = 0; number < TRANSACTIONS; number += 1) await commitChanges(number);
    let publishers = 0;
    // Killed as soon as some more has been published: in the midst of taking, numbering or delivering the next.
    for (let published = 0; published < TRANSACTIONS * CHANGES_EACH;) {
      const child = await startPublisher();
      publishers += 1;
      const before = published;
      published = await until(
        async () => {
          const count = await countEvents();
          return count > before ? count : undefined;
        },
        { what: 'more events', everyMs: 1 },
      );
      child.kill('SIGKILL');
      await once(child, 'exit');
      published = await countEvents();
    }
    expect(publishers).toBeGreaterThan(3);
    const { rows } = await pool.query(
      `select replay_id as "replayId", body->'payload'->'ChangeEventHeader'->'recordIds'->>0 as id
         from stream_events order by replay_id`,
    );
    const events = z.array(z.object({ replayId: z.coerce.number(), id: z.string() })).parse(rows);
    expect(events.map(({ id }) => id)).toEqual(
      Array.from({ length: TRANSACTIONS * CHANGES_EACH }, (_, number) => recordId(number)),
    );
    const first = events[0]?.replayId ?? 0;
    expect(events.map(({ replayId }) => replayId)).toEqual(events.map((_, index) => first + index));
    expect((await pool.query('select from change_journal')).rowCount).toBe(0);
  });
});

async function commitChanges(number: number): Promise<void> {
  await inTransaction(pool, (client) =>
    writeJournal(
      client,
      {
        transactionKey: `tx ${number}`,
        origin: '',
        userId: '005000000000001AAA',
        now: new Date(),
        written: 0,
      },
      Array.from({ length: CHANGES_EACH }, (_, index) => ({
        entity: 'Contact',
        record_id: recordId(number * CHANGES_EACH + index),
        change_type: 'CREATE',
        changed_fields: [],
        record: { LastName: 'X' },
        previous: {},
      })),
    ),
  );
}

async function startPublisher(): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'publisher-process.ts'), database.url],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await once(child.stdout, 'data');
  return child;
}

async function countEvents(): Promise<number> {
  const { rows } = await pool.query('select count(*)::int as count from stream_events');
  return z.array(z.object({ count: z.number() })).parse(rows)[0]?.count ?? 0;
}

function recordId(number: number): string {
  return `003${String(number).padStart(12, '0')}AAA`;
}
