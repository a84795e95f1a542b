import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

let testOrg: TestOrg;
beforeAll(async () => {
  testOrg = await openTestOrg();
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

test('a new org shows a Developer Edition', async () => {
  const { rows } = await testOrg.org.pool.query(
    `select (select count(*)::int from org.account) as accounts, (select count(*)::int from org.contact) as contacts, (select name from org.contact where lastname = 'Gonzalez') as rose`,
  );
  expect(rows).toEqual([{ accounts: 13, contacts: 20, rose: 'Rose Gonzalez' }]);
});

describe('create', () => {
  test('saves the good records and answers the bad ones with their errors', async () => {
    const { org, context } = testOrg;
    const results = await org.records.create(context, 'contact', [
      { LastName: ' Lovelace ', FirstName: '', Email: 'ada@example.org' },
      { FirstName: 'Nobody' },
      { LastName: 'x'.repeat(81) },
      { LastName: 'Wrong', Email: 'not an address' },
      { LastName: 'Orphan', AccountId: '001gL000000ZZZZ' },
      { LastName: 'Given', CreatedById: org.adminUserId },
    ]);
    expect(results.map(({ success, errors }) => (success ? 'saved' : errors[0]?.toJSON()))).toEqual(
      [
        'saved',
        {
          errorCode: 'REQUIRED_FIELD_MISSING',
          message: 'Required fields are missing: [LastName]',
          fields: ['LastName'],
        },
        {
          errorCode: 'STRING_TOO_LONG',
          message: `Last Name: data value too large: ${'x'.repeat(81)} (max length=80)`,
          fields: ['LastName'],
        },
        {
          errorCode: 'INVALID_EMAIL_ADDRESS',
          message: 'Email: invalid email address: not an address',
          fields: ['Email'],
        },
        {
          errorCode: 'INVALID_CROSS_REFERENCE_KEY',
          message: 'invalid cross reference id',
          fields: ['AccountId'],
        },
        {
          errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE',
          message:
            'Unable to create/update fields: CreatedById. Please check the security settings of this field and verify that it is read/write for your profile or permission set.',
          fields: ['CreatedById'],
        },
      ],
    );
    const { rows } = await org.pool.query(
      'select lastname, firstname, ownerid from org.contact where id = $1',
      [results[0]?.id],
    );
    expect(rows).toEqual([{ lastname: 'Lovelace', firstname: null, ownerid: org.adminUserId }]);
  });
});

describe('a record that another transaction holds', () => {
  test('is refused after the wait, and the others are saved', async () => {
    const { org, context } = testOrg;
    const created = await org.records.create(context, 'Account', [
      { Name: 'Held' },
      { Name: 'Free' },
    ]);
    const [held, free] = created.map(({ id }) => id);
    const holder = await org.pool.connect();
    try {
      await holder.query('begin');
      await holder.query('select 1 from org.account where id = $1 for update', [held]);
      const results = await org.records.update(context, 'Account', [
        { Id: held, Name: 'Changed' },
        { Id: free, Name: 'Changed' },
      ]);
      expect(results.map(({ success, errors }) => errors[0]?.toJSON() ?? success)).toEqual([
        {
          errorCode: 'UNABLE_TO_LOCK_ROW',
          message: `unable to obtain exclusive access to this record or 1 records: ${String(held)}`,
          fields: [],
        },
        true,
      ]);
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });
});

describe('update', () => {
  test('tells the journal what really changed, with the values before', async () => {
    const { org, context } = testOrg;
    const [account] = await org.records.create(context, 'Account', [
      { Name: 'Told', Phone: '1', Industry: 'Energy' },
    ]);
    await org.records.update(context, 'Account', [
      { Id: account?.id, Name: 'Told', Phone: '2', Industry: null },
    ]);
    const { rows } = await org.pool.query(
      `select change_type, changed_fields, record - 'LastModifiedDate' as record, previous - 'LastModifiedDate' as previous
         from change_journal where record_id = $1 and change_type = 'UPDATE'`,
      [account?.id],
    );
    expect(rows).toEqual([
      {
        change_type: 'UPDATE',
        changed_fields: ['Phone', 'Industry', 'LastModifiedDate'],
        record: { Phone: '2', Industry: null },
        previous: { Phone: '1', Industry: 'Energy' },
      },
    ]);
  });

  test('never moves a stamp back', async () => {
    const { org, context } = testOrg;
    const [account] = await org.records.create(context, 'Account', [{ Name: 'Stamped' }]);
    await org.pool.query(`update org.account set systemmodstamp = '2100-01-01' where id = $1`, [
      account?.id,
    ]);
    await org.records.update(context, 'Account', [{ Id: account?.id, Name: 'Again' }]);
    const { rows } = await org.pool.query(
      'select systemmodstamp as stamp from org.account where id = $1',
      [account?.id],
    );
    expect(rows).toEqual([{ stamp: new Date('2100-01-01') }]);
  });
});
