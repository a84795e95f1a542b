import { afterAll, beforeAll, expect, test } from '@jest/globals';
import JSZip from 'jszip';
import { z } from 'zod';

import { queueRetrieve, runRetrieve } from '../../../sandbox/metadata/retrieve.ts';
import { claimJob, getJob } from '../../../sandbox/metadata/jobs.ts';
import { METADATA_METHODS, type MetadataCall } from '../../../sandbox/metadata/soap.ts';
import { MetadataJobs } from '../../../sandbox/metadata/metadata-jobs.ts';
import { present } from '../../../src/kit/assert.ts';
import { deploy, metadataXml } from '../support/deploy.ts';
import { openOrgWithUsers, type Caller, type OrgWithUsers } from './org-with-users.ts';

let org: OrgWithUsers;
let user: Caller;
let colleague: Caller;

const Found = z.object({ records: z.array(z.looseObject({ Id: z.string() })) });
const Id = z.object({ id: z.string() });

async function found(caller: Caller, soql: string): Promise<readonly string[]> {
  const { status, body } = await caller.ask('GET', `query?q=${encodeURIComponent(soql)}`);
  expect({ status, body }).toMatchObject({ status: 200 });
  return Found.parse(body).records.map(({ Id: id }) => id);
}

async function make(caller: Caller, object: string, record: object): Promise<string> {
  const { status, body } = await caller.ask('POST', `sobjects/${object}`, record);
  expect({ status, body }).toMatchObject({ status: 201 });
  return Id.parse(body).id;
}

function session() {
  return {
    userId: org.org.adminUserId,
    orgId: org.org.orgId,
    username: 'admin@landbridge.example',
    profileId: org.org.adminProfileId,
    clientId: null,
    clientName: '',
    scopes: [],
    accessToken: '',
  };
}

async function retrieve(types: readonly { name: string; members: string[] }[]) {
  const id = await queueRetrieve(org.org, session(), { unpackaged: { types, version: '60.0' } });
  const job = present(await claimJob(org.org.pool), 'job');
  await runRetrieve(org.org, job);
  const { zip } = await getJob(org.org, 'retrieve', id);
  const opened = await JSZip.loadAsync(present(zip ?? undefined, 'zip'));
  return async (path: string): Promise<string> =>
    (await opened.file(`unpackaged/${path}`)?.async('text')) ?? '';
}

async function call(method: string, parameters: object): Promise<unknown> {
  await using jobs = new MetadataJobs(org.org);
  const whole: MetadataCall = {
    org: org.org,
    jobs,
    session: session(),
    version: '60.0',
    parameters: { ...parameters },
  };
  return await present(METADATA_METHODS[method], method)(whole);
}

const OBJECT = `<label>Parcel</label><pluralLabel>Parcels</pluralLabel><nameField><label>Name</label><type>Text</type></nameField><sharingModel>Private</sharingModel><deploymentStatus>Deployed</deploymentStatus><fields><fullName>Weight__c</fullName><label>Weight</label><type>Number</type><precision>6</precision><scale>0</scale></fields>`;
const SET = `<description>Moves parcels</description><fieldPermissions><editable>true</editable><field>Parcel__c.Weight__c</field><readable>true</readable></fieldPermissions><label>Parcels</label><objectPermissions><allowCreate>true</allowCreate><allowDelete>false</allowDelete><allowEdit>true</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>Parcel__c</object><viewAllRecords>false</viewAllRecords></objectPermissions><tabSettings><tab>Parcel__c</tab><visibility>Visible</visibility></tabSettings>`;

beforeAll(async () => {
  org = await openOrgWithUsers();
  await org.makeUser('user@access.example', 'Standard User');
  await org.makeUser('colleague@access.example', 'Standard User');
  user = await org.caller('user@access.example');
  colleague = await org.caller('colleague@access.example');
  expect(
    await deploy(
      org.org,
      { CustomObject: ['Parcel__c'], PermissionSet: ['Parcels'] },
      {
        'objects/Parcel__c.object': metadataXml('CustomObject', OBJECT),
        'permissionsets/Parcels.permissionset': metadataXml('PermissionSet', SET),
      },
    ),
  ).toEqual([]);
}, 60_000);

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

test('a permission set deployed with an object shows it to whom it is assigned', async () => {
  expect((await user.ask('GET', 'sobjects/Parcel__c/describe')).status).toBe(404);
  const [set] = await found(org.admin, `SELECT Id FROM PermissionSet WHERE Name = 'Parcels'`);
  await make(org.admin, 'PermissionSetAssignment', { AssigneeId: user.id, PermissionSetId: set });
  await make(org.admin, 'PermissionSetAssignment', {
    AssigneeId: colleague.id,
    PermissionSetId: set,
  });
  const id = await make(user, 'Parcel__c', { Name: 'Box', Weight__c: 3 });
  expect(await found(user, 'SELECT Id, Weight__c FROM Parcel__c')).toEqual([id]);
  expect(await found(colleague, 'SELECT Id FROM Parcel__c')).toEqual([]);
});

test('permission sets assigned as a group hold together', async () => {
  expect(
    await deploy(
      org.org,
      { PermissionSetGroup: ['Depot'] },
      {
        'permissionsetgroups/Depot.permissionsetgroup': metadataXml(
          'PermissionSetGroup',
          '<label>Depot</label><permissionSets>Parcels</permissionSets>',
        ),
      },
    ),
  ).toEqual([]);
  await org.makeUser('third@access.example', 'Standard User');
  const third = await org.caller('third@access.example');
  expect((await third.ask('GET', 'sobjects/Parcel__c/describe')).status).toBe(404);
  const [group] = await found(
    org.admin,
    `SELECT Id FROM PermissionSetGroup WHERE DeveloperName = 'Depot'`,
  );
  await make(org.admin, 'PermissionSetAssignment', {
    AssigneeId: third.id,
    PermissionSetGroupId: group,
  });
  expect((await third.ask('GET', 'sobjects/Parcel__c/describe')).status).toBe(200);
});

test('roles, groups, queues and sharing rules that are deployed share records', async () => {
  const rules = `<sharingCriteriaRules><fullName>Heavy</fullName><accessLevel>Edit</accessLevel><label>Heavy</label><sharedTo><group>Lifters</group></sharedTo><criteriaItems><field>Weight__c</field><operation>greaterThan</operation><value>100</value></criteriaItems></sharingCriteriaRules><sharingOwnerRules><fullName>Clerks</fullName><accessLevel>Read</accessLevel><label>Clerks</label><sharedTo><role>Auditor</role></sharedTo><sharedFrom><roleAndSubordinates>Chief</roleAndSubordinates></sharedFrom></sharingOwnerRules>`;
  const role = (name: string, parent = '') =>
    metadataXml(
      'Role',
      `<caseAccessLevel>Edit</caseAccessLevel><contactAccessLevel>Edit</contactAccessLevel><name>${name}</name><opportunityAccessLevel>Edit</opportunityAccessLevel>${parent}`,
    );
  expect(
    await deploy(
      org.org,
      {
        Group: ['Lifters'],
        Queue: ['Dock'],
        Role: ['Auditor', 'Chief', 'Clerk'],
        SharingRules: ['Parcel__c'],
      },
      {
        'groups/Lifters.group': metadataXml(
          'Group',
          '<doesIncludeBosses>true</doesIncludeBosses><name>Lifters</name>',
        ),
        'queues/Dock.queue': metadataXml(
          'Queue',
          '<name>Dock</name><queueMembers><publicGroups><publicGroup>Lifters</publicGroup></publicGroups></queueMembers><queueSobject><sobjectType>Parcel__c</sobjectType></queueSobject>',
        ),
        'roles/Auditor.role': role('Auditor'),
        'roles/Clerk.role': role('Clerk', '<parentRole>Chief</parentRole>'),
        'roles/Chief.role': role('Chief'),
        'sharingRules/Parcel__c.sharingRules': metadataXml('SharingRules', rules),
      },
    ),
  ).toEqual([]);
  const light = await make(user, 'Parcel__c', { Name: 'Light', Weight__c: 1 });
  const heavy = await make(user, 'Parcel__c', { Name: 'Heavy', Weight__c: 500 });
  const soql = `SELECT Id FROM Parcel__c WHERE Name IN ('Light', 'Heavy', 'Queued') ORDER BY CreatedDate, Name DESC`;
  expect(await found(colleague, soql)).toEqual([]);
  const [lifters] = await found(org.admin, `SELECT Id FROM Group WHERE DeveloperName = 'Lifters'`);
  await make(org.admin, 'GroupMember', { GroupId: lifters, UserOrGroupId: colleague.id });
  expect(await found(colleague, soql)).toEqual([heavy]);
  expect(
    (await colleague.ask('PATCH', `sobjects/Parcel__c/${heavy}`, { Weight__c: 400 })).status,
  ).toBe(204);
  const [dock] = await found(
    org.admin,
    `SELECT Id FROM Group WHERE Type = 'Queue' AND DeveloperName = 'Dock'`,
  );
  const queued = await make(org.admin, 'Parcel__c', { Name: 'Queued', OwnerId: dock });
  expect(new Set(await found(colleague, soql))).toEqual(new Set([heavy, queued]));

  const [clerk] = await found(org.admin, `SELECT Id FROM UserRole WHERE DeveloperName = 'Clerk'`);
  const [auditor] = await found(
    org.admin,
    `SELECT Id FROM UserRole WHERE DeveloperName = 'Auditor'`,
  );
  await org.admin.ask('PATCH', `sobjects/User/${user.id}`, { UserRoleId: clerk });
  await org.admin.ask('PATCH', `sobjects/User/${colleague.id}`, { UserRoleId: auditor });
  expect(new Set(await found(colleague, soql))).toEqual(new Set([light, heavy, queued]));
  expect(
    (await colleague.ask('PATCH', `sobjects/Parcel__c/${light}`, { Weight__c: 2 })).status,
  ).toBe(403);
});

test('a bad permission set is refused in Salesforce’s words and leaves nothing', async () => {
  const bad = (content: string) =>
    deploy(
      org.org,
      { PermissionSet: ['Bad'] },
      {
        'permissionsets/Bad.permissionset': metadataXml('PermissionSet', content),
      },
    );
  expect(
    await bad(
      '<label>Bad</label><fieldPermissions><editable>true</editable><field>Account.Nope__c</field><readable>true</readable></fieldPermissions>',
    ),
  ).toEqual(['Bad: In field: field - no CustomField named Account.Nope__c found']);
  expect(
    await bad(
      '<label>Bad</label><objectPermissions><allowEdit>true</allowEdit><object>Account</object></objectPermissions>',
    ),
  ).toEqual(['Bad: Permission Edit Account depends on permission(s): Read Account']);
  expect(await bad('<description>x</description>')).toEqual([
    'Bad: Required field is missing: label',
  ]);
  expect(await found(org.admin, `SELECT Id FROM PermissionSet WHERE Name = 'Bad'`)).toEqual([]);
});

test('what is retrieved is what holds now, and of a profile only what the manifest names', async () => {
  const [permission] = await found(
    org.admin,
    `SELECT Id FROM FieldPermissions WHERE Field = 'Parcel__c.Weight__c' AND Parent.Name = 'Parcels'`,
  );
  await org.admin.ask('PATCH', `sobjects/FieldPermissions/${permission ?? ''}`, {
    PermissionsEdit: false,
  });
  const file = await retrieve([
    { name: 'PermissionSet', members: ['Parcels'] },
    { name: 'Profile', members: ['Standard'] },
    { name: 'CustomObject', members: ['Account'] },
    { name: 'Role', members: ['*'] },
    { name: 'Queue', members: ['Dock'] },
    { name: 'SharingRules', members: ['Parcel__c'] },
  ]);
  const set = await file('permissionsets/Parcels.permissionset');
  expect(set).toContain('<editable>false</editable>');
  expect(set).toContain('<visibility>Visible</visibility>');
  const profile = await file('profiles/Standard.profile');
  expect(profile).toContain('<object>Account</object>');
  expect(profile).toContain('<field>Account.Industry</field>');
  expect(profile).not.toContain('Contact');
  expect(await file('roles/Clerk.role')).toContain('<parentRole>Chief</parentRole>');
  expect(await file('queues/Dock.queue')).toContain('<publicGroup>Lifters</publicGroup>');
  expect(await file('sharingRules/Parcel__c.sharingRules')).toContain('<fullName>Heavy</fullName>');
});

test('a profile that is deployed changes what it names and keeps the rest', async () => {
  const profile = `<objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>Lead</object><viewAllRecords>false</viewAllRecords></objectPermissions><userPermissions><enabled>true</enabled><name>ViewSetup</name></userPermissions>`;
  const files = { 'profiles/Standard.profile': metadataXml('Profile', profile) };
  expect(await deploy(org.org, { Profile: ['Standard'] }, files)).toEqual([]);
  const { body } = await user.ask('GET', 'sobjects/Lead/describe');
  expect(body).toMatchObject({ createable: false, queryable: true });
  expect((await user.ask('GET', 'sobjects/Account/describe')).body).toMatchObject({
    createable: true,
  });
  expect((await user.ask('GET', 'sobjects/PermissionSet/describe')).status).toBe(200);
});

test('single components are written, read, listed and deleted', async () => {
  const metadata = [{ '@type': 'PermissionSet', fullName: 'Single', label: 'Single' }];
  expect(await call('createMetadata', { metadata })).toMatchObject([{ success: true }]);
  expect(await call('createMetadata', { metadata })).toMatchObject([
    { success: false, errors: { statusCode: 'DUPLICATE_DEVELOPER_NAME' } },
  ]);
  expect(
    await call('readMetadata', { type: 'PermissionSet', fullNames: ['Single'] }),
  ).toMatchObject({
    records: [{ fullName: 'Single', label: 'Single' }],
  });
  expect(await call('listMetadata', { queries: [{ type: 'Profile' }] })).toEqual(
    expect.arrayContaining([expect.objectContaining({ fullName: 'Admin' })]),
  );
  expect(
    await call('deleteMetadata', { type: 'PermissionSet', fullNames: ['Single'] }),
  ).toMatchObject([{ success: true }]);
  expect(await found(org.admin, `SELECT Id FROM PermissionSet WHERE Name = 'Single'`)).toEqual([]);
});

test('a connected app that is deployed logs users in, and its secret is not kept', async () => {
  const app = `<contactEmail>a@b.example</contactEmail><label>Reader</label><oauthConfig><callbackUrl>https://app.example/one
https://app.example/two</callbackUrl><consumerKey>3MVG9deployedreader</consumerKey><consumerSecret>a secret to forget</consumerSecret><oauthClientCredentialUser>user@access.example</oauthClientCredentialUser><scopes>Api</scopes><scopes>RefreshToken</scopes></oauthConfig>`;
  const files = (content: string) => ({
    'connectedApps/Reader.connectedApp': metadataXml('ConnectedApp', content),
  });
  expect(await deploy(org.org, { ConnectedApp: ['Reader'] }, files(app))).toEqual([]);
  const ask = (secret: string) =>
    fetch(`${org.url}/services/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: '3MVG9deployedreader',
        client_secret: secret,
      }),
    });
  expect((await ask('another secret')).status).toBe(400);
  const answer = await ask('a secret to forget');
  expect(await answer.json()).toMatchObject({
    scope: 'api',
    id: expect.stringContaining(user.id),
  });
  const file = await retrieve([{ name: 'ConnectedApp', members: ['Reader'] }]);
  expect(await file('connectedApps/Reader.connectedApp')).toContain('3MVG9deployedreader');
  expect(await file('connectedApps/Reader.connectedApp')).not.toContain('forget');
  const again = app.replace('<consumerSecret>a secret to forget</consumerSecret>', '');
  expect(await deploy(org.org, { ConnectedApp: ['Reader'] }, files(again))).toEqual([]);
  expect((await ask('a secret to forget')).status).toBe(200);
});

test('profiles and permission sets say which record types their users may give, and which is the default', async () => {
  const type = (name: string): string =>
    `<recordTypes><fullName>${name}</fullName><active>true</active><label>${name}</label></recordTypes>`;
  const visible = (name: string, isDefault: boolean): string =>
    `<recordTypeVisibilities><default>${isDefault}</default><recordType>Parcel__c.${name}</recordType><visible>true</visible></recordTypeVisibilities>`;
  expect(
    await deploy(
      org.org,
      {
        CustomObject: ['Parcel__c'],
        PermissionSet: ['Parcels'],
        Profile: ['Standard'],
      },
      {
        'objects/Parcel__c.object': metadataXml(
          'CustomObject',
          `${OBJECT}${['Air', 'Road', 'Sea'].map(type).join('')}`,
        ),
        'permissionsets/Parcels.permissionset': metadataXml(
          'PermissionSet',
          `${SET}${visible('Sea', false).replace('<default>false</default>', '')}`,
        ),
        'profiles/Standard.profile': metadataXml(
          'Profile',
          `<custom>false</custom>${visible('Road', true)}`,
        ),
      },
    ),
  ).toEqual([]);
  const Infos = z.looseObject({
    recordTypeInfos: z.array(
      z.looseObject({
        developerName: z.string(),
        recordTypeId: z.string(),
        available: z.boolean(),
        defaultRecordTypeMapping: z.boolean(),
      }),
    ),
  });
  const { recordTypeInfos: infos } = Infos.parse(
    (await user.ask('GET', 'sobjects/Parcel__c/describe')).body,
  );
  expect(
    infos.map((info) => [info.developerName, info.available, info.defaultRecordTypeMapping]),
  ).toEqual([
    ['Air', false, false],
    ['Road', true, true],
    ['Sea', true, false],
    ['Master', true, false],
  ]);
  const idOf = (name: string): string | undefined =>
    infos.find(({ developerName }) => developerName === name)?.recordTypeId;
  const made = await make(user, 'Parcel__c', { Name: 'By default' });
  const { body } = await user.ask('GET', `sobjects/Parcel__c/${made}`);
  expect(body).toMatchObject({ RecordTypeId: idOf('Road') });
  await make(user, 'Parcel__c', { Name: 'Chosen', RecordTypeId: idOf('Sea') });
  expect(
    await user.ask('POST', 'sobjects/Parcel__c', { Name: 'No', RecordTypeId: idOf('Air') }),
  ).toMatchObject({ status: 400, body: [{ errorCode: 'INVALID_CROSS_REFERENCE_KEY' }] });
});
