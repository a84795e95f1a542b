import { createServer } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jsforce from 'jsforce';
import JSZip from 'jszip';

import { createApp } from '../../../sandbox/app.ts';
import { MetadataJobs } from '../../../sandbox/metadata/metadata-jobs.ts';
import { createMetadataRouter } from '../../../sandbox/metadata/router.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import type { Authenticator } from '../../../sandbox/session.ts';
import { listen, type Listening } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { until } from '../../support/until.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

let testOrg: TestOrg;
let listening: Listening;
let jobs: MetadataJobs;
let connection: jsforce.Connection;
beforeAll(async () => {
  testOrg = await openTestOrg();
  const { org } = testOrg;
  const accessToken = '00Dtest!token';
  const authenticator: Authenticator = {
    authenticate: (token) =>
      Promise.resolve(
        token === accessToken
          ? {
              userId: org.adminUserId,
              orgId: org.orgId,
              username: 'admin@landbridge.example',
              profileId: org.adminProfileId,
              clientId: null,
              scopes: ['api'],
              accessToken,
            }
          : undefined,
      ),
  };
  jobs = new MetadataJobs(org);
  const app = createApp({
    log: silentLog,
    health: () => ({ ready: true, parts: {} }),
    routers: [createMetadataRouter(org, authenticator, jobs), createRestRouter(org, authenticator)],
  });
  const place = {
    port: 0,
    host: '127.0.0.1',
    drainMs: 1_000,
    what: 'the test org',
    variable: 'none',
  };
  listening = await listen(createServer(app), place);
  const instanceUrl = `http://127.0.0.1:${listening.port}`;
  connection = new jsforce.Connection({ instanceUrl, accessToken, version: '60.0' });
});
afterAll(async () => {
  await listening[Symbol.asyncDispose]();
  await jobs[Symbol.asyncDispose]();
  await testOrg[Symbol.asyncDispose]();
});

const MANIFEST = `<?xml version="1.0" encoding="UTF-8"?>
<Package xmlns="http://soap.sforce.com/2006/04/metadata"><types><members>*</members><name>CustomObject</name></types><version>60.0</version></Package>`;

function objectFile(fields: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">${fields}
<label>Ship</label><pluralLabel>Ships</pluralLabel><nameField><label>Ship Name</label><type>Text</type></nameField>
<deploymentStatus>Deployed</deploymentStatus><sharingModel>ReadWrite</sharingModel></CustomObject>`;
}

const HARBOR = `<fields><fullName>Harbor__c</fullName><label>Harbor</label><type>Lookup</type><referenceTo>Account</referenceTo><relationshipName>Ships</relationshipName></fields>
<fields><fullName>Kind__c</fullName><label>Kind</label><type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>
<value><fullName>Barque</fullName><default>true</default><label>Barque</label></value><value><fullName>Cog</fullName><default>false</default><label>Cog</label></value></valueSetDefinition></valueSet></fields>
<fields><fullName>Code__c</fullName><label>Code</label><type>Text</type><length>12</length><unique>true</unique><externalId>true</externalId></fields>`;

async function packageOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const zip = new JSZip();
  zip.file('unpackaged/package.xml', MANIFEST);
  for (const [path, body] of Object.entries(files)) zip.file(`unpackaged/${path}`, body);
  return zip.generateAsync({ type: 'nodebuffer' });
}

describe('a deployed package', () => {
  test('makes an object whose records can be written and queried, with parent and children', async () => {
    const zip = await packageOf({ 'objects/Ship__c.object': objectFile(HARBOR) });
    const result = await connection.metadata.deploy(zip, {}).complete(true);
    expect(result).toMatchObject({
      success: true,
      status: 'Succeeded',
      numberComponentsDeployed: 4,
    });
    const account = await connection.sobject('Account').create({ Name: 'Port of Ships' });
    const created = await connection
      .sobject('Ship__c')
      .create({ Name: 'Gorch', Harbor__c: account.id, Code__c: 'g1' });
    expect(created).toMatchObject({ success: true, id: expect.stringMatching(/^a00/) });
    const { records } = await connection.query(
      `SELECT Name, Kind__c, Harbor__r.Name FROM Ship__c WHERE Code__c = 'G1'`,
    );
    expect(records).toMatchObject([
      { Name: 'Gorch', Kind__c: 'Barque', Harbor__r: { Name: 'Port of Ships' } },
    ]);
    const parents = await connection.query(
      `SELECT (SELECT Name FROM Ships__r) FROM Account WHERE Id = '${account.id}'`,
    );
    expect(parents.records).toMatchObject([{ Ships__r: { records: [{ Name: 'Gorch' }] } }]);
  });

  test('with one fault changes nothing and says where it is', async () => {
    const bad = objectFile(
      `<fields><fullName>Broken__c</fullName><label>Broken</label><type>Lookup</type></fields>`,
    );
    const good = objectFile('');
    const zip = await packageOf({ 'objects/Raft__c.object': good, 'objects/Wreck__c.object': bad });
    const result = await connection.metadata.deploy(zip, {}).complete(true);
    expect(result).toMatchObject({ success: false, status: 'Failed' });
    expect(JSON.stringify(result.details)).toContain(
      'Wreck__c.Broken__c: referenceTo must name an object of this org',
    );
    expect(testOrg.org.schema().findObject('Raft__c')).toBeUndefined();
  });

  test('is only checked when so asked', async () => {
    const zip = await packageOf({ 'objects/Canoe__c.object': objectFile('') });
    const checked = await connection.metadata.deployRest(zip, { checkOnly: true }).complete();
    expect(checked).toMatchObject({ success: true, checkOnly: true });
    expect(testOrg.org.schema().findObject('Canoe__c')).toBeUndefined();
    const id = await connection.metadata.deployRecentValidation({ id: checked.id, rest: true });
    await until(async () => (await connection.metadata.checkDeployStatus(id)).done || undefined, {
      what: 'the end of the deploy',
      timeoutMs: 10_000,
    });
    expect(testOrg.org.schema().findObject('Canoe__c')?.name).toBe('Canoe__c');
  });
});

describe('metadata written one by one', () => {
  const lake = {
    fullName: 'Lake__c',
    label: 'Lake',
    pluralLabel: 'Lakes',
    nameField: { type: 'AutoNumber', label: 'Lake Number', displayFormat: 'L-{0000}' },
    deploymentStatus: 'Deployed',
    sharingModel: 'ReadWrite',
  };

  test('is created, read, renamed with its records, and deleted', async () => {
    expect(await connection.metadata.create('CustomObject', lake)).toMatchObject({ success: true });
    expect(await connection.metadata.create('CustomObject', lake)).toMatchObject({
      success: false,
    });
    const field = {
      fullName: 'Lake__c.Depth__c',
      label: 'Depth',
      type: 'Number',
      precision: 6,
      scale: 2,
    };
    expect(await connection.metadata.create('CustomField', field)).toMatchObject({ success: true });
    const created = await connection.sobject('Lake__c').create({ Depth__c: 12.345 });
    expect(await connection.metadata.rename('CustomObject', 'Lake__c', 'Pond__c')).toMatchObject({
      success: true,
    });
    expect(await connection.sobject('Pond__c').retrieve(created.id ?? '')).toMatchObject({
      Name: 'L-0001',
      Depth__c: 12.35,
    });
    expect(await connection.metadata.read('CustomObject', 'Pond__c')).toMatchObject({
      fullName: 'Pond__c',
      label: 'Lake',
    });
    expect(await connection.metadata.delete('CustomObject', 'Pond__c')).toMatchObject({
      success: true,
    });
    await expect(connection.sobject('Pond__c').describe()).rejects.toThrow(
      'The requested resource does not exist',
    );
  });

  test('a unique field refuses twins, and no longer when it is not', async () => {
    const plain = {
      fullName: 'Account.Tax__c',
      label: 'Tax',
      type: 'Text',
      length: 10,
      externalId: true,
    };
    await connection.metadata.create('CustomField', { ...plain, unique: true });
    expect(await connection.sobject('Account').create({ Name: 'One', Tax__c: 't' })).toMatchObject({
      success: true,
    });
    await expect(
      connection.sobject('Account').create({ Name: 'Two', Tax__c: 'T' }),
    ).rejects.toThrow('duplicate value found: Tax__c');
    expect(
      await connection.metadata.update('CustomField', { ...plain, unique: false }),
    ).toMatchObject({ success: true });
    expect(await connection.sobject('Account').create({ Name: 'Two', Tax__c: 'T' })).toMatchObject({
      success: true,
    });
  });
});
