import { createServer } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import jsforce from 'jsforce';

import { createApp } from '../../../sandbox/app.ts';
import { createBulkRouter, startBulk } from '../../../sandbox/bulk/router.ts';
import { MetadataJobs } from '../../../sandbox/metadata/metadata-jobs.ts';
import { createMetadataRouter } from '../../../sandbox/metadata/router.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import type { Authenticator } from '../../../sandbox/session.ts';
import { listen } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { openTestOrg } from '../support/open-test-org.ts';

const closing = new AsyncDisposableStack();
let connection: jsforce.Connection;
beforeAll(async () => {
  const { org } = closing.use(await openTestOrg());
  const authenticator: Authenticator = {
    authenticate: async (accessToken) => ({
      userId: org.adminUserId,
      profileId: org.adminProfileId,
      orgId: org.orgId,
      username: 'admin@landbridge.example',
      clientId: null,
      scopes: ['api'],
      accessToken,
    }),
  };
  closing.use(await startBulk(org));
  const app = createApp({
    log: silentLog,
    health: () => ({ ready: true, parts: {} }),
    routers: [
      createMetadataRouter(org, authenticator, closing.use(new MetadataJobs(org))),
      createBulkRouter(org, authenticator),
      createRestRouter(org, authenticator),
    ],
  });
  const place = {
    port: 0,
    host: '127.0.0.1',
    drainMs: 1_000,
    what: 'the test org',
    variable: 'none',
  };
  const { port } = closing.use(await listen(createServer(app), place));
  connection = new jsforce.Connection({
    instanceUrl: `http://127.0.0.1:${port}`,
    accessToken: '00Dtest!token',
    version: '60.0',
  });
});
afterAll(async () => closing.disposeAsync());

const RULE = {
  active: true,
  errorConditionFormula: 'ISBLANK(Phone)',
  errorDisplayField: 'Phone',
  errorMessage: 'A phone, please',
};

describe('A client', () => {
  test('makes, reads, lists, changes and deletes validation rules by metadata', async () => {
    const { metadata } = connection;
    const fullName = 'Contact.Has_Phone';
    const rule = { fullName, ...RULE };
    expect(await metadata.create('ValidationRule', rule)).toMatchObject({
      success: true,
      fullName,
    });
    expect(await metadata.read('ValidationRule', fullName)).toMatchObject(RULE);
    expect(await metadata.list({ type: 'ValidationRule' })).toMatchObject([{ fullName }]);
    const refused = await connection
      .sobject('Contact')
      .create({ LastName: 'x' })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({
      errorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
      message: 'A phone, please',
      data: expect.objectContaining({ fields: ['Phone'] }),
    });
    expect(
      await metadata.update('ValidationRule', { ...rule, errorConditionFormula: 'LEN(Nothing)' }),
    ).toMatchObject({
      success: false,
      errors: [{ message: 'Field Nothing does not exist. Check spelling.' }],
    });
    await metadata.update('ValidationRule', { ...rule, active: false });
    expect(await connection.sobject('Contact').create({ LastName: 'x' })).toMatchObject({
      success: true,
    });
    expect(await metadata.delete('ValidationRule', fullName)).toMatchObject({ success: true });
    expect(await metadata.list({ type: 'ValidationRule' })).toEqual([]);
  });

  test('makes, queries, reads, changes and deletes validation rules as tooling records', async () => {
    const { tooling } = connection;
    const created = await tooling
      .sobject('ValidationRule')
      .create({ FullName: 'Account.Has_Phone', Metadata: RULE });
    const id = created.id ?? '';
    const { records } = await tooling.query(
      `SELECT Id, ValidationName, Active, ErrorMessage FROM ValidationRule WHERE EntityDefinition.QualifiedApiName = 'Account'`,
    );
    expect(records).toMatchObject([
      { Id: id, ValidationName: 'Has_Phone', Active: true, ErrorMessage: RULE.errorMessage },
    ]);
    expect(await tooling.sobject('ValidationRule').retrieve(id)).toMatchObject({ Metadata: RULE });
    await tooling
      .sobject('ValidationRule')
      .update({ Id: id, Metadata: { ...RULE, active: false } });
    expect(await connection.sobject('Account').create({ Name: 'x' })).toMatchObject({
      success: true,
    });
    await tooling.sobject('ValidationRule').delete(id);
    expect((await tooling.query('SELECT Id FROM ValidationRule')).totalSize).toBe(0);
  });

  test('reads formula fields by query, retrieve, composite and Bulk alike', async () => {
    const number = { precision: 18, scale: 2 };
    await connection.metadata.create('CustomField', [
      {
        fullName: 'Account.Double__c',
        label: 'Double',
        type: 'Number',
        ...number,
        formula: 'AnnualRevenue * 2',
        formulaTreatBlanksAs: 'BlankAsZero',
      },
    ]);
    const described = await connection.sobject('Account').describe();
    expect(described.fields.find(({ name }) => name === 'Double__c')).toMatchObject({
      calculated: true,
      calculatedFormula: 'AnnualRevenue * 2',
      formulaTreatNullNumberAsZero: true,
      createable: false,
      updateable: false,
      type: 'double',
      scale: 2,
    });
    const { id = '' } = await connection
      .sobject('Account')
      .create({ Name: 'f', AnnualRevenue: 21 });
    const query = `SELECT Id, Double__c FROM Account WHERE Double__c = 42`;
    expect((await connection.query(query)).records).toMatchObject([{ Id: id, Double__c: 42 }]);
    expect(await connection.sobject('Account').retrieve(id)).toMatchObject({ Double__c: 42 });
    expect(
      await connection.requestPost('/services/data/v60.0/composite/sobjects/Account', {
        ids: [id],
        fields: ['Double__c'],
      }),
    ).toMatchObject([{ Double__c: 42 }]);
    const stream = await connection.bulk2.query(query);
    expect(await stream.toArray()).toMatchObject([{ Double__c: '42.0' }]);
  });
});
