import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { present } from '../../../src/kit/assert.ts';
import { openOrg } from '../../../sandbox/open-org.ts';
import { describeObject } from '../../../sandbox/rest/describe.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { deploy, metadataXml } from '../support/deploy.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';
import { queryOrg } from '../support/query-org.ts';

let testOrg: TestOrg;
beforeAll(async () => {
  testOrg = await openTestOrg();
  expect(await deploy(testOrg.org, MEMBERS, FILES)).toEqual([]);
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

const MEMBERS = {
  CustomObject: ['Trip__c', 'Account'],
  GlobalValueSet: ['Seasons'],
  StandardValueSet: ['Industry'],
};

const value = (name: string, more = ''): string =>
  `<value><fullName>${name}</fullName><default>false</default><label>${name}!</label>${more}</value>`;
const setting = (controlling: readonly string[], name: string): string =>
  `<valueSettings>${controlling.map((one) => `<controllingFieldValue>${one}</controllingFieldValue>`).join('')}<valueName>${name}</valueName></valueSettings>`;

const FILES = {
  'globalValueSets/Seasons.globalValueSet': metadataXml(
    'GlobalValueSet',
    '<masterLabel>Seasons</masterLabel><sorted>false</sorted><customValue><fullName>Summer</fullName><default>false</default><label>Summer</label></customValue><customValue><fullName>Winter</fullName><default>true</default><label>Winter</label></customValue>',
  ),
  'standardValueSets/Industry.standardValueSet': metadataXml(
    'StandardValueSet',
    '<sorted>false</sorted><standardValue><fullName>Rail</fullName><default>false</default><label>Railways</label></standardValue>',
  ),
  'objects/Account.object': metadataXml(
    'CustomObject',
    `<recordTypes><fullName>Hotel</fullName><active>true</active><label>A Hotel</label>
       <picklistValues><picklist>Rating</picklist><values><fullName>Hot</fullName><default>true</default></values></picklistValues></recordTypes>
     <recordTypes><fullName>Closed_Down</fullName><active>false</active><label>Closed</label></recordTypes>`,
  ),
  'objects/Trip__c.object': metadataXml(
    'CustomObject',
    `<label>Trip</label><pluralLabel>Trips</pluralLabel><nameField><label>Name</label><type>Text</type></nameField>
     <deploymentStatus>Deployed</deploymentStatus><sharingModel>ReadWrite</sharingModel>
     <fields><fullName>Season__c</fullName><label>Season</label><type>Picklist</type><valueSet><restricted>true</restricted><valueSetName>Seasons</valueSetName></valueSet></fields>
     <fields><fullName>Continent__c</fullName><label>Continent</label><type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>${value('Asia')}${value('Europe')}${value('Atlantis', '<isActive>false</isActive>')}</valueSetDefinition></valueSet></fields>
     <fields><fullName>Country__c</fullName><label>Country</label><type>Picklist</type><valueSet><restricted>true</restricted><controllingField>Continent__c</controllingField><valueSetDefinition><sorted>false</sorted>${value('Japan')}${value('Turkey')}${value('France')}</valueSetDefinition>${setting(['Asia'], 'Japan')}${setting(['Asia', 'Europe'], 'Turkey')}${setting(['Europe'], 'France')}</valueSet></fields>
     <fields><fullName>Town__c</fullName><label>Town</label><type>Picklist</type><valueSet><restricted>false</restricted><controllingField>Abroad__c</controllingField><valueSetDefinition><sorted>false</sorted>${value('Bonn')}</valueSetDefinition>${setting(['unchecked'], 'Bonn')}</valueSet></fields>
     <fields><fullName>Abroad__c</fullName><label>Abroad</label><type>Checkbox</type><defaultValue>false</defaultValue></fields>
     <fields><fullName>Luggage__c</fullName><label>Luggage</label><type>MultiselectPicklist</type><visibleLines>4</visibleLines><valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>${value('Bag')}${value('Trunk')}${value('Hatbox', '<isActive>false</isActive>')}</valueSetDefinition></valueSet></fields>
     <recordTypes><fullName>Cruise</fullName><active>true</active><label>A Cruise</label>
       <picklistValues><picklist>Season__c</picklist><values><fullName>Summer</fullName><default>true</default></values></picklistValues>
       <picklistValues><picklist>Luggage__c</picklist><values><fullName>Trunk</fullName><default>false</default></values></picklistValues></recordTypes>
     <recordTypes><fullName>Hike</fullName><active>true</active><label>A Hike</label></recordTypes>`,
  ),
};

function described(name: string): Record<string, unknown> {
  const schema = testOrg.org.schema();
  const object = present(schema.findObject(name), name);
  return { ...describeObject(schema, object, { base: '/b', instanceUrl: 'https://x' }) };
}

function field(name: string, fieldName: string) {
  const schema = testOrg.org.schema();
  const object = present(schema.findObject(name), name);
  return present(schema.findField(object, fieldName), fieldName);
}

const query = (text: string): Promise<readonly unknown[]> => queryOrg(testOrg.org, text);

async function create(object: string, record: Record<string, unknown>): Promise<string> {
  const [result] = await testOrg.org.records.create(testOrg.context, object, [record]);
  const [error] = result?.errors ?? [];
  return error === undefined ? (result?.id ?? '') : `${error.errorCode}: ${error.message}`;
}

async function update(object: string, record: Record<string, unknown>): Promise<string> {
  const [result] = await testOrg.org.records.update(testOrg.context, object, [record]);
  const [error] = result?.errors ?? [];
  return error === undefined ? (result?.id ?? '') : `${error.errorCode}: ${error.message}`;
}

describe('picklists', () => {
  test('take their values from global and standard value sets, and inactive values stay known', () => {
    expect(field('Trip__c', 'Season__c')).toMatchObject({
      restrictedPicklist: true,
      defaultValue: 'Winter',
      picklistValues: [{ value: 'Summer' }, { value: 'Winter', defaultValue: true }],
    });
    for (const object of ['Account', 'Lead'])
      expect(field(object, 'Industry').picklistValues).toMatchObject([
        { value: 'Rail', label: 'Railways' },
      ]);
    expect(field('Trip__c', 'Continent__c').picklistValues.at(-1)).toMatchObject({
      value: 'Atlantis',
      active: false,
    });
  });

  test('of statuses are records that say what they mean, also after they were changed', async () => {
    expect(
      await query(
        'SELECT MasterLabel, IsClosed, IsWon FROM OpportunityStage WHERE IsClosed = true',
      ),
    ).toMatchObject([
      { MasterLabel: 'Closed Won', IsWon: true },
      { MasterLabel: 'Closed Lost', IsWon: false },
    ]);
    const converted = 'SELECT ApiName FROM LeadStatus WHERE IsConverted = true';
    expect(await query(converted)).toMatchObject([{ ApiName: 'Closed - Converted' }]);
    const values = ['Fresh', 'Closed - Converted'].map(
      (name) =>
        `<standardValue><fullName>${name}</fullName><default>false</default><label>${name}</label></standardValue>`,
    );
    expect(
      await deploy(
        testOrg.org,
        { StandardValueSet: ['LeadStatus'] },
        {
          'standardValueSets/LeadStatus.standardValueSet': metadataXml(
            'StandardValueSet',
            `<sorted>false</sorted>${values.join('')}`,
          ),
        },
      ),
    ).toEqual([]);
    expect(await query('SELECT ApiName FROM LeadStatus ORDER BY SortOrder')).toMatchObject([
      { ApiName: 'Fresh' },
      { ApiName: 'Closed - Converted' },
    ]);
  });

  test('that depend on others say by bitmaps which values go together', () => {
    const country = field('Trip__c', 'Country__c');
    expect(country).toMatchObject({ dependentPicklist: true, controllerName: 'Continent__c' });
    expect(country.picklistValues.map(({ validFor }) => validFor)).toEqual([
      'gAAA',
      'wAAA',
      'QAAA',
    ]);
    expect(field('Trip__c', 'Town__c').picklistValues[0]?.validFor).toBe('gAAA');
  });

  test('that are restricted refuse what does not go with the controlling value, others take it', async () => {
    const bad = (name: string): string =>
      `INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Country: bad value for restricted picklist field: ${name}`;
    expect(await create('Trip__c', { Continent__c: 'Asia', Country__c: 'France' })).toBe(
      bad('France'),
    );
    expect(await create('Trip__c', { Country__c: 'France' })).toBe(bad('France'));
    const id = await create('Trip__c', { Continent__c: 'Asia', Country__c: 'Turkey' });
    expect(id).toMatch(/^a/);
    expect(await update('Trip__c', { Id: id, Country__c: 'France' })).toBe(bad('France'));
    expect(await update('Trip__c', { Id: id, Continent__c: 'Europe', Country__c: 'France' })).toBe(
      id,
    );
    expect(await create('Trip__c', { Abroad__c: true, Town__c: 'Bonn' })).toMatch(/^a/);
    expect(await create('Trip__c', { Continent__c: 'Atlantis' })).toContain('bad value');
  });

  test('of several values keep the order they are defined in, and refuse unknown and inactive ones', async () => {
    const type = await recordTypeId('Hike');
    const id = await create('Trip__c', { RecordTypeId: type, Luggage__c: 'trunk;Bag' });
    expect(await query(`SELECT Luggage__c FROM Trip__c WHERE Id = '${id}'`)).toMatchObject([
      { Luggage__c: 'Bag;Trunk' },
    ]);
    expect(await create('Trip__c', { RecordTypeId: type, Luggage__c: 'Bag;Hatbox' })).toContain(
      'bad value for restricted picklist field: Hatbox',
    );
  });
});

async function recordTypeId(name: string): Promise<string> {
  const { rows } = await testOrg.org.pool.query<{ id: string }>(
    'select id from org.recordtype where developername = $1',
    [name],
  );
  return present(rows[0], name).id;
}

describe('record types', () => {
  test('stand in describe, and in RecordType as records', async () => {
    const hotel = await recordTypeId('Hotel');
    expect(described('Account')['recordTypeInfos']).toMatchObject([
      {
        recordTypeId: hotel,
        name: 'A Hotel',
        developerName: 'Hotel',
        active: true,
        available: true,
        defaultRecordTypeMapping: true,
        master: false,
      },
      { developerName: 'Closed_Down', active: false, available: false },
      { developerName: 'Master', master: true, defaultRecordTypeMapping: false },
    ]);
    expect(
      await query("SELECT Name, IsActive FROM RecordType WHERE SobjectType = 'Trip__c'"),
    ).toMatchObject([{ Name: 'A Cruise', IsActive: true }, { Name: 'A Hike' }]);
  });

  test('are given to new records by themselves, with their default values, and can be queried by name', async () => {
    const id = await create('Trip__c', {});
    expect(
      await query(`SELECT RecordType.DeveloperName, Season__c FROM Trip__c WHERE Id = '${id}'`),
    ).toMatchObject([{ RecordType: { DeveloperName: 'Cruise' }, Season__c: 'Summer' }]);
    const account = await create('Account', { Name: 'Grand' });
    expect(
      await query(
        `SELECT Rating FROM Account WHERE RecordType.DeveloperName = 'Hotel' AND Id = '${account}'`,
      ),
    ).toMatchObject([{ Rating: 'Hot' }]);
  });

  test('narrow restricted picklists, and leave others alone', async () => {
    const [cruise, hike] = [await recordTypeId('Cruise'), await recordTypeId('Hike')];
    expect(await create('Trip__c', { RecordTypeId: cruise, Season__c: 'Winter' })).toContain(
      'bad value for restricted picklist field: Winter',
    );
    expect(await create('Trip__c', { RecordTypeId: hike, Season__c: 'Winter' })).toMatch(/^a/);
    expect(await create('Account', { Name: 'Inn', Rating: 'Cold' })).toMatch(/^001/);
  });

  test('that are inactive, or another object’s, are refused', async () => {
    for (const name of ['Closed_Down', 'Cruise']) {
      const id = await recordTypeId(name);
      expect(await create('Account', { Name: 'x', RecordTypeId: id })).toBe(
        `INVALID_CROSS_REFERENCE_KEY: Record Type ID: this ID value isn't valid for the user: ${id}`,
      );
    }
  });

  test('are there again after a restart', async () => {
    await using again = await openOrg(testOrg.org.config, silentLog);
    expect(again.schema().findObject('Trip__c')?.recordTypes).toEqual(
      testOrg.org.schema().findObject('Trip__c')?.recordTypes,
    );
    expect(again.schema().findObject('Account')?.recordTypes).toHaveLength(2);
  });
});
