import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { createDispatch } from '../../../sandbox/rest/dispatch.ts';
import { RawJson } from '../../../sandbox/rest/request.ts';
import { SalesforceError } from '../../../sandbox/salesforce-error.ts';
import { searchRoutes } from '../../../sandbox/sosl/search.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

const Found = z.object({
  searchRecords: z.array(z.looseObject({ attributes: z.object({ type: z.string() }) })),
});
const dispatch = createDispatch(searchRoutes());

let testOrg: TestOrg;

beforeAll(async () => {
  testOrg = await openTestOrg();
  const { org, context } = testOrg;
  org.settings.searchDelayMs = 0;
  await org.records.create(context, 'Account', [
    { Name: 'Zebra & Sons', Phone: '(212) 777-1234', Website: 'zebra.example' },
    { Name: 'Grand Zebra Hotel', Industry: 'Energy' },
    { Name: 'Zebrano Ltd', Site: 'Zebra' },
    { Name: 'OkapiFarm7 Ltd' },
  ]);
  await org.records.create(context, 'Contact', [
    { LastName: 'Zebra', FirstName: 'Joe', Email: 'joe@zebra.example' },
    { LastName: 'Other', FirstName: 'Zoe', Title: 'Zebra keeper' },
  ]);
});

afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

async function request(
  path: string,
  query: Record<string, string>,
  body?: unknown,
): Promise<z.infer<typeof Found>['searchRecords']> {
  const { org } = testOrg;
  const answer = await dispatch({
    org,
    session: {
      userId: org.adminUserId,
      orgId: org.orgId,
      username: 'a',
      profileId: org.adminProfileId,
      clientId: null,
      scopes: [],
      accessToken: 't',
    },
    baseUrl: 'http://127.0.0.1',
    version: '60.0',
    method: body === undefined ? 'GET' : 'POST',
    segments: [path],
    query: new URLSearchParams(query),
    headers: {},
    body,
  });
  if (!(answer.body instanceof RawJson)) throw new TypeError('not JSON');
  return Found.parse(answer.body.toJSON()).searchRecords;
}

async function names(statement: string): Promise<readonly string[]> {
  const records = await request('search', { q: statement });
  return records.map((record) => String(record['Name'])).toSorted((a, b) => a.localeCompare(b));
}

describe('FIND', () => {
  test.each([
    ['{zebra} IN NAME FIELDS RETURNING Account(Name)', ['Grand Zebra Hotel', 'Zebra & Sons']],
    ['{okapi} RETURNING Account(Name)', ['OkapiFarm7 Ltd']],
    ['{farm} RETURNING Account(Name)', ['OkapiFarm7 Ltd']],
    ['{okapifarm} RETURNING Account(Name)', ['OkapiFarm7 Ltd']],
    ['{"farm7 ltd"} RETURNING Account(Name)', ['OkapiFarm7 Ltd']],
    ['{far} RETURNING Account(Name)', []],
    [
      '{zebr*} IN NAME FIELDS RETURNING Account(Name)',
      ['Grand Zebra Hotel', 'Zebra & Sons', 'Zebrano Ltd'],
    ],
    [
      '{zebra} RETURNING Account(Name), Contact(Name)',
      ['Grand Zebra Hotel', 'Joe Zebra', 'Zebra & Sons', 'Zebrano Ltd', 'Zoe Other'],
    ],
    ['{zebra AND hotel} RETURNING Account(Name)', ['Grand Zebra Hotel']],
    ['{zebra hotel} RETURNING Account(Name)', ['Grand Zebra Hotel']],
    ['{"zebra hotel"} RETURNING Account(Name)', ['Grand Zebra Hotel']],
    ['{"hotel zebra"} RETURNING Account(Name)', []],
    ['{zebra AND NOT hotel} IN NAME FIELDS RETURNING Account(Name)', ['Zebra & Sons']],
    ['{(hotel OR sons) AND zebra} RETURNING Account(Name)', ['Grand Zebra Hotel', 'Zebra & Sons']],
    ['{777\\-1234} IN PHONE FIELDS RETURNING Account(Name)', ['Zebra & Sons']],
    ['{joe@zebra.example} IN EMAIL FIELDS RETURNING Contact(Name)', ['Joe Zebra']],
    ["{zebr*} RETURNING Account(Name WHERE Industry = 'energy')", ['Grand Zebra Hotel']],
    ['{zebr*} RETURNING Account(Name ORDER BY Name DESC LIMIT 1)', ['Zebrano Ltd']],
    [
      '{zebr*} RETURNING Account(Name), Contact(Name) LIMIT 2',
      ['Grand Zebra Hotel', 'Zebra & Sons'],
    ],
  ])('%s', async (statement, expected) => {
    const found = await names(`FIND ${statement}`);
    if (statement.endsWith('LIMIT 2')) expect(found).toHaveLength(2);
    else expect(found).toEqual(expected);
  });

  test('without RETURNING answers the ids of every kind of record', async () => {
    const found = await request('search', { q: 'FIND {zebra}' });
    expect(new Set(found.map(({ attributes }) => attributes.type))).toEqual(
      new Set(['Account', 'Contact']),
    );
    expect(Object.keys(found[0] ?? {})).toEqual(['attributes', 'Id']);
  });

  test('by parameters, in the query or as JSON', async () => {
    const byQuery = await request('parameterizedSearch', {
      q: 'zebra',
      sobject: 'Account',
      'Account.fields': 'Id,Name',
      'Account.limit': '1',
    });
    const byBody = await request(
      'parameterizedSearch',
      {},
      { q: 'zebra', fields: ['Id', 'Name'], sobjects: [{ name: 'Account', limit: 1 }] },
    );
    expect(byQuery).toHaveLength(1);
    expect(byBody).toEqual(byQuery);
  });
});

describe('refused', () => {
  test.each([
    [
      'FIND zebra',
      'MALFORMED_SEARCH: No search term found. The search term must be enclosed in braces.',
    ],
    ['FIND {z}', 'MALFORMED_SEARCH: Search term must be longer than one character: z'],
    ['FIND {zebra', 'MALFORMED_SEARCH: A } is missing after the search term'],
    ['FIND {"zebra} RETURNING Account', 'MALFORMED_SEARCH: a " is missing in the search term'],
    [
      'FIND {zebra} RETURNING Account(Nope)',
      /INVALID_FIELD: [^]*No such column 'Nope' on entity 'Account'/,
    ],
    [
      'FIND {zebra} RETURNING Acount',
      /INVALID_TYPE: [^]*Row:1:Column:24\nsObject type 'Acount' is not supported/,
    ],
    ['FIND {zebra} WITH SNIPPET', /WITH SNIPPET needs articles/],
  ])('%s', async (statement, expected) => {
    const refusal = await names(statement).then(
      () => 'accepted',
      (error: unknown) =>
        error instanceof SalesforceError ? `${error.errorCode}: ${error.message}` : String(error),
    );
    expect(refusal).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });
});

test('a record is found once the search index has caught up', async () => {
  const { org, context } = testOrg;
  await org.records.create(context, 'Account', [{ Name: 'Quagga Stables' }]);
  const find = async () => request('search', { q: 'FIND {Quagga} RETURNING Account(Id)' });
  org.settings.searchDelayMs = 10_000;
  try {
    expect(await find()).toHaveLength(0);
    org.settings.clockOffsetMs = 11_000;
    expect(await find()).toHaveLength(1);
  } finally {
    org.settings.clockOffsetMs = 0;
    org.settings.searchDelayMs = 0;
  }
});

test.each([
  ["WITH DIVISION = 'Global'", 'divisions'],
  ["WITH NETWORK = '0DB000000000001'", 'Experience Cloud'],
  ['WITH SNIPPET (target_length=120)', 'snippets'],
  ['WITH HIGHLIGHT', 'HIGHLIGHT'],
  ['WITH DATA CATEGORY Geography__c AT europe__c', 'articles'],
])('%s is refused by name', async (clause, name) => {
  await expect(
    request('search', { q: `FIND {Zebra} RETURNING Account(Id) ${clause}` }),
  ).rejects.toThrow(name);
});
