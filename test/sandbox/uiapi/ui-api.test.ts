import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';

const Record = z.looseObject({ id: z.string() });

let org: ServedOrg;
let accountId: string;
beforeAll(async () => {
  org = await serveOrg();
  const { body } = await org.ask('POST', 'ui-api/records', {
    apiName: 'Account',
    fields: { Name: 'UI Works', Industry: 'Energy', AnnualRevenue: 1_500 },
  });
  accountId = Record.parse(body).id;
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

test('a record shows the fields asked for, with what people read, and its parents’ within', async () => {
  const path = `ui-api/records/${accountId}?fields=Account.Name,Account.AnnualRevenue,Account.Owner.Username&optionalFields=Account.NoSuch__c`;
  expect((await org.ask('GET', path)).body).toMatchObject({
    apiName: 'Account',
    id: accountId,
    weakEtag: expect.any(Number),
    fields: {
      Name: { displayValue: null, value: 'UI Works' },
      AnnualRevenue: { displayValue: expect.stringContaining('$1,500'), value: 1_500 },
      Owner: {
        value: { apiName: 'User', fields: { Username: { value: 'admin@landbridge.example' } } },
      },
    },
  });
  expect(
    await org.ask('GET', `ui-api/records/${accountId}?fields=Account.NoSuch__c`),
  ).toMatchObject({
    status: 400,
    body: [{ errorCode: 'INVALID_FIELD' }],
  });
  expect(
    await org.ask('GET', 'ui-api/records/001000000000000AAA?fields=Account.Name'),
  ).toMatchObject({
    status: 404,
  });
});

test('a record that is refused tells which field is wrong', async () => {
  const answer = await org.ask('POST', 'ui-api/records', {
    apiName: 'Contact',
    fields: { FirstName: 'No' },
  });
  expect(answer).toMatchObject({
    status: 400,
    body: [
      {
        enhancedErrorType: 'RecordError',
        output: {
          fieldErrors: {
            LastName: [{ errorCode: 'REQUIRED_FIELD_MISSING', fieldLabel: 'Last Name' }],
          },
        },
      },
    ],
  });
});

test('a record is changed and deleted', async () => {
  const made = await org.ask('POST', 'ui-api/records', {
    apiName: 'Account',
    fields: { Name: 'Brief' },
  });
  const { id } = Record.parse(made.body);
  expect(
    await org.ask('PATCH', `ui-api/records/${id}`, { fields: { Site: 'East' } }),
  ).toMatchObject({
    status: 200,
    body: { fields: { Site: { value: 'East' } } },
  });
  expect((await org.ask('DELETE', `ui-api/records/${id}`)).status).toBe(204);
  expect((await org.ask('GET', `ui-api/records/${id}?layoutTypes=Full`)).status).toBe(404);
});

test('objects, picklists, layouts, defaults and lists are described as pages need them', async () => {
  expect((await org.ask('GET', 'ui-api/object-info/Account')).body).toMatchObject({
    apiName: 'Account',
    nameFields: ['Name'],
    fields: {
      Industry: { dataType: 'Picklist' },
      ParentId: { referenceToInfos: [{ apiName: 'Account' }] },
    },
  });
  expect((await org.ask('GET', 'ui-api/object-info/batch/Account,Nothing')).body).toMatchObject({
    results: [{ statusCode: 200 }, { statusCode: 404 }],
  });
  const picklist = 'ui-api/object-info/Account/picklist-values/012000000000000AAA/Industry';
  expect((await org.ask('GET', picklist)).body).toMatchObject({
    values: expect.arrayContaining([expect.objectContaining({ value: 'Energy', label: 'Energy' })]),
  });
  expect((await org.ask('GET', `ui-api/record-ui/${accountId}`)).body).toMatchObject({
    records: { [accountId]: { fields: { Name: { value: 'UI Works' } } } },
    objectInfos: { Account: { apiName: 'Account' } },
  });
  expect((await org.ask('GET', 'ui-api/record-defaults/create/Case')).body).toMatchObject({
    record: { fields: { Status: { value: 'New' } } },
  });
  const views = await org.ask('GET', 'sobjects/Account/listviews');
  const { listviews } = z.looseObject({ listviews: z.array(Record) }).parse(views.body);
  expect(
    (await org.ask('GET', `ui-api/list-records/${listviews[0]?.id}?pageSize=3`)).body,
  ).toMatchObject({
    count: 3,
    nextPageToken: '3',
    records: [{ apiName: 'Account' }, {}, {}],
  });
  expect(await org.ask('GET', 'ui-api/actions/lookup/Account')).toMatchObject({
    status: 501,
    body: [{ message: expect.stringContaining('/ui-api') }],
  });
});

test('apps, actions, compact layouts and suggestions are found, and an action says of each input what came of it', async () => {
  expect((await org.ask('GET', 'appMenu/AppSwitcher')).body).toMatchObject({
    appMenuItems: [{ type: 'Tabset' }],
  });
  expect((await org.ask('GET', 'compactLayouts?q=Account,Contact')).body).toMatchObject({
    Account: { name: 'SYSTEM', objectType: 'Account' },
    Contact: { objectType: 'Contact' },
  });
  expect((await org.ask('GET', 'search/suggestions?q=UI&sobject=Account')).body).toMatchObject({
    autoSuggestResults: [{ Name: 'UI Works' }],
    hasMoreResults: false,
  });
  expect((await org.ask('GET', 'sobjects/relevantItems')).status).toBe(200);
  expect((await org.ask('GET', 'actions/custom/flow')).body).toEqual({ actions: [] });
  const inputs = [{ objectId: accountId }];
  expect(await org.ask('POST', 'actions/standard/submit', { inputs })).toMatchObject({
    status: 400,
    body: [
      { actionName: 'submit', isSuccess: false, errors: [{ statusCode: 'NO_APPLICABLE_PROCESS' }] },
    ],
  });
  expect(await org.ask('POST', 'actions/standard/chatterPost', {})).toMatchObject({ status: 501 });
});
