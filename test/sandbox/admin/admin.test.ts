import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';

let org: ServedOrg;
beforeAll(async () => {
  org = await serveOrg();
});
afterEach(async () => {
  await org.ask('DELETE', '/admin/faults');
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

async function count(soql: string): Promise<unknown> {
  const { body } = await org.ask('GET', `query?q=${encodeURIComponent(soql)}`);
  return typeof body === 'object' && body !== null && 'totalSize' in body ? body.totalSize : body;
}

describe('a fault rule', () => {
  test('refuses requests until it is used up', async () => {
    const rule = {
      point: 'request',
      subject: 'GET .*/limits',
      effect: { kind: 'refuse', errorCode: 'SERVER_UNAVAILABLE', message: 'down', status: 503 },
      count: 2,
    };
    expect(await org.ask('POST', '/admin/faults', rule)).toMatchObject({
      status: 201,
      body: { ...rule, happened: 0 },
    });
    const statuses = [];
    for (let call = 0; call < 3; call += 1) statuses.push((await org.ask('GET', 'limits')).status);
    expect(statuses).toEqual([503, 503, 200]);
  });

  test('refuses single records and saves the others', async () => {
    await org.ask('POST', '/admin/faults', {
      point: 'record',
      subject: '^create Account$',
      effect: {
        kind: 'refuse',
        errorCode: 'UNABLE_TO_LOCK_ROW',
        message: 'unable to obtain exclusive access to this record',
      },
      skip: 1,
    });
    const records = ['One', 'Two', 'Three'].map((name) => ({
      attributes: { type: 'Account' },
      Name: `Locked ${name}`,
    }));
    expect((await org.ask('POST', 'composite/sobjects', { records })).body).toMatchObject([
      { success: true },
      { success: false, errors: [{ statusCode: 'UNABLE_TO_LOCK_ROW' }] },
      { success: true },
    ]);
    expect(await count("SELECT COUNT() FROM Account WHERE Name LIKE 'Locked%'")).toBe(2);
  });

  test('loses the reply of a request that has been carried out', async () => {
    await org.ask('POST', '/admin/faults', {
      point: 'request',
      subject: 'POST .*/sobjects/Account',
      effect: { kind: 'loseReply' },
    });
    await expect(org.ask('POST', 'sobjects/Account', { Name: 'Reply lost' })).rejects.toThrow(
      /fetch failed/,
    );
    expect(await count("SELECT COUNT() FROM Account WHERE Name = 'Reply lost'")).toBe(1);
  });

  test('cuts an answer short', async () => {
    await org.ask('POST', '/admin/faults', {
      point: 'request',
      subject: 'GET .*/sobjects$',
      effect: { kind: 'truncate', bytes: 100 },
    });
    await expect(org.ask('GET', 'sobjects')).rejects.toThrow(/terminated|JSON/);
    expect(await org.ask('GET', 'sobjects')).toMatchObject({ status: 200 });
  });

  test('throws its dice by its seed: the same run again', async () => {
    const run = async (): Promise<readonly number[]> => {
      await org.ask('DELETE', '/admin/faults');
      await org.ask('POST', '/admin/faults', {
        point: 'request',
        subject: 'GET .*/limits$',
        effect: { kind: 'refuse', errorCode: 'UNKNOWN_EXCEPTION', message: 'x', status: 500 },
        count: null,
        probability: 0.5,
        seed: 42,
      });
      const statuses = [];
      for (let call = 0; call < 20; call += 1)
        statuses.push((await org.ask('GET', 'limits')).status);
      return statuses;
    };
    const first = await run();
    expect(new Set(first)).toEqual(new Set([200, 500]));
    expect(await run()).toEqual(first);
  });

  test('that is none is refused', async () => {
    expect(
      await org.ask('POST', '/admin/faults', {
        point: 'request',
        subject: '(',
        effect: { kind: 'loseReply' },
      }),
    ).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_INPUT', message: expect.stringContaining('subject') }],
    });
  });
});

test('a snapshot brings the records back as they were', async () => {
  const before = await count('SELECT COUNT() FROM Contact');
  await org.ask('POST', '/admin/snapshots/base');
  await org.ask('POST', '/admin/seed', { object: 'Contact', count: 300, seed: 9 });
  await org.ask('POST', 'sobjects/Campaign', { Name: 'After' });
  expect(await count('SELECT COUNT() FROM Contact')).not.toBe(before);
  expect(await org.ask('POST', '/admin/snapshots/base/restore')).toMatchObject({ status: 200 });
  expect(await count('SELECT COUNT() FROM Contact')).toBe(before);
  expect(await count('SELECT COUNT() FROM Campaign')).toBe(0);
  expect(await org.ask('POST', '/admin/snapshots/nothing/restore')).toMatchObject({ status: 404 });
});

test('the same seed makes the same values', async () => {
  const names = async (): Promise<unknown> =>
    (
      await org.org.pool.query(
        `select firstname, lastname, email, mailingcity, birthdate from org.contact where email like 'person%.77@%' order by email`,
      )
    ).rows;
  await org.ask('POST', '/admin/snapshots/unseeded');
  await org.ask('POST', '/admin/seed', { object: 'Contact', count: 50, seed: 77 });
  const first = await names();
  await org.ask('POST', '/admin/snapshots/unseeded/restore');
  await org.ask('POST', '/admin/seed', { object: 'Contact', count: 50, seed: 77 });
  expect(first).toHaveLength(50);
  expect(await names()).toEqual(first);
});

test('the clock of the org can be moved, and stamps follow it', async () => {
  await org.ask('PATCH', '/admin/settings', { clockOffsetMs: 86_400_000 });
  const created = await org.ask('POST', 'sobjects/Account', { Name: 'Tomorrow' });
  await org.ask('PATCH', '/admin/settings', { clockOffsetMs: 0 });
  expect(created.status).toBe(201);
  expect(
    await count("SELECT COUNT() FROM Account WHERE Name = 'Tomorrow' AND CreatedDate > TODAY"),
  ).toBe(1);
});

test('a record becomes visible some seconds after its stamp, when so set', async () => {
  await org.ask('PATCH', '/admin/settings', { visibilityDelay: { minMs: 3_000, maxMs: 3_000 } });
  const before = Date.now();
  const created = await org.ask('POST', 'sobjects/Account', { Name: 'Late' });
  await org.ask('PATCH', '/admin/settings', { visibilityDelay: { minMs: 0, maxMs: 0 } });
  expect(created.status).toBe(201);
  const { rows } = await org.org.pool.query(
    `select systemmodstamp as stamp from org.account where name = 'Late'`,
  );
  expect(rows).toEqual([{ stamp: expect.any(Date) }]);
  const [{ stamp }] = rows;
  expect(before - stamp.getTime()).toBeGreaterThanOrEqual(2_000);
});
