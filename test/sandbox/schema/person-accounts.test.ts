import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { present } from '../../../src/kit/assert.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { openOrg } from '../../../sandbox/open-org.ts';
import { addCustomField } from '../../../sandbox/schema/add-custom.ts';
import { enableFeature, featuresOf } from '../../../sandbox/schema/enable-feature.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';
import { queryOrg } from '../support/query-org.ts';

let testOrg: TestOrg;
beforeAll(async () => {
  testOrg = await openTestOrg();
  await addCustomField(testOrg.org, 'Contact.Hobby__c', {
    label: 'Hobby',
    type: 'Text',
    length: 20,
  });
  await enableFeature(testOrg.org, 'PersonAccounts');
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

const query = (text: string): Promise<readonly unknown[]> => queryOrg(testOrg.org, text);

async function write(
  how: 'create' | 'update',
  object: string,
  record: Record<string, unknown>,
): Promise<string> {
  const [result] = await testOrg.org.records[how](testOrg.context, object, [record]);
  const [error] = result?.errors ?? [];
  return error === undefined ? (result?.id ?? '') : `${error.errorCode}: ${error.message}`;
}

async function contactOf(account: string): Promise<unknown> {
  const [contact] = await query(
    `SELECT Id, Name, LastName, Email, Birthdate, Hobby__c, IsPersonAccount, MailingCity FROM Contact WHERE AccountId = '${account}'`,
  );
  return contact;
}

const PERSON_NAMES = [
  'LastName',
  'FirstName',
  'Salutation',
  'PersonContactId',
  'IsPersonAccount',
  'PersonMailingAddress',
  'PersonOtherGeocodeAccuracy',
  'PersonEmail',
  'PersonBirthdate',
  'PersonHasOptedOutOfEmail',
  'PersonDoNotCall',
  'PersonPronouns',
  'Hobby__pc',
];

async function entriesOf(id: string): Promise<readonly unknown[]> {
  const { rows } = await testOrg.org.pool.query(
    'select change_type, changed_fields, record from change_journal where record_id = $1 order by id',
    [id],
  );
  return rows;
}

describe('an org with person accounts', () => {
  test('shows a person’s fields on Account, with those added to Contact', () => {
    const { org } = testOrg;
    const schema = org.schema();
    const account = present(schema.findObject('Account'), 'Account');
    expect(account.fields.map(({ name }) => name)).toEqual(expect.arrayContaining(PERSON_NAMES));
    expect(schema.findField(account, 'Name')).toMatchObject({ nillable: true, nameField: true });
    expect(schema.findParent(account, 'PersonContact')?.name).toBe('Contact');
    expect(featuresOf(schema)).toEqual({ personAccounts: true, multiCurrency: false });
  });

  test('makes the contact with the account, and one name of two', async () => {
    const id = await write('create', 'Account', {
      FirstName: 'Ida',
      LastName: 'Rentoul',
      PersonEmail: 'ida@example.com',
      PersonBirthdate: '1888-06-09',
      PersonMailingCity: 'Carlton',
      Hobby__pc: 'Fairies',
    });
    expect(await contactOf(id)).toMatchObject({
      Name: 'Ida Rentoul',
      Email: 'ida@example.com',
      Birthdate: '1888-06-09',
      Hobby__c: 'Fairies',
      IsPersonAccount: true,
      MailingCity: 'Carlton',
    });
    expect(
      await query(
        `SELECT Name, IsPersonAccount, RecordType.DeveloperName, RecordType.IsPersonType, PersonContact.Email, PersonMailingAddress FROM Account WHERE Id = '${id}'`,
      ),
    ).toMatchObject([
      {
        Name: 'Ida Rentoul',
        IsPersonAccount: true,
        RecordType: { DeveloperName: 'PersonAccount', IsPersonType: true },
        PersonContact: { Email: 'ida@example.com' },
        PersonMailingAddress: { city: 'Carlton' },
      },
    ]);
    expect(await entriesOf(id)).toMatchObject([
      { change_type: 'CREATE', record: { PersonContactId: expect.stringMatching(/^003/) } },
    ]);
  });

  test('keeps the two in step, whichever is changed, telling each change once', async () => {
    const id = await write('create', 'Account', { LastName: 'Blake' });
    await write('update', 'Account', { Id: id, FirstName: 'Will', PersonEmail: 'w@example.com' });
    expect(await contactOf(id)).toMatchObject({ Name: 'Will Blake', Email: 'w@example.com' });
    const [contact] = await query(`SELECT Id FROM Contact WHERE AccountId = '${id}'`);
    const contactId = String(Object(contact)['Id']);
    await write('update', 'Contact', { Id: contactId, LastName: 'Blaker', Hobby__c: 'Print' });
    expect(
      await query(`SELECT Name, LastName, Hobby__pc FROM Account WHERE Id = '${id}'`),
    ).toMatchObject([{ Name: 'Will Blaker', LastName: 'Blaker', Hobby__pc: 'Print' }]);
    expect(await entriesOf(id)).toHaveLength(3);
    expect(await entriesOf(contactId)).toHaveLength(3);
  });

  test('refuses a name for a person, a last name for a business, and a change between them', async () => {
    const person = await write('create', 'Account', { LastName: 'Lear' });
    expect(await write('update', 'Account', { Id: person, Name: 'Lear Ltd' })).toBe(
      'INVALID_FIELD_FOR_INSERT_UPDATE: Account: bad field names on insert/update call: Name',
    );
    const business = await write('create', 'Account', { Name: 'Lear Ltd' });
    expect(business).toMatch(/^001/);
    expect(
      await write('update', 'Account', { Id: business, PersonEmail: 'lear@example.com' }),
    ).toContain('bad field names on insert/update call: PersonEmail');
    expect(await write('create', 'Account', { Site: 'x' })).toBe(
      'REQUIRED_FIELD_MISSING: Required fields are missing: [Name]',
    );
    const type = present(
      testOrg.org
        .schema()
        .findObject('Account')
        ?.recordTypes.find(({ isPerson }) => isPerson),
      'person type',
    );
    expect(await write('create', 'Account', { RecordTypeId: type.id })).toBe(
      'REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]',
    );
    expect(await write('update', 'Account', { Id: business, RecordTypeId: type.id })).toContain(
      'Cannot change a business account',
    );
  });

  test('deletes the contact with the account, and not without it', async () => {
    const { org, context } = testOrg;
    const id = await write('create', 'Account', { LastName: 'Gone' });
    const [contact] = await query(`SELECT Id FROM Contact WHERE AccountId = '${id}'`);
    const contactId = String(Object(contact)['Id']);
    const [refused] = await org.records.delete(context, [contactId]);
    expect(refused?.errors[0]).toMatchObject({ errorCode: 'DELETE_FAILED' });
    const [deleted] = await org.records.delete(context, [id]);
    expect(deleted?.success).toBe(true);
    expect(await contactOf(id)).toBeUndefined();
    await org.records.undelete(context, [id]);
    expect(await contactOf(id)).toMatchObject({ LastName: 'Gone' });
  });

  test('has them after a restart, and takes Contact’s new fields to Account', async () => {
    await using again = await openOrg(testOrg.org.config, silentLog);
    expect(featuresOf(again.schema()).personAccounts).toBe(true);
    await addCustomField(again, 'Contact.Shoe__c', { label: 'Shoe', type: 'Text', length: 5 });
    const account = present(again.schema().findObject('Account'), 'Account');
    expect(again.schema().findField(account, 'Shoe__pc')).toMatchObject({ length: 5 });
    await expect(again.pool.query('select shoe__pc from org.account')).resolves.toBeDefined();
  });
});
