import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { APP, STRANGER_TOKEN } from '../support/fake-platform.ts';
import { logIn } from '../support/org-login.ts';
import {
  ORG_PASSWORD,
  provision,
  PUBLIC_URL,
  startConnect,
  type ApiAnswer,
  type RunningConnect,
} from '../support/running-connect.ts';

const MAPPINGS = join(import.meta.dirname, '..', '..', '..', 'mappings', 'contact-card.json');
const NEXT = 'http://localhost:18000';
const Shown = z.looseObject({
  state: z.string(),
  state_description: z.string().nullable(),
  sf_info: z.looseObject({ username: z.string() }).nullable(),
  mappings: z.array(
    z.looseObject({
      id: z.string(),
      object_name: z.string(),
      state: z.string(),
      config: z.looseObject({ revision: z.number(), fields: z.record(z.string(), z.object({})) }),
    }),
  ),
});

let running: RunningConnect;
let id: string;
let uuid: string;

beforeAll(async () => {
  running = await startConnect();
  uuid = randomUUID();
  id = await provision(running, uuid);
  await running.api(path(), {
    method: 'PATCH',
    body: { db_key: 'DATABASE_URL', schema_name: 'salesforce' },
  });
}, 60_000);
afterAll(async () => {
  await running[Symbol.asyncDispose]();
});

const path = (rest = ''): string => `/api/v3/connections/${id}${rest}`;
const shown = async (): Promise<z.infer<typeof Shown>> =>
  Shown.parse((await running.api(path('?deep=true'))).json);
const post = (rest: string, body?: unknown): Promise<ApiAnswer> =>
  running.api(path(rest), { method: 'POST', ...(body === undefined ? {} : { body }) });
const reaches = async (state: string): Promise<z.infer<typeof Shown>> =>
  until(
    async () => {
      const now = await shown();
      return now.state === state ? now : undefined;
    },
    { what: state, timeoutMs: 40_000 },
  );
const mapping = async (object: string) => {
  const found = (await shown()).mappings.find(({ object_name: name }) => name === object);
  if (found === undefined) throw new Error(`no mapping of ${object}`);
  return found;
};
const synced = (): Promise<true> =>
  until(
    async () =>
      (await shown()).mappings.every(({ state }) => state === 'DATA_SYNCED') ? true : undefined,
    { what: 'every mapping to be in sync', timeoutMs: 30_000 },
  );

describe('who may ask', () => {
  test('the partner API is the platform’s alone', async () => {
    const body = { uuid: randomUUID(), name: 'x', plan: 'demo', app: APP };
    const asUser = await running.api('/heroku/resources', { method: 'POST', body });
    expect(asUser).toMatchObject({ status: 401, json: { id: 'unauthenticated' } });
    const headers = {
      authorization: `Basic ${Buffer.from('herokuconnect:wrong').toString('base64')}`,
    };
    const wrong = await running.api(`/heroku/resources/${uuid}`, { method: 'DELETE', headers });
    expect(wrong.status).toBe(401);
  });

  test('without credentials there is no answer, and a stranger finds nothing', async () => {
    const nobody = await running.api(path(), { headers: { authorization: '' } });
    expect(nobody.status).toBe(401);
    const unknown = await running.api(path(), { token: 'whoever' });
    expect(unknown.status).toBe(401);
    const stranger = await running.api(path(), { token: STRANGER_TOKEN });
    expect(stranger).toMatchObject({ status: 404, json: { id: 'connection_not_found' } });
    const search = await running.api(`/connections?app=${APP.name}`, { token: STRANGER_TOKEN });
    expect(search.json).toMatchObject({ count: 0, results: [] });
    const change = await running.api(path('/actions/pause'), {
      method: 'POST',
      token: STRANGER_TOKEN,
    });
    expect(change.status).toBe(404);
  });
});

describe('discovery', () => {
  test.each([APP.name, APP.id])('finds the connection by %s', async (app) => {
    const { json } = await running.api(`/connections?app=${app}`);
    expect(json).toMatchObject({
      count: 1,
      results: [
        {
          id,
          resource_name: 'herokuconnect-curved-12345',
          app_name: APP.name,
          region_url: PUBLIC_URL,
          detail_url: `${PUBLIC_URL}/api/v3/connections/${id}`,
        },
      ],
    });
  });

  test('filters by resource', async () => {
    const { json } = await running.api(`/connections?app=${APP.name}&resource_name=other`);
    expect(json).toMatchObject({ count: 0 });
  });

  test('links the caller', async () => {
    const { status, json } = await running.api(`/auth/${APP.name}`, { method: 'POST' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ user: { email: 'owner@example.com' }, connections: [{ id }] });
  });

  test('names the databases of the app', async () => {
    const { json } = await running.api(`/api/v3/apps/${APP.name}`);
    expect(json).toMatchObject({
      db_keys: [{ name: 'DATABASE_URL', addon: { plan: 'heroku-postgresql:essential-0' } }],
    });
  });
});

describe('choosing a database', () => {
  test.each([
    [{ schema_name: 'pg_temp' }, 400],
    [{ schema_name: 'a"b' }, 400],
    [{ db_key: 'OTHER' }, 409],
    [{ db_key: 'NOTHING_URL' }, 409],
  ])('%j is refused', async (body, status) => {
    expect((await running.api(path(), { method: 'PATCH', body })).status).toBe(status);
  });

  test('a second connection cannot share the schema', async () => {
    const other = await provision(running, randomUUID());
    const answer = await running.api(`/api/v3/connections/${other}`, {
      method: 'PATCH',
      body: { db_key: 'DATABASE_URL', schema_name: 'salesforce' },
    });
    expect(answer).toMatchObject({ status: 409, json: { id: 'connection_not_ready' } });
  });
});

describe('logging in', () => {
  test('work that needs the org says what to do first', async () => {
    await reaches('NEED_AUTHENTICATION');
    const answer = await post('/actions/import', { version: 1, mappings: [] });
    expect(answer).toMatchObject({
      status: 409,
      json: { message: expect.stringMatching(/sf:auth/) },
    });
  });

  test.each([
    [{ environment: 'production', next: 'https://evil.example/' }, 400],
    [{ environment: 'custom', domain: 'evil.example' }, 400],
    [{ environment: 'custom' }, 400],
    [{ environment: 'moon' }, 400],
  ])('%j is refused', async (body, status) => {
    expect((await post('/authorize_url', body)).status).toBe(status);
  });

  test('a wrong domain gets no token request', async () => {
    const answer = await post('/actions/authorize', {
      grant: 'client_credentials',
      login_url: 'http://169.254.169.254/latest',
    });
    expect(answer).toMatchObject({ status: 400, json: { id: 'salesforce_host_refused' } });
  });

  test('a person logs in with a browser, is sent on, and the connection is IDLE', async () => {
    const { status, json } = await post('/authorize_url', {
      environment: 'production',
      next: NEXT,
    });
    expect(status).toBe(201);
    const { redirect } = z.object({ redirect: z.string() }).parse(json);
    const asked = new URL(redirect).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    const back = await logIn(redirect, {
      username: running.username,
      password: ORG_PASSWORD,
      until: PUBLIC_URL,
    });
    const callback = new URL(back);
    const again = `${callback.pathname}${callback.search}`;
    const forged = await running.api(`${callback.pathname}?code=x&state=${'y'.repeat(43)}`);
    expect([forged.status, forged.text.includes('<script')]).toEqual([400, false]);
    const done = await fetch(`${running.connect().url}${again}`, { redirect: 'manual' });
    expect([done.status, done.headers.get('location')]).toEqual([302, NEXT]);
    expect((await running.api(again)).status).toBe(400);
    expect((await reaches('IDLE')).sf_info).toMatchObject({
      username: running.username,
      environment: 'production',
    });
  }, 60_000);

  test('no token is ever in an answer', async () => {
    const { text } = await running.api(path('?deep=true'));
    expect(text).not.toMatch(/token|secret|canary/i);
    expect(text).not.toMatch(/00D\w{12,15}!/);
  });
});

describe('mappings', () => {
  test('a faulty file is refused whole, each fault with its place, and nothing is made', async () => {
    const file = {
      version: 1,
      mappings: [
        { object_name: 'Account', config: { access: 'read_only', fields: { Id: {}, Nme: {} } } },
        { object_name: 'Bridge__c', config: { access: 'read_write', fields: { Id: {} } } },
        { object_name: 'Lead', config: { access: 'read_only', fields: { Id: {}, Address: {} } } },
      ],
    };
    const answer = await post('/actions/import', file);
    expect(answer.status).toBe(422);
    const { faults } = z
      .object({
        faults: z.array(z.looseObject({ code: z.string(), path: z.string(), line: z.number() })),
      })
      .parse(answer.json);
    expect(faults.map(({ code, path: at }) => [code, at])).toEqual([
      ['UNKNOWN_FIELD', '$.mappings[0].config.fields.Nme'],
      ['UNKNOWN_OBJECT', '$.mappings[1].object_name'],
      ['UNMAPPABLE_FIELD', '$.mappings[2].config.fields.Address'],
    ]);
    expect(await post('/actions/import', '{"version": 1\n')).toMatchObject({
      status: 422,
      json: { faults: [{ code: 'NOT_JSON', path: '$', line: 2, column: 1 }] },
    });
    expect((await shown()).mappings).toEqual([]);
    const { rows } = await running.database.app.query(
      `select 1 from pg_tables where schemaname = 'salesforce' and tablename not like '\\_%'`,
    );
    expect(rows).toEqual([]);
  });

  test('an export is the import, word for word', async () => {
    const file: unknown = JSON.parse(
      (await readFile(MAPPINGS, 'utf8'))
        .replaceAll(/\s*"External_Contact_Id__c": \{[^}]*\},?/g, '')
        .replace(/,?\s*"upsert_field": "External_Contact_Id__c"/, ''),
    );
    const { mappings } = z.object({ mappings: z.array(z.json()) }).parse(file);
    expect((await post('/actions/import', file)).status).toBe(202);
    await synced();
    const exported = z
      .object({ mappings: z.array(z.json()), version: z.literal(1), connection: z.looseObject({}) })
      .parse((await running.api(path('/actions/export'))).json);
    expect(JSON.stringify(exported.mappings)).toBe(JSON.stringify(mappings));
    expect(exported.connection).toMatchObject({
      app_name: APP.name,
      name: 'contact-card:DATABASE_URL:salesforce',
    });
  }, 60_000);

  test('a mapping is made, edited at its revision only, and taken away with 204', async () => {
    const config = {
      access: 'read_only',
      fields: { Id: {}, LastName: {}, SystemModstamp: {}, IsDeleted: {} },
    };
    const made = await post('/mappings', { object_name: 'Lead', config });
    expect(made).toMatchObject({ status: 201, json: { object_name: 'Lead' } });
    const { id: leadId } = await mapping('Lead');
    const edited = { ...config, fields: { ...config.fields, Company: {} } };
    const edit = (revision: number) =>
      running.api(`/api/v3/mappings/${leadId}`, {
        method: 'PUT',
        body: { object_name: 'Lead', config: { ...edited, revision } },
      });
    expect((await edit(7)).status).toBe(409);
    expect(await edit(1)).toMatchObject({ status: 200, json: { config: { revision: 2 } } });
    await synced();
    const { rows } = await running.database.app.query(
      'select company from salesforce.lead limit 1',
    );
    expect(rows[0]?.company).toEqual(expect.any(String));
    const deleted = await running.api(`/api/v3/mappings/${leadId}`, { method: 'DELETE' });
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    await expect(running.database.app.query('select from salesforce.lead')).rejects.toThrow(/lead/);
  }, 60_000);

  test('an object without change events is heard of through a PushTopic, which goes with its mapping', async () => {
    const config = {
      access: 'read_only',
      sf_notify_enabled: true,
      fields: { Id: {}, Name: {}, SystemModstamp: {} },
    };
    const topics = async (): Promise<number> => {
      const { json } = await running.rest(
        `/query?q=SELECT+COUNT()+FROM+PushTopic+WHERE+Name='hc_Campaign'`,
      );
      return z.object({ totalSize: z.number() }).parse(json).totalSize;
    };
    // Campaigns are watched by PushTopics; here nobody has selected them for Change Data Capture.
    await running.setOrg({ changeDataCapture: 'selected' });
    expect((await post('/mappings', { object_name: 'Campaign', config })).status).toBe(201);
    await synced();
    await until(async () => ((await topics()) === 1 ? true : undefined), {
      what: 'the PushTopic',
    });
    await running.setOrg({ changeDataCapture: 'all' });
    const made = await running.rest('/sobjects/Campaign', {
      method: 'POST',
      body: { Name: 'Keeper of the Bridge' },
    });
    expect(made.status).toBe(201);
    await until(
      async () => {
        const { rows } = await running.database.app.query(
          `select from salesforce.campaign where name = 'Keeper of the Bridge'`,
        );
        return rows.length === 1 ? true : undefined;
      },
      { what: 'the campaign in the table', timeoutMs: 15_000 },
    );
    const { id: campaignId } = await mapping('Campaign');
    await running.api(`/api/v3/mappings/${campaignId}`, { method: 'DELETE' });
    expect(await topics()).toBe(0);
  }, 60_000);

  test('a reload answers 202, keeps local ids and comes back to DATA_SYNCED', async () => {
    await synced();
    const ids = `select id, sfid from salesforce.contact order by id`;
    const before = await running.database.app.query(ids);
    const { id: contactId } = await mapping('Contact');
    const answer = await running.api(`/api/v3/mappings/${contactId}/actions/reload`, {
      method: 'POST',
    });
    expect([answer.status, answer.text]).toEqual([202, '']);
    await until(
      async () => ((await running.api(path('/wait'))).status === 200 ? true : undefined),
      { what: 'the wait to end', timeoutMs: 30_000 },
    );
    expect((await running.database.app.query(ids)).rows).toEqual(before.rows);
  }, 60_000);

  test('a diagnosis is begun, and found at its address', async () => {
    await reaches('IDLE');
    const { status, json } = await post('/validations');
    expect(status).toBe(202);
    const { result_url: url } = z.object({ result_url: z.string() }).parse(json);
    const result = await until(
      async () => {
        const answer = await running.api(new URL(url).pathname);
        return answer.status === 200 ? answer.json : undefined;
      },
      { what: 'the diagnosis' },
    );
    expect(result).toMatchObject({
      errors: [],
      mappings: {
        Contact: { warnings: [{ rule_id: 'SHOULD_HAVE_UPSERT_FIELD' }] },
      },
    });
    const { id: contactId } = await mapping('Contact');
    expect((await running.api(`/api/v3/mappings/${contactId}/validations`)).status).toBe(200);
  });

  test('the body null of a GET and of an acknowledgement means nothing', async () => {
    const answer = await post('/notifications/acknowledge', 'null');
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await running.api(path('/notifications'))).json).toMatchObject({ results: [] });
    expect((await running.api(path('/errors'))).json).toMatchObject({ count: 0 });
  });

  test('what is not built says so', async () => {
    const answer = await running.api(path('/schema-diff?target_version=66.0'));
    expect(answer).toMatchObject({ status: 501, json: { id: 'not_built' } });
  });
});

describe('what goes wrong is told, and mends itself', () => {
  test('paused it rests, resumed it catches up', async () => {
    expect((await post('/actions/pause')).status).toBe(202);
    await reaches('PAUSED');
    await running.database.app.query(
      `update salesforce.contact set title = 'Written in a pause' where id = (select min(id) from salesforce.contact)`,
    );
    expect((await post('/actions/resume')).status).toBe(202);
    await until(
      async () => {
        const { json } = await running.rest(
          `/query?q=SELECT+COUNT()+FROM+Contact+WHERE+Title='Written in a pause'`,
        );
        return z.object({ totalSize: z.number() }).parse(json).totalSize === 1 ? true : undefined;
      },
      { what: 'the write of the pause' },
    );
  }, 60_000);

  test('with its database away it is DB_UNAVAILABLE, and then IDLE', async () => {
    const { config } = running.platform;
    const good = config['DATABASE_URL'] ?? '';
    const nowhere = new URL(good);
    nowhere.pathname = '/nowhere';
    config['DATABASE_URL'] = nowhere.toString();
    expect((await post('/actions/restart')).status).toBe(202);
    expect((await reaches('DB_UNAVAILABLE')).state_description).toMatch(/nowhere/);
    const { json } = await running.api(path('/notifications?event_type=postgres-connection'));
    expect(json).toMatchObject({ results: [{ event_type: 'postgres-connection' }] });
    config['DATABASE_URL'] = good;
    await reaches('IDLE');
  }, 60_000);

  test('with the org away it says so, and then is IDLE', async () => {
    await running.killOrg();
    await post('/actions/restart');
    expect((await reaches('SYSTEM_ERROR')).state_description).toMatch(/did not answer/);
    await running.startOrg();
    await reaches('IDLE');
  }, 60_000);

  test('with its tokens revoked it is UNAUTHORIZED, and after a login IDLE', async () => {
    await running.revokeAll({ grants: true });
    await post('/actions/restart');
    expect((await reaches('UNAUTHORIZED')).state_description).toMatch(/authorize/i);
    const answer = await post('/actions/authorize', {
      grant: 'client_credentials',
      login_url: running.org.url,
    });
    expect(answer.status).toBe(200);
    await reaches('IDLE');
  }, 60_000);

  test('with its session ended by the org it gets a new one, and still hears of changes', async () => {
    await synced();
    await running.revokeAll({ grants: false });
    const { rows } = await running.database.app.query<{ sfid: string }>(
      'select sfid from salesforce.contact limit 1',
    );
    const sfid = rows[0]?.sfid ?? '';
    for (const department of ['Piers', 'Arches']) {
      await running.rest(`/sobjects/Contact/${sfid}`, {
        method: 'PATCH',
        body: { Department: department },
      });
      await until(
        async () => {
          const found = await running.database.app.query(
            'select from salesforce.contact where sfid = $1 and department = $2',
            [sfid, department],
          );
          return found.rows.length === 1 ? true : undefined;
        },
        { what: `the department ${department}`, timeoutMs: 20_000 },
      );
    }
    expect((await shown()).state).toBe('IDLE');
  }, 60_000);

  test('told to stop with the org away it ends by itself within ten seconds', async () => {
    await running.killOrg();
    await running.connect()[Symbol.asyncDispose]();
    await running.startOrg();
    await running.crash();
    await reaches('IDLE');
  }, 60_000);
});

test('an add-on that is removed is gone, and removed again is gone', async () => {
  const authorization = `Basic ${Buffer.from('herokuconnect:canary-partner-password').toString('base64')}`;
  const remove = () =>
    running.api(`/heroku/resources/${uuid}`, { method: 'DELETE', headers: { authorization } });
  expect((await remove()).status).toBe(204);
  expect((await remove()).status).toBe(204);
  expect((await running.api(path())).status).toBe(404);
});

test('no secret stands in the log', () => {
  expect(running.connect().output()).not.toContain('canary');
  expect(running.connect().output()).not.toMatch(/00D\w{12,15}!/);
});
