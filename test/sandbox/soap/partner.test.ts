import { createServer, type Server } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from 'jsforce';

import { portOf } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { createApp } from '../../../sandbox/app.ts';
import { prepareOAuth } from '../../../sandbox/oauth/prepare.ts';
import { createAuthenticator, createOAuthRouter } from '../../../sandbox/oauth/router.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import { createSoapRouter } from '../../../sandbox/soap/router.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

const USERNAME = 'admin@landbridge.example';
const PASSWORD = 'sandbox-password';

let whole: TestOrg;
let server: Server;
let url: string;
let connection: Connection;
beforeAll(async () => {
  whole = await openTestOrg();
  // The seeded records are in the search index at once, as they are in an org that is not new.
  whole.org.settings.searchDelayMs = 0;
  await prepareOAuth(whole.org);
  const authenticator = createAuthenticator(whole.org);
  const app = createApp({
    log: silentLog,
    health: () => ({ ready: true, parts: {} }),
    routers: [
      createOAuthRouter(whole.org),
      createSoapRouter(whole.org, authenticator),
      createRestRouter(whole.org, authenticator),
    ],
  });
  server = createServer(app);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${portOf(server)}`;
  connection = new Connection({ loginUrl: url, version: '60.0' });
  await connection.login(USERNAME, PASSWORD);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await whole[Symbol.asyncDispose]();
});

describe('the partner API through jsforce', () => {
  test('login opens a session for REST too; a wrong password is INVALID_LOGIN; logout ends it', async () => {
    const own = new Connection({ loginUrl: url, version: '60.0' });
    const info = await own.login(USERNAME, PASSWORD);
    expect(info.organizationId).toBe(whole.org.orgId);
    expect((await own.query('SELECT Id FROM Account LIMIT 1')).totalSize).toBe(1);
    await expect(new Connection({ loginUrl: url }).login(USERNAME, 'wrong')).rejects.toThrow(
      /^INVALID_LOGIN: Invalid username/,
    );
    const token = own.accessToken ?? '';
    await own.logout();
    const late = new Connection({ instanceUrl: url, accessToken: token, version: '60.0' });
    await expect(late.soap.getUserInfo()).rejects.toMatchObject({
      errorCode: 'sf:INVALID_SESSION_ID',
    });
  });

  test('tells who is logged in and what time it is', async () => {
    expect(await connection.soap.getUserInfo()).toMatchObject({
      userName: USERNAME,
      organizationId: whole.org.orgId,
    });
    const { timestamp } = await connection.soap.getServerTimestamp();
    expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(60_000);
    expect((await connection.soap.describeTabs())[0]?.tabs.map(({ name }) => name)).toContain(
      'standard-Account',
    );
  });

  test('creates, updates, empties, upserts, deletes and undeletes records, each with its own result', async () => {
    const [good, bad] = await connection.soap.create([
      { type: 'Contact', LastName: 'Soap & <Water>', Email: 'soap@x.example' },
      { type: 'Contact', FirstName: 'Nameless' },
    ]);
    expect(good).toMatchObject({ success: true });
    expect(bad).toMatchObject({
      success: false,
      errors: [{ statusCode: 'REQUIRED_FIELD_MISSING' }],
    });
    const id = good?.id ?? '';
    expect(
      await connection.soap.update({ type: 'Contact', Id: id, Title: 'Dr', Email: null }),
    ).toMatchObject({ success: true });
    expect(await connection.sobject('Contact').retrieve(id)).toMatchObject({
      LastName: 'Soap & <Water>',
      Title: 'Dr',
      Email: null,
    });
    expect(
      await connection.soap.upsert('Id', { type: 'Contact', Id: id, Title: 'Prof' }),
    ).toMatchObject({ success: true, created: false });
    expect(await connection.soap.delete(id)).toMatchObject({ success: true });
    expect((await connection.query(`SELECT Id FROM Contact WHERE Id = '${id}'`)).totalSize).toBe(0);
    expect(await connection.soap.undelete([id])).toMatchObject([{ success: true }]);
    expect((await connection.query(`SELECT Id FROM Contact WHERE Id = '${id}'`)).totalSize).toBe(1);
  });

  test('empties the recycle bin: what is gone from it cannot come back', async () => {
    const { id } = await connection.soap.create({ type: 'Account', Name: 'Gone' });
    await connection.soap.delete(String(id));
    expect(await connection.soap.emptyRecycleBin([String(id)])).toMatchObject([{ success: true }]);
    expect(await connection.soap.undelete([String(id)])).toMatchObject([{ success: false }]);
  });

  test('merges accounts: the master keeps the contacts of both, the other remembers it', async () => {
    const [master, loser] = await connection.soap.create([
      { type: 'Account', Name: 'Master' },
      { type: 'Account', Name: 'Loser' },
    ]);
    const contact = await connection.soap.create({
      type: 'Contact',
      LastName: 'Child',
      AccountId: loser?.id,
    });
    const masterRecord = {
      type: 'Account',
      Id: String(master?.id),
      Description: 'joined',
      fieldsToNull: [],
    };
    const merged = await connection.soap.merge({
      masterRecord,
      recordToMergeIds: [String(loser?.id)],
    });
    expect(merged).toMatchObject({ success: true, mergedRecordIds: [loser?.id] });
    expect(await connection.sobject('Contact').retrieve(String(contact.id))).toMatchObject({
      AccountId: master?.id,
    });
    expect(await connection.sobject('Account').retrieve(String(master?.id))).toMatchObject({
      Description: 'joined',
    });
    const gone = await connection.query(
      `SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '${loser?.id}'`,
      { scanAll: true },
    );
    expect(gone.records).toMatchObject([{ IsDeleted: true, MasterRecordId: master?.id }]);
  });

  test('a merge that cannot be done changes nothing', async () => {
    const [master, other] = await connection.soap.create([
      { type: 'Account', Name: 'Untouched' },
      { type: 'Contact', LastName: 'Other' },
    ]);
    const masterRecord = {
      type: 'Account',
      Id: String(master?.id),
      Name: 'Touched',
      fieldsToNull: [],
    };
    const refused = await connection.soap.merge({
      masterRecord,
      recordToMergeIds: [String(other?.id)],
    });
    expect(refused).toMatchObject({ success: false });
    expect(await connection.sobject('Account').retrieve(String(master?.id))).toMatchObject({
      Name: 'Untouched',
    });
  });

  test('converts a lead to an account, a contact and an opportunity, once', async () => {
    const lead = await connection.soap.create({
      type: 'Lead',
      LastName: 'Convert',
      Company: 'Conversion Ltd',
    });
    const conversion = { leadId: String(lead.id), convertedStatus: 'Closed - Converted' };
    const done = await connection.soap.convertLead(conversion);
    expect(done).toMatchObject({ success: true, leadId: lead.id });
    expect(await connection.sobject('Contact').retrieve(String(done.contactId))).toMatchObject({
      AccountId: done.accountId,
      LastName: 'Convert',
    });
    expect(await connection.sobject('Lead').retrieve(String(lead.id))).toMatchObject({
      IsConverted: true,
      ConvertedAccountId: done.accountId,
    });
    expect(await connection.soap.convertLead(conversion)).toMatchObject({ success: false });
  });

  test('answers queries with parents, nulls and children', async () => {
    const text = await call(
      `<query><queryString>SELECT Id, Name, Description, (SELECT LastName FROM Contacts LIMIT 1) FROM Account WHERE Name = 'GenePoint'</queryString></query>`,
    );
    expect(text).toContain('<sf:type>Account</sf:type>');
    expect(text).toContain('<sf:Name>GenePoint</sf:Name>');
    expect(text).toMatch(/<sf:Contacts xsi:type="QueryResult"><done>true<\/done>/);
    expect(text).toContain('<queryLocator xsi:nil="true"/>');
  });

  test('faults carry Salesforce’s codes, and a document type is refused', async () => {
    expect(
      await call('<query><queryString>SELECT Nothing FROM Account</queryString></query>'),
    ).toContain('<faultcode>sf:INVALID_FIELD</faultcode>');
    expect(await call('<dance/>')).toContain('does not implement the SOAP operation dance');
    expect(await send('<!DOCTYPE x [<!ENTITY a "b">]><x/>')).toContain('sf:MALFORMED_MESSAGE');
    expect(await send('not xml')).toContain('sf:MALFORMED_MESSAGE');
  });

  test.each([
    ['s', 'does not implement the Apex SOAP API: compileClasses'],
    ['T', 'does not implement the Tooling SOAP API: compileClasses'],
  ])('what is not there is refused by name: Soap/%s', async (kind, message) => {
    expect(await call('<compileClasses><scripts>x</scripts></compileClasses>', kind)).toContain(
      message,
    );
  });

  test('of anonymous Apex it is told where it does not compile, and of the rest that nothing runs', async () => {
    const execute = (text: string): Promise<string> =>
      call(`<executeAnonymous><String>${text}</String></executeAnonymous>`, 's');
    expect(await execute('Integer x = ;')).toMatch(
      /<line>1<\/line><column>13<\/column><compiled>false<\/compiled><success>false<\/success>/,
    );
    expect(await execute('Integer x = ;')).toMatch(
      /<DebuggingInfo><debugLog( \/>|><\/debugLog>|\/>)/,
    );
    expect(await execute('System.debug(1);')).toContain('sf:NOT_IMPLEMENTED');
  });

  test('describes layouts, themes and actions, searches, and says of approvals which failed', async () => {
    const about = '<sObjectType>Account</sObjectType>';
    expect(await call(`<describeLayout>${about}</describeLayout>`)).toContain(
      '<detailLayoutSections>',
    );
    expect(await call(`<describeCompactLayouts>${about}</describeCompactLayouts>`)).toContain(
      '<name>SYSTEM</name>',
    );
    expect(await call('<describeTheme/>')).toContain('<themeItems>');
    expect(
      await call(
        '<describeQuickActions><quickActions>NewTask</quickActions></describeQuickActions>',
      ),
    ).toContain('<targetSobjectType>Task</targetSobjectType>');
    const sosl = 'FIND {GenePoint} IN NAME FIELDS RETURNING Account(Id, Name)';
    expect(await call(`<search><searchString>${sosl}</searchString></search>`)).toMatch(
      /<searchRecords><record [^>]*><sf:type>Account<\/sf:type>.*<sf:Name>GenePoint<\/sf:Name>/,
    );
    const [account] = await whole.org.records.create(whole.context, 'Account', [{ Name: 'Plain' }]);
    const submit = `<process><actions xsi:type="ProcessSubmitRequest" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><objectId>${account?.id}</objectId></actions></process>`;
    expect(await call(submit)).toMatch(
      /<statusCode>NO_APPLICABLE_PROCESS<\/statusCode>.*<success>false<\/success>/,
    );
  });
});

function call(body: string, kind = 'u'): Promise<string> {
  return send(
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><SessionHeader xmlns="urn:partner.soap.sforce.com"><sessionId>${connection.accessToken ?? ''}</sessionId></SessionHeader></e:Header><e:Body>${body}</e:Body></e:Envelope>`,
    kind,
  );
}

async function send(body: string, kind = 'u'): Promise<string> {
  const response = await fetch(`${url}/services/Soap/${kind}/60.0`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body,
  });
  return response.text();
}
