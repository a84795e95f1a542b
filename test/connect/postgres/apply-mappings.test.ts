import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { TablePlan } from '../../../connect/core/table-plan.ts';
import {
  applyMappings,
  dropMapping,
  findForeignTables,
} from '../../../connect/postgres/apply-mappings.ts';
import { createAppDatabase, type AppDatabase } from '../support/app-database.ts';
import { plan } from '../support/describes.ts';

let database: AppDatabase;

beforeEach(async () => {
  database = await createAppDatabase();
});

afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

function apply(...plans: readonly TablePlan[]) {
  return applyMappings(database.connect, { schema: 'salesforce', organizationId: '00DA', plans });
}

async function app(statement: string): Promise<readonly unknown[]> {
  return (await database.app.query(statement)).rows;
}

/** Everything the catalog says of the schemas: what must be the same where nothing was to change. */
function catalog(): Promise<readonly unknown[]> {
  return app(`
    select 'column' as kind, c.oid::regclass::text as owner, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as what
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace::regnamespace::text in ('salesforce', 'landbridge_salesforce')
    union all select 'function', p.pronamespace::regnamespace::text, p.proname::text, md5(p.prosrc) from pg_proc p where p.pronamespace::regnamespace::text in ('salesforce', 'public') and p.prolang = (select oid from pg_language where lanname = 'plpgsql')
    union all select 'trigger', t.tgrelid::regclass::text, t.tgname::text, pg_get_triggerdef(t.oid) from pg_trigger t where not t.tgisinternal
    order by 1, 2, 3`);
}

const contact = (...fields: readonly string[]) =>
  plan('Contact', { fields: ['LastName', ...fields] });

describe('applying mappings', () => {
  test('twice changes nothing the second time', async () => {
    expect(await apply(contact('Email'))).toMatchObject([{ change: 'created', needsLoad: true }]);
    const before = await catalog();
    expect(await apply(contact('Email'))).toMatchObject([{ change: 'unchanged', needsLoad: true }]);
    expect(await catalog()).toEqual(before);
    expect(await app('select hcver, org_id from salesforce._hcmeta')).toEqual([
      { hcver: 1, org_id: '00DA' },
    ]);
  });

  test('waits for no transaction of the application where there is nothing to make', async () => {
    await apply(contact('Email'));
    const holder = await database.app.connect();
    await holder.query(`begin; insert into salesforce.contact (lastname) values ('Doe')`);
    expect(await apply(contact('Email'))).toMatchObject([{ change: 'unchanged' }]);
    await holder.query('rollback');
    holder.release();
  });

  test('makes again what people have taken away', async () => {
    await apply(contact('Email'));
    const before = await catalog();
    await app(
      'drop table salesforce._hcmeta; drop trigger hc_contact_logtrigger on salesforce.contact; alter table salesforce.contact drop column email',
    );
    expect(await apply(contact('Email'))).toMatchObject([{ change: 'altered', needsLoad: true }]);
    expect(await catalog()).toEqual(before);
  });

  test('is all or nothing: a table that is not ours leaves no trace of the others', async () => {
    await app('create schema salesforce; create table salesforce.account (mine text)');
    expect(await findForeignTables(database.connect, 'salesforce')).toEqual(new Set(['account']));
    const before = await catalog();
    await expect(apply(contact(), plan('Account', { fields: ['Name'] }))).rejects.toMatchObject({
      code: 'SCHEMA_UNUSABLE',
      message: expect.stringContaining('account'),
    });
    expect(await catalog()).toEqual(before);
  });

  test('knows its own tables again', async () => {
    await apply(contact());
    await app(
      'create table salesforce.notes (text text); create view salesforce.people as select 1 as one',
    );
    expect(await findForeignTables(database.connect, 'salesforce')).toEqual(
      new Set(['notes', 'people']),
    );
  });

  test('of a changed mapping adds and takes away columns, keeps rows and ids, and asks for a load', async () => {
    await apply(contact('Email', 'Phone'));
    await database.connect.query(
      `insert into salesforce.contact (sfid, lastname, email, phone) values ('003A', 'Doe', 'a@example.com', '1')`,
    );
    await database.connect.query(
      `insert into landbridge_salesforce.cursor (table_name, cursor) values ('contact', '{}')`,
    );
    await app(`alter table salesforce.contact add column note text`);
    expect(await apply(contact('Email', 'Birthdate'))).toMatchObject([
      { change: 'altered', needsLoad: true },
    ]);
    expect(await app('select * from salesforce.contact')).toEqual([
      {
        systemmodstamp: null,
        isdeleted: null,
        createddate: null,
        lastname: 'Doe',
        email: 'a@example.com',
        sfid: '003A',
        id: 1,
        _hc_lastop: 'SYNCED',
        _hc_err: null,
        note: null,
        birthdate: null,
      },
    ]);
    expect(await app('select 1 from landbridge_salesforce.cursor')).toEqual([]);
  });

  test('takes columns away without a load where the others are as they were', async () => {
    await apply(contact('Email'));
    await database.connect.query(
      `insert into landbridge_salesforce.cursor (table_name, cursor) values ('contact', '{}')`,
    );
    expect(await apply(contact())).toMatchObject([{ change: 'altered', needsLoad: false }]);
  });

  test('never takes over a column that the application made', async () => {
    await apply(contact());
    await app('alter table salesforce.contact add column email text');
    await expect(apply(contact('Email'))).rejects.toMatchObject({ code: 'SCHEMA_UNUSABLE' });
  });

  test('widens a column whose field has grown and keeps its values', async () => {
    const before = contact('Email');
    await apply(before);
    await database.connect.query(
      `insert into salesforce.contact (sfid, lastname) values ('003A', 'Doe')`,
    );
    await database.connect.query(
      `insert into landbridge_salesforce.cursor (table_name, cursor) values ('contact', '{}')`,
    );
    const columns = before.columns.map((column) =>
      column.name === 'lastname' ? { ...column, type: 'character varying(120)' as const } : column,
    );
    expect(await apply({ ...before, columns })).toMatchObject([
      { change: 'altered', needsLoad: false },
    ]);
    expect(
      await app(
        `select lastname, format_type(atttypid, atttypmod) as type from salesforce.contact, pg_attribute where attrelid = 'salesforce.contact'::regclass and attname = 'lastname'`,
      ),
    ).toEqual([{ lastname: 'Doe', type: 'character varying(120)' }]);
  });

  test('follows a change of access in what its trigger says', async () => {
    await apply(plan('Account', { access: 'read_only', fields: ['Name'] }));
    await app(`insert into salesforce.account (name) values ('a')`);
    await apply(plan('Account', { access: 'read_write', fields: ['Name'] }));
    await app(`insert into salesforce.account (name) values ('b')`);
    expect(await app('select state from salesforce._trigger_log order by id')).toEqual([
      { state: 'READONLY' },
      { state: 'NEW' },
    ]);
  });

  test('makes and drops the indexes that the mapping lists, and leaves the application’s own', async () => {
    await apply(
      plan('Contact', { fields: ['Email'], more: { indexes: { Email: { unique: false } } } }),
    );
    await app('create index mine on salesforce.contact (email)');
    await apply(
      plan('Contact', {
        fields: ['Email'],
        more: { indexes: { SystemModstamp: { unique: false } } },
      }),
    );
    expect(
      await app(`select indexname from pg_indexes where tablename = 'contact' order by 1`),
    ).toEqual([
      { indexname: 'contact_pkey' },
      { indexname: 'hc_idx_contact_systemmodstamp' },
      { indexname: 'hcu_idx_contact_sfid' },
      { indexname: 'mine' },
    ]);
  });

  test('holds names that are SQL words, have quotes in their schema, or are too long', async () => {
    const schema = `od"d; drop schema public; --`;
    const plans = [plan('User', { access: 'read_only', more: { fields: { Id: {}, Name: {} } } })];
    await applyMappings(database.connect, { schema, organizationId: undefined, plans });
    await database.app.query(
      `insert into "od""d; drop schema public; --"."user" (name) values ('x')`,
    );
    const { rows } = await database.app.query(
      `select state from "od""d; drop schema public; --"._trigger_log`,
    );
    expect(rows).toEqual([{ state: 'READONLY' }]);
  });
});

describe('dropping a mapping', () => {
  test('takes its table, functions and bookkeeping, and leaves its log', async () => {
    await apply(contact(), plan('Account', { fields: ['Name'] }));
    const before = await catalog();
    await app(`insert into salesforce.contact (lastname) values ('Doe')`);
    await dropMapping(database.connect, { schema: 'salesforce', plan: contact() });
    await dropMapping(database.connect, { schema: 'salesforce', plan: contact() });
    const after = await catalog();
    expect(JSON.stringify(after)).not.toMatch(/contact/);
    expect(after.length).toBeLessThan(before.length);
    expect(await app('select table_name from salesforce._trigger_log')).toEqual([
      { table_name: 'contact' },
    ]);
    expect(await app('select table_name from landbridge_salesforce.mapped_table')).toEqual([
      { table_name: 'account' },
    ]);
  });

  test('is refused while something of the application’s stands on the table', async () => {
    await apply(contact());
    await app('create view people as select lastname from salesforce.contact');
    await expect(
      dropMapping(database.connect, { schema: 'salesforce', plan: contact() }),
    ).rejects.toMatchObject({
      code: 'SCHEMA_UNUSABLE',
      message: expect.stringContaining('people'),
    });
  });
});
