import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import type { Schema } from '../schema/schema.ts';
import { recordId } from '../store/record-id.ts';
import { insertRows, type StoredRecord } from '../store/rows.ts';

export interface Identity {
  readonly orgId: string;
  readonly adminUserId: string;
  readonly adminProfileId: string;
  /** True when this call made the org. */
  readonly fresh: boolean;
}

const ADMIN_USERNAME = 'admin@landbridge.example';

const IdentityRow = z.object({
  org_id: z.string(),
  admin_user_id: z.string(),
  admin_profile_id: z.string(),
});

/** The org's id and administrator; made at the first start, together with what every org has. */
export async function ensureIdentity(
  client: pg.ClientBase,
  schema: Schema,
  now: Date,
): Promise<Identity> {
  await client.query('lock table org_identity in exclusive mode');
  const { rows } = await client.query(READ_IDENTITY);
  const [known] = z.array(IdentityRow).parse(rows);
  if (known !== undefined) {
    return {
      orgId: known.org_id,
      adminUserId: known.admin_user_id,
      adminProfileId: known.admin_profile_id,
      fresh: false,
    };
  }
  return makeIdentity(client, schema, now);
}

const READ_IDENTITY = `/* readIdentity */
select org_id, admin_user_id, admin_profile_id from org_identity`;

async function makeIdentity(client: pg.ClientBase, schema: Schema, now: Date): Promise<Identity> {
  const ids = await nextIds(client, {
    org: '00D',
    license: '100',
    profile: '00e',
    standard: '00e',
    admin: '005',
    pricebook: '01s',
  });
  const { org, license, profile, standard, admin, pricebook } = ids;
  const stamp = `${now.toISOString().slice(0, 19)}.000Z`;
  const audit = {
    CreatedDate: stamp,
    CreatedById: admin,
    LastModifiedDate: stamp,
    LastModifiedById: admin,
    SystemModstamp: stamp,
  };
  const insert = (object: string, records: readonly StoredRecord[]): Promise<void> =>
    insertAll(client, schema, object, records);
  await insert('UserLicense', [
    { Id: license, Name: 'Salesforce', LicenseDefinitionKey: 'SFDC', ...audit },
  ]);
  await insert('Profile', [
    {
      Id: profile,
      Name: 'System Administrator',
      UserLicenseId: license,
      UserType: 'Standard',
      ...ALL_PERMISSIONS,
      ...audit,
    },
    {
      Id: standard,
      Name: 'Standard User',
      UserLicenseId: license,
      UserType: 'Standard',
      PermissionsApiEnabled: true,
      ...audit,
    },
  ]);
  await insert('User', [{ Id: admin, ProfileId: profile, ...ADMIN, ...audit }]);
  await insert('Organization', [{ Id: org, ...ORGANIZATION, ...audit }]);
  await insert('Pricebook2', [
    {
      Id: pricebook,
      Name: 'Standard Price Book',
      IsActive: true,
      IsStandard: true,
      IsArchived: false,
      ...audit,
    },
  ]);
  await client.query(SAVE_IDENTITY, [org, admin, profile]);
  return { orgId: org, adminUserId: admin, adminProfileId: profile, fresh: true };
}

const SAVE_IDENTITY = `/* saveIdentity */
insert into org_identity (org_id, admin_user_id, admin_profile_id) values ($1, $2, $3)`;

const ALL_PERMISSIONS = {
  PermissionsApiEnabled: true,
  PermissionsModifyAllData: true,
  PermissionsViewAllData: true,
  PermissionsManageUsers: true,
  PermissionsCustomizeApplication: true,
  PermissionsViewSetup: true,
  PermissionsAuthorApex: true,
  PermissionsBulkApiHardDelete: true,
  PermissionsPasswordNeverExpires: true,
  PermissionsModifyMetadata: true,
} as const;

const ADMIN = {
  Username: ADMIN_USERNAME,
  FirstName: 'Ada',
  LastName: 'Admin',
  Email: ADMIN_USERNAME,
  Alias: 'aadmin',
  CommunityNickname: 'admin',
  CompanyName: 'Landbridge',
  IsActive: true,
  TimeZoneSidKey: 'America/Los_Angeles',
  LocaleSidKey: 'en_US',
  LanguageLocaleKey: 'en_US',
  EmailEncodingKey: 'UTF-8',
  UserType: 'Standard',
  Country: 'US',
  DigestFrequency: 'D',
  DefaultGroupNotificationFrequency: 'N',
  UserPermissionsMarketingUser: true,
} as const;

const ORGANIZATION = {
  Name: 'Landbridge Sandbox',
  Country: 'US',
  PrimaryContact: 'Ada Admin',
  DefaultLocaleSidKey: 'en_US',
  TimeZoneSidKey: 'America/Los_Angeles',
  LanguageLocaleKey: 'en_US',
  OrganizationType: 'Developer Edition',
  InstanceName: 'LB1',
  IsSandbox: false,
  IsReadOnly: false,
  UiSkin: 'Theme3',
  FiscalYearStartMonth: '1',
  DefaultAccountAccess: 'Edit',
  DefaultContactAccess: 'Edit',
  DefaultOpportunityAccess: 'Edit',
  DefaultLeadAccess: 'Edit',
  DefaultCaseAccess: 'Edit',
} as const;

/** Inserts what every org has: also read-only fields are set. */
export async function insertAll(
  client: pg.ClientBase,
  schema: Schema,
  name: string,
  records: readonly StoredRecord[],
): Promise<void> {
  const object = present(schema.findObject(name), name);
  const given = new Set(records.flatMap((record) => Object.keys(record)));
  const complete = records.map((record) => ({
    ...Object.fromEntries(
      object.fields
        .filter(({ type }) => type === 'boolean')
        .map((field) => [field.name, field.defaultValue === true]),
    ),
    ...record,
  }));
  const fields = object.fields.filter(
    ({ name: field, generated, type }) =>
      generated === null && (given.has(field) || type === 'boolean'),
  );
  await insertRows(client, { object, fields }, complete);
}

/** A fresh id for each name, by the key prefix given with it. */
export async function nextIds<const Names extends Readonly<Record<string, string>>>(
  client: pg.ClientBase,
  prefixes: Names,
): Promise<Readonly<Record<keyof Names & string, string>>>;
export async function nextIds(
  client: pg.ClientBase,
  prefixes: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const names = Object.entries(prefixes);
  const { rows } = await client.query(NEXT_NUMBERS, [names.length]);
  const numbers = z.array(z.object({ number: z.string() })).parse(rows);
  return Object.fromEntries(
    names.map(([name, prefix], index) => [
      name,
      recordId(prefix, BigInt(present(numbers[index], 'number').number)),
    ]),
  );
}

const NEXT_NUMBERS = `/* nextNumbers */
select nextval('record_number')::text as number from generate_series(1, $1)`;
