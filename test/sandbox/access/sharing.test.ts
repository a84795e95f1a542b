import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { applyObject } from '../../../sandbox/metadata/objects.ts';
import { changeSchema } from '../../../sandbox/schema/change-schema.ts';
import { openOrgWithUsers, type Caller, type OrgWithUsers } from './org-with-users.ts';

/**
 * ```
 *   Boss ── boss@
 *     └── Rep ── rep@        other@ has no role; Account, Opportunity and Lead are private.
 * ```
 */
const DEFAULTS = { Account: 'Private', Opportunity: 'Private', Lead: 'Private', Case: 'Read' };

let org: OrgWithUsers;
let boss: Caller;
let rep: Caller;
let other: Caller;
let account: string;

const Id = z.object({ id: z.string() });
const Found = z.object({
  totalSize: z.number(),
  records: z.array(z.looseObject({ Id: z.string() })),
});
const Refusals = z.array(z.looseObject({ errorCode: z.string() }));

async function make(caller: Caller, object: string, record: object): Promise<string> {
  const { status, body } = await caller.ask('POST', `sobjects/${object}`, record);
  expect({ status, body }).toMatchObject({ status: 201 });
  return Id.parse(body).id;
}

async function found(caller: Caller, soql: string): Promise<readonly string[]> {
  const { status, body } = await caller.ask('GET', `query?q=${encodeURIComponent(soql)}`);
  expect({ status, body }).toMatchObject({ status: 200 });
  return Found.parse(body).records.map(({ Id: id }) => id);
}

async function refusal(caller: Caller, method: string, path: string, body?: object) {
  const answer = await caller.ask(method, path, body);
  return { status: answer.status, code: Refusals.safeParse(answer.body).data?.[0]?.errorCode };
}

beforeAll(async () => {
  org = await openOrgWithUsers();
  await changeSchema(org.org, (draft, schema) => {
    for (const [fullName, sharingModel] of Object.entries(DEFAULTS)) {
      applyObject(draft, schema, { fullName, metadata: { sharingModel }, mode: 'update' });
    }
  });
  const people = ['boss', 'rep', 'other'].map((name) => `${name}@sharing.example`);
  for (const name of people) await org.makeUser(name, 'Standard User');
  [boss, rep, other] = [
    await org.caller('boss@sharing.example'),
    await org.caller('rep@sharing.example'),
    await org.caller('other@sharing.example'),
  ];
  const bossRole = await make(org.admin, 'UserRole', { Name: 'Boss' });
  const repRole = await make(org.admin, 'UserRole', { Name: 'Rep', ParentRoleId: bossRole });
  await org.admin.ask('PATCH', `sobjects/User/${boss.id}`, { UserRoleId: bossRole });
  await org.admin.ask('PATCH', `sobjects/User/${rep.id}`, { UserRoleId: repRole });
  account = await make(rep, 'Account', { Name: 'Shared Inc' });
}, 60_000);

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

test('a private record is its owner’s, his superiors’ and the administrator’s', async () => {
  const soql = `SELECT Id FROM Account WHERE Name = 'Shared Inc'`;
  expect(await found(rep, soql)).toEqual([account]);
  expect(await found(boss, soql)).toEqual([account]);
  expect(await found(org.admin, soql)).toEqual([account]);
  expect(await found(other, soql)).toEqual([]);
  expect(await found(other, 'SELECT Id FROM Account')).toEqual([]);
});

test('who may not see a record does not meet it by its id', async () => {
  const path = `sobjects/Account/${account}`;
  expect(await refusal(other, 'GET', path)).toEqual({ status: 404, code: 'NOT_FOUND' });
  expect(await refusal(other, 'PATCH', path, { Name: 'Stolen' })).toEqual({
    status: 404,
    code: 'NOT_FOUND',
  });
  expect(await refusal(other, 'DELETE', path)).toEqual({ status: 404, code: 'NOT_FOUND' });
  expect(
    await refusal(other, 'POST', 'sobjects/Contact', { LastName: 'Thief', AccountId: account }),
  ).toEqual({ status: 400, code: 'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY' });
  const retrieved = await other.ask('POST', 'composite/sobjects/Account', {
    ids: [account],
    fields: ['Name'],
  });
  expect(retrieved.body).toEqual([null]);
  const searched = await other.ask(
    'GET',
    `search?q=${encodeURIComponent('FIND {Shared} RETURNING Account(Id)')}`,
  );
  expect(searched.body).toMatchObject({ searchRecords: [] });
  const soap = await org.soap('delete', `<ids>${account}</ids>`, other.token);
  expect(soap.body).toContain('INVALID_CROSS_REFERENCE_KEY');
  expect(await found(rep, `SELECT Id FROM Account WHERE Name = 'Shared Inc'`)).toEqual([account]);
});

test('a share gives as much as it says, to people and to groups within groups', async () => {
  const shared = await make(rep, 'Account', { Name: 'Given' });
  const share = await make(rep, 'AccountShare', {
    AccountId: shared,
    UserOrGroupId: other.id,
    AccountAccessLevel: 'Read',
    OpportunityAccessLevel: 'None',
  });
  const path = `sobjects/Account/${shared}`;
  expect((await other.ask('GET', path)).status).toBe(200);
  expect(await refusal(other, 'PATCH', path, { Name: 'Mine' })).toEqual({
    status: 403,
    code: 'INSUFFICIENT_ACCESS_OR_READONLY',
  });
  expect(
    (await rep.ask('PATCH', `sobjects/AccountShare/${share}`, { AccountAccessLevel: 'Edit' }))
      .status,
  ).toBe(204);
  expect((await other.ask('PATCH', path, { Name: 'Given away' })).status).toBe(204);
  expect(await refusal(other, 'DELETE', path)).toMatchObject({
    code: 'INSUFFICIENT_ACCESS_OR_READONLY',
  });
  expect(await refusal(other, 'PATCH', path, { OwnerId: other.id })).toMatchObject({
    code: 'INSUFFICIENT_ACCESS_OR_READONLY',
  });
  await rep.ask('DELETE', `sobjects/AccountShare/${share}`);
  expect((await other.ask('GET', path)).status).toBe(404);

  const outer = await make(org.admin, 'Group', { Name: 'Outer' });
  const inner = await make(org.admin, 'Group', { Name: 'Inner' });
  await make(org.admin, 'GroupMember', { GroupId: outer, UserOrGroupId: inner });
  await make(org.admin, 'GroupMember', { GroupId: inner, UserOrGroupId: other.id });
  await make(rep, 'AccountShare', {
    AccountId: shared,
    UserOrGroupId: outer,
    AccountAccessLevel: 'Read',
    OpportunityAccessLevel: 'None',
  });
  expect((await other.ask('GET', path)).status).toBe(200);
  expect(
    await refusal(org.admin, 'POST', 'sobjects/GroupMember', {
      GroupId: inner,
      UserOrGroupId: outer,
    }),
  ).toMatchObject({ code: 'CIRCULAR_DEPENDENCY' });
});

test('only who owns a record may share it, and what was shared ends with his ownership', async () => {
  const given = await make(rep, 'Account', { Name: 'Passed on' });
  const share = {
    AccountId: given,
    UserOrGroupId: other.id,
    AccountAccessLevel: 'Edit',
    OpportunityAccessLevel: 'None',
  };
  expect((await refusal(other, 'POST', 'sobjects/AccountShare', share)).code).toBe(
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
  );
  await make(boss, 'AccountShare', share);
  expect((await other.ask('GET', `sobjects/Account/${given}`)).status).toBe(200);
  expect((await boss.ask('PATCH', `sobjects/Account/${given}`, { OwnerId: boss.id })).status).toBe(
    204,
  );
  expect((await other.ask('GET', `sobjects/Account/${given}`)).status).toBe(404);
  expect((await rep.ask('GET', `sobjects/Account/${given}`)).status).toBe(404);
});

test('an account may be read by who owns something of it, and its owner has what belongs to it', async () => {
  const parent = await make(rep, 'Account', { Name: 'Parent' });
  const opportunity = await make(org.admin, 'Opportunity', {
    Name: 'Deal',
    AccountId: parent,
    StageName: 'Prospecting',
    CloseDate: '2026-12-01',
    OwnerId: other.id,
  });
  expect((await other.ask('GET', `sobjects/Account/${parent}`)).status).toBe(200);
  expect(await refusal(other, 'PATCH', `sobjects/Account/${parent}`, { Name: 'x' })).toMatchObject({
    code: 'INSUFFICIENT_ACCESS_OR_READONLY',
  });
  expect(await found(rep, `SELECT Id FROM Opportunity WHERE Name = 'Deal'`)).toEqual([opportunity]);
  const contact = await make(rep, 'Contact', { LastName: 'Controlled', AccountId: parent });
  expect(await found(other, `SELECT Id FROM Contact WHERE LastName = 'Controlled'`)).toEqual([
    contact,
  ]);
  expect(
    await refusal(other, 'PATCH', `sobjects/Contact/${contact}`, { LastName: 'x' }),
  ).toMatchObject({ code: 'INSUFFICIENT_ACCESS_OR_READONLY' });
});

test('a queue’s records are its members’, and only of objects it is for', async () => {
  const queue = await make(org.admin, 'Group', { Name: 'Leads', Type: 'Queue' });
  const lead = { LastName: 'Queued', Company: 'Q', OwnerId: queue };
  expect((await refusal(org.admin, 'POST', 'sobjects/Lead', lead)).code).toBe('INVALID_OPERATION');
  await make(org.admin, 'QueueSobject', { QueueId: queue, SobjectType: 'Lead' });
  const id = await make(org.admin, 'Lead', lead);
  const soql = `SELECT Id FROM Lead WHERE LastName = 'Queued'`;
  expect(await found(rep, soql)).toEqual([]);
  await make(org.admin, 'GroupMember', { GroupId: queue, UserOrGroupId: rep.id });
  expect(await found(rep, soql)).toEqual([id]);
  expect(await found(boss, soql)).toEqual([id]);
  expect((await rep.ask('PATCH', `sobjects/Lead/${id}`, { OwnerId: rep.id })).status).toBe(204);
});

test('everybody reads what is public read only, and only its owner and superiors change it', async () => {
  const id = await make(rep, 'Case', { Subject: 'Look' });
  expect((await other.ask('GET', `sobjects/Case/${id}`)).status).toBe(200);
  expect(await refusal(other, 'PATCH', `sobjects/Case/${id}`, { Subject: 'x' })).toEqual({
    status: 403,
    code: 'INSUFFICIENT_ACCESS_OR_READONLY',
  });
  expect((await boss.ask('PATCH', `sobjects/Case/${id}`, { Subject: 'Seen' })).status).toBe(204);
});

test('UserRecordAccess tells what a user may do with a record', async () => {
  const ask = async (user: Caller) => {
    const soql = `SELECT RecordId, HasReadAccess, HasEditAccess, HasDeleteAccess, HasTransferAccess, MaxAccessLevel FROM UserRecordAccess WHERE UserId = '${user.id}' AND RecordId = '${account}'`;
    const { body } = await org.admin.ask('GET', `query?q=${encodeURIComponent(soql)}`);
    return z.object({ records: z.array(z.looseObject({})) }).parse(body).records[0];
  };
  expect(await ask(rep)).toMatchObject({
    RecordId: account,
    HasEditAccess: true,
    MaxAccessLevel: 'All',
  });
  expect(await ask(other)).toMatchObject({ HasReadAccess: false, MaxAccessLevel: 'None' });
  expect(await ask(org.admin)).toMatchObject({ HasDeleteAccess: true, MaxAccessLevel: 'All' });
});
