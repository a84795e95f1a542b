import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';

import { mappingPlan } from '../../../connect/core/mapping-plan.ts';
import type { MappingPlan } from '../../../connect/core/plan.ts';
import type { Values } from '../../../connect/core/row.ts';
import type { RowEvent, Send, StepLimits } from '../../../connect/core/step-types.ts';
import { applyMappings } from '../../../connect/postgres/apply-mappings.ts';
import { PostgresStore } from '../../../connect/postgres/store.ts';
import type { AddressedEvent } from '../../../connect/ports.ts';
import { present } from '../../../src/kit/assert.ts';
import { until } from '../../support/until.ts';
import { createAppDatabase, type AppDatabase } from '../support/app-database.ts';
import { plan } from '../support/describes.ts';

const ACCOUNT = plan('Account', { fields: ['Name', 'Key__c'], upsertField: 'Key__c' });
const CONTACT = plan('Contact', {
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
const ALL = [ACCOUNT, CONTACT];
const LIMITS: StepLimits = {
  serverAppliesWithinMs: 600_000,
  retryFirstMs: 1000,
  retryMaxMs: 60_000,
  recordRetriesMax: 5,
  clockSkewMs: 600_000,
};
const NOW = Date.parse('2026-11-21T08:00:00Z');

function mapping(of: (typeof ALL)[number]): MappingPlan {
  const ids = {
    id: of.objectName,
    connection: 'c',
    schema: 'salesforce',
    writes: 'merged',
  } as const;
  return mappingPlan({ ...ids, plan: of, all: ALL });
}

const contacts = mapping(CONTACT);
const accounts = mapping(ACCOUNT);
let database: AppDatabase;
let store: PostgresStore;

beforeAll(async () => {
  database = await createAppDatabase();
  await applyMappings(database.connect, {
    schema: 'salesforce',
    organizationId: undefined,
    plans: ALL,
  });
  store = new PostgresStore(database.connect, 'salesforce');
});

beforeEach(async () => {
  await database.connect.query(
    `truncate salesforce.contact, salesforce.account, salesforce._trigger_log, salesforce._trigger_log_archive restart identity`,
  );
  await database.connect.query(
    `truncate landbridge_salesforce.row_sync, landbridge_salesforce.read_again, landbridge_salesforce.conflict, landbridge_salesforce.stuck, landbridge_salesforce.cursor`,
  );
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

function claim(of = contacts, now = NOW) {
  return store.claim(of, { rowsMax: 200, now, limits: LIMITS });
}

function step(...steps: readonly AddressedEvent[]) {
  return store.step(contacts, steps, { now: NOW, limits: LIMITS });
}

function answer(send: Send, event: (attempt: number) => RowEvent): AddressedEvent {
  return { recordId: send.recordId, event: event(send.attempt) };
}

function accepted(send: Send, sfid: string): AddressedEvent {
  return answer(send, (attempt) => ({ kind: 'accepted', attempt, sfid }));
}

function refused(send: Send, code: string): AddressedEvent {
  return answer(send, (attempt) => ({
    kind: 'refused',
    attempt,
    refusal: { code, message: `no: ${code}`, fields: [] },
  }));
}

async function pulled(sfid: string, values: Values): Promise<AddressedEvent> {
  const read = { token: await store.nextToken(), startedAt: NOW };
  return {
    recordId: null,
    event: { kind: 'pulled', record: { sfid, deleted: false, values }, read },
  };
}

async function gone(sfid: string): Promise<AddressedEvent> {
  const read = { token: await store.nextToken(), startedAt: NOW };
  return {
    recordId: null,
    event: { kind: 'pulled', record: { sfid, deleted: true, values: null }, read },
  };
}

async function only(sends: Promise<{ readonly sends: readonly Send[] }>): Promise<Send> {
  const { sends: found } = await sends;
  expect(found).toHaveLength(1);
  return present(found[0], 'the one write');
}

async function rows(columns: string): Promise<readonly unknown[]> {
  return app(`select ${columns} from salesforce.contact order by id`);
}

describe('a write of the application', () => {
  test('is remembered before it is sent, and settled with its sfid, its state and its archive at once', async () => {
    await app(
      `insert into salesforce.contact (lastname, email, external_contact_id__c, score__c, vip__c, birthdate) values ('Doe', null, 'K-1', 0.1 + 0.2::float8, true, '1990-02-28')`,
    );
    const send = await only(claim());
    expect(send).toMatchObject({
      recordId: 1,
      op: 'insert',
      sfid: null,
      key: 'K-1',
      values: {
        lastname: 'Doe',
        score__c: '0.30000000000000004',
        vip__c: 'true',
        birthdate: '1990-02-28',
      },
    });
    expect(await app('select state from salesforce._trigger_log')).toEqual([{ state: 'PENDING' }]);
    expect((await claim()).sends).toEqual([]);

    await step(accepted(send, '003A'));
    expect(await rows('sfid, _hc_lastop, _hc_err')).toEqual([
      { sfid: '003A', _hc_lastop: 'INSERTED', _hc_err: null },
    ]);
    expect(await app('select 1 from salesforce._trigger_log')).toEqual([]);
    expect(
      await app(
        `select id, state, action, record_id, sfid, processed_at is not null as processed, processed_tx is not null as tx, "values" is not null as kept from salesforce._trigger_log_archive`,
      ),
    ).toEqual([
      {
        id: 1,
        state: 'SUCCESS',
        action: 'INSERT',
        record_id: 1,
        sfid: '003A',
        processed: true,
        tx: true,
        kept: true,
      },
    ]);
  });

  test('that is answered twice is settled once', async () => {
    await app(`insert into salesforce.contact (lastname) values ('Doe')`);
    const send = await only(claim());
    await step(accepted(send, '003A'), accepted(send, '003A'));
    await step(accepted(send, '003B'));
    expect(await rows('sfid')).toEqual([{ sfid: '003A' }]);
  });

  test('that is refused says so in its row, and again when it is refused again', async () => {
    await app(`insert into salesforce.contact (lastname) values ('Doe')`);
    await step(refused(await only(claim()), 'REQUIRED_FIELD_MISSING'));
    expect(await rows(`_hc_lastop, _hc_err::json ->> 'code' as code`)).toEqual([
      { _hc_lastop: 'FAILED', code: 'REQUIRED_FIELD_MISSING' },
    ]);
    expect(await app('select state, sf_message from salesforce._trigger_log_archive')).toEqual([
      { state: 'FAILED', sf_message: expect.stringContaining('REQUIRED_FIELD_MISSING') },
    ]);
    await app(`update salesforce.contact set email = 'doe@example.com'`);
    expect(await rows('_hc_lastop')).toEqual([{ _hc_lastop: 'PENDING' }]);
    const again = await only(claim());
    expect(again).toMatchObject({
      op: 'insert',
      values: { lastname: 'Doe', email: 'doe@example.com' },
    });
    // Connect has written FAILED, the application PENDING, and now FAILED again; and then once more without the application.
    await step(refused(again, 'INVALID_EMAIL_ADDRESS'));
    expect(await rows(`_hc_lastop, _hc_err::json ->> 'code' as code`)).toEqual([
      { _hc_lastop: 'FAILED', code: 'INVALID_EMAIL_ADDRESS' },
    ]);
  });

  test('that is deleted before it was sent is not sent', async () => {
    await app(`insert into salesforce.contact (lastname) values ('Doe')`);
    await app('delete from salesforce.contact');
    expect((await claim()).sends).toEqual([]);
    expect(
      await app('select action, state from salesforce._trigger_log_archive order by id'),
    ).toEqual([
      { action: 'INSERT', state: 'IGNORED' },
      { action: 'DELETE', state: 'IGNORED' },
    ]);
  });

  test('that deletes a row while its insert is on the wire deletes the record that came of it', async () => {
    await app(`insert into salesforce.contact (lastname) values ('Doe')`);
    const insert = await only(claim());
    await app('delete from salesforce.contact');
    expect((await claim()).sends).toEqual([]);
    await step(accepted(insert, '003A'));
    await store.forget(contacts, await store.nextToken());
    expect(await only(claim())).toMatchObject({ op: 'delete', sfid: '003A' });
  });

  test('that may not go out yet is announced for when it may', async () => {
    await app(`insert into salesforce.contact (lastname) values ('Doe')`);
    await step(refused(await only(claim()), 'UNABLE_TO_LOCK_ROW'));
    const later = await claim();
    expect(later.sends).toEqual([]);
    expect(later.nextDueAt).toBeGreaterThan(NOW);
    expect((await claim(contacts, later.nextDueAt ?? 0)).sends).toHaveLength(1);
  });

  test('waits for its parent where that is about to be created', async () => {
    await app(`insert into salesforce.contact (lastname, account__key__c) values ('Doe', 'A-1')`);
    await app(`insert into salesforce.account (name, key__c) values ('Acme', 'A-1')`);
    expect((await claim()).sends).toEqual([]);
    const parent = await only(claim(accounts));
    expect((await claim()).sends).toEqual([]);
    await store.step(accounts, [accepted(parent, '001A')], { now: NOW, limits: LIMITS });
    expect((await claim()).sends).toHaveLength(1);
  });

  test('that commits after one with a higher log id is claimed all the same', async () => {
    const slow = await database.app.connect();
    await slow.query(`begin; insert into salesforce.contact (lastname) values ('slow')`);
    await app(`insert into salesforce.contact (lastname) values ('fast')`);
    const first = await only(claim());
    expect(first.values).toMatchObject({ lastname: 'fast' });
    await slow.query('commit');
    slow.release();
    expect((await only(claim())).values).toMatchObject({ lastname: 'slow' });
  });

  test('is passed over while its row is held, and does not hold others up', async () => {
    await app(`insert into salesforce.contact (lastname) values ('held'), ('free')`);
    const holder = await database.app.connect();
    await holder.query(`begin; update salesforce.contact set email = 'x@example.com' where id = 1`);
    expect((await claim()).sends.map(({ recordId }) => recordId)).toEqual([2]);
    await holder.query('commit');
    holder.release();
    expect((await only(claim())).values).toMatchObject({
      lastname: 'held',
      email: 'x@example.com',
    });
  });

  test('on the wire at a crash is found and becomes one whose answer is lost', async () => {
    await app(
      `insert into salesforce.contact (lastname, external_contact_id__c) values ('Doe', 'K-1')`,
    );
    await claim();
    expect(await store.recover(contacts, { now: NOW, limits: LIMITS })).toBe(1);
    expect(await store.recover(contacts, { now: NOW, limits: LIMITS })).toBe(0);
    expect((await store.toRead(contacts, { max: 10, now: NOW })).ambiguous).toEqual([
      { recordId: 1, sfid: null, key: 'K-1', at: NOW },
    ]);
  });
});

describe('a record that was read', () => {
  const JO = {
    lastname: 'Doe',
    email: 'jo@example.com',
    birthdate: '1990-02-28',
    score__c: '3.5',
    vip__c: 'true',
    external_contact_id__c: null,
    account__key__c: null,
    isdeleted: 'false',
    createddate: '2026-11-20T06:41:31.000Z',
    systemmodstamp: '2026-11-21T06:41:31.000Z',
  };

  test('becomes a row with every value as it is, and nothing is captured', async () => {
    await step(await pulled('003A', JO), await pulled('003B', { ...JO, lastname: 'Roe' }));
    expect(
      await rows(
        'sfid, lastname, birthdate::text, score__c, vip__c, systemmodstamp::text, _hc_lastop',
      ),
    ).toEqual([
      {
        sfid: '003A',
        lastname: 'Doe',
        birthdate: '1990-02-28',
        score__c: 3.5,
        vip__c: true,
        systemmodstamp: '2026-11-21 06:41:31',
        _hc_lastop: 'SYNCED',
      },
      {
        sfid: '003B',
        lastname: 'Roe',
        birthdate: '1990-02-28',
        score__c: 3.5,
        vip__c: true,
        systemmodstamp: '2026-11-21 06:41:31',
        _hc_lastop: 'SYNCED',
      },
    ]);
    expect(await app('select 1 from salesforce._trigger_log')).toEqual([]);
  });

  test('twice in a page ends as the later one', async () => {
    await step(await pulled('003A', JO), await pulled('003A', { ...JO, lastname: 'Later' }));
    expect(await rows('lastname')).toEqual([{ lastname: 'Later' }]);
  });

  test('unchanged does not touch its row', async () => {
    await step(await pulled('003A', JO));
    const before = await rows('xmin::text, ctid::text');
    await step(await pulled('003A', JO));
    expect(await rows('xmin::text, ctid::text')).toEqual(before);
  });

  test('leaves unsent changes of its row, takes in the others, and the row stays PENDING', async () => {
    await step(await pulled('003A', JO));
    await app(`update salesforce.contact set lastname = 'Mine'`);
    await step(await pulled('003A', { ...JO, email: 'new@example.com' }));
    expect(await rows('lastname, email, _hc_lastop')).toEqual([
      { lastname: 'Mine', email: 'new@example.com', _hc_lastop: 'PENDING' },
    ]);
    expect((await only(claim())).values).toEqual({ lastname: 'Mine' });
  });

  test('that lost a field to a rule leaves the loser in the conflict log', async () => {
    await step(await pulled('003A', JO));
    await app(`update salesforce.contact set lastname = 'Mine'`);
    await step(await pulled('003A', { ...JO, lastname: 'Theirs' }));
    expect(await rows('lastname, _hc_lastop')).toEqual([
      { lastname: 'Theirs', _hc_lastop: 'SYNCED' },
    ]);
    expect(
      await app(
        'select column_name, mine, theirs, base, winner, sfid from landbridge_salesforce.conflict',
      ),
    ).toEqual([
      {
        column_name: 'lastname',
        mine: 'Mine',
        theirs: 'Theirs',
        base: 'Doe',
        winner: 'salesforce',
        sfid: '003A',
      },
    ]);
  });

  test('of the row that waits for it adopts that row by its key', async () => {
    await app(
      `insert into salesforce.contact (lastname, external_contact_id__c) values ('Doe', 'K-1')`,
    );
    await step(await pulled('003A', { ...JO, external_contact_id__c: 'K-1' }));
    expect(await rows('id, sfid')).toEqual([{ id: 1, sfid: '003A' }]);
  });

  test('while its row is being written by the application is read again, and nothing is overwritten', async () => {
    await step(await pulled('003A', JO), await pulled('003B', JO));
    const holder = await database.app.connect();
    await holder.query(
      `begin; update salesforce.contact set lastname = 'Mine' where sfid = '003A'`,
    );
    await step(
      await pulled('003A', { ...JO, email: 'a@example.com' }),
      await pulled('003B', { ...JO, email: 'b@example.com' }),
    );
    await holder.query('commit');
    holder.release();
    expect(await rows('lastname, email')).toEqual([
      { lastname: 'Mine', email: 'jo@example.com' },
      { lastname: 'Doe', email: 'b@example.com' },
    ]);
    expect((await store.toRead(contacts, { max: 10, now: NOW })).sfids).toEqual(['003A']);
    const read = { token: await store.nextToken(), startedAt: NOW };
    const found = {
      sfid: '003A',
      deleted: false,
      values: { ...JO, email: 'a@example.com' },
    } as const;
    await step({ recordId: null, event: { kind: 'readBack', sfid: '003A', found, read } });
    expect(await rows('lastname, email')).toMatchObject([
      { lastname: 'Mine', email: 'a@example.com' },
      {},
    ]);
    expect((await store.toRead(contacts, { max: 10, now: NOW })).sfids).toEqual([]);
  });

  test('that is deleted takes its row away, and what waited is not sent', async () => {
    await step(await pulled('003A', JO));
    await app(`update salesforce.contact set lastname = 'Mine'`);
    await step(await gone('003A'));
    expect(await rows('id')).toEqual([]);
    expect((await claim()).sends).toEqual([]);
    expect(await app('select state from salesforce._trigger_log_archive')).toEqual([
      { state: 'IGNORED' },
    ]);
    expect(
      await app(`select kind, image ->> 'lastname' as lost from landbridge_salesforce.conflict`),
    ).toEqual([{ kind: 'deleted', lost: 'Mine' }]);
  });

  test('that does not fit its row is put down, the others and the cursor go on', async () => {
    const cursor = { asOf: '2026-11-21T07:00:00.000Z', sweep: null };
    await store.finishLoad(contacts, { asOf: '2026-11-21T06:00:00.000Z', sweep: null });
    await store.step(
      contacts,
      [await pulled('003A', { ...JO, lastname: 'x'.repeat(81) }), await pulled('003B', JO)],
      { now: NOW, limits: LIMITS, cursor },
    );
    expect(await rows('sfid')).toEqual([{ sfid: '003B' }]);
    expect(await app('select sfid, message from landbridge_salesforce.stuck')).toEqual([
      { sfid: '003A', message: expect.stringContaining('too long') },
    ]);
    expect(await store.readCursor(contacts)).toEqual(cursor);
  });
});

describe('the locks of a batch', () => {
  async function blocked(client: pg.PoolClient, statement: string): Promise<Promise<unknown>> {
    const { rows: pids } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const done = client.query(statement);
    await until(
      async () => {
        const waits = await app(
          `select 1 from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`,
          [pids[0]?.pid],
        );
        return waits.length > 0 ? true : undefined;
      },
      { what: 'the application to wait for Connect' },
    ).catch(() => undefined);
    return done;
  }

  test('give way to an application that would else be cut off as the victim of a deadlock', async () => {
    await app(`insert into salesforce.contact (lastname) values ('one'), ('two')`);
    const { sends } = await claim();
    const [first, second] = [present(sends[0], 'first'), present(sends[1], 'second')];
    const holder = await database.app.connect();
    await holder.query(`begin; update salesforce.contact set email = '2@example.com' where id = 2`);
    const settling = step(accepted(first, '003A'), accepted(second, '003B'));
    // Connect holds the first row and waits for the second; the application wants it the other way round.
    await until(
      async () =>
        (
          await app(
            `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '/* lockRows */%'`,
          )
        ).length > 0
          ? true
          : undefined,
      { what: 'Connect to wait for the second row' },
    );
    await blocked(holder, `update salesforce.contact set email = '1@example.com' where id = 1`);
    await holder.query('commit');
    holder.release();
    await settling;
    expect(await rows('sfid, email, _hc_lastop')).toEqual([
      { sfid: '003A', email: '1@example.com', _hc_lastop: 'PENDING' },
      { sfid: '003B', email: '2@example.com', _hc_lastop: 'PENDING' },
    ]);
  });

  test('are had before the log is looked at, so a change committed while waiting is not overlooked', async () => {
    await app(`insert into salesforce.contact (lastname) values ('Doe')`);
    const send = await only(claim());
    const holder = await database.app.connect();
    await holder.query(`begin; update salesforce.contact set email = 'late@example.com'`);
    const settling = step(accepted(send, '003A'));
    await until(
      async () =>
        (
          await app(
            `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '/* lockRows */%'`,
          )
        ).length > 0
          ? true
          : undefined,
      { what: 'Connect to wait for the row' },
    );
    await holder.query('commit');
    holder.release();
    await settling;
    expect(await rows('sfid, email, _hc_lastop')).toEqual([
      { sfid: '003A', email: 'late@example.com', _hc_lastop: 'PENDING' },
    ]);
    expect((await only(claim())).values).toEqual({ email: 'late@example.com' });
  });
});
