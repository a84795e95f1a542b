import type pg from 'pg';
import { z } from 'zod';

import { permissionField, ruleOf } from '../../access/object-rules.ts';
import { quoteName } from '../../../src/kit/identifiers.ts';
import { USER_PERMISSIONS } from '../../schema/objects/directory.ts';
import { insertSystemRecords, type SystemWrite } from '../../records/system-records.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { Schema } from '../../schema/schema.ts';
import { many } from '../../schema/xml-list.ts';
import { Flag } from './xml.ts';

/** What permission sets and profiles have in common. What this org does not act by is kept in their files. */
export const PERMISSIONS = {
  description: z.string().optional(),
  fieldPermissions: many(
    z.looseObject({
      field: z.string(),
      editable: Flag.default(false),
      readable: Flag.default(false),
    }),
  ),
  objectPermissions: many(
    z.looseObject({
      object: z.string(),
      allowCreate: Flag.default(false),
      allowDelete: Flag.default(false),
      allowEdit: Flag.default(false),
      allowRead: Flag.default(false),
      modifyAllRecords: Flag.default(false),
      viewAllRecords: Flag.default(false),
    }),
  ),
  userPermissions: many(z.looseObject({ name: z.string(), enabled: Flag.default(true) })),
} as const;

const Permissions = z.looseObject(PERMISSIONS);
type Permissions = z.infer<typeof Permissions>;
type ObjectPermission = Permissions['objectPermissions'][number];

const KNOWN: ReadonlyMap<string, string> = new Map(
  USER_PERMISSIONS.map(([name]) => [name, `permissions${name.toLowerCase()}`]),
);

/**
 * Writes what a file grants to a permission set. `replace`: what the file does not name is taken away (permission
 * sets); otherwise it stays (profiles).
 */
export async function grant(
  write: SystemWrite,
  { set, replace }: { readonly set: string; readonly replace: boolean },
  permissions: Permissions,
): Promise<void> {
  const { client, schema } = write;
  const objects = permissions.objectPermissions.flatMap((given) => objectRow(schema, set, given));
  const fields = permissions.fieldPermissions.flatMap((given) => fieldRow(schema, set, given));
  await client.query(
    '/* dropObjectPermissions */ delete from org.objectpermissions where parentid = $1 and ($2 or lower(sobjecttype) = any($3))',
    [set, replace, permissions.objectPermissions.map(({ object }) => object.toLowerCase())],
  );
  await client.query(
    '/* dropFieldPermissions */ delete from org.fieldpermissions where parentid = $1 and ($2 or lower(field) = any($3))',
    [set, replace, permissions.fieldPermissions.map(({ field }) => field.toLowerCase())],
  );
  await insertSystemRecords(write, 'ObjectPermissions', objects);
  await insertSystemRecords(write, 'FieldPermissions', fields);
}

function objectRow(schema: Schema, set: string, given: ObjectPermission) {
  const object = schema.findObject(given.object);
  if (object === undefined) {
    // Salesforce has standard objects that are not here; a file that names them is kept all the same.
    if (!/__[a-z]+$/i.test(given.object)) return [];
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: field - no CustomObject named ${given.object} found`,
    );
  }
  if (ruleOf(object).kind !== 'granted') return [];
  const needs: readonly (readonly [boolean, string, boolean, string])[] = [
    [given.allowCreate, 'Create', given.allowRead, 'Read'],
    [given.allowEdit, 'Edit', given.allowRead, 'Read'],
    [given.allowDelete, 'Delete', given.allowEdit, 'Edit'],
    [given.viewAllRecords, 'View All', given.allowRead, 'Read'],
    [given.modifyAllRecords, 'Modify All', given.allowDelete && given.viewAllRecords, 'Delete'],
  ];
  const missing = needs.find(([right, , needed]) => right && !needed);
  if (missing !== undefined) {
    throw new SalesforceError(
      'FIELD_INTEGRITY_EXCEPTION',
      `Permission ${missing[1]} ${object.name} depends on permission(s): ${missing[3]} ${object.name}`,
    );
  }
  if (!given.allowRead) return [];
  return [
    {
      ParentId: set,
      SobjectType: object.name,
      PermissionsRead: given.allowRead,
      PermissionsCreate: given.allowCreate,
      PermissionsEdit: given.allowEdit,
      PermissionsDelete: given.allowDelete,
      PermissionsViewAllRecords: given.viewAllRecords,
      PermissionsModifyAllRecords: given.modifyAllRecords,
    },
  ];
}

function fieldRow(schema: Schema, set: string, given: Permissions['fieldPermissions'][number]) {
  const [objectName = '', fieldName = ''] = given.field.split('.');
  const object = schema.findObject(objectName);
  const field = object === undefined ? undefined : schema.findField(object, fieldName);
  if (object === undefined || field === undefined) {
    if (!/__c$/i.test(fieldName)) return [];
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: field - no CustomField named ${given.field} found`,
    );
  }
  if (permissionField(object, field) !== field) {
    if (!field.custom) return [];
    throw new SalesforceError(
      'INVALID_INPUT',
      `You cannot deploy to a required field: ${given.field}`,
    );
  }
  if (!given.readable && !given.editable) return [];
  const computed = field.components === null && !field.createable && !field.updateable;
  return [
    {
      ParentId: set,
      SobjectType: object.name,
      Field: `${object.name}.${field.name}`,
      PermissionsRead: true,
      PermissionsEdit: given.editable && !computed,
    },
  ];
}

/** Sets the user permissions a file names in a record of permissions; others become false when it replaces. */
export async function setUserPermissions(
  client: pg.ClientBase,
  of: {
    readonly table: 'permissionset' | 'profile';
    readonly id: string;
    readonly replace: boolean;
  },
  given: Permissions['userPermissions'],
): Promise<void> {
  const wanted = new Map(given.map(({ name, enabled }) => [name, enabled]));
  const sets = [...KNOWN].flatMap(([name, column]) => {
    const value = wanted.get(name) ?? (of.replace ? false : undefined);
    return value === undefined ? [] : [`${quoteName(column)} = ${value ? 'true' : 'false'}`];
  });
  if (sets.length === 0) return;
  await client.query(
    `/* setUserPermissions */ update org.${of.table} set ${sets.join(', ')} where id = $1`,
    [of.id],
  );
}

const Shown = z.object({
  objects: z.array(
    z.object({
      object: z.string(),
      allowCreate: z.boolean(),
      allowDelete: z.boolean(),
      allowEdit: z.boolean(),
      allowRead: z.boolean(),
      modifyAllRecords: z.boolean(),
      viewAllRecords: z.boolean(),
    }),
  ),
  fields: z.array(z.object({ field: z.string(), editable: z.boolean(), readable: z.boolean() })),
  users: z.record(z.string(), z.unknown()),
});

/** What a permission set grants now, as its file says it. */
export async function shownPermissions(db: Pick<pg.ClientBase, 'query'> | pg.Pool, set: string) {
  const { rows } = await db.query(SHOWN, [set]);
  const [row] = z.tuple([Shown]).parse(rows);
  return {
    objectPermissions: row.objects.map(({ object, ...rights }) => ({
      allowCreate: rights.allowCreate,
      allowDelete: rights.allowDelete,
      allowEdit: rights.allowEdit,
      allowRead: rights.allowRead,
      modifyAllRecords: rights.modifyAllRecords,
      object,
      viewAllRecords: rights.viewAllRecords,
    })),
    fieldPermissions: row.fields.map(({ field, editable, readable }) => ({
      editable,
      field,
      readable,
    })),
    userPermissions: [...KNOWN]
      .filter(([, column]) => row.users[column] === true)
      .map(([name]) => ({ enabled: true, name }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const SHOWN = `/* shownPermissions */
select (select coalesce(jsonb_agg(jsonb_build_object('object', sobjecttype, 'allowCreate', permissionscreate, 'allowDelete', permissionsdelete,
                 'allowEdit', permissionsedit, 'allowRead', permissionsread, 'modifyAllRecords', permissionsmodifyallrecords,
                 'viewAllRecords', permissionsviewallrecords) order by sobjecttype), '[]')
          from org.objectpermissions where parentid = $1) as objects,
       (select coalesce(jsonb_agg(jsonb_build_object('field', field, 'editable', permissionsedit, 'readable', permissionsread) order by field), '[]')
          from org.fieldpermissions where parentid = $1) as fields,
       (select to_jsonb(permissionset) from org.permissionset where id = $1) as users`;
