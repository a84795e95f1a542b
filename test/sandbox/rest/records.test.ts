import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { serveOrg, type ServedOrg } from './serve-org.ts';

let org: ServedOrg;
beforeAll(async () => {
  org = await serveOrg();
  await org.ask('POST', 'tooling/sobjects/CustomField', {
    FullName: 'Contact.External_Contact_Id__c',
    Metadata: {
      label: 'External Contact Id',
      type: 'Text',
      length: 32,
      unique: true,
      externalId: true,
    },
  });
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

const Created = z.object({ id: z.string() });

async function createContact(values: Readonly<Record<string, unknown>>): Promise<string> {
  const { body } = await org.ask('POST', 'sobjects/Contact', values);
  return Created.parse(body).id;
}

describe('a record', () => {
  test('is created, read, changed and deleted; then it is gone', async () => {
    const created = await org.ask('POST', 'sobjects/contact', {
      LastName: 'Lamarr',
      Birthdate: '1914-11-09',
    });
    const id = Created.parse(created.body).id;
    expect(created).toMatchObject({ status: 201, body: { id, success: true, errors: [] } });
    expect(created.headers.get('location')).toBe(`/services/data/v60.0/sobjects/Contact/${id}`);
    expect(
      await org.ask('PATCH', `sobjects/Contact/${id.slice(0, 15)}`, { FirstName: 'Hedy' }),
    ).toMatchObject({ status: 204 });
    const read = await org.ask(
      'GET',
      `sobjects/Contact/${id}?fields=Name,Birthdate,MailingAddress`,
    );
    expect(read.body).toEqual({
      attributes: { type: 'Contact', url: `/services/data/v60.0/sobjects/Contact/${id}` },
      Id: id,
      Name: 'Hedy Lamarr',
      Birthdate: '1914-11-09',
      MailingAddress: null,
    });
    expect(await org.ask('DELETE', `sobjects/Contact/${id}`)).toMatchObject({ status: 204 });
    expect(await org.ask('GET', `sobjects/Contact/${id}`)).toMatchObject({
      status: 404,
      body: [{ errorCode: 'ENTITY_IS_DELETED', message: 'entity is deleted' }],
    });
  });

  test('that never was answers 404', async () => {
    expect(await org.ask('GET', 'sobjects/Contact/003gL0000000ZZZQAA')).toMatchObject({
      status: 404,
      body: [
        {
          errorCode: 'NOT_FOUND',
          message:
            'Provided external ID field does not exist or is not accessible: 003gL0000000ZZZQAA',
        },
      ],
    });
  });

  test.each([
    [
      { FirstName: 'x' },
      'REQUIRED_FIELD_MISSING',
      'Required fields are missing: [LastName]',
      ['LastName'],
    ],
    [
      { LastName: 'x', Foo: 1 },
      'INVALID_FIELD',
      "No such column 'Foo' on sobject of type Contact",
      undefined,
    ],
    [
      { LastName: 'x', AccountId: '003000000000000AAA' },
      'FIELD_INTEGRITY_EXCEPTION',
      'Account ID: id value of incorrect type: 003000000000000AAA',
      ['AccountId'],
    ],
    [
      { LastName: 'x', AccountId: 'abc' },
      'MALFORMED_ID',
      'Account ID: id value of incorrect type: abc',
      ['AccountId'],
    ],
    [
      { LastName: 'x', CleanStatus: 'Dirty' },
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      'Clean Status: bad value for restricted picklist field: Dirty',
      ['CleanStatus'],
    ],
  ])('%j is refused with %s', async (values, errorCode, message, fields) => {
    const answer = await org.ask('POST', 'sobjects/Contact', values);
    expect(answer).toMatchObject({
      status: 400,
      body: [{ errorCode, message, ...(fields === undefined ? {} : { fields }) }],
    });
  });

  test('keeps only one second of its time', async () => {
    const id = await createContact({ LastName: 'Second' });
    const { body } = await org.ask(
      'GET',
      `sobjects/Contact/${id}?fields=CreatedDate,SystemModstamp`,
    );
    expect(body).toMatchObject({
      CreatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/),
      SystemModstamp: expect.stringMatching(/\.000\+0000$/),
    });
  });
});

describe('an external id', () => {
  test('creates at first and updates then, whatever its case', async () => {
    const first = await org.ask('PATCH', 'sobjects/Contact/External_Contact_Id__c/Key-1', {
      LastName: 'First',
    });
    expect(first).toMatchObject({ status: 201, body: { success: true, created: true } });
    const second = await org.ask('PATCH', 'sobjects/Contact/external_contact_id__c/KEY-1', {
      LastName: 'Second',
    });
    expect(second).toMatchObject({
      status: 200,
      body: { id: Created.parse(first.body).id, created: false },
    });
    expect(
      await org.ask('PATCH', '/services/data/v40.0/sobjects/Contact/External_Contact_Id__c/key-1', {
        LastName: 'Old',
      }),
    ).toMatchObject({ status: 204 });
    expect(
      (await org.ask('GET', 'sobjects/Contact/External_Contact_Id__c/key-1')).body,
    ).toMatchObject({
      LastName: 'Old',
      External_Contact_Id__c: 'Key-1',
    });
  });

  test('that two records would share is refused with the other record', async () => {
    const id = await createContact({ LastName: 'Owner', External_Contact_Id__c: 'taken' });
    expect(
      await org.ask('POST', 'sobjects/Contact', {
        LastName: 'Thief',
        External_Contact_Id__c: 'TAKEN',
      }),
    ).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'DUPLICATE_VALUE',
          message: `duplicate value found: External_Contact_Id__c duplicates value on record with id: ${id.slice(0, 15)}`,
        },
      ],
    });
  });

  test('upserted by many at once makes one record', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        org.ask('PATCH', 'sobjects/Contact/External_Contact_Id__c/race', {
          LastName: `Racer ${index}`,
        }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 200, 200, 200, 200, 200, 200, 201,
    ]);
    expect(new Set(answers.map(({ body }) => Created.parse(body).id)).size).toBe(1);
  });

  test('stands for a parent', async () => {
    await org.ask('POST', 'tooling/sobjects/CustomField', {
      FullName: 'Account.Code__c',
      Metadata: { label: 'Code', type: 'Text', length: 20, unique: true, externalId: true },
    });
    const account = Created.parse(
      (await org.ask('POST', 'sobjects/Account', { Name: 'Parent', Code__c: 'P1' })).body,
    ).id;
    const id = await createContact({ LastName: 'Child', Account: { Code__c: 'p1' } });
    expect((await org.ask('GET', `sobjects/Contact/${id}?fields=AccountId`)).body).toMatchObject({
      AccountId: account,
    });
  });
});

describe('collections', () => {
  const Saved = z.array(z.object({ id: z.string().optional(), success: z.boolean() }));

  test('save the good ones and say why not of the others', async () => {
    const answer = await org.ask('POST', 'composite/sobjects', {
      records: [
        { attributes: { type: 'Contact' }, LastName: 'Good' },
        { attributes: { type: 'Contact' }, FirstName: 'Bad' },
        { attributes: { type: 'Account' }, Name: 'Good too' },
      ],
    });
    expect(answer).toMatchObject({
      status: 200,
      body: [
        { success: true, errors: [] },
        {
          success: false,
          errors: [{ statusCode: 'REQUIRED_FIELD_MISSING', fields: ['LastName'] }],
        },
        { success: true },
      ],
    });
  });

  test('with allOrNone save nothing when one is bad', async () => {
    const answer = await org.ask('POST', 'composite/sobjects', {
      allOrNone: true,
      records: [
        { attributes: { type: 'Account' }, Name: 'Nothing of this' },
        { attributes: { type: 'Contact' }, FirstName: 'Bad' },
      ],
    });
    expect(answer.body).toMatchObject([
      { success: false, errors: [{ statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK' }] },
      { success: false, errors: [{ statusCode: 'REQUIRED_FIELD_MISSING' }] },
    ]);
    expect(
      (
        await org.ask(
          'GET',
          `query?q=${encodeURIComponent("SELECT Id FROM Account WHERE Name = 'Nothing of this'")}`,
        )
      ).body,
    ).toMatchObject({ totalSize: 0 });
  });

  test('upsert, retrieve in the order asked for, and delete', async () => {
    const upserted = await org.ask('PATCH', 'composite/sobjects/Contact/External_Contact_Id__c', {
      records: ['c1', 'c2', 'c1'].map((key) => ({
        attributes: { type: 'Contact' },
        LastName: key,
        External_Contact_Id__c: key,
      })),
    });
    expect(upserted.body).toMatchObject([
      { success: true, created: true },
      { success: true, created: true },
      { success: false, errors: [{ statusCode: 'DUPLICATE_VALUE' }] },
    ]);
    const [first = '', second = ''] = Saved.parse(upserted.body).map(({ id }) => id);
    const unknown = '003gL0000000ZZZ';
    const retrieved = await org.ask('POST', 'composite/sobjects/Contact', {
      ids: [second, unknown, first],
      fields: ['LastName'],
    });
    expect(retrieved.body).toMatchObject([{ LastName: 'c2' }, null, { LastName: 'c1' }]);
    const gone = await org.ask('DELETE', `composite/sobjects?ids=${first},${second},${unknown}`);
    expect(gone.body).toMatchObject([
      { success: true },
      { success: true },
      { success: false, errors: [{ statusCode: 'INVALID_CROSS_REFERENCE_KEY' }] },
    ]);
  });

  test('take two hundred records and no more', async () => {
    const records = Array.from({ length: 201 }, () => ({
      attributes: { type: 'Contact' },
      LastName: 'Many',
    }));
    expect(await org.ask('POST', 'composite/sobjects', { records })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'EXCEEDED_MAX_SIZE_REQUEST' }],
    });
  });
});

describe('deleting an account', () => {
  test('takes its contacts along, and undelete brings all of them back', async () => {
    const account = Created.parse(
      (await org.ask('POST', 'sobjects/Account', { Name: 'Doomed' })).body,
    ).id;
    const contact = await createContact({ LastName: 'Passenger', AccountId: account });
    await org.ask('DELETE', `sobjects/Account/${account}`);
    expect(await org.ask('GET', `sobjects/Contact/${contact}`)).toMatchObject({ status: 404 });
    const [result] = await org.org.records.undelete(org.context, [account]);
    expect(result).toMatchObject({ success: true });
    expect(await org.ask('GET', `sobjects/Contact/${contact}?fields=AccountId`)).toMatchObject({
      status: 200,
      body: { AccountId: account },
    });
  });

  test('is refused while a case needs it', async () => {
    const account = Created.parse(
      (await org.ask('POST', 'sobjects/Account', { Name: 'Needed' })).body,
    ).id;
    await org.ask('POST', 'sobjects/Case', { Subject: 'Open', AccountId: account });
    expect(await org.ask('DELETE', `sobjects/Account/${account}`)).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'DELETE_FAILED',
          message: expect.stringContaining(
            'Your attempt to delete Account could not be completed because it is associated with the following cases',
          ),
        },
      ],
    });
  });
});

describe('replication', () => {
  test('tells what was changed and what was deleted in a time', async () => {
    const kept = await createContact({ LastName: 'Kept' });
    const gone = await createContact({ LastName: 'Gone' });
    await org.ask('DELETE', `sobjects/Contact/${gone}`);
    const start = encodeURIComponent(new Date(Date.now() - 120_000).toISOString());
    const end = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
    const updated = await org.ask('GET', `sobjects/Contact/updated?start=${start}&end=${end}`);
    expect(updated.body).toMatchObject({
      ids: expect.arrayContaining([kept]),
      latestDateCovered: expect.stringMatching(/\.000\+0000$/),
    });
    expect(updated.body).not.toMatchObject({ ids: expect.arrayContaining([gone]) });
    expect(
      (await org.ask('GET', `sobjects/Contact/deleted?start=${start}&end=${end}`)).body,
    ).toMatchObject({
      deletedRecords: expect.arrayContaining([{ id: gone, deletedDate: expect.any(String) }]),
    });
  });

  test.each([
    ['updated', 31],
    ['deleted', 16],
  ])('%s reaches not further back than Salesforce', async (what, days) => {
    const start = encodeURIComponent(new Date(Date.now() - days * 86_400_000).toISOString());
    const end = encodeURIComponent(new Date().toISOString());
    expect(
      await org.ask('GET', `sobjects/Contact/${what}?start=${start}&end=${end}`),
    ).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_REPLICATION_DATE' }],
    });
  });
});
