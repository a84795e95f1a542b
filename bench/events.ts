import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import faye from 'faye';
import { z } from 'zod';

import { startPostgres, type PostgresServer } from '../src/kit/postgres-server.ts';
import { startOrgProcess } from '../test/sandbox/bulk/org-process.ts';
import { freePort } from '../test/support/free-port.ts';
import { quantile } from './support.ts';

// How much longer than the configured delay an event takes from the org's answer to a write to a subscriber: at a steady
// rate, with several subscribers, each with a connection of its own (goal: under 50 ms).
const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 1_000);
const EVENTS_PER_SECOND = 50;
const SUBSCRIBERS = 20;
const DELAY_MS = 1_000;
const CHANNEL = '/data/AccountChangeEvent';

const Message = z.looseObject({ payload: z.looseObject({ Name: z.string().optional() }) });

await using postgres = await startServer();
process.env['LANDBRIDGE_TEST_POSTGRES_URL'] = postgres.url('postgres');
await using org = await startOrgProcess({
  LANDBRIDGE_ORG_EVENT_DELAY_MS: `${DELAY_MS}-${DELAY_MS}`,
  LANDBRIDGE_ORG_VISIBILITY_DELAY_MS: '0-0',
});
const token = await org.login();
const answered = new Map<string, number>();
const overheads: number[] = [];
const subscribers = await subscribe();
await write();
await allHeard();
for (const subscriber of subscribers) {
  // Faye's client can, though its types do not say so.
  if ('disconnect' in subscriber && typeof subscriber.disconnect === 'function')
    await subscriber.disconnect();
}
const ms = (share: number): string => `${quantile(overheads, share).toFixed(0)} ms`;
console.log(
  `events at ${EVENTS_PER_SECOND}/s to ${SUBSCRIBERS} subscribers, beyond the delay of ${DELAY_MS} ms: ` +
    `p50 ${ms(0.5)}, p95 ${ms(0.95)}, p99 ${ms(0.99)} (${overheads.length} deliveries; goal p99 < 50 ms)`,
);

/** A PostgreSQL as an installation has it: what is committed is on the disk. */
async function startServer(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'landbridge-bench-'));
  await chmod(folder, 0o755);
  return startPostgres({ folder: join(folder, 'cluster'), port: await freePort(), password: 'b' });
}

async function subscribe(): Promise<readonly object[]> {
  const clients: object[] = [];
  for (let n = 0; n < SUBSCRIBERS; n += 1) {
    const client = new faye.Client(`${org.url}/cometd/60.0`);
    client.setHeader('Authorization', `OAuth ${token}`);
    await client.subscribe(CHANNEL, (message: unknown) => {
      const sentAt = answered.get(Message.parse(message).payload.Name ?? '');
      if (sentAt !== undefined) overheads.push(performance.now() - sentAt - DELAY_MS);
    });
    clients.push(client);
  }
  return clients;
}

/** Creates accounts at a steady rate. */
async function write(): Promise<void> {
  const writes: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < EVENTS; n += 1) {
    await delay(Math.max(0, startedAt + (n * 1_000) / EVENTS_PER_SECOND - performance.now()));
    writes.push(create(`event-${n}`));
  }
  await Promise.all(writes);
}

/** The time of an event begins with the org's answer, when the record is committed. */
async function create(Name: string): Promise<void> {
  const response = await fetch(new URL('/services/data/v60.0/sobjects/Account', org.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ Name }),
  });
  if (response.status !== 201) throw new Error(`creating failed: ${response.status}`);
  answered.set(Name, performance.now());
}

async function allHeard(): Promise<void> {
  const until = performance.now() + 30_000;
  while (overheads.length < EVENTS * SUBSCRIBERS) {
    if (performance.now() > until)
      throw new Error(`only ${overheads.length} of ${EVENTS * SUBSCRIBERS} deliveries came`);
    await delay(50);
  }
}
