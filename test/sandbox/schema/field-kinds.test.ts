import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { present } from '../../../src/kit/assert.ts';
import { addCustomField } from '../../../sandbox/schema/add-custom.ts';
import { deploy, metadataXml } from '../support/deploy.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';
import { queryOrg } from '../support/query-org.ts';

let testOrg: TestOrg;
beforeAll(async () => {
  testOrg = await openTestOrg();
  const add = (name: string, metadata: Record<string, unknown>): Promise<string> =>
    addCustomField(testOrg.org, `Contact.${name}`, { label: name, ...metadata });
  await add('Secret__c', { type: 'EncryptedText', length: 40 });
  await add('Card__c', {
    type: 'EncryptedText',
    length: 40,
    maskChar: 'X',
    maskType: 'creditCard',
  });
  await add('Tail__c', { type: 'EncryptedText', length: 40, maskType: 'lastFour' });
  await add('Essay__c', { type: 'LongTextArea', length: 5_000, visibleLines: 3 });
  await add('Page__c', { type: 'Html', length: 5_000, visibleLines: 9 });
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

const create = async (record: Record<string, unknown>): Promise<string> => {
  const [result] = await testOrg.org.records.create(testOrg.context, 'Contact', [record]);
  expect(result?.errors).toEqual([]);
  return present(result?.id, 'id');
};

describe('encrypted text', () => {
  test('is masked for who may not read it, and stored as it was', async () => {
    const { org } = testOrg;
    const id = await create({
      LastName: 'Spy',
      Secret__c: 'rosebud',
      Card__c: '4111111111111111',
      Tail__c: '0123456789',
    });
    const select = `SELECT Secret__c, Card__c, Tail__c FROM Contact WHERE Id = '${id}'`;
    expect(await queryOrg(org, select)).toMatchObject([
      { Secret__c: '*******', Card__c: 'XXXX-XXXX-XXXX-1111', Tail__c: '******6789' },
    ]);
    const { rows } = await org.pool.query('select secret__c from org.contact where id = $1', [id]);
    expect(rows).toEqual([{ secret__c: 'rosebud' }]);
  });

  test('is shown to who has View Encrypted Data', async () => {
    const { org, context } = testOrg;
    const create2 = async (object: string, record: Record<string, unknown>): Promise<string> => {
      const [result] = await org.records.create(context, object, [record]);
      expect(result?.errors).toEqual([]);
      return present(result?.id, 'id');
    };
    const [profile] = await queryOrg(org, "SELECT Id FROM Profile WHERE Name = 'Standard User'");
    const userId = await create2('User', {
      Username: 'reader@example.com',
      LastName: 'Reader',
      Email: 'reader@example.com',
      Alias: 'reader',
      ProfileId: Object(profile)['Id'],
      TimeZoneSidKey: 'Europe/Paris',
      LocaleSidKey: 'en_US',
      EmailEncodingKey: 'UTF-8',
      LanguageLocaleKey: 'en_US',
    });
    const ParentId = await create2('PermissionSet', {
      Name: 'Decrypt',
      Label: 'Decrypt',
      PermissionsViewEncryptedData: true,
      PermissionsApiEnabled: true,
    });
    const read = { ParentId, SobjectType: 'Contact' };
    await create2('ObjectPermissions', { ...read, PermissionsRead: true });
    await create2('FieldPermissions', {
      ...read,
      Field: 'Contact.Secret__c',
      PermissionsRead: true,
    });
    await create2('PermissionSetAssignment', { PermissionSetId: ParentId, AssigneeId: userId });
    await create({ LastName: 'Agent', Secret__c: 'swordfish' });
    const seen = await org.seenBy({ userId });
    expect(
      await queryOrg(seen, "SELECT Secret__c FROM Contact WHERE LastName = 'Agent'"),
    ).toMatchObject([{ Secret__c: 'swordfish' }]);
  });
});

test.each([
  ["SELECT Id FROM Contact WHERE Secret__c = 'x'", "field 'Secret__c' can not be filtered"],
  ['SELECT Id FROM Contact ORDER BY Secret__c', "field 'Secret__c' can not be sorted"],
  ['SELECT Secret__c FROM Contact GROUP BY Secret__c', "field 'Secret__c' can not be grouped"],
  ["SELECT Id FROM Contact WHERE Essay__c = 'x'", "field 'Essay__c' can not be filtered"],
  ['SELECT Id FROM Contact ORDER BY Page__c', "field 'Page__c' can not be sorted"],
  ['SELECT Essay__c FROM Contact GROUP BY Essay__c', "field 'Essay__c' can not be grouped"],
])('%s is refused', async (text, refusal) => {
  await expect(queryOrg(testOrg.org, text)).rejects.toThrow(refusal);
});

test('users lead to users by a hierarchy of their own, and nobody else has one', async () => {
  const { org, context } = testOrg;
  const hierarchy = metadataXml(
    'CustomObject',
    '<fields><fullName>Mentor__c</fullName><label>Mentor</label><type>Hierarchy</type><relationshipName>Mentees</relationshipName></fields>',
  );
  expect(
    await deploy(org, { CustomField: ['User.Mentor__c'] }, { 'objects/User.object': hierarchy }),
  ).toEqual([]);
  const [result] = await org.records.update(context, 'User', [
    { Id: org.adminUserId, Mentor__c: org.adminUserId },
  ]);
  expect(result?.errors).toEqual([]);
  expect(await queryOrg(org, 'SELECT Mentor__r.Username FROM User')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        Mentor__r: expect.objectContaining({ Username: 'admin@landbridge.example' }),
      }),
    ]),
  );
  expect(
    await deploy(org, { CustomField: ['Case.Mentor__c'] }, { 'objects/Case.object': hierarchy }),
  ).toEqual([expect.stringContaining('can only be created on User')]);
});

test('rich text keeps its markup, and long text its lines', async () => {
  const Page__c = '<p>Bold <b>words</b> &amp; <i>more</i></p>';
  const Essay__c = `one\n\ntwo ${'x'.repeat(4_000)}`;
  const id = await create({ LastName: 'Author', Page__c, Essay__c });
  expect(
    await queryOrg(testOrg.org, `SELECT Page__c, Essay__c FROM Contact WHERE Id = '${id}'`),
  ).toMatchObject([{ Page__c, Essay__c }]);
});

test('undeleting gives back the lookups that the deletion had emptied, but those set anew', async () => {
  const { org, context } = testOrg;
  const account = async (Name: string): Promise<string> => {
    const [result] = await org.records.create(context, 'Account', [{ Name }]);
    return present(result?.id, 'id');
  };
  const [parent, other] = [await account('Holding'), await account('Other')];
  const [kept, moved] = [await account('Kept'), await account('Moved')];
  const write = { context, object: 'Account' };
  await org.records.update(
    write.context,
    write.object,
    [kept, moved].map((Id) => ({ Id, ParentId: parent })),
  );
  await org.records.delete(context, [parent]);
  expect(await queryOrg(org, `SELECT ParentId FROM Account WHERE Id = '${kept}'`)).toMatchObject([
    { ParentId: null },
  ]);
  await org.records.update(context, 'Account', [{ Id: moved, ParentId: other }]);
  await org.records.undelete(context, [parent]);
  expect(
    await queryOrg(
      org,
      `SELECT ParentId FROM Account WHERE Id IN ('${kept}', '${moved}') ORDER BY Name`,
    ),
  ).toMatchObject([{ ParentId: parent }, { ParentId: other }]);
  const { rows } = await org.pool.query('select from cleared_references');
  expect(rows).toHaveLength(0);
});
