import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';

let org: ServedOrg;
let accountId: string;
beforeAll(async () => {
  org = await serveOrg();
  const created = await org.org.records.create(org.context, 'Account', [
    { Name: 'GraphQL Mills', Industry: 'Energy', AnnualRevenue: 1_250_000 },
  ]);
  accountId = created[0]?.id ?? '';
  await org.org.records.create(
    org.context,
    'Contact',
    ['Anna', 'Berta', 'Carla'].map((name) => ({ LastName: name, AccountId: accountId })),
  );
  await org.org.records.create(org.context, 'Task', [{ Subject: 'Call', WhatId: accountId }]);
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

async function ask(query: string, variables: Readonly<Record<string, unknown>> = {}) {
  const { status, body } = await org.ask('POST', 'graphql', { query, variables });
  expect(status).toBe(200);
  return body;
}

test('records come with their values, labels, parents and children in one query', async () => {
  const body = await ask(
    `query one { uiapi { query {
      Account(where: { Name: { eq: "GraphQL Mills" } }) { totalCount edges { node {
        Id ApiName Name { value displayValue } Industry { value label } AnnualRevenue { value displayValue }
        Owner { ... on User { Username { value } } }
        Contacts(first: 2, orderBy: { LastName: { order: DESC } }) { edges { node { LastName { value } Account { Name { value } } } } }
      } } } } } }`,
  );
  expect(body).toMatchObject({
    errors: [],
    data: {
      uiapi: {
        query: {
          Account: {
            totalCount: 1,
            edges: [
              {
                node: {
                  Id: accountId,
                  ApiName: 'Account',
                  Name: { value: 'GraphQL Mills', displayValue: null },
                  Industry: { value: 'Energy', label: 'Energy' },
                  AnnualRevenue: { value: 1_250_000 },
                  Owner: { Username: { value: 'admin@landbridge.example' } },
                  Contacts: {
                    edges: [
                      {
                        node: {
                          LastName: { value: 'Carla' },
                          Account: { Name: { value: 'GraphQL Mills' } },
                        },
                      },
                      { node: { LastName: { value: 'Berta' } } },
                    ],
                  },
                },
              },
            ],
          },
        },
      },
    },
  });
});

test('pages follow each other by cursor, and neither repeat nor miss a record', async () => {
  const seen: unknown[] = [];
  let after: string | null = null;
  for (let page = 0; page < 3; page += 1) {
    const body = await ask(
      `query page($after: String, $account: ID) { uiapi { query { Contact(first: 1, after: $after, orderBy: { LastName: { order: ASC } }, where: { AccountId: { eq: $account } }) {
        edges { node { LastName { value } } } pageInfo { hasNextPage endCursor } } } } }`,
      { after, account: accountId },
    );
    expect(body).toMatchObject({ errors: [] });
    const { Contact: contacts } = JSON.parse(JSON.stringify(body)).data.uiapi.query;
    seen.push(
      ...contacts.edges.map(
        (edge: { node: { LastName: { value: string } } }) => edge.node.LastName.value,
      ),
    );
    expect(contacts.pageInfo.hasNextPage).toBe(page < 2);
    after = contacts.pageInfo.endCursor;
  }
  expect(seen).toEqual(['Anna', 'Berta', 'Carla']);
});

test('conditions nest, reach parents and speak of dates by literals', async () => {
  const body = await ask(`{ uiapi { query { Contact(where: { and: [
      { Account: { Name: { like: "GraphQL%" } } },
      { or: [{ LastName: { eq: "Anna" } }, { LastName: { in: ["Carla"] } }] },
      { CreatedDate: { gte: { literal: LAST_YEAR } } }, { not: { LastName: { eq: "Anna" } } } ] }) {
      edges { node { LastName { value } } } } } } }`);
  expect(body).toMatchObject({
    errors: [],
    data: {
      uiapi: { query: { Contact: { edges: [{ node: { LastName: { value: 'Carla' } } }] } } },
    },
  });
});

test('a polymorphic parent is read by fragments of what it may be', async () => {
  const body =
    await ask(`{ uiapi { query { Task(where: { Subject: { eq: "Call" } }) { edges { node {
      What { ... on Account { Name { value } Id } ... on Opportunity { StageName { value } } } } } } } } }`);
  expect(body).toMatchObject({
    errors: [],
    data: {
      uiapi: {
        query: {
          Task: {
            edges: [{ node: { What: { Id: accountId, Name: { value: 'GraphQL Mills' } } } }],
          },
        },
      },
    },
  });
});

test('mutations create, update and delete records, and tell the org’s refusals', async () => {
  const created = await ask(
    'mutation { uiapi { AccountCreate(input: { Account: { Name: "Made by GraphQL" } }) { Record { Id Name { value } } } } }',
  );
  const { Record: record } = JSON.parse(JSON.stringify(created)).data.uiapi.AccountCreate;
  expect(record.Name.value).toBe('Made by GraphQL');
  expect(
    await ask(
      'mutation($id: ID!) { uiapi { AccountUpdate(input: { Id: $id, Account: { Site: "North" } }) { success Record { Site { value } } } } }',
      { id: record.Id },
    ),
  ).toMatchObject({
    data: { uiapi: { AccountUpdate: { success: true, Record: { Site: { value: 'North' } } } } },
  });
  expect(
    await ask('mutation($id: ID!) { uiapi { AccountDelete(input: { Id: $id }) { Id } } }', {
      id: record.Id,
    }),
  ).toMatchObject({ data: { uiapi: { AccountDelete: { Id: record.Id } } }, errors: [] });
  expect(
    await ask(
      'mutation { uiapi { ContactCreate(input: { Contact: { FirstName: "No" } }) { Record { Id } } } }',
    ),
  ).toMatchObject({
    data: { uiapi: { ContactCreate: null } },
    errors: [{ message: expect.stringContaining('REQUIRED_FIELD_MISSING') }],
  });
});

test('a document with a fault is refused with its place, and introspection tells the fields', async () => {
  expect(
    await ask('{ uiapi { query { Account { edges { node { Nmae { value } } } } } } }'),
  ).toMatchObject({
    data: null,
    errors: [{ locations: [{ line: 1 }], extensions: { ErrorType: 'ValidationError' } }],
  });
  expect(await ask('{ uiapi { ')).toMatchObject({
    errors: [{ extensions: { ErrorType: 'InvalidSyntax' } }],
  });
  expect(await ask('{ __type(name: "Account") { fields { name } } }')).toMatchObject({
    data: {
      __type: { fields: expect.arrayContaining([{ name: 'Industry' }, { name: 'Contacts' }]) },
    },
  });
});

test('a request of more queries than Salesforce answers is told so', async () => {
  const many = Array.from({ length: 11 }, (_, at) => `q${at}: Account(first: 1) { totalCount }`);
  expect(await ask(`{ uiapi { query { ${many.join(' ')} } } }`)).toMatchObject({
    errors: [{ extensions: { errorCode: 'QUERY_TOO_COMPLICATED' } }],
  });
});
