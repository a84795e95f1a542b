import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';

import { deploy, metadataXml } from '../support/deploy.ts';
import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';

/** Texts that would end a literal, a name or a statement somewhere, given wherever texts are taken. */
let org: ServedOrg;

beforeAll(async () => {
  org = await serveOrg();
}, 60_000);

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

const NASTY = [
  "'",
  '"',
  '\\',
  '$$',
  '$a$',
  ';--',
  '/*',
  '*/',
  '%',
  '_',
  '{',
  '}',
  '(',
  ')',
  '?',
  '$1',
  ':x',
  '\0',
  '\n',
  '\uE010',
  '\uE014',
  '\u2028',
  'é',
  '😀',
  '\uD800',
  '__proto__',
  ' OR 1=1',
  '&',
  '<!--',
  ']]>',
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.constantFrom('a', 'B', '1', ' ')), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

const quoted = (value: string): string =>
  `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
const query = (soql: string): string => `query?q=${encodeURIComponent(soql.toWellFormed())}`;

type Way = (value: string) => readonly [method: string, path: string, body?: unknown];

const report = (filter: object): unknown => ({
  reportMetadata: {
    reportType: { type: 'AccountList' },
    reportFormat: 'TABULAR',
    detailColumns: ['ACCOUNT.NAME'],
    ...filter,
  },
});

const WAYS: Readonly<Record<string, Way>> = {
  'a literal of SOQL': (value) => [
    'GET',
    query(`SELECT Id FROM Account WHERE Name = ${quoted(value)}`),
  ],
  'a pattern of SOQL': (value) => [
    'GET',
    query(`SELECT Id FROM Account WHERE Name LIKE ${quoted(value)}`),
  ],
  'SOQL itself': (value) => ['GET', query(`SELECT Id FROM Account WHERE Name = ${value}`)],
  'a name in SOQL': (value) => ['GET', query(`SELECT ${value} FROM Account`)],
  'an alias of SOQL': (value) => ['GET', query(`SELECT count(Id) ${value} FROM Account`)],
  'an object of SOQL': (value) => ['GET', query(`SELECT Id FROM ${value}`)],
  'a term of SOSL': (value) => [
    'GET',
    `search?q=${encodeURIComponent(`FIND {ab${value.toWellFormed()}} RETURNING Account(Name)`)}`,
  ],
  'a parameterized search': (value) => [
    'POST',
    'parameterizedSearch',
    { q: `ab${value}`, fields: [value], sobjects: [{ name: 'Account', where: value }] },
  ],
  'a record': (value) => [
    'POST',
    'sobjects/Account',
    { Name: `a${value}`, Description: value, [value]: value, BillingStreet: value },
  ],
  'a picklist': (value) => ['POST', 'sobjects/Account', { Name: 'a', Industry: value }],
  'a reference': (value) => [
    'POST',
    'sobjects/Contact',
    { LastName: 'a', AccountId: value, Account: { [value]: value } },
  ],
  'an object’s path': (value) => [
    'GET',
    `sobjects/${encodeURIComponent(value.toWellFormed())}/describe`,
  ],
  'an external id’s path': (value) => [
    'PATCH',
    `sobjects/Account/${encodeURIComponent(value.toWellFormed())}/${encodeURIComponent(value.toWellFormed())}`,
    { Name: 'a' },
  ],
  'a record’s path': (value) => [
    'GET',
    `sobjects/Account/${encodeURIComponent(value.toWellFormed())}?fields=${encodeURIComponent(value.toWellFormed())}`,
  ],
  'a list of ids': (value) => [
    'POST',
    'composite/sobjects/Account',
    { ids: [value], fields: [value] },
  ],
  'a filter of a report': (value) => [
    'POST',
    'analytics/reports/query',
    report({ reportFilters: [{ column: 'ACCOUNT.NAME', operator: 'contains', value }] }),
  ],
  'a filter’s column': (value) => [
    'POST',
    'analytics/reports/query',
    report({ reportFilters: [{ column: value, operator: value, value }] }),
  ],
  'a report’s columns': (value) => [
    'POST',
    'analytics/reports/query',
    report({
      detailColumns: [value],
      aggregates: [value],
      sortBy: [{ sortColumn: value, sortOrder: value }],
    }),
  ],
  'a report’s dates': (value) => [
    'POST',
    'analytics/reports/query',
    report({
      standardDateFilter: {
        column: 'CREATED_DATE',
        durationValue: value,
        startDate: value,
        endDate: value,
      },
    }),
  ],
  'a report’s logic': (value) => [
    'POST',
    'analytics/reports/query',
    report({
      reportFilters: [{ column: 'ACCOUNT.NAME', operator: 'equals', value }],
      reportBooleanFilter: value,
    }),
  ],
  GraphQL: (value) => [
    'POST',
    'graphql',
    {
      query:
        'query q($x: String, $y: Date) { uiapi { query { Account(where: { or: [{ Name: { eq: $x } }, { Name: { like: $x } }] }, after: $x) { edges { node { Id } } } Opportunity(where: { CloseDate: { eq: { value: $y } } }) { edges { node { Id } } } } } }',
      variables: { x: value, y: value },
    },
  ],
  'GraphQL itself': (value) => [
    'POST',
    'graphql',
    {
      query: `{ uiapi { query { Account(where: { Name: { eq: "${value}" } }) { edges { node { Id } } } } } }`,
    },
  ],
  'the UI API': (value) => [
    'GET',
    `ui-api/records/${encodeURIComponent(value.toWellFormed())}?fields=${encodeURIComponent(value.toWellFormed())}`,
  ],
  'a list of the UI API': (value) => [
    'GET',
    `ui-api/list-records/Account/AllAccounts?sortBy=${encodeURIComponent(value.toWellFormed())}&pageToken=${encodeURIComponent(value.toWellFormed())}&fields=${encodeURIComponent(value.toWellFormed())}`,
  ],
  'a post': (value) => [
    'POST',
    'chatter/feed-elements',
    {
      feedElementType: 'FeedItem',
      subjectId: 'me',
      body: { messageSegments: [{ type: 'Text', text: value }] },
    },
  ],
  'a topic’s query': (value) => [
    'POST',
    'sobjects/PushTopic',
    {
      Name: value.slice(0, 25),
      Query: `SELECT Id FROM Account WHERE Name = ${quoted(value)}`,
      ApiVersion: 60,
    },
  ],
  'a group': (value) => [
    'POST',
    'sobjects/Group',
    { Name: value, DeveloperName: value, Type: 'Queue' },
  ],
  'an approval': (value) => [
    'POST',
    'process/approvals',
    {
      requests: [
        {
          actionType: 'Submit',
          contextId: value,
          processDefinitionNameOrId: value,
          nextApproverIds: [value],
        },
      ],
    },
  ],
  'a tree': (value) => [
    'POST',
    'composite/tree/Account',
    {
      records: [
        {
          attributes: { type: 'Account', referenceId: value },
          Name: value,
          [value]: { records: [] },
        },
      ],
    },
  ],
  'a reference of composite': (value) => [
    'POST',
    'composite',
    {
      compositeRequest: [
        {
          method: 'GET',
          url: `/services/data/v60.0/sobjects/Account/@{${value}}`,
          referenceId: value,
        },
      ],
    },
  ],
  'the Tooling API': (value) => [
    'GET',
    `tooling/query?q=${encodeURIComponent(`SELECT Id FROM CustomField WHERE DeveloperName = ${quoted(value.toWellFormed())}`)}`,
  ],
};

test.each(Object.entries(WAYS))(
  '%s takes hostile texts as texts or refuses them',
  async (_, way) => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const [method, path, body] = way(value);
        const answer = await org.ask(method, path, body);
        const { status } = answer;
        const shown = JSON.stringify(answer.body ?? null);
        const broken = status === 500 || /UNKNOWN_EXCEPTION|unexpected error/i.test(shown);
        expect(broken ? { value, status, shown } : undefined).toBeUndefined();
      }),
      { numRuns: 25 },
    );
  },
);

test('what is defined with hostile texts is defined with these texts, and nothing else is run', async () => {
  const hostile = `a' || "b" \\ $$ $1 ; drop table org.account -- \uE010`;
  const xml = hostile.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const literal = xml.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const filter = `<summaryFilterItems><field>Opportunity.Name</field><operation>equals</operation><value>${xml}</value></summaryFilterItems>`;
  const refused = await deploy(
    org.org,
    {
      CustomField: ['Account.Kind__c', 'Account.Shown__c', 'Account.Sum__c', 'Account.Given__c'],
      ValidationRule: ['Account.Kept'],
    },
    {
      'objects/Account.object': metadataXml(
        'CustomObject',
        `<fields><fullName>Kind__c</fullName><label>${xml.slice(0, 40)}</label><inlineHelpText>${xml}</inlineHelpText><type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition><value><fullName>${xml}</fullName><default>false</default><label>${xml}</label></value></valueSetDefinition></valueSet></fields>
<fields><fullName>Shown__c</fullName><label>Shown</label><type>Text</type><formula>"${literal}"</formula></fields>
<fields><fullName>Given__c</fullName><label>Given</label><type>Text</type><length>255</length><defaultValue>"${literal}"</defaultValue></fields>
<fields><fullName>Sum__c</fullName><label>Sum</label><type>Summary</type><summaryOperation>count</summaryOperation><summaryForeignKey>Opportunity.AccountId</summaryForeignKey>${filter}</fields>
<validationRules><fullName>Kept</fullName><active>true</active><errorConditionFormula>Name = "${literal}"</errorConditionFormula><errorMessage>${xml}</errorMessage></validationRules>`,
      ),
    },
  );
  expect(refused).toEqual([]);
  const made = await org.ask('POST', 'sobjects/Account', { Name: 'Defined', Kind__c: hostile });
  expect(made).toMatchObject({ status: 201 });
  const { id: AccountId } = z.object({ id: z.string() }).parse(made.body);
  await org.ask('POST', 'sobjects/Opportunity', {
    Name: hostile,
    StageName: 'Prospecting',
    CloseDate: '2026-12-01',
    AccountId,
  });
  const read = await org.ask(
    'GET',
    query(
      `SELECT Kind__c, Shown__c, Given__c, Sum__c FROM Account WHERE Kind__c = ${quoted(hostile)}`,
    ),
  );
  const Shown__c = hostile.replaceAll('\uE010', '\uFFFD');
  expect(read.body).toMatchObject({
    records: [{ Kind__c: hostile, Shown__c, Given__c: Shown__c, Sum__c: 1 }],
  });
  expect(await org.ask('POST', 'sobjects/Account', { Name: Shown__c })).toMatchObject({
    status: 400,
    body: [{ errorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: hostile }],
  });
});
