import { describe, expect, test } from '@jest/globals';

import { fitName } from '../../../connect/core/names.ts';
import { tableNames } from '../../../connect/core/table-plan.ts';
import { contactPlan, plan } from '../support/describes.ts';

describe('names that PostgreSQL would cut', () => {
  const long = 'A_very_long_managed_package_name__Parent_Relationship__r__External_Id_';

  test('are cut by us, and two of the same beginning stay two', () => {
    const names = ['One__c', 'Two__c'].map((end) => fitName(`${long}${end}`.toLowerCase()));
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(Buffer.byteLength(name)).toBe(63);
  });

  test('have the same short form whatever stands beside them', () => {
    expect(fitName(`${long}One__c`)).toBe(fitName(`${long}One__c`));
    expect(fitName('hcu_idx_contact_sfid')).toBe('hcu_idx_contact_sfid');
  });

  test('of one object’s table, triggers and functions do not meet', () => {
    const names = Object.values(tableNames(`${'x'.repeat(76)}__c`));
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });
});

describe('a plan', () => {
  test('reads a relationship key as the parent’s external id', () => {
    const { columns } = plan('Contact', { fields: ['Account__Key__c'] });
    expect(columns.find(({ field }) => field === 'Account__Key__c')).toMatchObject({
      name: 'account__key__c',
      type: 'character varying(20)',
      path: 'Account.Key__c',
      reference: { relationship: 'Account', lookup: 'AccountId', externalId: 'Key__c' },
      parents: ['Account'],
    });
  });

  test('gives new rows a key only where the key can hold it and the application may write', () => {
    expect(contactPlan().key).toEqual({
      field: 'External_Contact_Id__c',
      column: 'external_contact_id__c',
      defaulted: true,
    });
    expect(contactPlan({ access: 'read_only' }).key?.defaulted).toBe(false);
    expect(contactPlan({ more: { landbridge: { key_default: false } } }).key?.defaulted).toBe(
      false,
    );
    expect(plan('Account', { fields: ['Key__c'], upsertField: 'Key__c' }).key?.defaulted).toBe(
      false,
    );
  });

  test('has the change column whether the file names it or not', () => {
    const user = plan('User', { access: 'read_only', more: { fields: { Id: {}, Name: {} } } });
    expect(user.columns.map(({ name }) => name)).toEqual(['name', 'systemmodstamp']);
    expect(user.changeColumn?.field).toBe('SystemModstamp');
    expect(user.softDeletes).toBe(false);
  });

  test('has exactly the indexes that the file lists, where it lists any, and always those of sfid and key', () => {
    const names = contactPlan({ more: { indexes: { Email: { unique: false } } } }).indexes.map(
      ({ name }) => name,
    );
    expect(names).toEqual([
      'hcu_idx_contact_sfid',
      'hc_idx_contact_email',
      'hcu_idx_contact_external_contact_id__c',
    ]);
  });
});
