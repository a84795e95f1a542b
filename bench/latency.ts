import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

import { quantile, startRig, type Rig } from './support.ts';

// How long a committed write takes to the other side, at a steady rate: an application's write to the org (goal p50 < 20 ms,
// p99 < 100 ms at 50 writes/s), and an org's write to the table (goal p99 < 3 s, its event delay of 1 to 2 s included).
const WRITES = Number(process.env['BENCH_WRITES'] ?? 1_000);
const WRITES_PER_SECOND = 50;
const ORG_WRITES = 60;
const ORG_WRITES_PER_SECOND = 4;

// Rows of the org are shown at once here: what is measured is ours, and the wait of late rows is the org's.
await using rig = await startRig({ LANDBRIDGE_ORG_VISIBILITY_DELAY_MS: '0' });
const database = new pg.Pool({ connectionString: rig.databaseUrl, max: 8 });
database.on('error', () => undefined);
const ids = await prepare(rig, database);

const forth = await measureForth(rig, database, ids);
print(`application -> org, ${WRITES_PER_SECOND} writes/s`, forth, 'p50 < 20 ms, p99 < 100 ms');
const back = await measureBack(rig, ids);
print(`org -> table, ${ORG_WRITES_PER_SECOND} writes/s`, back, 'p99 < 3000 ms');
await database.end();

async function prepare({ org }: Rig, pool: pg.Pool): Promise<readonly string[]> {
  await pool.query(
    `insert into salesforce.contact (lastname, email) select 'Latency ' || n, 'latency' || n || '@example.com' from generate_series(1, 200) n`,
  );
  for (;;) {
    const { rows } = await pool.query<{ sfid: string }>(
      `select sfid from salesforce.contact where lastname like 'Latency %' and sfid is not null and _hc_lastop = 'SYNCED'`,
    );
    const theirs = await org.query(
      `select count(Id) n from Contact where LastName like 'Latency %'`,
    );
    if (rows.length === 200 && theirs[0]?.['n'] === 200) return rows.map(({ sfid }) => sfid);
    await delay(100);
  }
}

/** From the commit of the application's write to the commit of the org's. */
async function measureForth(
  { adminUrl }: Rig,
  pool: pg.Pool,
  sfids: readonly string[],
): Promise<readonly number[]> {
  await using arrivals = await watch(adminUrl('landbridge_sandbox'), 'org.contact', 'title');
  const sent = new Map<string, number>();
  const writes: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < WRITES; n += 1) {
    await delay(Math.max(0, startedAt + (n * 1_000) / WRITES_PER_SECOND - performance.now()));
    const title = `w-${n}`;
    writes.push(
      pool
        .query('update salesforce.contact set title = $1 where sfid = $2', [
          title,
          sfids[n % sfids.length],
        ])
        .then(() => sent.set(title, performance.now())),
    );
  }
  await Promise.all(writes);
  return await elapsed(sent, arrivals.seen);
}

/** From the org's answer to a write to the commit of the row. */
async function measureBack(
  { adminUrl, databaseUrl, org }: Rig,
  sfids: readonly string[],
): Promise<readonly number[]> {
  const name = new URL(databaseUrl).pathname.slice(1);
  await using arrivals = await watch(adminUrl(name), 'salesforce.contact', 'department');
  const sent = new Map<string, number>();
  for (let n = 0; n < ORG_WRITES; n += 1) {
    await org.update('Contact', sfids[n] ?? '', { Department: `d-${n}` });
    sent.set(`d-${n}`, performance.now());
    await delay(1_000 / ORG_WRITES_PER_SECOND);
  }
  return await elapsed(sent, arrivals.seen);
}

/** Waits until every write has arrived; a write that never does fails the run. */
async function elapsed(
  sent: ReadonlyMap<string, number>,
  seen: ReadonlyMap<string, number>,
): Promise<readonly number[]> {
  const deadline = performance.now() + 20_000;
  while ([...sent.keys()].some((value) => !seen.has(value))) {
    if (performance.now() > deadline)
      throw new Error(
        `never arrived: ${[...sent.keys()].filter((value) => !seen.has(value)).join(' ')}`,
      );
    await delay(20);
  }
  return [...sent].map(([value, at]) => Math.max(0, (seen.get(value) ?? Number.NaN) - at));
}

interface Arrivals extends AsyncDisposable {
  /** When each value was first seen, on this process's clock. */
  readonly seen: ReadonlyMap<string, number>;
}

/** Hears of each commit that changes a column, by a trigger of the benchmark's own: no polling that would load the machine. */
async function watch(url: string, table: string, column: string): Promise<Arrivals> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`
    create or replace function public.bench_tell() returns trigger language plpgsql as
      $$ begin perform pg_notify('bench', new.${column}); return null; end $$;
    create or replace trigger bench_tell after update of ${column} on ${table}
      for each row when (new.${column} is distinct from old.${column}) execute function public.bench_tell();
    listen bench`);
  const seen = new Map<string, number>();
  client.on('notification', ({ payload = '' }) => {
    if (!seen.has(payload)) seen.set(payload, performance.now());
  });
  return {
    seen,
    async [Symbol.asyncDispose]() {
      await client.query(`drop function public.bench_tell() cascade`);
      await client.end();
    },
  };
}

function print(what: string, milliseconds: readonly number[], goal: string): void {
  const figure = (q: number): string => `${quantile(milliseconds, q).toFixed(1)} ms`;
  console.log(
    `${what}: n ${milliseconds.length}, p50 ${figure(0.5)}, p90 ${figure(0.9)}, p99 ${figure(0.99)}, max ${figure(1)}   goal ${goal}`,
  );
}
