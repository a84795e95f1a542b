import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { ruleOf } from '../../../sandbox/access/object-rules.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import { until } from '../../support/until.ts';
import {
  openOrgWithUsers,
  userNamed,
  type Caller,
  type OrgWithUsers,
  type Reply,
} from './org-with-users.ts';

let org: OrgWithUsers;
let standard: Caller;
/** Nothing but what the permission set of these tests grants. */
let narrow: Caller;
let permissionSet: string;
let contactId: string;

const Made = z.object({ id: z.string() });
const Errors = z.array(z.looseObject({ errorCode: z.string(), message: z.string() }));
const Names = z.object({ sobjects: z.array(z.looseObject({ name: z.string() })) });
const Described = z.looseObject({
  updateable: z.boolean(),
  fields: z.array(
    z.looseObject({ name: z.string(), createable: z.boolean(), updateable: z.boolean() }),
  ),
});
const Records = z.object({ records: z.array(z.record(z.string(), z.unknown())) });

beforeAll(async () => {
  org = await openOrgWithUsers();
  await org.makeUser('standard@landbridge.example', 'Standard User');
  standard = await org.caller('standard@landbridge.example');
  const id = await org.makeUser(
    'narrow@landbridge.example',
    'Minimum Access - API Only Integrations',
  );
  narrow = await org.caller('narrow@landbridge.example');
  permissionSet = await make('PermissionSet', { Name: 'Contacts', Label: 'Contacts' });
  await make('ObjectPermissions', {
    ParentId: permissionSet,
    SobjectType: 'contact',
    PermissionsRead: true,
    PermissionsCreate: true,
    PermissionsEdit: true,
  });
  for (const [Field, PermissionsEdit] of [
    ['Contact.Email', true],
    ['Contact.Department', false],
    ['Contact.MailingAddress', true],
    ['Contact.AccountId', true],
  ] as const) {
    await make('FieldPermissions', {
      ParentId: permissionSet,
      SobjectType: 'Contact',
      Field,
      PermissionsRead: true,
      PermissionsEdit,
    });
  }
  await make('PermissionSetAssignment', { PermissionSetId: permissionSet, AssigneeId: id });
  contactId = await make('Contact', {
    LastName: 'Lovelace',
    Email: 'ada@landbridge.example',
    Department: 'Engines',
    Phone: '555-1815',
  });
}, 60_000);

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

async function make(object: string, record: object): Promise<string> {
  const reply = await org.admin.ask('POST', `sobjects/${object}`, record);
  if (reply.status !== 201) throw new Error(JSON.stringify(reply.body));
  return Made.parse(reply.body).id;
}

function query(caller: Caller, soql: string): Promise<Reply> {
  return caller.ask('GET', `query?q=${encodeURIComponent(soql)}`);
}

function refusal(reply: Reply): readonly [number, string, string] {
  const [error] = Errors.parse(reply.body);
  return [reply.status, error?.errorCode ?? '', error?.message ?? ''];
}

test('every standard object has a rule that says who may see it', () => {
  const granted = STANDARD_OBJECTS.filter((object) => ruleOf(object).kind === 'granted');
  expect(granted.map(({ name }) => name)).toEqual([
    'Account',
    'Asset',
    'Campaign',
    'Case',
    'Contact',
    'Lead',
    'Opportunity',
    'Pricebook2',
    'Product2',
    'PushTopic',
    'StreamingChannel',
    'Contract',
    'Order',
    'Document',
    'ServiceContract',
    'Entitlement',
    'Individual',
    'Solution',
    'WorkOrder',
  ]);
});

describe('an object the caller may not read', () => {
  test('is missing from describeGlobal and has no describe', async () => {
    const { sobjects } = Names.parse((await narrow.ask('GET', 'sobjects')).body);
    const names = sobjects.map(({ name }) => name);
    expect(names).toContain('Contact');
    expect(names).not.toContain('Account');
    expect(names).not.toContain('PermissionSet');
    expect(refusal(await narrow.ask('GET', 'sobjects/Account/describe'))[1]).toBe('NOT_FOUND');
  });

  test('is no type to SOQL, neither as FROM nor as a parent nor as a child', async () => {
    expect(refusal(await query(narrow, 'SELECT Id FROM Account'))).toEqual([
      400,
      'INVALID_TYPE',
      expect.stringContaining("sObject type 'Account' is not supported"),
    ]);
    expect(refusal(await query(narrow, 'SELECT Account.Name FROM Contact'))[1]).toBe(
      'INVALID_FIELD',
    );
    expect(
      refusal(
        await query(narrow, 'SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account)'),
      )[1],
    ).toBe('INVALID_TYPE');
  });

  test('cannot be written, deleted, nor referred to', async () => {
    const accountId = await make('Account', { Name: 'Analytical Engines' });
    expect(refusal(await narrow.ask('POST', 'sobjects/Account', { Name: 'x' }))[1]).toBe(
      'NOT_FOUND',
    );
    expect(await narrow.ask('DELETE', `composite/sobjects?ids=${accountId}`)).toMatchObject({
      body: [{ success: false, errors: [{ statusCode: 'INVALID_CROSS_REFERENCE_KEY' }] }],
    });
    expect(
      refusal(
        await narrow.ask('PATCH', `sobjects/Contact/${contactId}`, { AccountId: accountId }),
      )[1],
    ).toBe('INVALID_CROSS_REFERENCE_KEY');
    expect((await org.admin.ask('GET', `sobjects/Account/${accountId}`)).status).toBe(200);
  });

  test('does not show its records through a polymorphic parent', async () => {
    const leadId = await make('Lead', { LastName: 'Secret', Company: 'Hidden' });
    const taskId = await make('Task', { Subject: 'Call', WhoId: leadId });
    const soql = `SELECT Id, Owner.Name FROM Task WHERE Id = '${taskId}'`;
    await grant({ 'Task.WhoId': true });
    expect(Records.parse((await query(narrow, soql)).body).records).toHaveLength(1);
    const who = await query(narrow, `SELECT Who.Name FROM Task WHERE Id = '${taskId}'`);
    expect(JSON.stringify(who.body)).not.toContain('Secret');
    expect(
      JSON.stringify(
        (await query(standard, `SELECT Who.Name FROM Task WHERE Id = '${taskId}'`)).body,
      ),
    ).toContain('Secret');
  });
});

async function grant(fields: Readonly<Record<string, boolean>>): Promise<void> {
  for (const [Field, PermissionsEdit] of Object.entries(fields)) {
    await make('FieldPermissions', {
      ParentId: permissionSet,
      SobjectType: Field.split('.')[0],
      Field,
      PermissionsRead: true,
      PermissionsEdit,
    });
  }
}

describe('a field the caller may not read', () => {
  test('does not exist: not in describe, in SOQL, in records, nor in what is written', async () => {
    const described = Described.parse((await narrow.ask('GET', 'sobjects/Contact/describe')).body);
    const names = described.fields.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['Id', 'LastName', 'Email', 'MailingCity', 'MailingAddress']),
    );
    expect(names).not.toContain('Phone');
    expect(names).not.toContain('OtherCity');
    expect(refusal(await query(narrow, 'SELECT Phone FROM Contact'))).toEqual([
      400,
      'INVALID_FIELD',
      expect.stringContaining("No such column 'Phone' on entity 'Contact'"),
    ]);
    expect(refusal(await query(narrow, "SELECT Id FROM Contact WHERE Phone = '1'"))[1]).toBe(
      'INVALID_FIELD',
    );
    const record = await narrow.ask('GET', `sobjects/Contact/${contactId}`);
    expect(record.body).toMatchObject({ LastName: 'Lovelace', Email: 'ada@landbridge.example' });
    expect(record.body).not.toHaveProperty('Phone');
    expect(
      refusal(await narrow.ask('PATCH', `sobjects/Contact/${contactId}`, { Phone: '1' })),
    ).toEqual([400, 'INVALID_FIELD', "No such column 'Phone' on sobject of type Contact"]);
    const all = await query(narrow, 'SELECT FIELDS(ALL) FROM Contact LIMIT 1');
    expect(Records.parse(all.body).records[0]).not.toHaveProperty('Phone');
  });

  test('is there for who may read it', async () => {
    const record = await standard.ask('GET', `sobjects/Contact/${contactId}`);
    expect(record.body).toMatchObject({ Phone: '555-1815' });
  });
});

test('a field the caller may read but not edit is refused when written, and its flags say so', async () => {
  const { fields } = Described.parse((await narrow.ask('GET', 'sobjects/Contact/describe')).body);
  expect(fields.find(({ name }) => name === 'Department')).toMatchObject({
    createable: false,
    updateable: false,
  });
  expect(fields.find(({ name }) => name === 'Email')).toMatchObject({
    createable: true,
    updateable: true,
  });
  const body = { Department: 'x', Email: 'new@landbridge.example' };
  expect(refusal(await narrow.ask('PATCH', `sobjects/Contact/${contactId}`, body))).toEqual([
    400,
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    'Unable to create/update fields: Department. Please check the security settings of this field and verify that it is read/write for your profile or permission set.',
  ]);
  expect(
    (
      await narrow.ask('PATCH', `sobjects/Contact/${contactId}`, {
        Email: 'new@landbridge.example',
      })
    ).status,
  ).toBe(204);
});

describe('an object the caller may read but not write', () => {
  test('refuses each record and lowers its flags', async () => {
    expect(refusal(await narrow.ask('DELETE', `sobjects/Contact/${contactId}`))).toEqual([
      403,
      'INSUFFICIENT_ACCESS_OR_READONLY',
      'insufficient access rights on object id',
    ]);
    const productId = await make('Product2', { Name: 'Punched card' });
    const described = Described.parse(
      (await standard.ask('GET', 'sobjects/Product2/describe')).body,
    );
    expect(described.updateable).toBe(false);
    for (const reply of [
      await standard.ask('POST', 'sobjects/Product2', { Name: 'x' }),
      await standard.ask('PATCH', `sobjects/Product2/${productId}`, { Name: 'x' }),
    ]) {
      expect(refusal(reply).slice(0, 2)).toEqual([403, 'INSUFFICIENT_ACCESS_OR_READONLY']);
    }
    expect(
      await standard.ask('POST', 'composite/sobjects', {
        records: [{ attributes: { type: 'Product2' }, Name: 'x' }],
      }),
    ).toMatchObject({
      status: 200,
      body: [{ success: false, errors: [{ statusCode: 'INSUFFICIENT_ACCESS_OR_READONLY' }] }],
    });
  });

  test('may be created by upsert only by who may create, updated only by who may edit', async () => {
    await org.admin.ask('POST', 'tooling/sobjects/CustomField', {
      FullName: 'Product2.Ext__c',
      Metadata: { type: 'Text', label: 'Ext', length: 32, externalId: true, unique: true },
    });
    expect(
      refusal(await standard.ask('PATCH', 'sobjects/Product2/Ext__c/1', { Name: 'x' }))[1],
    ).toBe('NOT_FOUND');
  });
});

test('a new custom object and field are there for the administrator alone until they are granted', async () => {
  await org.admin.ask('POST', 'tooling/sobjects/CustomField', {
    FullName: 'Contact.Engine__c',
    Metadata: { type: 'Text', label: 'Engine', length: 32 },
  });
  expect((await query(org.admin, 'SELECT Engine__c FROM Contact')).status).toBe(200);
  expect(refusal(await query(narrow, 'SELECT Engine__c FROM Contact'))[1]).toBe('INVALID_FIELD');
  await grant({ 'Contact.Engine__c': false });
  expect((await query(narrow, 'SELECT Engine__c FROM Contact')).status).toBe(200);
});

describe('permissions', () => {
  test('hold from the next call on when they are given and when they are taken', async () => {
    const row = await query(
      org.admin,
      `SELECT Id FROM FieldPermissions WHERE ParentId = '${permissionSet}' AND Field = 'Contact.Email'`,
    );
    const id = String(Records.parse(row.body).records[0]?.['Id']);
    expect((await query(narrow, 'SELECT Email FROM Contact')).status).toBe(200);
    await org.admin.ask('PATCH', `sobjects/FieldPermissions/${id}`, { PermissionsEdit: false });
    expect(
      refusal(await narrow.ask('PATCH', `sobjects/Contact/${contactId}`, { Email: null }))[1],
    ).toBe('INVALID_FIELD_FOR_INSERT_UPDATE');
    await org.admin.ask('DELETE', `sobjects/FieldPermissions/${id}`);
    expect(refusal(await query(narrow, 'SELECT Email FROM Contact'))[1]).toBe('INVALID_FIELD');
    await grant({ 'Contact.Email': true });
    expect((await query(narrow, 'SELECT Email FROM Contact')).status).toBe(200);
  });

  test('must make sense: who may delete may read, a field must be one that can be hidden, each has one record', async () => {
    const object = { ParentId: permissionSet, SobjectType: 'Lead', PermissionsDelete: true };
    expect(refusal(await org.admin.ask('POST', 'sobjects/ObjectPermissions', object))[1]).toBe(
      'FIELD_INTEGRITY_EXCEPTION',
    );
    const field = { ParentId: permissionSet, SobjectType: 'Contact', PermissionsRead: true };
    for (const Field of ['Contact.LastName', 'Contact.Nonsense', 'Account.Phone']) {
      expect(
        refusal(await org.admin.ask('POST', 'sobjects/FieldPermissions', { ...field, Field }))[1],
      ).toBe('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST');
    }
    expect(
      refusal(
        await org.admin.ask('POST', 'sobjects/FieldPermissions', {
          ...field,
          Field: 'Contact.Email',
        }),
      )[1],
    ).toBe('DUPLICATE_VALUE');
  });

  test('are nothing that others may see or change', async () => {
    for (const caller of [standard, narrow]) {
      expect(refusal(await query(caller, 'SELECT Id FROM PermissionSet'))[1]).toBe('INVALID_TYPE');
      expect(
        refusal(
          await caller.ask('PATCH', `sobjects/User/${caller.id}`, {
            ProfileId: org.org.adminProfileId,
          }),
        )[1],
      ).toMatch(/INSUFFICIENT_ACCESS_OR_READONLY/);
    }
    expect(
      refusal(
        await standard.ask('POST', 'tooling/sobjects/CustomField', {
          FullName: 'Contact.Mine__c',
          Metadata: { type: 'Text', label: 'Mine', length: 32 },
        }),
      )[1],
    ).toBe('INSUFFICIENT_ACCESS');
  });

  test('of a profile cannot be taken away by deleting its permission set', async () => {
    const found = await query(
      org.admin,
      "SELECT Id FROM PermissionSet WHERE Profile.Name = 'Standard User'",
    );
    const id = String(Records.parse(found.body).records[0]?.['Id']);
    expect(refusal(await org.admin.ask('DELETE', `sobjects/PermissionSet/${id}`))[1]).toBe(
      'INSUFFICIENT_ACCESS_OR_READONLY',
    );
  });
});

describe('users', () => {
  test('have names of their own, in the form of an email address', async () => {
    const profile = org.org.adminProfileId;
    const again = userNamed('Standard@landbridge.example', profile);
    expect(refusal(await org.admin.ask('POST', 'sobjects/User', again))[1]).toBe(
      'DUPLICATE_USERNAME',
    );
    expect(
      refusal(await org.admin.ask('POST', 'sobjects/User', userNamed('nobody', profile)))[1],
    ).toBe('INVALID_EMAIL_ADDRESS');
  });

  test('who are made inactive lose their sessions and cannot log in', async () => {
    const id = await org.makeUser('leaver@landbridge.example', 'Standard User');
    const leaver = await org.caller('leaver@landbridge.example');
    expect((await leaver.ask('GET', 'sobjects')).status).toBe(200);
    await org.admin.ask('PATCH', `sobjects/User/${id}`, { IsActive: false });
    expect(refusal(await leaver.ask('GET', 'sobjects')).slice(0, 2)).toEqual([
      401,
      'INVALID_SESSION_ID',
    ]);
    expect(await org.logIn('leaver@landbridge.example')).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  test('without API Enabled are refused by every API and by SOAP login, until their profile has it', async () => {
    await org.makeUser('pages@landbridge.example', 'Minimum Access - Salesforce');
    const pages = await org.caller('pages@landbridge.example');
    const disabled = [
      403,
      'API_DISABLED_FOR_ORG',
      'The REST API is not enabled for this Organization.',
    ];
    expect(refusal(await pages.ask('GET', 'sobjects'))).toEqual(disabled);
    expect(refusal(await pages.ask('GET', 'jobs/ingest'))).toEqual(disabled);
    const bulk = await pages.ask('GET', '/services/async/60.0/job/750000000000000AAA');
    expect(bulk.body).toMatchObject({ exceptionCode: 'FeatureNotEnabled' });
    const login = `<username>pages@landbridge.example</username><password>correct horse battery</password>`;
    expect((await org.soap('login', login)).body).toContain(
      'API_CURRENTLY_DISABLED: API is disabled for this User',
    );
    const found = await query(
      org.admin,
      "SELECT Id FROM Profile WHERE Name = 'Minimum Access - Salesforce'",
    );
    const id = String(Records.parse(found.body).records[0]?.['Id']);
    await org.admin.ask('PATCH', `sobjects/Profile/${id}`, { PermissionsApiEnabled: true });
    expect((await pages.ask('GET', 'sobjects')).status).toBe(200);
  });
});

describe('Bulk', () => {
  const Job = z.looseObject({ id: z.string(), state: z.string() });

  async function ended(caller: Caller, path: string): Promise<z.infer<typeof Job>> {
    return until(
      async () => {
        const job = Job.parse((await caller.ask('GET', path)).body);
        return /JobComplete|Failed/.test(job.state) ? job : undefined;
      },
      { what: 'the job to end' },
    );
  }

  async function ingest(caller: Caller, job: object, csv: string): Promise<z.infer<typeof Job>> {
    const { id } = Job.parse((await caller.ask('POST', 'jobs/ingest', job)).body);
    await caller.ask('PUT', `jobs/ingest/${id}/batches`, csv);
    await caller.ask('PATCH', `jobs/ingest/${id}`, { state: 'UploadComplete' });
    return ended(caller, `jobs/ingest/${id}`);
  }

  test('jobs obey the permissions of who made them', async () => {
    expect(
      refusal(
        await narrow.ask('POST', 'jobs/ingest', { object: 'Account', operation: 'insert' }),
      )[1],
    ).toBe('INVALIDENTITY');
    expect(
      refusal(
        await narrow.ask('POST', 'jobs/query', {
          operation: 'query',
          query: 'SELECT Phone FROM Contact',
        }),
      )[1],
    ).toBe('INVALID_FIELD');
    expect(
      await ingest(narrow, { object: 'Contact', operation: 'insert' }, 'LastName,Phone\nA,1\n'),
    ).toMatchObject({
      state: 'Failed',
      errorMessage: 'InvalidBatch : Field name not found : Phone',
    });
    const job = await ingest(
      narrow,
      { object: 'Contact', operation: 'insert' },
      'LastName,Department\nB,x\n',
    );
    expect(job).toMatchObject({ state: 'JobComplete', numberRecordsFailed: 1 });
    const failures = await narrow.ask('GET', `jobs/ingest/${job.id}/failedResults`);
    expect(failures.body).toContain('INVALID_FIELD_FOR_INSERT_UPDATE');
    const done = await ingest(
      narrow,
      { object: 'Contact', operation: 'insert' },
      'LastName,Email\nC,c@c.example\n',
    );
    expect(done).toMatchObject({ state: 'JobComplete', numberRecordsFailed: 0 });
    expect(
      refusal(
        await narrow.ask('POST', 'jobs/ingest', { object: 'Contact', operation: 'hardDelete' }),
      )[1],
    ).toBe('FEATURENOTENABLED');
  });

  test("another's results are not there", async () => {
    const made = await org.admin.ask('POST', 'jobs/query', {
      operation: 'query',
      query: 'SELECT Phone FROM Contact',
    });
    const { id } = Job.parse(made.body);
    await ended(org.admin, `jobs/query/${id}`);
    expect((await org.admin.ask('GET', `jobs/query/${id}/results`)).status).toBe(200);
    expect(refusal(await narrow.ask('GET', `jobs/query/${id}/results`)).slice(0, 2)).toEqual([
      404,
      'NOT_FOUND',
    ]);
  });
});

test('SOAP obeys the same permissions', async () => {
  const select = (soql: string): Promise<Reply> =>
    org.soap('query', `<queryString>${soql}</queryString>`, narrow.token);
  expect((await select('SELECT Id FROM Account')).body).toContain('INVALID_TYPE');
  expect((await select('SELECT Phone FROM Contact')).body).toContain('INVALID_FIELD');
  expect((await select('SELECT LastName FROM Contact')).status).toBe(200);
  const remove = await org.soap('delete', `<ids>${contactId}</ids>`, narrow.token);
  expect(remove.body).toContain('INSUFFICIENT_ACCESS_OR_READONLY');
  const other = await org.soap(
    'setPassword',
    `<userId>${standard.id}</userId><password>x</password>`,
    narrow.token,
  );
  expect(other.body).toContain('INSUFFICIENT_ACCESS');
});

test('a Platform user has accounts and no leads, by a license of his own', async () => {
  await org.makeUser('platform@landbridge.example', 'Standard Platform User');
  const platform = await org.caller('platform@landbridge.example');
  const account = await platform.ask('POST', 'sobjects/Account', { Name: 'Platform' });
  expect(account.status).toBe(201);
  expect(refusal(await query(platform, 'SELECT Id FROM Lead'))[1]).toBe('INVALID_TYPE');
  const { body } = await query(
    org.admin,
    "SELECT UserLicense.Name FROM Profile WHERE Name = 'Standard Platform User'",
  );
  expect(Records.parse(body).records[0]).toMatchObject({
    UserLicense: { Name: 'Salesforce Platform' },
  });
});
