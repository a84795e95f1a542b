import { Readable } from 'node:stream';

import { afterAll, beforeEach, afterEach, describe, expect, test } from '@jest/globals';

import { mappingPlan } from '../../../connect/core/mapping-plan.ts';
import type { MappingPlan } from '../../../connect/core/plan.ts';
import { applyMappings } from '../../../connect/postgres/apply-mappings.ts';
import { loadPage } from '../../../connect/postgres/load-page.ts';
import { loadTable } from '../../../connect/postgres/load-table.ts';
import { PostgresStore } from '../../../connect/postgres/store.ts';
import { finishLoad, readLoad, saveLoad } from '../../../connect/postgres/load-state.ts';
import { tableOf, type Table } from '../../../connect/postgres/table.ts';
import type { LoadState } from '../../../connect/ports.ts';
import { createAppDatabase, type AppDatabase } from '../support/app-database.ts';
import { plan } from '../support/describes.ts';

const TABLE_PLAN = plan('Contact', {
  fields: [
    'LastName',
    'Email',
    'Birthdate',
    'Score__c',
    'Vip__c',
    'External_Contact_Id__c',
    'Account__Key__c',
  ],
  upsertField: 'External_Contact_Id__c',
});
const PLAN: MappingPlan = mappingPlan({
  id: '6d1c1a4e-5b56-4f3e-9a8e-0a4f5ad3a111',
  connection: '6d1c1a4e-5b56-4f3e-9a8e-0a4f5ad3a222',
  schema: 'salesforce',
  writes: 'merged',
  plan: TABLE_PLAN,
  all: [TABLE_PLAN],
});

let database: AppDatabase;
let table: Table;
const opened: AppDatabase[] = [];

beforeEach(async () => {
  database = await createAppDatabase();
  opened.push(database);
  await applyMappings(database.connect, {
    schema: 'salesforce',
    organizationId: undefined,
    plans: [TABLE_PLAN],
  });
  table = tableOf(database.connect, PLAN);
});

afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

afterAll(() => {
  expect(opened.length).toBeGreaterThan(0);
});

const HEADER =
  '"Id","IsDeleted","SystemModstamp","CreatedDate","LastName","Email","Birthdate","Score__c","Vip__c","External_Contact_Id__c","Account.Key__c"';

function record(id: string, lastName: string, more: { email?: string; key?: string } = {}): string {
  return `"${id}","false","2026-11-21T06:41:31.250Z","2026-11-20T06:41:31.000Z","${lastName}","${more.email ?? ''}","1990-02-28","3.00E+07","true","${more.key ?? ''}","A-1"`;
}

/** A page as it arrives: header, lines, cut into pieces that end in the middle of anything. */
function page(...records: readonly string[]): Readable {
  const bytes = Buffer.from(`${[HEADER, ...records].join('\n')}\n`);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 7) pieces.push(bytes.subarray(at, at + 7));
  return Readable.from(pieces);
}

function state(locator: string | null, more: Partial<LoadState> = {}): LoadState {
  return {
    jobId: '750A',
    token: 1,
    asOf: '2026-11-21T06:00:00.000Z',
    locator,
    done: locator === null,
    records: 0,
    ...more,
  };
}

async function contacts(columns: string): Promise<readonly unknown[]> {
  return (await database.app.query(`select ${columns} from salesforce.contact order by id`)).rows;
}

async function logged(): Promise<number> {
  return (await database.app.query('select 1 from salesforce._trigger_log')).rows.length;
}

describe('filling an empty table', () => {
  test('every kind of value arrives as itself, empty cells as null, and nothing is captured', async () => {
    const records = await loadPage(table, {
      csv: page(
        record('003A', `O'Hara, "Jo"\nII`.replaceAll('"', '""'), { email: 'jo@example.com' }),
        record('003B', 'Ño 日本'),
      ),
      next: state(null),
    });
    expect(records).toBe(2);
    expect(
      await contacts(
        'sfid, lastname, email, birthdate::text, score__c, vip__c, systemmodstamp::text, external_contact_id__c as key, account__key__c, _hc_lastop, _hc_err',
      ),
    ).toEqual([
      {
        sfid: '003A',
        lastname: `O'Hara, "Jo"\nII`,
        email: 'jo@example.com',
        birthdate: '1990-02-28',
        score__c: 3e7,
        vip__c: true,
        systemmodstamp: '2026-11-21 06:41:31.25',
        key: null,
        account__key__c: 'A-1',
        _hc_lastop: 'SYNCED',
        _hc_err: null,
      },
      {
        sfid: '003B',
        lastname: 'Ño 日本',
        email: null,
        birthdate: '1990-02-28',
        score__c: 3e7,
        vip__c: true,
        systemmodstamp: '2026-11-21 06:41:31.25',
        key: null,
        account__key__c: 'A-1',
        _hc_lastop: 'SYNCED',
        _hc_err: null,
      },
    ]);
    expect(await logged()).toBe(0);
  });

  test('the page and the place of the next one are written together', async () => {
    await saveLoad(table, state(null, { done: false }));
    await loadPage(table, {
      csv: page(record('003A', 'One'), record('003B', 'Two')),
      next: state('MTAw'),
    });
    expect(await readLoad(table)).toEqual(state('MTAw', { records: 2 }));
    await loadPage(table, {
      csv: page(record('003C', 'Three')),
      next: state(null, { records: 2 }),
    });
    expect(await readLoad(table)).toEqual(state(null, { records: 3 }));
    await finishLoad(table, { asOf: '2026-11-21T06:00:00.000Z', sweep: null });
    expect(await readLoad(table)).toBeNull();
    expect(await contacts('sfid')).toEqual([{ sfid: '003A' }, { sfid: '003B' }, { sfid: '003C' }]);
  });

  test('a page that breaks off leaves nothing of itself', async () => {
    await saveLoad(table, state(null, { done: false }));
    const broken = Readable.from(
      (function* () {
        yield Buffer.from(`${HEADER}\n${record('003A', 'One')}\n`);
        throw new Error('connection reset');
      })(),
    );
    await expect(loadPage(table, { csv: broken, next: state('MTAw') })).rejects.toThrow(
      'connection reset',
    );
    expect(await contacts('sfid')).toEqual([]);
    expect(await readLoad(table)).toEqual(state(null, { done: false }));
    await loadPage(table, { csv: page(record('003A', 'One')), next: state(null) });
    expect(await contacts('sfid')).toEqual([{ sfid: '003A' }]);
  });

  test('the triggers are on again afterwards and the status has no default', async () => {
    await loadPage(table, { csv: page(record('003A', 'One')), next: state(null) });
    await finishLoad(table, { asOf: '2026-11-21T06:00:00.000Z', sweep: null });
    await database.app.query(`update salesforce.contact set lastname = 'Uno'`);
    expect(await contacts('_hc_lastop')).toEqual([{ _hc_lastop: 'PENDING' }]);
    expect(await logged()).toBe(1);
    const { rows } = await database.app.query(
      `select 1 from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where d.adrelid = 'salesforce.contact'::regclass and a.attname <> 'id'`,
    );
    expect(rows).toEqual([]);
  });

  test('a header without a mapped field is refused before anything is written', async () => {
    const csv = Readable.from([Buffer.from('"Id","LastName"\n"003A","One"\n')]);
    await expect(loadPage(table, { csv, next: state(null) })).rejects.toMatchObject({
      code: 'LOAD_PAGE_UNREADABLE',
    });
    expect(await contacts('sfid')).toEqual([]);
  });

  test('a record the application has created meanwhile is merged, not doubled', async () => {
    await loadPage(table, { csv: page(record('003A', 'One')), next: state('MTAw') });
    await database.connect.query(
      `insert into salesforce.contact (sfid, lastname) values ('003B', 'Written here')`,
    );
    const again = () =>
      loadPage(table, {
        csv: page(record('003B', 'Two'), record('003C', 'Three')),
        next: state(null),
      });
    await expect(again()).rejects.toMatchObject({ code: 'LOAD_PAGE_REPEATED', retry: true });
    await again();
    expect(await contacts('sfid, lastname')).toEqual([
      { sfid: '003A', lastname: 'One' },
      { sfid: '003B', lastname: 'Two' },
      { sfid: '003C', lastname: 'Three' },
    ]);
  });
});

describe('a record with a value that does not fit its column', () => {
  test('is put down with the column’s name, and the others are loaded', async () => {
    const long = 'x'.repeat(81);
    const read = () =>
      loadPage(table, {
        csv: page(
          record('003A', 'One'),
          record('003B', long),
          record('003C', 'Three').replace('3.00E+07', 'many'),
        ),
        next: state(null),
      });
    await saveLoad(table, state(null, { done: false }));
    await expect(read()).rejects.toMatchObject({ code: 'LOAD_PAGE_REPEATED' });
    await read();
    await finishLoad(table, { asOf: '2026-11-21T06:00:00.000Z', sweep: null });
    expect(await contacts('sfid, _hc_lastop')).toEqual([{ sfid: '003A', _hc_lastop: 'SYNCED' }]);
    const { rows } = await database.connect.query(
      'select sfid, message from landbridge_salesforce.stuck order by sfid',
    );
    expect(rows).toEqual([
      { sfid: '003B', message: 'a value does not fit the column lastname (character varying(80))' },
      { sfid: '003C', message: 'a value does not fit the column score__c (double precision)' },
    ]);
  });
});

describe('loading a table from a job', () => {
  test('reads its pages in turn, reads one again that met rows which appeared meanwhile, and ends with a cursor', async () => {
    const store = new PostgresStore(database.connect, 'salesforce');
    const pages = new Map([
      [null, { records: [record('003A', 'One')], next: 'p2' }],
      ['p2', { records: [record('003B', 'Two')], next: 'p3' }],
      ['p3', { records: [record('003C', 'Three')], next: null }],
    ]);
    const asked: (string | null)[] = [];
    const records = await loadTable(store, PLAN, {
      jobId: '750A',
      asOf: '2026-11-21T06:00:00.000Z',
      async openPage(locator) {
        asked.push(locator);
        if (locator === 'p2' && asked.length === 2) {
          await database.connect.query(
            `insert into salesforce.contact (sfid, lastname) values ('003B', 'Pushed meanwhile')`,
          );
        }
        const found = pages.get(locator);
        return { csv: page(...(found?.records ?? [])), next: found?.next ?? null };
      },
    });
    expect(records).toBe(3);
    expect(asked).toEqual([null, 'p2', 'p2', 'p3']);
    expect(await contacts('sfid, lastname')).toEqual([
      { sfid: '003A', lastname: 'One' },
      { sfid: '003B', lastname: 'Two' },
      { sfid: '003C', lastname: 'Three' },
    ]);
    expect(await store.readCursor(PLAN)).toEqual({ asOf: '2026-11-21T06:00:00.000Z', sweep: null });
    expect(await store.readLoad(PLAN)).toBeNull();
  });
});

describe('loading a table that has rows', () => {
  beforeEach(async () => {
    await loadPage(table, {
      csv: page(
        record('003A', 'One'),
        record('003B', 'Two'),
        record('003C', 'Three'),
        record('003D', 'Four'),
      ),
      next: state(null),
    });
    await finishLoad(table, { asOf: '2026-11-21T06:00:00.000Z', sweep: null });
  });

  test('keeps local ids, writes what changed, and adds what is new', async () => {
    const before = await contacts('id, sfid, xmin::text as version');
    await loadPage(table, {
      csv: page(
        record('003D', 'Four'),
        record('003A', 'Uno'),
        record('003E', 'Five'),
        record('003B', 'Two'),
        record('003C', 'Three'),
      ),
      next: state(null, { jobId: '750B' }),
    });
    const after = await contacts('id, sfid, lastname, xmin::text as version');
    expect(after.slice(1, 4)).toMatchObject(before.slice(1, 4));
    expect(after).toMatchObject([
      { id: 1, lastname: 'Uno' },
      { id: 2 },
      { id: 3 },
      { id: 4 },
      { sfid: '003E' },
    ]);
    expect(await logged()).toBe(0);
  });

  test('rows with changes that wait are held back and read again', async () => {
    await database.app.query(`update salesforce.contact set lastname = 'Mine' where sfid = '003B'`);
    await database.app.query(`delete from salesforce.contact where sfid = '003C'`);
    await database.app.query(
      `insert into salesforce.contact (lastname, external_contact_id__c) values ('New', 'K-1')`,
    );
    await loadPage(table, {
      csv: page(
        record('003A', 'Uno'),
        record('003B', 'Theirs'),
        record('003C', 'Three'),
        record('003D', 'Four'),
        record('003F', 'New', { key: 'K-1' }),
      ),
      next: state(null, { jobId: '750B' }),
    });
    expect(await contacts('sfid, lastname')).toEqual([
      { sfid: '003A', lastname: 'Uno' },
      { sfid: '003B', lastname: 'Mine' },
      { sfid: '003D', lastname: 'Four' },
      { sfid: null, lastname: 'New' },
    ]);
    const { rows } = await database.connect.query(
      'select sfid from landbridge_salesforce.read_again order by 1',
    );
    expect(rows).toEqual([{ sfid: '003B' }, { sfid: '003C' }, { sfid: '003F' }]);
  });

  test('records that the load did not bring are read again at its end', async () => {
    await loadPage(table, {
      csv: page(record('003A', 'One')),
      next: state('MTAw', { jobId: '750B', done: false }),
    });
    await loadPage(table, {
      csv: page(record('003C', 'Three')),
      next: state(null, { jobId: '750B' }),
    });
    await finishLoad(table, { asOf: '2026-11-21T07:00:00.000Z', sweep: null });
    const { rows } = await database.connect.query(
      'select sfid from landbridge_salesforce.read_again order by 1',
    );
    expect(rows).toEqual([{ sfid: '003B' }, { sfid: '003D' }]);
  });
});
