import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { USER_PERMISSIONS } from '../schema/objects/directory.ts';
import type { Schema } from '../schema/schema.ts';
import { insertAll, nextIds } from '../seed/identity.ts';
import { recordId } from '../store/record-id.ts';
import type { StoredRecord } from '../store/rows.ts';
import type { ObjectRights } from './access.ts';
import { permissionField, ruleOf } from './object-rules.ts';

/** What a standard profile allows at first; administrators may change all of it but the administrator's own. */
interface Standard {
  readonly objects: Readonly<Record<string, ObjectRights>> | 'all';
  /** Whether its users may read and edit the standard objects' fields. */
  readonly fields: boolean;
}

const ALL: ObjectRights = { read: true, create: true, edit: true, delete: true };
const READ: ObjectRights = { read: true, create: false, edit: false, delete: false };
const NOTHING: Standard = { objects: {}, fields: false };

const STANDARD: ReadonlyMap<string, Standard> = new Map<string, Standard>([
  ['System Administrator', { objects: 'all', fields: true }],
  [
    'Standard Platform User',
    { fields: true, objects: { Account: ALL, Contact: ALL, Document: ALL, Individual: ALL } },
  ],
  [
    'Standard User',
    {
      fields: true,
      objects: {
        Account: ALL,
        Asset: ALL,
        Case: ALL,
        Contact: ALL,
        Contract: ALL,
        Document: ALL,
        Order: ALL,
        Solution: ALL,
        WorkOrder: ALL,
        Individual: ALL,
        Entitlement: READ,
        ServiceContract: READ,
        Lead: ALL,
        Opportunity: ALL,
        Campaign: READ,
        Pricebook2: READ,
        Product2: READ,
        PushTopic: READ,
        StreamingChannel: READ,
      },
    },
  ],
]);

const SALESFORCE = { Name: 'Salesforce', LicenseDefinitionKey: 'SFDC' } as const;

/** Profiles that come with every org besides those it is made with, and the license each is of. */
const COME_WITH_EVERY_ORG = [
  { profile: { Name: 'Minimum Access - Salesforce' }, license: SALESFORCE },
  {
    profile: {
      Name: 'Minimum Access - API Only Integrations',
      PermissionsApiEnabled: true,
      PermissionsApiUserOnly: true,
    },
    license: SALESFORCE,
  },
  {
    profile: { Name: 'Standard Platform User', PermissionsApiEnabled: true },
    license: { Name: 'Salesforce Platform', LicenseDefinitionKey: 'AUL' },
  },
] as const;

const ProfileRow = z.object({
  id: z.string(),
  name: z.string(),
  license: z.string(),
  hasSet: z.boolean(),
  setId: z.string().nullable(),
});

/**
 * Makes the standard profiles, and for each profile the permission set that holds what it allows. Runs at every start,
 * within the transaction that makes the org; what is there already stays as it is.
 */
export async function ensureAccess(
  client: pg.ClientBase,
  schema: Schema,
  { adminUserId }: { readonly adminUserId: string },
  now: Date,
): Promise<void> {
  const stamp = `${now.toISOString().slice(0, 19)}.000Z`;
  const audit = {
    CreatedDate: stamp,
    CreatedById: adminUserId,
    LastModifiedDate: stamp,
    LastModifiedById: adminUserId,
    SystemModstamp: stamp,
  };
  const before = await readProfiles(client);
  for (const { profile, license } of COME_WITH_EVERY_ORG) {
    if (before.some(({ name }) => name === profile.Name)) continue;
    const UserLicenseId = await ensureLicense(client, schema, { ...license, ...audit });
    const { id } = await nextIds(client, { id: '00e' });
    await insertAll(client, schema, 'Profile', [
      { Id: id, UserLicenseId, UserType: 'Standard', ...profile, ...audit },
    ]);
  }
  const known = await readKnown(client, 'System Administrator');
  for (const { id, name, license: ofProfile, hasSet, setId } of await readProfiles(client)) {
    if (hasSet) {
      const profile = STANDARD.get(name);
      if (setId !== null && profile !== undefined)
        await grantStandard(client, schema, { set: setId, profile, audit, known });
      continue;
    }
    const { set } = await nextIds(client, { set: '0PS' });
    await insertAll(client, schema, 'PermissionSet', [
      {
        Id: set,
        Name: `X${id}`,
        Label: name,
        LicenseId: ofProfile,
        ProfileId: id,
        IsOwnedByProfile: true,
        IsCustom: false,
        ...audit,
      },
    ]);
    await mirrorProfiles(client, [id]);
    const profile = STANDARD.get(name) ?? NOTHING;
    await grantStandard(client, schema, { set, profile, audit, known: NOTHING_KNOWN });
  }
}

const Licenses = z.array(z.object({ id: z.string() }));

/** The id of a license; made when it is not there. */
async function ensureLicense(
  client: pg.ClientBase,
  schema: Schema,
  license: { readonly Name: string } & StoredRecord,
): Promise<string> {
  const { rows } = await client.query(FIND_LICENSE, [license.Name]);
  const [found] = Licenses.parse(rows);
  if (found !== undefined) return found.id;
  const { id } = await nextIds(client, { id: '100' });
  await insertAll(client, schema, 'UserLicense', [{ Id: id, ...license }]);
  return id;
}

const FIND_LICENSE = `/* findLicense */ select id from org.userlicense where name = $1`;

async function readProfiles(client: pg.ClientBase): Promise<readonly z.infer<typeof ProfileRow>[]> {
  const { rows } = await client.query(READ_PROFILES);
  return z.array(ProfileRow).parse(rows);
}

const READ_PROFILES = `/* readProfiles */
select profile.id, profile.name, profile.userlicenseid as license,
       exists (select from org.permissionset as owned where owned.profileid = profile.id and owned.isownedbyprofile) as "hasSet",
       (select owned.id from org.permissionset as owned where owned.profileid = profile.id and owned.isownedbyprofile) as "setId"
  from org.profile order by profile.id`;

/**
 * The objects and fields that were there when the org was last started: those the administrator's profile grants, which
 * is given all of them and which nobody changes. What a newer version adds is granted to the standard profiles then.
 */
async function readKnown(client: pg.ClientBase, profile: string): Promise<ReadonlySet<string>> {
  const { rows } = await client.query(READ_KNOWN, [profile]);
  return new Set(
    z
      .array(z.object({ name: z.string() }))
      .parse(rows)
      .map(({ name }) => name),
  );
}

const READ_KNOWN = `/* readKnown */
with owned as (
  select owned.id from org.permissionset as owned join org.profile on profile.id = owned.profileid
   where owned.isownedbyprofile and profile.name = $1
)
select sobjecttype as name from org.objectpermissions where parentid in (select id from owned)
union all
select field from org.fieldpermissions where parentid in (select id from owned)`;

const NOTHING_KNOWN: ReadonlySet<string> = new Set();

/** A profile's user permissions stand in its permission set too, where permissions are read. */
export async function mirrorProfiles(client: pg.ClientBase, ids: readonly string[]): Promise<void> {
  await client.query(MIRROR_PROFILES, [ids]);
}

const MIRROR_PROFILES = `/* mirrorProfiles */
update org.permissionset as owned
   set ${USER_PERMISSIONS.map(([name]) => `permissions${name.toLowerCase()} = profile.permissions${name.toLowerCase()}`).join(', ')}
  from org.profile
 where owned.profileid = profile.id and owned.isownedbyprofile and profile.id = any($1)`;

async function grantStandard(
  client: pg.ClientBase,
  schema: Schema,
  of: {
    readonly set: string;
    readonly profile: Standard;
    readonly audit: StoredRecord;
    readonly known: ReadonlySet<string>;
  },
): Promise<void> {
  const { set, profile, audit, known } = of;
  const standard = schema.objects.filter(({ custom }) => !custom);
  const objects = standard.flatMap(({ name }): StoredRecord[] => {
    if (ruleOf({ name }).kind !== 'granted' || known.has(name)) return [];
    const rights = profile.objects === 'all' ? ALL : profile.objects[name];
    if (rights === undefined) return [];
    const everything = profile.objects === 'all';
    return [
      {
        ParentId: set,
        SobjectType: name,
        PermissionsRead: rights.read,
        PermissionsCreate: rights.create,
        PermissionsEdit: rights.edit,
        PermissionsDelete: rights.delete,
        PermissionsViewAllRecords: everything,
        PermissionsModifyAllRecords: everything,
        ...audit,
      },
    ];
  });
  const fields = !profile.fields
    ? []
    : standard.flatMap((object) =>
        object.fields
          .filter(
            (field) =>
              permissionField(object, field) === field &&
              !known.has(`${object.name}.${field.name}`),
          )
          .map((field): StoredRecord => ({
            ParentId: set,
            SobjectType: object.name,
            Field: `${object.name}.${field.name}`,
            PermissionsRead: true,
            PermissionsEdit: field.updateable || field.createable || field.components !== null,
            SystemModstamp: audit['SystemModstamp'] ?? null,
          })),
      );
  await insertAll(client, schema, 'ObjectPermissions', await withIds(client, '110', objects));
  await insertAll(client, schema, 'FieldPermissions', await withIds(client, '01k', fields));
}

async function withIds(
  client: pg.ClientBase,
  prefix: string,
  records: readonly StoredRecord[],
): Promise<readonly StoredRecord[]> {
  const { rows } = await client.query(NEXT_NUMBERS, [records.length]);
  const numbers = z.array(z.object({ number: z.string() })).parse(rows);
  return records.map((record, index) => ({
    Id: recordId(prefix, BigInt(present(numbers[index], 'number').number)),
    ...record,
  }));
}

const NEXT_NUMBERS = `/* nextNumbers */
select nextval('record_number')::text as number from generate_series(1, $1)`;
