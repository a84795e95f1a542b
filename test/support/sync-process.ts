/**
 * A process of Connect's own loops over a real database, for tests that kill it. It is told where to die: at
 * `write:before` it kills itself when the first request is to go out, at `write:after` when that has been answered.
 */
import { Readable } from 'node:stream';

import { z } from 'zod';

import { openDoorbell } from '../../connect/postgres/doorbell.ts';
import { openPool } from '../../connect/postgres/session.ts';
import { PostgresStore } from '../../connect/postgres/store.ts';
import type { Org, Store } from '../../connect/ports.ts';
import { MappingSync } from '../../connect/sync/mapping-sync.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { createLog } from '../../src/kit/log.ts';
import { mappedContact } from '../connect/support/mapped-contact.ts';
import { RemoteOrg } from '../connect/support/remote-org.ts';

const environment = z
  .object({
    TEST_DATABASE_URL: z.string(),
    TEST_ORG_URL: z.string(),
    TEST_CRASH_AT: z.string(),
    TEST_LOG_LEVEL: z.string().default('error'),
  })
  .parse(process.env);

const crashAt = environment.TEST_CRASH_AT;

function crash(label: string): void {
  if (label === crashAt) process.kill(process.pid, 'SIGKILL');
}

/** Passes every call on, and dies before or after the one it was told. */
function crashing<T extends object>(target: T): T {
  return new Proxy(target, {
    get(_, property): unknown {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        crash(`${String(property)}:before`);
        const result: unknown = await Reflect.apply(value, target, args);
        crash(`${String(property)}:after`);
        return result;
      };
    },
  });
}

const Steps = z.array(z.object({ event: z.object({ kind: z.string() }) }));

function stepLabel(steps: readonly unknown[]): string {
  const kinds = Steps.parse(steps).map(({ event }) => event.kind);
  if (kinds.some((kind) => kind === 'accepted' || kind === 'refused')) return 'settle';
  if (kinds.includes('pulled')) return 'page';
  return kinds.includes('readBack') ? 'readBack' : 'nothing';
}

const pool = openPool(environment.TEST_DATABASE_URL, 'sync-process');
const plan = mappedContact;
const inner = new PostgresStore(pool, plan.schema);
const plain: Store = {
  nextToken: () => inner.nextToken(),
  async claim(mapping, request) {
    const claimed = await inner.claim(mapping, request);
    if (claimed.sends.length > 0) crash('claimed');
    return claimed;
  },
  async step(mapping, steps, options) {
    const label = stepLabel(steps);
    crash(`${label}:before`);
    const done = inner.step(mapping, steps, options);
    if (`${label}:during` === crashAt) setImmediate(() => process.kill(process.pid, 'SIGKILL'));
    const effects = await done;
    crash(`${label}:after`);
    return effects;
  },
  toRead: (mapping, options) => inner.toRead(mapping, options),
  recover: (mapping, options) => inner.recover(mapping, options),
  forget: (mapping, before) => inner.forget(mapping, before),
  readCursor: (mapping) => inner.readCursor(mapping),
  readLoad: (mapping) => inner.readLoad(mapping),
  saveLoad: (mapping, load) => inner.saveLoad(mapping, load),
  async loadPage(mapping, page) {
    const number = page.next.records === 0 ? 'firstPage' : 'laterPage';
    crash(`${number}:before`);
    const csv = `${number}:during` === crashAt ? cutShort(page.csv) : page.csv;
    const records = await inner.loadPage(mapping, { ...page, csv });
    crash(`${number}:after`);
    return records;
  },
  finishLoad: (mapping, cursor) => inner.finishLoad(mapping, cursor),
};

/** Half of the page reaches PostgreSQL, and then there is nobody any more. */
function cutShort(csv: Readable): Readable {
  return Readable.from(
    (async function* () {
      for await (const chunk of csv) {
        const bytes = z.instanceof(Buffer).parse(chunk);
        yield bytes.subarray(0, bytes.length / 2);
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);
        await new Promise(() => undefined);
      }
    })(),
  );
}

const store = crashing(plain);
const org: Org = crashing(new RemoteOrg(environment.TEST_ORG_URL));
const log = createLog({ service: 'sync-process', level: environment.TEST_LOG_LEVEL });
await using doorbell = await openDoorbell({
  url: environment.TEST_DATABASE_URL,
  schema: plan.schema,
  applicationName: 'sync-process',
  log,
});
const sync = new MappingSync({
  plan,
  store,
  org,
  clock: systemClock,
  log,
  report: () => undefined,
  pollIntervalMs: 150,
  serverAppliesWithinMs: 600,
});
doorbell.subscribe(() => sync.wakePush());
// What a read-back puts in the log again is found by the sweep of the log after ten seconds; a test looks sooner.
const sweep = setInterval(() => sync.wakePush(), 200);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await sync.run(stop.signal);
clearInterval(sweep);
await pool.end();
