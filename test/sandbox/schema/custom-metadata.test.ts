import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { deploy, metadataXml } from '../support/deploy.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';
import { queryOrg } from '../support/query-org.ts';

let testOrg: TestOrg;
beforeAll(async () => {
  testOrg = await openTestOrg();
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

const TYPE = metadataXml(
  'CustomObject',
  `<label>Tariff</label><pluralLabel>Tariffs</pluralLabel><visibility>Public</visibility>
   <fields><fullName>Rate__c</fullName><label>Rate</label><type>Number</type><precision>5</precision><scale>2</scale></fields>
   <fields><fullName>Active__c</fullName><label>Active</label><type>Checkbox</type><defaultValue>false</defaultValue></fields>
   <fields><fullName>Follows__c</fullName><label>Follows</label><type>MetadataRelationship</type><referenceTo>Tariff__mdt</referenceTo><relationshipName>Followers</relationshipName></fields>
   <fields><fullName>Object__c</fullName><label>Object</label><type>MetadataRelationship</type><referenceTo>EntityDefinition</referenceTo></fields>`,
);

const value = (field: string, text: string, type: string): string =>
  `<values><field>${field}</field><value xsi:type="xsd:${type}">${text}</value></values>`;
const tariff = (label: string, rate: string, more = ''): string =>
  metadataXml(
    'CustomMetadata',
    `<label>${label}</label><protected>false</protected>${value('Rate__c', rate, 'double')}<values><field>Active__c</field><value xsi:nil="true"/></values>${more}`,
  );

describe('a custom metadata type', () => {
  test('is deployed with its records, which queries find', async () => {
    const { org } = testOrg;
    const problems = await deploy(
      org,
      { CustomObject: ['Tariff__mdt'], CustomMetadata: ['Tariff.Day', 'Tariff.Night'] },
      {
        'objects/Tariff__mdt.object': TYPE,
        'customMetadata/Tariff.Day.md': tariff('By day', '1.5'),
        'customMetadata/Tariff.Night.md': tariff(
          'By night',
          '0.75',
          value('Follows__c', 'Day', 'string') + value('Object__c', 'Account', 'string'),
        ),
      },
    );
    expect(problems).toEqual([]);
    expect(
      await queryOrg(
        org,
        'SELECT DeveloperName, MasterLabel, QualifiedApiName, Rate__c, Active__c, Follows__r.Rate__c, Object__c FROM Tariff__mdt ORDER BY DeveloperName',
      ),
    ).toMatchObject([
      { DeveloperName: 'Day', MasterLabel: 'By day', Rate__c: 1.5, Follows__r: null },
      {
        QualifiedApiName: 'Night',
        Rate__c: 0.75,
        Active__c: false,
        Follows__r: { Rate__c: 1.5 },
        Object__c: 'Account',
      },
    ]);
  });

  test('has records that are changed and removed by deploys, and by no other call', async () => {
    const { org, context } = testOrg;
    const again = { 'customMetadata/Tariff.Day.md': tariff('By day', '2') };
    expect(await deploy(org, { CustomMetadata: ['Tariff.Day'] }, again)).toEqual([]);
    expect(
      await queryOrg(org, "SELECT Rate__c FROM Tariff__mdt WHERE DeveloperName = 'Day'"),
    ).toMatchObject([{ Rate__c: 2 }]);
    await expect(org.records.create(context, 'Tariff__mdt', [{}])).rejects.toThrow(
      'does not support create',
    );
    const wrong = { 'customMetadata/Tariff.Day.md': tariff('By day', 'much') };
    expect(await deploy(org, { CustomMetadata: ['Tariff.Day'] }, wrong)).toEqual([
      'Tariff.Day: Rate: value not of required type: much',
    ]);
    const removal = metadataXml(
      'Package',
      '<types><members>Tariff.Day</members><name>CustomMetadata</name></types>',
    );
    expect(await deploy(org, {}, { 'destructiveChanges.xml': removal })).toEqual([]);
    expect(await queryOrg(org, 'SELECT DeveloperName FROM Tariff__mdt')).toMatchObject([
      { DeveloperName: 'Night' },
    ]);
  });
});

test.each([
  ['Archive__b', 'big objects'],
  ['Remote__x', 'external objects'],
])('%s is refused: this org has no %s', async (name, what) => {
  const object = metadataXml('CustomObject', '<label>X</label><pluralLabel>Xs</pluralLabel>');
  const problems = await deploy(
    testOrg.org,
    { CustomObject: [name] },
    { [`objects/${name}.object`]: object },
  );
  expect(problems[0]).toContain(what);
});

test('a custom setting by hierarchy belongs to the org unless it is said to whom, once to each', async () => {
  const { org, context } = testOrg;
  const object = metadataXml(
    'CustomObject',
    '<label>Pace</label><customSettingsType>Hierarchy</customSettingsType><fields><fullName>Speed__c</fullName><label>Speed</label><type>Number</type><precision>3</precision><scale>0</scale></fields>',
  );
  expect(
    await deploy(org, { CustomObject: ['Pace__c'] }, { 'objects/Pace__c.object': object }),
  ).toEqual([]);
  const [made] = await org.records.create(context, 'Pace__c', [{ Speed__c: 3 }]);
  expect(made?.errors).toEqual([]);
  expect(await queryOrg(org, 'SELECT SetupOwnerId, Speed__c FROM Pace__c')).toMatchObject([
    { SetupOwnerId: org.orgId, Speed__c: 3 },
  ]);
  const [twice] = await org.records.create(context, 'Pace__c', [{ Speed__c: 4 }]);
  expect(twice?.errors[0]).toMatchObject({ errorCode: 'DUPLICATE_VALUE' });
  const [mine] = await org.records.create(context, 'Pace__c', [
    { Speed__c: 5, SetupOwnerId: org.adminUserId },
  ]);
  expect(mine?.errors).toEqual([]);
});
