import { randomInt } from 'node:crypto';

import { z } from 'zod';

import { present } from '../../../src/kit/assert.ts';
import { permissionField, ruleOf } from '../../access/object-rules.ts';
import { mirrorProfiles } from '../../access/seed.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';

/** What each right on an object needs besides. */
const NEEDS: readonly (readonly [right: string, needed: readonly string[]])[] = [
  ['PermissionsCreate', ['PermissionsRead']],
  ['PermissionsEdit', ['PermissionsRead']],
  ['PermissionsDelete', ['PermissionsRead', 'PermissionsEdit']],
  ['PermissionsViewAllRecords', ['PermissionsRead']],
  [
    'PermissionsModifyAllRecords',
    ['PermissionsRead', 'PermissionsEdit', 'PermissionsDelete', 'PermissionsViewAllRecords'],
  ],
];

/** Made-up nicknames are told apart by a number of up to this: the most randomInt can do. */
const NICKNAMES = 2 ** 48 - 1;

type Before = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** A user's name has the form of an email address, and there is but one of it. */
export const USER_BEHAVIOUR: Behaviour = {
  async beforeCreate(dml, drafts) {
    for (const { values } of drafts) {
      // Salesforce makes one up: `User` and digits that nobody else has.
      values['CommunityNickname'] ??= `User${randomInt(NICKNAMES)}`;
      values['UserType'] ??= 'Standard';
    }
    await checkUsernames(dml, drafts);
  },
  beforeUpdate: checkUsernames,
};

/** What a profile's users may do stands in its permission set too, where permissions are read. */
export const PROFILE_BEHAVIOUR: Behaviour = {
  async afterUpdate(dml, drafts) {
    await mirrorProfiles(
      dml.client,
      drafts.map(({ id }) => present(id, 'id')),
    );
  },
};

/** A profile's own permission set is changed through the profile. */
export const PERMISSION_SET_BEHAVIOUR: Behaviour = {
  reads: ['IsOwnedByProfile'],
  async beforeUpdate(_dml, drafts, before) {
    await Promise.resolve();
    for (const draft of drafts) {
      if (before.get(draft.id ?? '')?.['IsOwnedByProfile'] === true) draft.error = ownedByProfile();
    }
  },
  async beforeDelete(dml, ids) {
    const { rows } = await dml.client.query(
      '/* ownedSets */ select 1 from org.permissionset where id = any($1) and isownedbyprofile limit 1',
      [ids],
    );
    if (rows.length > 0) throw ownedByProfile();
  },
};

/** One record for an object in a permission set; who may write may read. */
export const OBJECT_PERMISSIONS_BEHAVIOUR: Behaviour = {
  reads: [...NEEDS.map(([right]) => right), 'PermissionsRead'],
  async beforeCreate(dml, drafts) {
    for (const draft of drafts) {
      const name = String(draft.values['SobjectType'] ?? '');
      const object = dml.schema.findObject(name);
      if (object === undefined || ruleOf(object).kind !== 'granted') {
        draft.error = invalid(
          'SobjectType',
          `SObject Type Name: bad value for restricted picklist field: ${name}`,
        );
      } else draft.values['SobjectType'] = object.name;
      checkObjectRights(draft, {});
    }
    await refuseSecond(dml, drafts, {
      table: 'objectpermissions',
      column: 'sobjecttype',
      field: 'SobjectType',
    });
  },
  async beforeUpdate(_dml, drafts, before) {
    await Promise.resolve();
    for (const draft of drafts) checkObjectRights(draft, before.get(draft.id ?? '') ?? {});
  },
};

/** One record for a field in a permission set; who may edit may read, and nobody may edit what is computed. */
export const FIELD_PERMISSIONS_BEHAVIOUR: Behaviour = {
  reads: ['Field', 'PermissionsRead', 'PermissionsEdit'],
  async beforeCreate(dml, drafts) {
    for (const draft of drafts) checkField(dml, draft);
    await refuseSecond(dml, drafts, { table: 'fieldpermissions', column: 'field', field: 'Field' });
  },
  async beforeUpdate(dml, drafts, before) {
    await Promise.resolve();
    for (const draft of drafts) {
      const old = before.get(draft.id ?? '') ?? {};
      checkFieldRights(dml, draft, { ...old, ...draft.values });
    }
  },
};

function checkObjectRights(draft: Draft, before: Readonly<Record<string, unknown>>): void {
  const rights = { ...before, ...draft.values };
  for (const [right, needed] of NEEDS) {
    const missing = needed.filter((name) => rights[name] !== true);
    if (rights[right] !== true || missing.length === 0) continue;
    draft.error ??= dependsOn(right, missing);
  }
}

function checkField(dml: Dml, draft: Draft): void {
  const name = textOf(draft.values['Field']);
  const { object, field } = findNamed(dml, name);
  if (
    object === undefined ||
    field === undefined ||
    permissionField(object, field) !== field ||
    textOf(draft.values['SobjectType']).toLowerCase() !== object.name.toLowerCase()
  ) {
    draft.error = invalid('Field', `Field Name: bad value for restricted picklist field: ${name}`);
    return;
  }
  draft.values['SobjectType'] = object.name;
  draft.values['Field'] = `${object.name}.${field.name}`;
  checkFieldRights(dml, draft, draft.values);
}

function checkFieldRights(dml: Dml, draft: Draft, rights: Readonly<Record<string, unknown>>): void {
  if (rights['PermissionsEdit'] !== true) return;
  const { field } = findNamed(dml, textOf(rights['Field']));
  if (rights['PermissionsRead'] !== true)
    draft.error ??= dependsOn('PermissionsEdit', ['PermissionsRead']);
  else if (
    field !== undefined &&
    field.components === null &&
    !field.createable &&
    !field.updateable
  )
    draft.error ??= invalid('PermissionsEdit', `Field ${field.name} cannot be edited`);
}

/** What `Object.Field` names. */
function findNamed(dml: Dml, name: string): { object?: ObjectDef; field?: FieldDef } {
  const [objectName = '', fieldName = ''] = name.split('.');
  const object = dml.schema.findObject(objectName);
  const field = object === undefined ? undefined : dml.schema.findField(object, fieldName);
  return { ...(object === undefined ? {} : { object }), ...(field === undefined ? {} : { field }) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const KeyRow = z.object({ parent: z.string(), key: z.string() });

/** The permission set is locked first, so that two calls at the same time cannot both make the one record. */
async function refuseSecond(
  dml: Dml,
  drafts: readonly Draft[],
  of: { readonly table: string; readonly column: string; readonly field: string },
): Promise<void> {
  const parents = [...new Set(drafts.map(({ values }) => String(values['ParentId'] ?? '')))];
  await dml.client.query(
    '/* lockPermissionSets */ select id from org.permissionset where id = any($1) order by id for no key update',
    [parents],
  );
  const { rows } = await dml.client.query(
    `/* grantedAlready */ select parentid as parent, ${of.column} as key from org.${of.table} where parentid = any($1)`,
    [parents],
  );
  const taken = new Set(
    z
      .array(KeyRow)
      .parse(rows)
      .map(({ parent, key }) => `${parent} ${key}`),
  );
  for (const draft of drafts) {
    if (draft.error !== undefined) continue;
    const key = `${String(draft.values['ParentId'])} ${String(draft.values[of.field])}`;
    if (taken.has(key)) {
      draft.error = new SalesforceError(
        'DUPLICATE_VALUE',
        `duplicate value found: ParentId, ${of.field} duplicates value on record with id: <unknown>`,
        { fields: ['ParentId', of.field] },
      );
    }
    taken.add(key);
  }
}

async function checkUsernames(dml: Dml, drafts: readonly Draft[], _before?: Before): Promise<void> {
  const named = drafts.filter(({ values }) => typeof values['Username'] === 'string');
  if (named.length === 0) return;
  const names = named.map(({ values }) => String(values['Username']).toLowerCase());
  const { rows } = await dml.client.query(
    '/* usernamesTaken */ select id as parent, lower(username) as key from org."user" where lower(username) = any($1)',
    [names],
  );
  const owners = new Map(
    z
      .array(KeyRow)
      .parse(rows)
      .map(({ parent, key }) => [key, parent]),
  );
  for (const [index, draft] of named.entries()) {
    const name = names[index] ?? '';
    const owner = owners.get(name);
    if (!z.email().safeParse(name).success) {
      draft.error = new SalesforceError(
        'INVALID_EMAIL_ADDRESS',
        'Username must be in the form of an email address (for example, john@acme.com).',
        { fields: ['Username'] },
      );
    } else if (owner !== undefined && owner !== draft.id) {
      draft.error = new SalesforceError(
        'DUPLICATE_USERNAME',
        "Duplicate Username.<br>The username already exists in this or another Salesforce organization. Usernames must be unique across all Salesforce organizations. To resolve, use a different username (it doesn't need to match the user's email address).",
        { fields: ['Username'] },
      );
    }
    owners.set(name, draft.id ?? '(new)');
  }
}

function dependsOn(right: string, missing: readonly string[]): SalesforceError {
  return new SalesforceError(
    'FIELD_INTEGRITY_EXCEPTION',
    `Permission ${right} depends on permission(s): ${missing.join(', ')}`,
    { fields: [] },
  );
}

function invalid(field: string, message: string): SalesforceError {
  return new SalesforceError('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', message, {
    fields: [field],
  });
}

function ownedByProfile(): SalesforceError {
  return new SalesforceError(
    'INSUFFICIENT_ACCESS_OR_READONLY',
    "You can't edit or delete a permission set that is owned by a profile",
    { fields: [] },
  );
}
