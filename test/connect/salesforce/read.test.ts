import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { fieldGroups, literal } from '../../../connect/salesforce/soql.ts';
import { changeEventChannel, pushTopicName } from '../../../connect/salesforce/streaming.ts';
import { startFakeOrg, type FakeOrg } from '../support/fake-org.ts';
import { contactPlan, openSession, USER_ID, type OpenSession } from '../support/open-session.ts';

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

const queries = () =>
  org.requests
    .filter(({ path }) => path.includes('?q='))
    .map(({ path }) => new URL(path, 'http://x').searchParams.get('q') ?? '');
const record = (id: number, changes: object = {}) => ({
  attributes: { type: 'Contact' },
  Id: `00300000000000${id}AAA`,
  Key__c: `k${id}`,
  LastName: `Name ${id}`,
  SystemModstamp: `2026-11-21T06:41:3${id}.000+0000`,
  CreatedDate: '2026-11-20T06:00:00.000+0000',
  IsDeleted: false,
  Account: { attributes: { type: 'Account' }, Key__c: 'p1' },
  ...changes,
});

describe('a sweep', () => {
  test('reads live and deleted records by stamp and Id, and says where it stopped', async () => {
    org.answer = ({ path }) =>
      path.includes('?q=')
        ? {
            json: {
              done: true,
              records: [record(1), record(2, { IsDeleted: true, Account: null })],
            },
            headers: { date: 'Sat, 21 Nov 2026 06:41:40 GMT' },
          }
        : undefined;
    const page = await opened.open.org.changesSince(
      contactPlan(),
      { since: '2026-11-21T06:00:00.000Z', after: null, max: 2 },
      signal,
    );
    expect(page).toEqual({
      records: [
        {
          sfid: '003000000000001AAA',
          deleted: false,
          createdAt: Date.parse('2026-11-20T06:00:00Z'),
          values: {
            key__c: 'k1',
            lastname: 'Name 1',
            systemmodstamp: '2026-11-21T06:41:31.000Z',
            account__key__c: 'p1',
          },
        },
        {
          sfid: '003000000000002AAA',
          deleted: true,
          createdAt: Date.parse('2026-11-20T06:00:00Z'),
          values: {
            key__c: 'k2',
            lastname: 'Name 2',
            systemmodstamp: '2026-11-21T06:41:32.000Z',
            account__key__c: null,
          },
        },
      ],
      end: { stamp: '2026-11-21T06:41:32.000+0000', id: '003000000000002AAA' },
      more: true,
      asOf: '2026-11-21T06:41:40.000Z',
    });
    expect(org.requests.at(-1)?.path).toContain('/queryAll?');
    expect(queries()[0]).toContain(
      'WHERE SystemModstamp >= 2026-11-21T06:00:00.000Z ORDER BY SystemModstamp,Id LIMIT 2',
    );
  });

  test('goes on after the last record of the page before', async () => {
    org.answer = ({ path }) =>
      path.includes('?q=') ? { json: { done: true, records: [] } } : undefined;
    const page = await opened.open.org.changesSince(
      contactPlan(),
      {
        since: '2026-11-21T06:00:00.000Z',
        after: { stamp: '2026-11-21T06:41:32.000+0000', id: '003000000000002AAA' },
        max: 2,
      },
      signal,
    );
    expect(queries()[0]).toContain(
      "WHERE SystemModstamp >= 2026-11-21T06:41:32.000Z AND (SystemModstamp > 2026-11-21T06:41:32.000Z OR Id > '003000000000002AAA')",
    );
    expect(page).toMatchObject({ records: [], end: null, more: false });
  });

  test('an object too wide for one address is read in groups, and a record that changed in between is left for later', async () => {
    const wide = Array.from({ length: 500 }, (_, at) => ({
      name: `A_field_with_a_rather_long_name_of_number_${at}__c`,
      column: `f${at}`,
      kind: 'text' as const,
      createable: true,
      updateable: true,
    }));
    org.answer = ({ path }) => {
      if (!path.includes('?q=')) return undefined;
      const soql = queries().at(-1) ?? '';
      const names = soql.slice('SELECT '.length, soql.indexOf(' FROM')).split(',');
      const base = soql.includes(' IN (') ? [record(1)] : [record(1), record(2)];
      const fields = Object.fromEntries(
        names.filter((name) => name.startsWith('A_')).map((name) => [name, name]),
      );
      return { json: { done: true, records: base.map((each) => ({ ...each, ...fields })) } };
    };
    const page = await opened.open.org.changesSince(
      contactPlan({ fields: [...contactPlan().fields, ...wide] }),
      { since: null, after: null, max: 1_000 },
      signal,
    );
    expect(org.requests.every(({ path }) => path.length < 16_384)).toBe(true);
    expect(page.records.map(({ sfid }) => sfid)).toEqual(['003000000000001AAA']);
    expect(page.records[0]?.values).toMatchObject({ f0: wide[0]?.name, f499: wide[499]?.name });
    expect(page.end?.id).toBe('003000000000002AAA');
  });

  test('a field the org no longer shows is refused in its words', async () => {
    org.answer = ({ path }) =>
      path.includes('?q=')
        ? { status: 400, json: [{ errorCode: 'INVALID_FIELD', message: "No such column 'X__c'" }] }
        : undefined;
    await expect(
      opened.open.org.changesSince(contactPlan(), { since: null, after: null, max: 5 }, signal),
    ).rejects.toMatchObject({ code: 'SALESFORCE_REFUSED', details: { code: 'INVALID_FIELD' } });
  });
});

describe('a read-back', () => {
  test('finds by Id and by key, and of one key the live record', async () => {
    org.answer = ({ path }) => {
      if (!path.includes('?q=')) return undefined;
      const soql = queries().at(-1) ?? '';
      return {
        json: {
          done: true,
          records: soql.includes('Id IN')
            ? [record(1)]
            : [
                record(3, { Key__c: 'A', IsDeleted: true }),
                record(4, { Key__c: 'a' }),
                record(5, { Key__c: 'b', IsDeleted: true }),
                record(6, { Key__c: 'b', IsDeleted: true }),
              ],
        },
      };
    };
    const found = await opened.open.org.readBack(
      contactPlan(),
      { sfids: ['003000000000001AAA'], keys: ['a', 'b'] },
      signal,
    );
    expect(found.map(({ sfid, deleted }) => [sfid, deleted])).toEqual([
      ['003000000000001AAA', false],
      ['003000000000004AAA', false],
      ['003000000000006AAA', true],
    ]);
    expect(queries()[1]).toContain("Key__c IN ('a','b')");
  });

  test('without an external id a record says whether our own user made it', async () => {
    org.answer = ({ path }) =>
      path.includes('?q=')
        ? {
            json: {
              done: true,
              records: [record(1, { CreatedById: USER_ID }), record(2, { CreatedById: 'x' })],
            },
          }
        : undefined;
    const found = await opened.open.org.createdBySelf(contactPlan({ externalId: null }), 0, signal);
    expect(found).toMatchObject([{ bySelf: true }, { bySelf: false }]);
  });
});

describe('a bulk query', () => {
  test('streams its pages unpacked, and knows the last', async () => {
    org.answer = ({ path, method }) => {
      if (method === 'POST') return { json: { id: '750xx', state: 'UploadComplete' } };
      if (path.includes('/results?')) {
        const last = path.includes('locator=second');
        return {
          raw: gzipSync(last ? 'Id\n2\n' : 'Id\n1\n'),
          headers: { 'content-encoding': 'gzip', 'sforce-locator': last ? 'null' : 'second' },
        };
      }
      return path.includes('/jobs/query/')
        ? { json: { id: '750xx', state: 'JobComplete' } }
        : undefined;
    };
    const { org: adapter } = opened.open;
    const { jobId } = await adapter.createQueryJob(contactPlan(), signal);
    expect(await adapter.queryJobState(jobId, signal)).toBe('complete');
    const first = await adapter.queryJobPage(jobId, null, signal);
    expect([await text(first.csv), first.next]).toEqual(['Id\n1\n', 'second']);
    const second = await adapter.queryJobPage(jobId, first.next, signal);
    expect([await text(second.csv), second.next]).toEqual(['Id\n2\n', null]);
  });

  test('a page that is cut short is an error to its reader', async () => {
    org.answer = ({ path }) =>
      path.includes('/results?')
        ? {
            raw: gzipSync('Id\n'.repeat(10_000)).subarray(0, 40),
            headers: { 'content-encoding': 'gzip' },
          }
        : undefined;
    const { csv } = await opened.open.org.queryJobPage('750xx', null, signal);
    await expect(text(csv)).rejects.toMatchObject({ code: 'Z_BUF_ERROR' });
  });

  test('a job that is no more is absent', async () => {
    expect(await opened.open.org.queryJobState('750xx', signal)).toBe('absent');
  });
});

test('a describe that has not changed costs a 304 and no parsing anew', async () => {
  org.answer = ({ path, headers }) => {
    if (!path.endsWith('/describe')) return undefined;
    return headers['if-none-match'] === '"v1"'
      ? { status: 304 }
      : { json: { name: 'Contact', fields: [] }, headers: { etag: '"v1"' } };
  };
  const first = await opened.open.describer.describe('Contact', signal);
  expect(await opened.open.describer.describe('contact', signal)).toEqual(first);
  expect(await opened.open.describer.describe('Nothing', signal).catch(() => 'x')).not.toBeNull();
});

test('a literal holds its text, whatever stands in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const soql = literal(value);
      expect(soql.slice(1, -1).replaceAll(/\\./g, '')).not.toMatch(/['\\]/);
      const read = soql
        .slice(1, -1)
        .replaceAll(/\\(u[0-9a-f]{4}|.)/gsu, (_, escape: string) =>
          escape.length === 5 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : escape,
        );
      expect(read).toBe(value);
    }),
  );
});

test('field groups hold every field once and the kept ones each time', () => {
  const fields = Array.from({ length: 30 }, (_, at) => `Field_${at}__c`);
  const groups = fieldGroups(['Id', ...fields], ['Id'], 100);
  expect(groups.length).toBeGreaterThan(1);
  expect(groups.every(([first]) => first === 'Id')).toBe(true);
  expect(groups.flatMap((group) => group.slice(1))).toEqual(fields);
});

test('names of channels and topics are Salesforce’s', () => {
  expect(changeEventChannel('Contact')).toBe('/data/ContactChangeEvent');
  expect(changeEventChannel('Order__c')).toBe('/data/Order__ChangeEvent');
  expect(pushTopicName('Contact')).toBe('hc_Contact');
  const long = pushTopicName('A_very_long_object_name_number_one__c');
  expect(long).toHaveLength(25);
  expect(long).not.toBe(pushTopicName('A_very_long_object_name_number_two__c'));
});
