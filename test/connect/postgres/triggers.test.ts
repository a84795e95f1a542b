import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';

import { applyMappings } from '../../../connect/postgres/apply-mappings.ts';
import { createAppDatabase, type AppDatabase } from '../support/app-database.ts';
import { contactPlan, plan } from '../support/describes.ts';

let database: AppDatabase;

beforeAll(async () => {
  database = await createAppDatabase();
  await applyMappings(database.connect, {
    schema: 'salesforce',
    organizationId: undefined,
    plans: [contactPlan(), plan('Account', { access: 'read_only', fields: ['Name'] })],
  });
});

beforeEach(async () => {
  await database.app.query('truncate salesforce.contact, salesforce.account restart identity');
  await database.app.query('truncate salesforce._trigger_log restart identity');
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

async function app(
  statement: string,
  values: readonly unknown[] = [],
): Promise<readonly unknown[]> {
  return (await database.app.query(statement, [...values])).rows;
}

async function connect(statement: string): Promise<void> {
  await database.connect.query(statement);
}

/** The log without what differs from run to run. */
async function log(columns = 'action, state, table_name, record_id, sfid, old, "values"') {
  return app(`select ${columns} from salesforce._trigger_log order by id`);
}

async function inSession<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await database.app.connect();
  try {
    return await work(client);
  } finally {
    client.release(true);
  }
}

describe('the logger', () => {
  test('of an insert logs the whole new row with its nulls and its id, and no sfid of its own', async () => {
    await app(`insert into salesforce.account (name, sfid) values ('Acme', '001A')`);
    expect(await log()).toEqual([
      {
        action: 'INSERT',
        state: 'READONLY',
        table_name: 'account',
        record_id: 1,
        sfid: null,
        old: null,
        values:
          '"id"=>"1", "name"=>"Acme", "sfid"=>"001A", "isdeleted"=>NULL, "createddate"=>NULL, "systemmodstamp"=>NULL',
      },
    ]);
    expect(
      await log(
        'txid = txid as txid, created_at is not null as at, updated_at, processed_at, processed_tx, sf_result, sf_message',
      ),
    ).toEqual([
      {
        txid: true,
        at: true,
        updated_at: null,
        processed_at: null,
        processed_tx: null,
        sf_result: null,
        sf_message: null,
      },
    ]);
  });

  test('of an update logs the whole old row and only what changed', async () => {
    await connect(
      `insert into salesforce.contact (sfid, lastname, email) values ('003A', 'One', 'one@example.com')`,
    );
    await app(`update salesforce.contact set lastname = 'Two', email = null`);
    const [entry] = await app(
      `select action, state, sfid, record_id, (old::hstore -> 'lastname') as old, exist(old::hstore, '_hc_lastop') as hidden, "values" from salesforce._trigger_log`,
    );
    expect(entry).toEqual({
      action: 'UPDATE',
      state: 'NEW',
      sfid: '003A',
      record_id: 1,
      old: 'One',
      hidden: false,
      values: '"email"=>NULL, "lastname"=>"Two"',
    });
  });

  test('of a delete logs the old row; without sfid there is nothing to delete in Salesforce', async () => {
    await connect(
      `insert into salesforce.contact (sfid, lastname) values ('003A', 'One'), (null, 'Two')`,
    );
    await app('delete from salesforce.contact');
    expect(
      await log(`action, state, sfid, record_id, "values", old::hstore -> 'lastname' as name`),
    ).toEqual([
      { action: 'DELETE', state: 'NEW', sfid: '003A', record_id: 1, values: null, name: 'One' },
      { action: 'DELETE', state: 'IGNORE', sfid: null, record_id: 2, values: null, name: 'Two' },
    ]);
  });

  test('logs an update that changes nothing as IGNORE, and the row is PENDING all the same', async () => {
    await connect(`insert into salesforce.contact (sfid, lastname) values ('003A', 'One')`);
    await app(
      `update salesforce.contact set lastname = lastname, _hc_err = 'mine', _hc_lastop = 'mine'`,
    );
    expect(await log('action, state, "values"')).toEqual([
      { action: 'UPDATE', state: 'IGNORE', values: '' },
    ]);
    expect(await app('select _hc_lastop, _hc_err from salesforce.contact')).toEqual([
      { _hc_lastop: 'PENDING', _hc_err: null },
    ]);
  });

  test('logs a changed sfid with the old one, and a changed id under the new one', async () => {
    await connect(`insert into salesforce.contact (sfid, lastname) values ('003A', 'One')`);
    await app(`update salesforce.contact set sfid = '003B'`);
    await app(`update salesforce.contact set id = 77`);
    expect(await log('record_id, sfid, "values"')).toEqual([
      { record_id: 1, sfid: '003A', values: '"sfid"=>"003B"' },
      { record_id: 77, sfid: '003B', values: '"id"=>"77"' },
    ]);
  });

  test('logs an upsert as the plain update it is', async () => {
    await connect(`insert into salesforce.contact (sfid, lastname) values ('003A', 'One')`);
    await app(
      `insert into salesforce.contact (sfid, lastname) values ('003A', 'Two') on conflict (sfid) do update set lastname = excluded.lastname`,
    );
    expect(await log('action, "values"')).toEqual([
      { action: 'UPDATE', values: '"lastname"=>"Two"' },
    ]);
  });

  test('writes the same text whatever the writer’s session has set', async () => {
    await inSession(async (client) => {
      await client.query(
        `set datestyle = 'German, DMY'; set extra_float_digits = 0; set search_path = salesforce; set timezone = 'Asia/Tokyo'`,
      );
      await client.query(
        `insert into contact (lastname, systemmodstamp, birthdate, score__c) values ('One', '02.01.2024 03:04:05', '28.02.1990', 0.1 + 0.2::float8)`,
      );
    });
    expect(
      await log(`"values"::hstore -> array['systemmodstamp', 'birthdate', 'score__c'] as told`),
    ).toEqual([{ told: ['2024-01-02 03:04:05', '1990-02-28', '0.30000000000000004'] }]);
  });

  test('leaves no row of a write that is rolled back, though its id is used up', async () => {
    await inSession(async (client) => {
      await client.query(
        `begin; insert into salesforce.contact (lastname) values ('gone'); rollback`,
      );
    });
    await app(`insert into salesforce.contact (lastname) values ('stays')`);
    expect(await log('id')).toEqual([{ id: 2 }]);
  });

  test('sees a COPY row by row and a TRUNCATE not at all', async () => {
    await app(`insert into salesforce.account (name) select 'n' || i from generate_series(1, 3) i`);
    await app('truncate salesforce.account');
    expect(await log('action')).toEqual([
      { action: 'INSERT' },
      { action: 'INSERT' },
      { action: 'INSERT' },
    ]);
  });
});

describe('the capture switch', () => {
  test('is looked at when a row is written: hex captures nothing, and switching back takes nothing back', async () => {
    await inSession(async (client) => {
      await client.query('begin');
      await client.query(`set local xmlbinary = 'hex'`);
      await client.query(`insert into salesforce.contact (lastname) values ('quiet')`);
      await client.query(`set local xmlbinary = 'base64'`);
      await client.query(`insert into salesforce.contact (lastname) values ('heard')`);
      await client.query(`set local xmlbinary = 'hex'`);
      await client.query('commit');
    });
    expect(await log(`"values"::hstore -> 'lastname' as name`)).toEqual([{ name: 'heard' }]);
    expect(await app('select lastname, _hc_lastop from salesforce.contact order by id')).toEqual([
      { lastname: 'quiet', _hc_lastop: 'SYNCED' },
      { lastname: 'heard', _hc_lastop: 'PENDING' },
    ]);
  });

  test('is off in Connect’s own sessions', async () => {
    await connect(
      `insert into salesforce.contact (lastname, _hc_lastop) values ('theirs', 'FAILED')`,
    );
    expect(await log('id')).toEqual([]);
    expect(await app('select _hc_lastop from salesforce.contact')).toEqual([
      { _hc_lastop: 'SYNCED' },
    ]);
  });
});

describe('the status of a row', () => {
  test('is what Connect says where that differs from before, and SYNCED where it says the same twice', async () => {
    await connect(`insert into salesforce.contact (lastname) values ('One')`);
    const status = () => app('select _hc_lastop, _hc_err from salesforce.contact');
    await connect(`update salesforce.contact set _hc_lastop = 'FAILED', _hc_err = '{}'`);
    expect(await status()).toEqual([{ _hc_lastop: 'FAILED', _hc_err: '{}' }]);
    await connect(`update salesforce.contact set _hc_lastop = 'FAILED', _hc_err = '{}'`);
    expect(await status()).toEqual([{ _hc_lastop: 'SYNCED', _hc_err: null }]);
    await connect(`update salesforce.contact set _hc_lastop = null`);
    expect(await status()).toEqual([{ _hc_lastop: 'SYNCED', _hc_err: null }]);
  });

  test('of a read-only row is PENDING after a local edit, too', async () => {
    await connect(`insert into salesforce.account (sfid, name) values ('001A', 'One')`);
    await app(`update salesforce.account set name = 'Mine'`);
    expect(await app('select _hc_lastop from salesforce.account')).toEqual([
      { _hc_lastop: 'PENDING' },
    ]);
    expect(await log('state')).toEqual([{ state: 'READONLY' }]);
  });
});

describe('the key of a new row', () => {
  test('is made where the application gives none, and fits in 32 characters', async () => {
    await app(
      `insert into salesforce.contact (lastname, external_contact_id__c) values ('a', null), ('b', 'mine')`,
    );
    expect(
      await app('select external_contact_id__c as key from salesforce.contact order by id'),
    ).toEqual([{ key: expect.stringMatching(/^[0-9a-f]{32}$/) }, { key: 'mine' }]);
  });

  test('is left to Salesforce in rows that come from there', async () => {
    await connect(`insert into salesforce.contact (sfid, lastname) values ('003A', 'theirs')`);
    expect(await app('select external_contact_id__c as key from salesforce.contact')).toEqual([
      { key: null },
    ]);
  });
});

describe('the capture functions', () => {
  beforeEach(async () => {
    await connect(
      `insert into salesforce.contact (sfid, lastname, email) values ('003A', 'One', 'one@example.com')`,
    );
  });

  const captured = (call: string) => app(`select ${call} as id from salesforce.contact`);

  test('log a row as an insert, without the columns that are left out; id and sfid cannot be', async () => {
    await captured(
      `salesforce.hc_capture_insert_from_row(hstore(salesforce.contact.*), 'contact', array['email', 'id', 'sfid'])`,
    );
    expect(
      await log(
        `action, state, record_id, sfid, old, updated_at is null as fresh, exist("values"::hstore, 'email') as email, exist("values"::hstore, '_hc_err') as err, "values"::hstore -> array['id', 'sfid'] as ids`,
      ),
    ).toEqual([
      {
        action: 'INSERT',
        state: 'NEW',
        record_id: 1,
        sfid: null,
        old: null,
        fresh: false,
        email: false,
        err: false,
        ids: ['1', '003A'],
      },
    ]);
  });

  test('log the listed columns of a row as an update, or all of them', async () => {
    await captured(
      `salesforce.hc_capture_update_from_row(hstore(salesforce.contact.*), 'contact', array['email', 'unknown'])`,
    );
    await captured(
      `salesforce.hc_capture_update_from_row(hstore(salesforce.contact.*), 'contact', null)`,
    );
    expect(
      await log(
        `action, state, record_id, sfid, old, "values"::hstore -> 'email' as email, array_length(akeys("values"::hstore), 1) > 10 as whole`,
      ),
    ).toEqual([
      {
        action: 'UPDATE',
        state: 'NEW',
        record_id: 1,
        sfid: '003A',
        old: null,
        email: 'one@example.com',
        whole: false,
      },
      {
        action: 'UPDATE',
        state: 'NEW',
        record_id: 1,
        sfid: '003A',
        old: null,
        email: 'one@example.com',
        whole: true,
      },
    ]);
  });

  test('answer null for a row without id', async () => {
    expect(
      await app(
        `select salesforce.hc_capture_insert_from_row('a=>1'::hstore, 'contact') as a, salesforce.hc_capture_update_from_row('a=>1'::hstore, 'contact') as b`,
      ),
    ).toEqual([{ a: null, b: null }]);
  });
});
