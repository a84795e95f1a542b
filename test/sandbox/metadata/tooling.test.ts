import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jsforce from 'jsforce';

import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';

let org: ServedOrg;
let connection: jsforce.Connection;
beforeAll(async () => {
  org = await serveOrg();
  connection = new jsforce.Connection({
    instanceUrl: org.url,
    accessToken: org.token,
    version: '60.0',
  });
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('the Tooling API', () => {
  test('shows a custom field as a record, changes it and deletes it', async () => {
    const tooling = connection.tooling;
    const created = await tooling.sobject('CustomField').create({
      FullName: 'Account.Rank__c',
      Metadata: {
        label: 'Rank',
        type: 'Text',
        length: 8,
        externalId: true,
        description: 'Its rank',
      },
    });
    expect(created).toMatchObject({ success: true });
    const id = created.id ?? '';
    const { records } = await tooling.query(
      `SELECT Id, DeveloperName, TableEnumOrId, Length, Description FROM CustomField WHERE EntityDefinition.QualifiedApiName = 'account'`,
    );
    expect(records).toMatchObject([
      {
        Id: id,
        DeveloperName: 'Rank',
        TableEnumOrId: 'Account',
        Length: 8,
        Description: 'Its rank',
      },
    ]);
    expect(await tooling.sobject('CustomField').retrieve(id)).toMatchObject({
      FullName: 'Account.Rank__c',
      Metadata: { label: 'Rank', type: 'Text', length: 8 },
    });
    const metadata = { label: 'Grade', type: 'Text', length: 12, externalId: false };
    await tooling.sobject('CustomField').update({ Id: id, Metadata: metadata });
    const { fields } = await connection.sobject('Account').describe();
    expect(fields.find(({ name }) => name === 'Rank__c')).toMatchObject({
      label: 'Grade',
      length: 12,
      externalId: false,
    });
    const page = await org.ask('GET', 'tooling/query?q=SELECT+Id+FROM+CustomField');
    expect(page.body).toEqual({
      size: 1,
      totalSize: 1,
      done: true,
      queryLocator: null,
      entityTypeName: 'CustomField',
      records: [
        {
          attributes: {
            type: 'CustomField',
            url: `/services/data/v60.0/tooling/sobjects/CustomField/${id}`,
          },
          Id: id,
        },
      ],
    });
    const whole = await tooling.query('SELECT Metadata FROM CustomField');
    expect(whole.records).toMatchObject([{ Metadata: { label: 'Grade', length: 12 } }]);
    const second = { FullName: 'Account.Second__c', Metadata: { ...metadata, label: 'Second' } };
    const { id: secondId = '' } = await tooling.sobject('CustomField').create(second);
    await expect(tooling.query('SELECT Metadata FROM CustomField')).rejects.toThrow(
      'no more than one row for retrieval. Result size: 2',
    );
    await tooling.sobject('CustomField').destroy(secondId);
    await tooling.sobject('CustomField').destroy(id);
    expect((await tooling.query('SELECT Id FROM CustomField')).records).toEqual([]);
    await expect(connection.query('SELECT Rank__c FROM Account')).rejects.toThrow('No such column');
  });

  test('answers queries of objects and fields, over REST as well, and at once of new ones', async () => {
    const fields = `SELECT QualifiedApiName, DataType, EntityDefinition.Label FROM FieldDefinition
      WHERE EntityDefinitionId = 'Contact' AND QualifiedApiName IN ('LastName', 'AccountId', 'Level__c') ORDER BY QualifiedApiName`;
    const before = [
      { QualifiedApiName: 'AccountId', DataType: 'Lookup(Account)' },
      {
        QualifiedApiName: 'LastName',
        DataType: 'Text(80)',
        EntityDefinition: { Label: 'Contact' },
      },
    ];
    expect((await connection.query(fields)).records).toMatchObject(before);
    await connection.tooling.sobject('CustomField').create({
      FullName: 'Contact.Level__c',
      Metadata: { label: 'Level', type: 'Number', precision: 10, scale: 2 },
    });
    expect((await connection.tooling.query(fields)).records).toMatchObject([
      before[0],
      before[1],
      { QualifiedApiName: 'Level__c', DataType: 'Number(8, 2)' },
    ]);
    const { records } = await connection.tooling.query(
      `SELECT KeyPrefix, IsQueryable, (SELECT QualifiedApiName FROM Fields WHERE IsNameField = true) FROM EntityDefinition WHERE QualifiedApiName = 'Account'`,
    );
    expect(records).toMatchObject([
      { KeyPrefix: '001', IsQueryable: true, Fields: { records: [{ QualifiedApiName: 'Name' }] } },
    ]);
  });

  test('keeps its own objects out of the list of the org’s', async () => {
    const names = (list: { readonly sobjects: readonly { readonly name: string }[] }): unknown =>
      list.sobjects.map(({ name }) => name);
    expect(names(await connection.describeGlobal())).not.toContain('CustomField');
    expect(names(await connection.tooling.describeGlobal())).toContain('FieldDefinition');
    expect((await connection.tooling.describeSObject('CustomField')).keyPrefix).toBe('00N');
  });

  test('says that no Apex runs here', async () => {
    await expect(connection.tooling.executeAnonymous('System.debug(1);')).rejects.toThrow(
      'The sandbox org does not implement Apex',
    );
  });
});
