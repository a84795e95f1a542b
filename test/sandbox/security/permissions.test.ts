import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { applyObject } from '../../../sandbox/metadata/objects.ts';
import { changeSchema } from '../../../sandbox/schema/change-schema.ts';
import { openOrgWithUsers, type Caller, type OrgWithUsers } from '../access/org-with-users.ts';

/** What an account that a user may not see carries with it, and other users' own things, asked for by every way in. */
let org: OrgWithUsers;
let rep: Caller;
let account: string;

const Id = z.object({ id: z.string() });
const Rows = z.object({ records: z.array(z.looseObject({})) });

async function make(caller: Caller, object: string, record: object): Promise<string> {
  const { status, body } = await caller.ask('POST', `sobjects/${object}`, record);
  expect({ status, body }).toMatchObject({ status: 201 });
  return Id.parse(body).id;
}

async function rows(caller: Caller, soql: string): Promise<readonly object[]> {
  const { status, body } = await caller.ask('GET', `query?q=${encodeURIComponent(soql)}`);
  expect({ soql, status, body }).toMatchObject({ status: 200 });
  return Rows.parse(body).records;
}

beforeAll(async () => {
  org = await openOrgWithUsers();
  await changeSchema(org.org, (draft, schema) => {
    for (const fullName of ['Account', 'Case']) {
      applyObject(draft, schema, {
        fullName,
        metadata: { sharingModel: 'Private' },
        mode: 'update',
      });
    }
  });
  await org.makeUser('rep@security.example', 'Standard User');
  rep = await org.caller('rep@security.example');
  account = await make(org.admin, 'Account', { Name: 'Secret Inc' });
}, 60_000);

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

test('a task’s polymorphic parent is null to who may not see it, and cannot be searched or sorted by', async () => {
  const seen = await make(rep, 'Account', { Name: 'Own Inc' });
  for (const [Subject, WhatId] of [
    ['account', account],
    ['own', seen],
  ]) {
    await make(org.admin, 'Task', { Subject, WhatId, OwnerId: rep.id });
  }
  const whats =
    'SELECT Subject, What.Name, What.Type FROM Task ORDER BY What.Name NULLS LAST, Subject';
  expect(await rows(rep, whats)).toMatchObject([
    { Subject: 'own', What: { Name: 'Own Inc', Type: 'Account' } },
    { Subject: 'account', What: null },
  ]);
  expect(await rows(rep, "SELECT Id FROM Task WHERE What.Name LIKE 'Secret%'")).toEqual([]);
  expect(
    await rows(rep, 'SELECT TYPEOF What WHEN Account THEN Phone ELSE Name END FROM Task'),
  ).toHaveLength(2);
  const typed = JSON.stringify(
    await rows(rep, 'SELECT TYPEOF What WHEN Account THEN Name ELSE Name END FROM Task'),
  );
  expect(typed).not.toContain('Secret');
  expect(JSON.stringify(await rows(org.admin, whats))).toContain('Secret Inc');
});

test('what hangs on a record that a user may not see is neither read nor changed nor deleted by him', async () => {
  const note = await make(org.admin, 'Note', { Title: 'Secret note', ParentId: account });
  const post = await make(org.admin, 'FeedItem', { Body: 'Secret post', ParentId: account });
  await make(org.admin, 'FeedComment', { FeedItemId: post, CommentBody: 'Secret comment' });
  const topic = await make(org.admin, 'Topic', { Name: 'Secret topic' });
  await make(org.admin, 'TopicAssignment', { TopicId: topic, EntityId: account });
  for (const object of ['Note', 'FeedItem', 'FeedComment', 'TopicAssignment']) {
    expect(await rows(org.admin, `SELECT Id FROM ${object}`)).not.toEqual([]);
    expect({ object, seen: await rows(rep, `SELECT Id FROM ${object}`) }).toEqual({
      object,
      seen: [],
    });
  }
  const deleted = await org.soap('delete', `<ids>${note}</ids>`, rep.token);
  expect(deleted.body).toContain('INVALID_CROSS_REFERENCE_KEY');
  const changed = await rep.ask('PATCH', 'composite/sobjects', {
    records: [{ attributes: { type: 'Note' }, id: note, Title: 'Mine' }],
  });
  expect(changed.body).toMatchObject([{ success: false }]);
  expect(await rows(org.admin, 'SELECT Title FROM Note')).toMatchObject([{ Title: 'Secret note' }]);
});

test('a file is its owner’s and theirs with whom it is shared', async () => {
  const VersionData = Buffer.from('secret').toString('base64');
  const upload = (Title: string) =>
    make(org.admin, 'ContentVersion', { Title, PathOnClient: `${Title}.txt`, VersionData });
  const versions = [await upload('private'), await upload('given'), await upload('linked')];
  const documents = await rows(
    org.admin,
    `SELECT Id, Title FROM ContentDocument WHERE LatestPublishedVersionId IN ('${versions.join("','")}') ORDER BY Title`,
  );
  const [given = '', linked = ''] = documents.map(
    (row) => z.object({ Id: z.string() }).parse(row).Id,
  );
  const link = { ShareType: 'V', Visibility: 'AllUsers' };
  await make(org.admin, 'ContentDocumentLink', {
    ContentDocumentId: given,
    LinkedEntityId: rep.id,
    ...link,
  });
  await make(org.admin, 'ContentDocumentLink', {
    ContentDocumentId: linked,
    LinkedEntityId: account,
    ...link,
  });
  for (const object of ['ContentDocument', 'ContentVersion']) {
    expect(await rows(rep, `SELECT Title FROM ${object}`)).toMatchObject([{ Title: 'given' }]);
  }
  const blob = await rep.ask('GET', `sobjects/ContentVersion/${versions[0] ?? ''}/VersionData`);
  expect(blob.status).toBe(404);
});

test('a report in another user’s own folder is not there, by the Analytics API or as a record', async () => {
  const made = await org.admin.ask('POST', 'analytics/reports', {
    reportMetadata: {
      name: 'Secret report',
      reportType: { type: 'AccountList' },
      reportFormat: 'TABULAR',
      detailColumns: ['ACCOUNT.NAME'],
    },
  });
  const { id } = z.object({ reportMetadata: Id }).parse(made.body).reportMetadata;
  for (const path of [
    `analytics/reports/${id}`,
    `analytics/reports/${id}/describe`,
    `analytics/reports/${id}/instances`,
    `query?explain=${id}`,
    `sobjects/Report/${id}`,
  ]) {
    const { status } = await rep.ask('GET', path);
    expect({ path, status }).toEqual({ path, status: 404 });
  }
  expect((await rep.ask('GET', 'analytics/reports')).body).toEqual([]);
  expect(await rows(rep, 'SELECT Id FROM Report')).toEqual([]);
  expect((await rep.ask('DELETE', `sobjects/Report/${id}`)).status).toBe(404);
  expect((await org.admin.ask('GET', `analytics/reports/${id}`)).status).toBe(200);
});

test('nobody runs workflow rules over a record he may not change, or submits in another’s name', async () => {
  for (const id of [account, `${account.slice(0, 12)}zzzAAA`]) {
    const { status, body } = await rep.ask('POST', 'process/rules', { contextIds: [id] });
    expect({ status, body }).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_CROSS_REFERENCE_KEY' }],
    });
  }
  const own = await make(rep, 'Account', { Name: 'Submitted' });
  const submitted = await rep.ask('POST', 'process/approvals', {
    requests: [{ actionType: 'Submit', contextId: own, contextActorId: org.admin.id }],
  });
  expect(JSON.stringify(submitted.body)).toMatch(
    /INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY|NO_APPLICABLE_PROCESS/,
  );
});
