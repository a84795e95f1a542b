import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import type { Send } from '../../../connect/core/step-types.ts';
import { startFakeOrg, type FakeAnswer, type FakeOrg } from '../support/fake-org.ts';
import { contactPlan, openSession, type OpenSession } from '../support/open-session.ts';
import { freePort } from '../../support/free-port.ts';

let org: FakeOrg;
let opened: OpenSession;
const signal = AbortSignal.timeout(30_000);

beforeEach(async () => {
  org = await startFakeOrg();
  opened = openSession(org);
});
afterEach(async () => {
  await opened[Symbol.asyncDispose]();
  await org[Symbol.asyncDispose]();
});

const send = (changes: Partial<Send> = {}): Send => ({
  recordId: 1,
  attempt: 1,
  op: 'update',
  sfid: '003000000000001AAA',
  key: null,
  values: { lastname: 'Bridge' },
  at: 0,
  ...changes,
});
const write = (sends: readonly Send[], plan = contactPlan()) =>
  opened.open.org.write(plan, sends, signal);
const writes = () => org.requests.filter(({ path }) => path.includes('/composite/sobjects'));
const answering = (answer: FakeAnswer): void => {
  org.answer = ({ path }) => (path.includes('/composite/') ? answer : undefined);
};
const ok = (id: string) => ({ id, success: true, errors: [] });

describe('the request', () => {
  test('a create is an upsert on the external id, which stands in the record', async () => {
    answering({ json: [ok('003000000000009AAA')] });
    const outcomes = await write([
      send({
        op: 'insert',
        sfid: null,
        key: 'k1',
        values: { lastname: 'A', account__key__c: 'p1' },
      }),
    ]);
    expect(outcomes).toEqual([{ kind: 'accepted', sfid: '003000000000009AAA' }]);
    expect(writes()[0]).toMatchObject({
      method: 'PATCH',
      path: '/services/data/v67.0/composite/sobjects/Contact/Key__c',
    });
    expect(JSON.parse(writes()[0]?.body ?? '')).toEqual({
      allOrNone: false,
      records: [
        {
          attributes: { type: 'Contact' },
          LastName: 'A',
          Account: { attributes: { type: 'Account' }, Key__c: 'p1' },
          Key__c: 'k1',
        },
      ],
    });
  });

  test('without an external id a create is a create', async () => {
    answering({ json: [ok('003000000000009AAA')] });
    await write([send({ op: 'insert', sfid: null })], contactPlan({ externalId: null }));
    expect(writes()[0]).toMatchObject({
      method: 'POST',
      path: '/services/data/v67.0/composite/sobjects',
    });
  });

  test('an emptied parent key empties the lookup', async () => {
    answering({ json: [ok('003000000000001AAA')] });
    await write([send({ values: { account__key__c: null } })]);
    expect(JSON.parse(writes()[0]?.body ?? '').records).toEqual([
      { attributes: { type: 'Contact' }, id: '003000000000001AAA', AccountId: null },
    ]);
  });

  test('a delete names its ids', async () => {
    answering({ json: [ok('003000000000001AAA')] });
    await write([send({ op: 'delete', values: {} })]);
    expect(writes()[0]).toMatchObject({
      method: 'DELETE',
      path: '/services/data/v67.0/composite/sobjects?ids=003000000000001AAA&allOrNone=false',
    });
  });
});

describe('the outcome', () => {
  test('each record has its own', async () => {
    answering({
      json: [
        ok('003000000000001AAA'),
        {
          success: false,
          errors: [
            {
              statusCode: 'REQUIRED_FIELD_MISSING',
              message: 'Required fields are missing: [LastName]',
              fields: ['LastName'],
            },
          ],
        },
      ],
    });
    expect(await write([send(), send({ recordId: 2, sfid: '003000000000002AAA' })])).toEqual([
      { kind: 'accepted', sfid: '003000000000001AAA' },
      {
        kind: 'refused',
        refusal: {
          code: 'REQUIRED_FIELD_MISSING',
          message: 'Required fields are missing: [LastName]',
          fields: ['LastName'],
        },
      },
    ]);
  });

  const lost: readonly (readonly [string, FakeAnswer])[] = [
    ['the connection is cut after the request', { cut: true }],
    ['a gateway gives up', { status: 504, raw: '<html>' }],
    ['the org fails', { status: 500, json: [{ errorCode: 'UNKNOWN_EXCEPTION', message: 'x' }] }],
    ['a proxy says that the org is away', { status: 503, raw: 'upstream' }],
    ['the answer is not JSON', { status: 200, raw: '<html>' }],
    ['the answer has too few results', { status: 200, json: [] }],
  ];
  test.each(lost)('where %s the write may have been applied', async (_what, answer) => {
    answering(answer);
    expect(await write([send()])).toEqual([{ kind: 'lost', reason: expect.any(String) }]);
    expect(writes()).toHaveLength(1);
  });

  test('where nobody listens nothing was sent', async () => {
    const port = await freePort();
    await using nobody = openSession({
      ...org,
      url: `http://127.0.0.1:${port}`,
      host: `127.0.0.1:${port}`,
    });
    expect(await nobody.open.org.write(contactPlan(), [send()], signal)).toEqual([
      { kind: 'unsent', reason: expect.any(String) },
    ]);
  });

  test('where the session cannot be renewed nothing was sent', async () => {
    org.answer = ({ path }) =>
      path === '/services/oauth2/token'
        ? { status: 400, json: { error: 'invalid_grant' } }
        : path.includes('/composite/')
          ? { status: 401, json: [{ errorCode: 'INVALID_SESSION_ID', message: 'x' }] }
          : undefined;
    expect(await write([send()])).toEqual([{ kind: 'unsent', reason: expect.any(String) }]);
  });

  test('a session that ended in between costs a login and no doubt', async () => {
    let asked = 0;
    org.answer = ({ path }) => {
      if (!path.includes('/composite/')) return undefined;
      asked += 1;
      return asked === 1 ? { status: 401, json: [] } : { json: [ok('003000000000001AAA')] };
    };
    expect(await write([send()])).toEqual([{ kind: 'accepted', sfid: '003000000000001AAA' }]);
  });

  test('a request that is refused as a whole is split down to the record it is about', async () => {
    const Body = z.object({ records: z.array(z.object({ id: z.string(), LastName: z.string() })) });
    org.answer = ({ path, body }) => {
      if (!path.includes('/composite/')) return undefined;
      const { records } = Body.parse(JSON.parse(body));
      return records.some(({ LastName }) => LastName === 'bad')
        ? { status: 400, json: [{ errorCode: 'JSON_PARSER_ERROR', message: 'bad value' }] }
        : { json: records.map(({ id }) => ok(id)) };
    };
    const sends = Array.from({ length: 8 }, (_, at) =>
      send({
        recordId: at,
        sfid: `00300000000000${at}AAA`,
        values: { lastname: at === 5 ? 'bad' : 'x' },
      }),
    );
    const outcomes = await write(sends);
    expect(outcomes.map(({ kind }) => kind)).toEqual(
      sends.map((_, at) => (at === 5 ? 'refused' : 'accepted')),
    );
  });

  test('the end of the day’s calls refuses all and is not asked again', async () => {
    answering({
      status: 403,
      json: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }],
    });
    const outcomes = await write([send(), send({ recordId: 2 })]);
    expect(outcomes).toMatchObject([
      { kind: 'refused', refusal: { code: 'REQUEST_LIMIT_EXCEEDED' } },
      { kind: 'refused', refusal: { code: 'REQUEST_LIMIT_EXCEEDED' } },
    ]);
    expect(writes()).toHaveLength(1);
  });
});
