import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { applyMappings } from '../../../connect/postgres/apply-mappings.ts';
import { present } from '../../../src/kit/assert.ts';
import { until } from '../../support/until.ts';
import { createAppDatabase, type AppDatabase } from '../support/app-database.ts';
import { contactTable, mappedContact } from '../support/mapped-contact.ts';
import { serveSmallOrg, SmallOrg } from '../support/small-org.ts';

const ROOT = join(import.meta.dirname, '../../..');
const KEY = 'external_contact_id__c';
const HEADERS = Object.fromEntries([
  ['sfid', 'Id'],
  ...mappedContact.fields.map(({ column, name }) => [column, name]),
]);

interface World extends AsyncDisposable {
  readonly database: AppDatabase;
  readonly org: SmallOrg;
  start(crashAt: string): ChildProcess;
}

const running = new Set<ChildProcess>();

async function createWorld(records: number): Promise<World> {
  const database = await createAppDatabase();
  const org = new SmallOrg(KEY, HEADERS);
  const served = await serveSmallOrg(org);
  for (let at = 0; at < records; at += 1) {
    org.create({
      lastname: `Name ${at}`,
      email: `${at}@example.com`,
      score__c: '1.5',
      vip__c: 'false',
      birthdate: '1990-02-28',
      [KEY]: null,
    });
  }
  await applyMappings(database.connect, {
    schema: 'salesforce',
    organizationId: undefined,
    plans: [contactTable],
  });
  return {
    database,
    org,
    start(crashAt) {
      const child = spawn(
        join(ROOT, 'node_modules/.bin/node'),
        [join(ROOT, 'test/support/sync-process.ts')],
        {
          env: {
            ...process.env,
            NODE_OPTIONS: '',
            TEST_DATABASE_URL: database.url,
            TEST_ORG_URL: served.url,
            TEST_CRASH_AT: crashAt,
          },
          stdio: ['ignore', 'inherit', 'inherit'],
        },
      );
      running.add(child);
      child.once('exit', () => running.delete(child));
      return child;
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Both sides as one text: a line for each record, its values and its id. */
async function sides({
  database,
  org,
}: World): Promise<{ readonly here: string; readonly there: string }> {
  const { rows } = await database.app.query<Record<string, unknown>>(
    `select sfid, lastname, email, score__c::text, vip__c::text, birthdate::text, ${KEY} as key from salesforce.contact`,
  );
  const line = (values: Readonly<Record<string, unknown>>, sfid: unknown): string =>
    JSON.stringify([
      sfid,
      values['lastname'],
      values['email'],
      values['score__c'],
      values['vip__c'],
      values['birthdate'],
      values['key'],
    ]);
  const here = rows.map((row) => line(row, row['sfid'])).toSorted((a, b) => (a < b ? -1 : 1));
  const there = org
    .live()
    .map(({ values, sfid }) => line({ ...values, key: values[KEY] }, sfid))
    .toSorted((a, b) => (a < b ? -1 : 1));
  return { here: here.join('\n'), there: there.join('\n') };
}

async function isSettled(world: World): Promise<boolean> {
  const { rows } = await world.database.app.query(
    `select 1 from salesforce._trigger_log union all select 1 from landbridge_salesforce.row_sync where sent is not null
     union all select 1 from salesforce.contact where _hc_lastop <> 'SYNCED'`,
  );
  const { here, there } = await sides(world);
  return rows.length === 0 && here === there;
}

async function settled(world: World): Promise<void> {
  await until(async () => ((await isSettled(world)) ? true : undefined), {
    what: 'both sides to be equal and nothing to wait',
    timeoutMs: 20_000,
  }).catch(async (error: unknown) => {
    const { here, there } = await sides(world);
    expect(here).toBe(there);
    throw error;
  });
}

function noDuplicates({ org }: World): void {
  const keys = org.live().flatMap(({ values }) => values[KEY] ?? []);
  expect(new Set(keys).size).toBe(keys.length);
}

afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** Writes on both sides, of every kind, on records of their own and on the same ones. */
async function write({ database, org }: World, round: number): Promise<void> {
  const live = org.live();
  const [first, second, third, fourth, fifth] = live.slice(round % 5);
  await database.app.query(
    `insert into salesforce.contact (lastname, email) values ('New ${round} a', 'a'), ('New ${round} b', 'b')`,
  );
  await database.app.query(
    `update salesforce.contact set lastname = 'Mine ${round}', vip__c = true where sfid = any ($1)`,
    [[first?.sfid, second?.sfid]],
  );
  await database.app.query(`delete from salesforce.contact where sfid = $1`, [third?.sfid]);
  org.change(present(second, 'a second record'), { email: `theirs ${round}` });
  org.change(present(fourth, 'a fourth record'), {
    lastname: `Theirs ${round}`,
    score__c: `${round}.25`,
  });
  org.delete(present(fifth, 'a fifth record'));
  org.create({
    lastname: `Born ${round}`,
    email: null,
    score__c: null,
    vip__c: 'true',
    birthdate: null,
    [KEY]: `born-${round}`,
  });
}

describe('a process killed while it pushes and pulls', () => {
  let world: World;
  let round = 0;

  beforeAll(async () => {
    world = await createWorld(25);
    const child = world.start('never');
    await settled(world);
    await stop(child);
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  test.each([
    ['before it remembers what it will send', 'claim:before'],
    ['between remembering and sending', 'claimed'],
    ['before the request goes out', 'write:before'],
    ['after Salesforce has applied it and before it knows', 'write:after'],
    ['before the answer is settled', 'settle:before'],
    ['while the answer is being settled', 'settle:during'],
    ['after the answer is settled', 'settle:after'],
    ['after a page was read', 'changesSince:after'],
    ['before a page is applied', 'page:before'],
    ['while a page is being applied', 'page:during'],
    ['after a page was applied', 'page:after'],
  ])('%s loses nothing and does nothing twice', async (_, crashAt) => {
    round += 1;
    await write(world, round);
    const killed = world.start(crashAt);
    const [code, signal]: unknown[] = await once(killed, 'exit');
    expect([code, signal]).toEqual([null, 'SIGKILL']);

    const next = world.start('never');
    await settled(world);
    noDuplicates(world);
    const { rows } = await world.database.app.query(
      `select lastname from salesforce.contact where lastname like 'New ${round} %' order by 1`,
    );
    expect(rows).toEqual([{ lastname: `New ${round} a` }, { lastname: `New ${round} b` }]);
    await stop(next);
  });

  test('is quiet afterwards: a second start writes nothing on either side', async () => {
    const { written } = world.org;
    const versions = async () =>
      (await world.database.app.query('select id, xmin::text from salesforce.contact order by id'))
        .rows;
    const before = await versions();
    const swept = world.database.connect.query('select cursor from landbridge_salesforce.cursor');
    const cursor = JSON.stringify((await swept).rows);
    const child = world.start('never');
    await until(
      async () =>
        JSON.stringify(
          (await world.database.connect.query('select cursor from landbridge_salesforce.cursor'))
            .rows,
        ) === cursor
          ? undefined
          : true,
      { what: 'a sweep to end' },
    );
    await stop(child);
    expect(world.org.written).toBe(written);
    expect(await versions()).toEqual(before);
  });
});

describe('a process killed while it loads a table', () => {
  test.each([
    ['before it remembers the job', 'saveLoad:before'],
    ['before the first page', 'firstPage:before'],
    ['in the middle of a page', 'laterPage:during'],
    ['after a page', 'firstPage:after'],
    ['before the load is complete', 'finishLoad:before'],
    ['after the load is complete', 'finishLoad:after'],
  ])('%s goes on where it was and doubles no row', async (_, crashAt) => {
    await using world = await createWorld(35);
    const killed = world.start(crashAt);
    const [code, signal]: unknown[] = await once(killed, 'exit');
    expect([code, signal]).toEqual([null, 'SIGKILL']);
    const { rows: before } = await world.database.app.query<{ id: number; sfid: string }>(
      'select id, sfid from salesforce.contact order by id',
    );
    const next = world.start('never');
    await settled(world);
    await stop(next);
    const { rows: after } = await world.database.app.query<{ id: number; sfid: string }>(
      'select id, sfid from salesforce.contact order by id',
    );
    expect(after).toHaveLength(35);
    expect(after.slice(0, before.length)).toEqual(before);
  });
});
