import { createServer } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jsforce from 'jsforce';
import type { DeployResult } from 'jsforce/api/metadata';
import JSZip from 'jszip';

import { createApp } from '../../../sandbox/app.ts';
import { DeployOptions } from '../../../sandbox/metadata/deploy.ts';
import { MetadataJobs } from '../../../sandbox/metadata/metadata-jobs.ts';
import { createMetadataRouter } from '../../../sandbox/metadata/router.ts';
import { openOrg } from '../../../sandbox/open-org.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import type { Authenticator } from '../../../sandbox/session.ts';
import { listen, type Listening } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { until } from '../../support/until.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

/** The token of a user who may not change the org. */
const STRANGER = '00Dtest!stranger';

let testOrg: TestOrg;
let listening: Listening;
let jobs: MetadataJobs;
let connection: jsforce.Connection;
beforeAll(async () => {
  testOrg = await openTestOrg();
  const { org } = testOrg;
  const accessToken = '00Dtest!token';
  const { rows } = await org.pool.query<{ id: string }>(
    'select id from org.profile where not permissionsmodifymetadata',
  );
  const profileOfStranger = rows[0]?.id ?? '';
  const [stranger] = await org.records.create(testOrg.context, 'User', [
    {
      Username: 'stranger@landbridge.example',
      LastName: 'Stranger',
      Email: 'stranger@landbridge.example',
      Alias: 'stranger',
      ProfileId: profileOfStranger,
      TimeZoneSidKey: 'Europe/Berlin',
      LocaleSidKey: 'en_US',
      LanguageLocaleKey: 'en_US',
      EmailEncodingKey: 'UTF-8',
    },
  ]);
  const people = new Map([
    [accessToken, { userId: org.adminUserId, profileId: org.adminProfileId }],
    [STRANGER, { userId: stranger?.id ?? '', profileId: profileOfStranger }],
  ]);
  const authenticator: Authenticator = {
    authenticate: async (token) => {
      const person = people.get(token);
      if (person === undefined) return undefined;
      return {
        ...person,
        orgId: org.orgId,
        username: 'admin@landbridge.example',
        clientId: null,
        scopes: ['api'],
        accessToken: token,
      };
    },
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

const MANIFEST_NAME = 'unpackaged/package.xml';

async function packageOf(
  files: Readonly<Record<string, string>>,
  manifest = MANIFEST,
): Promise<Buffer> {
  const zip = new JSZip();
  zip.file(MANIFEST_NAME, manifest);
  for (const [path, body] of Object.entries(files)) zip.file(`unpackaged/${path}`, body);
  return zip.generateAsync({ type: 'nodebuffer' });
}

function manifestOf(types: Readonly<Record<string, readonly string[]>>): string {
  const listed = Object.entries(types).map(
    ([name, members]) =>
      `<types>${members.map((member) => `<members>${member}</members>`).join('')}<name>${name}</name></types>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<Package xmlns="http://soap.sforce.com/2006/04/metadata">${listed.join('')}<version>60.0</version></Package>`;
}

/** Deploys and waits; jsforce's own waiting asks once a second. */
async function deployed(
  zip: Buffer,
  options: Parameters<typeof connection.metadata.deploy>[1] = {},
): Promise<DeployResult> {
  const { id } = await connection.metadata.deploy(zip, options);
  return ended(id);
}

async function ended(id: string): Promise<DeployResult> {
  return until(
    async () => {
      const result = await connection.metadata.checkDeployStatus(id, true);
      return result.done ? result : undefined;
    },
    { what: 'the end of the deploy', timeoutMs: 10_000 },
  );
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
    await ended(id);
    expect(testOrg.org.schema().findObject('Canoe__c')?.name).toBe('Canoe__c');
  });
});

describe('a package', () => {
  const TEXT = (name: string, more = ''): string =>
    `<fields>\n<fullName>${name}</fullName><label>${name}</label><type>Text</type><length>9</length>${more}</fields>`;
  const fieldsFile = (fields: string): string =>
    `<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">${fields}</CustomObject>`;

  test('puts fields of many types on standard objects, and a formula that nobody can write', async () => {
    const zip = await packageOf(
      {
        'objects/Contact.object': fieldsFile(`${TEXT('Nick__c', '<externalId>true</externalId>')}
<fields><fullName>Points__c</fullName><label>Points</label><type>Number</type><precision>8</precision><scale>1</scale></fields>
<fields><fullName>Double__c</fullName><label>Double</label><type>Number</type><precision>8</precision><scale>1</scale><formula>Points__c * 2</formula></fields>
<fields><fullName>Keen__c</fullName><label>Keen</label><type>Checkbox</type><defaultValue>true</defaultValue></fields>`),
        'objects/Docked__e.object': `<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"><label>Docked</label><pluralLabel>Docked</pluralLabel><eventType>HighVolume</eventType>${TEXT('Pier__c')}</CustomObject>`,
      },
      manifestOf({
        CustomField: [
          'Contact.Nick__c',
          'Contact.Points__c',
          'Contact.Double__c',
          'Contact.Keen__c',
        ],
        CustomObject: ['Docked__e'],
      }),
    );
    expect(await deployed(zip)).toMatchObject({ status: 'Succeeded', numberComponentsDeployed: 6 });
    const { fields } = await connection.sobject('Contact').describe();
    expect(fields.find(({ name }) => name === 'Nick__c')).toMatchObject({ externalId: true });
    expect(fields.find(({ name }) => name === 'Double__c')).toMatchObject({
      calculated: true,
      calculatedFormula: 'Points__c * 2',
      createable: false,
      updateable: false,
    });
    const { id } = await connection.sobject('Contact').create({ LastName: 'X', Points__c: 2 });
    expect(await connection.sobject('Contact').retrieve(id ?? '')).toMatchObject({ Keen__c: true });
    await expect(
      connection.sobject('Contact').create({ LastName: 'Y', Double__c: 4 }),
    ).rejects.toThrow('Double__c');
    expect(await connection.sobject('Docked__e').create({ Pier__c: 'A' })).toMatchObject({
      success: true,
    });
    const again = await deployed(zip);
    expect(again.details?.componentSuccesses?.filter(({ changed }) => changed)).toEqual([]);
  });

  test('cascades from a master to its details', async () => {
    const zip = await packageOf({
      'objects/Fleet__c.object': objectFile(''),
      'objects/Keel__c.object': objectFile(
        '<fields><fullName>Fleet__c</fullName><label>Fleet</label><type>MasterDetail</type><referenceTo>Fleet__c</referenceTo><relationshipName>Keels</relationshipName></fields>',
      ),
    });
    expect(await deployed(zip)).toMatchObject({ status: 'Succeeded' });
    const fleet = await connection.sobject('Fleet__c').create({ Name: 'First' });
    await connection.sobject('Keel__c').create({ Name: 'Oak', Fleet__c: fleet.id });
    await connection.sobject('Fleet__c').destroy(fleet.id ?? '');
    expect((await connection.query('SELECT Id FROM Keel__c')).totalSize).toBe(0);
  });

  test('is refused with the line of the fault, what is not named, and what is missing', async () => {
    const zip = await packageOf(
      {
        'objects/Account.object': fieldsFile(
          `${TEXT('Fine__c')}<fields>\n<fullName>Bad__c</fullName><label>Bad</label><type>Number</type></fields>`,
        ),
        'objects/Dinghy__c.object': objectFile(''),
        'objects/Torn__c.object': '<CustomObject>\n<label>Torn</lable>',
      },
      manifestOf({
        CustomField: ['Account.Fine__c', 'Account.Bad__c', 'Account.Gone__c'],
        CustomObject: ['Torn__c'],
        Nonsense: ['X'],
      }),
    );
    const result = await deployed(zip);
    expect(result).toMatchObject({ status: 'Failed', success: false });
    const faults = result.details?.componentFailures ?? [];
    expect(
      faults.map(({ fullName, problem, lineNumber }) => [fullName, problem, lineNumber]),
    ).toEqual(
      expect.arrayContaining([
        [
          'Account.Bad__c',
          "Account.Bad__c: Must specify 'precision' for a CustomField of type Number",
          3,
        ],
        ['Dinghy__c', 'Not in package.xml', undefined],
        ['Torn__c', expect.stringContaining('Error parsing file'), 2],
        [
          'Account.Gone__c',
          "An object 'Account.Gone__c' of type CustomField was named in package.xml, but was not found in zipped directory",
          undefined,
        ],
        ['X', "Unknown type name 'Nonsense' specified in package.xml", undefined],
      ]),
    );
    expect(result.numberComponentErrors).toBe(faults.length);
    const account = testOrg.org.schema().findObject('Account');
    expect(account?.fields.map(({ name }) => name)).not.toContain('Fine__c');
  });

  test('deploys what is in order when the caller does not want all or nothing', async () => {
    const zip = await packageOf({
      'objects/Lead.object': fieldsFile(
        `${TEXT('Kept__c')}<fields><fullName>Refused__c</fullName><label>R</label><type>Text</type></fields>`,
      ),
    });
    const result = await deployed(zip, { rollbackOnError: false });
    expect(result).toMatchObject({ status: 'SucceededPartial', numberComponentErrors: 1 });
    const names = testOrg.org
      .schema()
      .findObject('Lead')
      ?.fields.map(({ name }) => name);
    expect(names).toContain('Kept__c');
    expect(names).not.toContain('Refused__c');
  });

  test('removes what destructiveChanges names, with the values; what is not there is a warning', async () => {
    const zip = await packageOf(
      {
        'destructiveChanges.xml': manifestOf({ CustomField: ['Lead.Kept__c', 'Lead.Never__c'] }),
      },
      manifestOf({}),
    );
    const result = await deployed(zip);
    expect(result).toMatchObject({ status: 'Succeeded' });
    expect(
      result.details?.componentSuccesses?.map(({ fullName, deleted, problem }) => [
        fullName,
        deleted,
        problem ?? undefined,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['Lead.Kept__c', true, undefined],
        ['Lead.Never__c', false, 'No CustomField named: Lead.Never__c found'],
      ]),
    );
    await expect(connection.query('SELECT Kept__c FROM Lead')).rejects.toThrow('No such column');
  });

  test('refuses to change a type, and to make unique what is not', async () => {
    const one = (name: string, more: string): Promise<Buffer> =>
      packageOf({
        'objects/Case.object': fieldsFile(
          `<fields><fullName>${name}</fullName><label>L</label>${more}</fields>`,
        ),
      });
    await deployed(await one('Size__c', '<type>Text</type><length>9</length>'));
    const dated = await deployed(await one('Size__c', '<type>Date</type>'), { checkOnly: true });
    expect(JSON.stringify(dated.details)).toContain(
      'Case.Size__c: cannot change the field type from string to date',
    );
    await connection.sobject('Case').create([{ Size__c: 'm' }, { Size__c: 'M' }]);
    const unique = '<type>Text</type><length>9</length><unique>true</unique>';
    const result = await deployed(await one('Size__c', unique));
    expect(JSON.stringify(result.details)).toContain('Case.Size__c: cannot be made unique');
  });

  test('keeps what it does not act by, gives it back, and says so', async () => {
    const files = {
      'classes/Hello.cls': 'public class Hello {}',
      'classes/Hello.cls-meta.xml': '<ApexClass/>',
      'lwc/card/card.js': 'export default 1;',
      'lwc/card/card.html': '<template/>',
    };
    const names = { ApexClass: ['Hello'], LightningComponentBundle: ['card'] };
    const result = await deployed(await packageOf(files, manifestOf(names)));
    expect(result).toMatchObject({ status: 'Succeeded', numberComponentsDeployed: 2 });
    expect(JSON.stringify(result.details)).toContain('does nothing in the sandbox org');
    const types = Object.entries(names).map(([name, members]) => ({ name, members }));
    const zip = await retrieved([...types, { name: 'CustomField', members: ['Contact.Nick__c'] }]);
    for (const [path, body] of Object.entries(files))
      expect(await zip.file(`unpackaged/${path}`)?.async('string')).toBe(body);
    const contact = await zip.file('unpackaged/objects/Contact.object')?.async('string');
    expect(contact?.replaceAll(/\n\s*/g, '')).toContain(
      '<fields><fullName>Nick__c</fullName><externalId>true</externalId><label>Nick__c</label><length>9</length><type>Text</type></fields></CustomObject>',
    );
    const listed = await connection.metadata.list([{ type: 'ApexClass' }, { type: 'CustomField' }]);
    expect(listed.map(({ fullName }) => fullName)).toEqual(
      expect.arrayContaining(['Hello', 'Contact.Nick__c']),
    );
  });

  async function retrieved(
    types: readonly { readonly name: string; readonly members: readonly string[] }[],
  ): Promise<JSZip> {
    const request = {
      apiVersion: 60,
      unpackaged: {
        types: types.map(({ name, members }) => ({ name, members: [...members] })),
        version: '60.0',
        objectPermissions: [],
      },
    };
    const { id } = await connection.metadata.retrieve(request);
    const { zipFile } = await until(
      async () => {
        const result = await connection.metadata.checkRetrieveStatus(id);
        return result.done ? result : undefined;
      },
      { what: 'the end of the retrieve', timeoutMs: 10_000 },
    );
    return JSZip.loadAsync(zipFile, { base64: true });
  }

  test('can be cancelled while it waits for its turn: nothing of it is deployed', async () => {
    const zip = await packageOf({ 'objects/Wreck__c.object': objectFile('') });
    const other = await testOrg.org.pool.connect();
    let id = '';
    try {
      // Who else is changing the schema holds it back.
      await other.query('begin');
      await other.query('lock table custom_objects in exclusive mode');
      ({ id } = await connection.metadata.deployRest(zip, {}));
      await until(
        async () => {
          const { status } = await connection.metadata.checkDeployStatus(id, false, true);
          return status === 'InProgress' ? true : undefined;
        },
        { what: 'the deploy in progress' },
      );
      const patched = await connection.request<{
        readonly deployResult: { readonly status: string };
      }>({
        method: 'PATCH',
        url: `/metadata/deployRequest/${id}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ deployResult: { status: 'Canceling' } }),
      });
      expect(patched.deployResult.status).toBe('Canceling');
    } finally {
      await other.query('commit');
      other.release();
    }
    expect(await ended(id)).toMatchObject({ status: 'Canceled', success: false });
    expect(testOrg.org.schema().findObject('Wreck__c')).toBeUndefined();
    await expect(connection.metadata.cancelDeploy(id)).rejects.toThrow('already completed');
  });

  test('is refused when it is no archive, has no manifest, or comes from a user without the permission', async () => {
    expect(JSON.stringify((await deployed(Buffer.from('no zip'))).details)).toContain(
      'no zip archive',
    );
    const empty = await new JSZip().file('a.txt', 'a').generateAsync({ type: 'nodebuffer' });
    expect(JSON.stringify((await deployed(empty)).details)).toContain('No package.xml found');
    const stranger = new jsforce.Connection({
      instanceUrl: connection.instanceUrl,
      accessToken: STRANGER,
      version: '60.0',
    });
    await expect(stranger.metadata.deploy(empty, {})).rejects.toThrow('INSUFFICIENT_ACCESS');
    await expect(stranger.metadata.deployRest(empty, {})).rejects.toThrow('ModifyMetadata');
  });

  test('left unfinished by a crash is deployed at the next start', async () => {
    await jobs[Symbol.asyncDispose]();
    const zip = await packageOf({ 'objects/Phoenix__c.object': objectFile('') });
    const { id } = await connection.metadata.deploy(zip, {});
    expect(await connection.metadata.checkDeployStatus(id)).toMatchObject({ status: 'Pending' });
    await testOrg.org.pool.query(`update metadata_jobs set state = 'InProgress' where id = $1`, [
      id,
    ]);
    jobs = new MetadataJobs(testOrg.org);
    expect(await ended(id)).toMatchObject({ status: 'Succeeded' });
    await using later = await openOrg(testOrg.org.config, silentLog);
    expect(later.schema().findObject('Phoenix__c')?.label).toBe('Ship');
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

test('options of a deploy are read as clients in Python write them', () => {
  const options = DeployOptions.parse({ checkOnly: 'True', rollbackOnError: 'False' });
  expect(options).toMatchObject({ checkOnly: true, rollbackOnError: false });
  expect(DeployOptions.safeParse({ checkOnly: 'yes' }).success).toBe(false);
});
