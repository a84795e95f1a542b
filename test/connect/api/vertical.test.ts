import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { provision, startConnect, type RunningConnect } from '../support/running-connect.ts';

const MAPPINGS = join(import.meta.dirname, '..', '..', '..', 'mappings', 'contact-card.json');
const Shown = z.looseObject({
  state: z.string(),
  state_description: z.string().nullable(),
  mappings: z.array(z.looseObject({ object_name: z.string(), state: z.string() })),
});
const Records = z.object({ records: z.array(z.looseObject({ Id: z.string() })) });

let running: RunningConnect;
let id: string;

beforeAll(async () => {
  running = await startConnect();
  const made = await running.rest('/tooling/sobjects/CustomField', {
    method: 'POST',
    body: {
      FullName: 'Contact.External_Contact_Id__c',
      Metadata: {
        label: 'External Contact Id',
        type: 'Text',
        length: 32,
        externalId: true,
        unique: true,
        caseSensitive: false,
      },
    },
  });
  expect(made.status).toBe(201);
}, 60_000);
afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const path = (rest = ''): string => `/api/v3/connections/${id}${rest}`;
const shown = async (): Promise<z.infer<typeof Shown>> =>
  Shown.parse((await running.api(path('?deep=true'))).json);

describe('a connection from nothing to both directions', () => {
  test('an add-on that is made is NEW, and made again is the same', async () => {
    const uuid = randomUUID();
    id = await provision(running, uuid);
    expect(await provision(running, uuid)).toBe(id);
    expect((await shown()).state).toBe('NEW');
  });

  test('with a database chosen it wants to be authorized', async () => {
    const { status } = await running.api(path(), {
      method: 'PATCH',
      body: { db_key: 'DATABASE_URL', schema_name: 'salesforce' },
    });
    expect(status).toBe(200);
    await until(async () => ((await shown()).state === 'NEED_AUTHENTICATION' ? true : undefined), {
      what: 'NEED_AUTHENTICATION',
    });
  });

  test('authorized without a browser it is IDLE', async () => {
    const answer = await running.api(path('/actions/authorize'), {
      method: 'POST',
      body: { grant: 'client_credentials', login_url: running.org.url },
    });
    expect(answer.text).toContain('organization_id');
    expect(answer.status).toBe(200);
    await until(async () => ((await shown()).state === 'IDLE' ? true : undefined), {
      what: 'IDLE',
    });
  });

  test('an import loads every record', async () => {
    const answer = await running.api(path('/actions/import'), {
      method: 'POST',
      body: await readFile(MAPPINGS, 'utf8'),
    });
    expect([answer.status, answer.text]).toEqual([202, '']);
    await until(
      async () => {
        const { mappings } = await shown();
        return mappings.length === 2 && mappings.every(({ state }) => state === 'DATA_SYNCED')
          ? true
          : undefined;
      },
      { what: 'both mappings to be in sync', timeoutMs: 30_000 },
    );
    const { records } = Records.parse(
      (await running.rest('/query?q=SELECT+Id,LastName,Email+FROM+Contact')).json,
    );
    const { rows } = await running.database.app.query('select sfid from salesforce.contact');
    expect(new Set(rows.map(({ sfid }) => sfid))).toEqual(new Set(records.map(({ Id }) => Id)));
    expect(rows.length).toBeGreaterThan(10);
  }, 60_000);

  test('a change in the table arrives in the org, and is confirmed', async () => {
    const { app } = running.database;
    const { rows } = await app.query<{ sfid: string }>(
      `update salesforce.contact set title = 'Chief of Bridges', email = 'bridge@example.com'
        where id = (select min(id) from salesforce.contact) returning sfid`,
    );
    const sfid = rows[0]?.sfid ?? '';
    const record = await until(
      async () => {
        const { json } = await running.rest(`/sobjects/Contact/${sfid}?fields=Title,Email`);
        const contact = z
          .object({ Title: z.string().nullable(), Email: z.string().nullable() })
          .parse(json);
        return contact.Title === 'Chief of Bridges' ? contact : undefined;
      },
      { what: 'the title in the org' },
    );
    expect(record.Email).toBe('bridge@example.com');
    await until(
      async () => {
        const found = await app.query(
          'select _hc_lastop, _hc_err from salesforce.contact where sfid = $1',
          [sfid],
        );
        return found.rows[0]?._hc_lastop === 'SYNCED' ? true : undefined;
      },
      { what: 'SYNCED' },
    );
  }, 30_000);

  test('a row inserted by the application is created once and gets its sfid', async () => {
    const { app } = running.database;
    await app.query(
      `insert into salesforce.contact (firstname, lastname) values ('Ada', 'Landbridge')`,
    );
    const sfid = await until(
      async () => {
        const { rows } = await app.query<{ sfid: string | null }>(
          `select sfid from salesforce.contact where lastname = 'Landbridge'`,
        );
        return rows[0]?.sfid ?? undefined;
      },
      { what: 'the sfid' },
    );
    const { records } = Records.parse(
      (await running.rest(`/query?q=SELECT+Id+FROM+Contact+WHERE+LastName='Landbridge'`)).json,
    );
    expect(records.map(({ Id }) => Id)).toEqual([sfid]);
  }, 30_000);

  test('a change in the org arrives in the table long before the next poll', async () => {
    const { app } = running.database;
    const { rows } = await app.query<{ sfid: string }>(
      'select sfid from salesforce.contact limit 1',
    );
    const sfid = rows[0]?.sfid ?? '';
    const changed = await running.rest(`/sobjects/Contact/${sfid}`, {
      method: 'PATCH',
      body: { Department: 'Ferries' },
    });
    expect(changed.status).toBe(204);
    await until(
      async () => {
        const found = await app.query('select department from salesforce.contact where sfid = $1', [
          sfid,
        ]);
        return found.rows[0]?.department === 'Ferries' ? true : undefined;
      },
      { what: 'the department in the table', timeoutMs: 10_000 },
    );
  }, 30_000);

  test('what the org refuses is told in its words', async () => {
    const { app } = running.database;
    await app.query(
      `update salesforce.contact set email = 'not an address' where lastname = 'Landbridge'`,
    );
    const Errors = z.object({
      count: z.number(),
      results: z.array(z.looseObject({ message: z.string(), table_name: z.string() })),
    });
    const errors = await until(
      async () => {
        const found = Errors.parse((await running.api(path('/errors'))).json);
        return found.count > 0 ? found : undefined;
      },
      { what: 'a write error' },
    );
    expect(errors.results[0]).toMatchObject({ table_name: 'contact' });
    expect(errors.results[0]?.message).toMatch(/email/i);
  }, 30_000);

  test('killed in the middle of its work it goes on where it was', async () => {
    const { app } = running.database;
    await app.query(
      `update salesforce.contact set description = 'written while Connect dies' where lastname <> 'Landbridge'`,
    );
    await running.crash();
    await until(
      async () => {
        const { records } = Records.parse(
          (await running.rest('/query?q=SELECT+Id,Description+FROM+Contact')).json,
        );
        const left = records.filter(
          ({ Description }) => Description !== 'written while Connect dies',
        );
        return left.length <= 1 ? true : undefined;
      },
      { what: 'every description in the org', timeoutMs: 30_000 },
    );
  }, 60_000);

  test('a wait ends when both sides are equal', async () => {
    const answer = await running.api(path('/wait'));
    expect(answer.json).toEqual({ synced: true, waiting_for: [] });
  }, 60_000);
});

test('no secret stands in the log', () => {
  expect(running.connect().output()).not.toContain('canary');
  expect(running.connect().output()).not.toMatch(/00D\w{12,15}!/);
});
