import { z } from 'zod';

import { replaceLoginRanges } from '../../access/login-ranges.ts';
import { mirrorProfiles } from '../../access/seed.ts';
import { insertSystemRecords } from '../../records/system-records.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { many } from '../../schema/xml-list.ts';
import type { Actor } from '../actors.ts';
import { shownBase, type LiveType } from './live-type.ts';
import type { Database } from './permission-set.ts';
import { grant, PERMISSIONS, setUserPermissions, shownPermissions } from './permissions.ts';
import { grantRecordTypes, RECORD_TYPES } from './record-types.ts';
import { Flag, readComponent } from './xml.ts';

const Address = z.union([z.ipv4(), z.ipv6()], { error: 'Invalid IP address' });

const ProfileXml = z.looseObject({
  custom: Flag.default(false),
  userLicense: z.string().optional(),
  loginIpRanges: many(z.looseObject({ startAddress: Address, endAddress: Address })).optional(),
  ...PERMISSIONS,
  ...RECORD_TYPES,
});

/** Standard profiles have other names in metadata. */
const METADATA_NAMES: ReadonlyMap<string, string> = new Map([
  ['System Administrator', 'Admin'],
  ['Standard User', 'Standard'],
]);
const NAMES: ReadonlyMap<string, string> = new Map(
  [...METADATA_NAMES].map(([name, metadata]) => [metadata.toLowerCase(), name]),
);

/** File names are encoded: `Minimum Access %2D Sales`. */
function nameOf(fullName: string): string {
  let name = fullName;
  try {
    name = decodeURIComponent(fullName);
  } catch {
    // A name with a percent sign of its own.
  }
  return NAMES.get(name.toLowerCase()) ?? name;
}

const ProfileRow = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  set: z.string(),
  license: z.string().nullable(),
});

async function findProfile(db: Database, name: string) {
  const { rows } = await db.query(`${PROFILES} where lower(profile.name) = lower($1)`, [name]);
  return z.array(ProfileRow).parse(rows)[0];
}

export async function findProfileId(db: Database, name: string): Promise<string | undefined> {
  return (await findProfile(db, nameOf(name)))?.id;
}

const PROFILES = `/* profiles */
select profile.id, profile.name, profile.description, owned.id as set, license.name as license
  from org.profile
  join org.permissionset as owned on owned.profileid = profile.id and owned.isownedbyprofile
  left join org.userlicense as license on license.id = profile.userlicenseid`;

/** A deployed profile changes what its file names and nothing else; the administrator's own cannot be lessened. */
export const PROFILE_ACTOR: Actor = {
  async keep(write, component) {
    const xml = readComponent(component, ProfileXml);
    const name = nameOf(component.fullName);
    if (name === 'System Administrator') return undefined;
    const { client } = write;
    const known = await findProfile(client, name);
    const { id, set } = known ?? (await addProfile(write, name, xml.userLicense));
    if (xml.description !== undefined)
      await client.query(
        '/* describeProfile */ update org.profile set description = $2 where id = $1',
        [id, xml.description],
      );
    if (xml.loginIpRanges !== undefined) await replaceLoginRanges(client, id, xml.loginIpRanges);
    await setUserPermissions(client, { table: 'profile', id, replace: false }, xml.userPermissions);
    await mirrorProfiles(client, [id]);
    await grant(write, { set, replace: false }, xml);
    await grantRecordTypes(write, { set, replace: false }, xml);
    return undefined;
  },
  async drop({ client }, fullName) {
    const profile = await findProfile(client, nameOf(fullName));
    if (profile === undefined) return;
    const { rows } = await client.query(
      '/* usedProfile */ select 1 from org."user" where profileid = $1 limit 1',
      [profile.id],
    );
    if (rows.length > 0 || METADATA_NAMES.has(profile.name)) {
      throw new SalesforceError(
        'DELETE_FAILED',
        `Profile ${profile.name} cannot be deleted: it is a standard one, or users have it`,
      );
    }
    await client.query('/* dropProfile */ delete from org.objectpermissions where parentid = $1', [
      profile.set,
    ]);
    await client.query('/* dropProfile */ delete from org.fieldpermissions where parentid = $1', [
      profile.set,
    ]);
    await client.query('/* dropProfile */ delete from org.permissionset where id = $1', [
      profile.set,
    ]);
    await replaceLoginRanges(client, profile.id, []);
    await client.query('/* dropProfile */ delete from org.profile where id = $1', [profile.id]);
  },
};

const LicenseRow = z.object({ id: z.string() });

async function addProfile(
  write: Parameters<Actor['keep']>[0],
  name: string,
  license = 'Salesforce',
): Promise<{ id: string; set: string }> {
  const { rows } = await write.client.query(
    '/* findLicense */ select id from org.userlicense order by name = $1 desc limit 1',
    [license],
  );
  const licenseId = z.array(LicenseRow).parse(rows)[0]?.id ?? null;
  const [id = ''] = await insertSystemRecords(write, 'Profile', [
    { Name: name, UserLicenseId: licenseId, UserType: 'Standard' },
  ]);
  const [set = ''] = await insertSystemRecords(write, 'PermissionSet', [
    { Name: `X${id}`, Label: name, LicenseId: licenseId, ProfileId: id, IsOwnedByProfile: true },
  ]);
  return { id, set };
}

/** Parts of a profile's file that are shown only along with what they are about, by the type that must be named. */
const SHOWN_WITH: Readonly<Record<string, readonly [type: string, element: string]>> = {
  applicationVisibilities: ['CustomApplication', 'application'],
  classAccesses: ['ApexClass', 'apexClass'],
  customPermissions: ['CustomPermission', 'name'],
  flowAccesses: ['Flow', 'flow'],
  layoutAssignments: ['Layout', 'layout'],
  pageAccesses: ['ApexPage', 'apexPage'],
  recordTypeVisibilities: ['RecordType', 'recordType'],
  tabVisibilities: ['CustomTab', 'tab'],
};

export const PROFILES_TYPE: LiveType = {
  type: 'Profile',
  async names(pool) {
    const { rows } = await pool.query(`${PROFILES} order by profile.name`);
    return z
      .array(ProfileRow)
      .parse(rows)
      .map(({ name }) => METADATA_NAMES.get(name) ?? name);
  },
  async show(pool, fullName, named) {
    const profile = await findProfile(pool, nameOf(fullName));
    if (profile === undefined) return undefined;
    const metadataName = METADATA_NAMES.get(profile.name) ?? profile.name;
    const base = await shownBase(pool, 'Profile', metadataName);
    const permissions = await shownPermissions(pool, profile.set);
    const whole = {
      ...base,
      custom: !METADATA_NAMES.has(profile.name) && !profile.name.startsWith('Minimum Access'),
      ...(profile.description === null ? {} : { description: profile.description }),
      userLicense: profile.license ?? undefined,
      ...permissions,
    };
    return named === undefined ? whole : withNamed(whole, named);
  },
};

const Entry = z.record(z.string(), z.unknown());

/** As Salesforce retrieves it: permissions on what the same manifest names, and user permissions. */
function withNamed(
  profile: Readonly<Record<string, unknown>>,
  named: ReadonlyMap<string, readonly string[]>,
): Readonly<Record<string, unknown>> {
  const is = (type: string, name: string): boolean => {
    const members = named.get(type) ?? [];
    return members.includes('*') || members.includes(name);
  };
  // The wildcard of CustomObject means custom objects alone.
  const isObject = (name: string): boolean =>
    named.get('CustomObject')?.includes(name) === true ||
    (name.endsWith('__c') && is('CustomObject', name));
  return Object.fromEntries(
    Object.entries(profile).flatMap(([element, value]) => {
      const needed = SHOWN_WITH[element];
      const keep = (test: (entry: Readonly<Record<string, unknown>>) => boolean) => {
        const list: readonly unknown[] = Array.isArray(value) ? value : [value];
        const kept = list.filter((entry) => test(Entry.safeParse(entry).data ?? {}));
        return kept.length === 0 ? [] : [[element, kept]];
      };
      const text = (entry: Readonly<Record<string, unknown>>, name: string): string => {
        const found = entry[name];
        return typeof found === 'string' ? found : '';
      };
      if (element === 'objectPermissions') return keep((entry) => isObject(text(entry, 'object')));
      if (element === 'fieldPermissions')
        return keep((entry) => {
          const field = text(entry, 'field');
          return isObject(field.split('.')[0] ?? '') || is('CustomField', field);
        });
      return needed === undefined
        ? [[element, value]]
        : keep((entry) => is(needed[0], text(entry, needed[1])));
    }),
  );
}
