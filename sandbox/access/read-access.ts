import type pg from 'pg';
import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import { USER_PERMISSIONS } from '../schema/objects/directory.ts';
import { findSharingModel } from '../schema/sharing-model.ts';
import type { Access } from './access.ts';

/** Whose permissions a user has, and a mark that is another one as soon as any of them has been changed. */
export interface Grants {
  readonly profileId: string;
  /** Ids of the permission sets: the profile's own and those assigned. */
  readonly sets: readonly string[];
  readonly mark: string;
}

const GrantsRow = z.object({
  profileId: z.string(),
  sets: z.array(z.string()),
  mark: z.string(),
});

/** What is asked anew for every call of a user who is no administrator; all else is kept as long as the mark stays. */
export async function findGrants(
  pool: Pick<pg.Pool, 'query'>,
  userId: string,
): Promise<Grants | undefined> {
  const { rows } = await pool.query(FIND_GRANTS, [userId]);
  return z.array(GrantsRow).parse(rows)[0];
}

/** A row's xmin is the transaction that wrote it, so the sum over rows tells changes; a deleted row is missing from it. */
const FIND_GRANTS = `/* findGrants */
with person as (
  select id, profileid from org."user" where id = $1
), held as (
  select owned.id, owned.xmin::text as mark
    from person join org.permissionset as owned on owned.profileid = person.profileid and owned.isownedbyprofile
  union
  select given.id, given.xmin::text
    from org.permissionsetassignment as assignment join org.permissionset as given on given.id = assignment.permissionsetid
   where assignment.assigneeid = $1
  union
  select given.id, given.xmin::text
    from org.permissionsetassignment as assignment
    join org.permissionsetgroupcomponent as component
      on component.permissionsetgroupid = assignment.permissionsetgroupid and not component.isdeleted
    join org.permissionset as given on given.id = component.permissionsetid
   where assignment.assigneeid = $1
), row_mark as (
  select id, mark from held
  union all select id, xmin::text from org.objectpermissions where parentid in (select id from held)
  union all select id, xmin::text from org.fieldpermissions where parentid in (select id from held)
  union all select name, xmin::text from schema_parts where type = 'OrganizationWideDefault'
  union all select name, xmin::text from custom_objects
  union all select object || '.' || name, xmin::text from sharing_rules
  union all select record_type, xmin::text from record_type_visibilities where set_id in (select id from held)
)
select person.profileid as "profileId",
       array(select id from held order by id) as sets,
       (select coalesce(sum(hashtextextended(id || mark, 0)), 0)::text from row_mark) as mark
  from person`;

const AccessRow = z.object({
  permissions: z.record(z.string(), z.boolean().nullable()),
  objects: z.array(
    z.object({
      name: z.string(),
      read: z.boolean(),
      create: z.boolean(),
      edit: z.boolean(),
      delete: z.boolean(),
      viewAll: z.boolean(),
      modifyAll: z.boolean(),
    }),
  ),
  fields: z.array(z.object({ name: z.string(), read: z.boolean(), edit: z.boolean() })),
  recordTypes: z.array(
    z.object({
      name: z.string(),
      object: z.string(),
      visible: z.boolean(),
      isDefault: z.boolean(),
    }),
  ),
  models: z.array(z.object({ object: z.string(), model: z.string().nullable() })),
  rules: z.array(
    z.object({
      object: z.string(),
      name: z.string(),
      level: z.enum(['Read', 'Edit']),
      toGroup: z.string(),
      fromGroup: z.string().nullable(),
      condition: z.string().nullable(),
    }),
  ),
});

/** What permission sets allow together: whatever one of them does. */
export async function readAccess(
  pool: Pick<pg.Pool, 'query'>,
  sets: readonly string[],
): Promise<Access> {
  const { rows } = await pool.query(READ_ACCESS, [sets]);
  const [row] = z.tuple([AccessRow]).parse(rows);
  return {
    permissions: new Set(
      USER_PERMISSIONS.map(([name]) => name).filter((name) => row.permissions[name] === true),
    ),
    objects: new Map(
      row.objects.map(({ name, viewAll: _view, modifyAll: _modify, ...rights }) => [name, rights]),
    ),
    allRecords: new Map(
      row.objects.map(({ name, viewAll, modifyAll }) => [
        name,
        { view: viewAll, modify: modifyAll },
      ]),
    ),
    fields: new Map(row.fields.map(({ name, ...rights }) => [name, rights])),
    recordTypes: new Map(row.recordTypes.map(({ name, ...rights }) => [name, rights])),
    models: new Map(
      row.models.flatMap(({ object, model }) => {
        const known = findSharingModel(model);
        return known === undefined ? [] : [[object, known]];
      }),
    ),
    rules: row.rules.map((rule) => ({
      ...rule,
      fromGroup: rule.fromGroup ?? undefined,
      condition: rule.condition ?? undefined,
    })),
  };
}

const PERMISSION_COLUMNS = USER_PERMISSIONS.map(
  ([name]) => `bool_or(${quoteName(`permissions${name.toLowerCase()}`)}) as ${quoteName(name)}`,
).join(', ');

const READ_ACCESS = `/* readAccess */
select (select to_jsonb(granted) from (select ${PERMISSION_COLUMNS} from org.permissionset where id = any($1)) as granted) as permissions,
       (select coalesce(jsonb_agg(to_jsonb(rights)), '[]')
          from (select sobjecttype as name, bool_or(permissionsread) as read, bool_or(permissionscreate) as create,
                       bool_or(permissionsedit) as edit, bool_or(permissionsdelete) as delete,
                       bool_or(permissionsviewallrecords) as "viewAll", bool_or(permissionsmodifyallrecords) as "modifyAll"
                  from org.objectpermissions where parentid = any($1) group by sobjecttype) as rights) as objects,
       (select coalesce(jsonb_agg(to_jsonb(rights)), '[]')
          from (select field as name, bool_or(permissionsread) as read, bool_or(permissionsedit) as edit
                  from org.fieldpermissions where parentid = any($1) group by field) as rights) as fields,
       (select coalesce(jsonb_agg(to_jsonb(rights)), '[]')
          from (select record_type as name, object, bool_or(visible) as visible, bool_or(is_default) as "isDefault"
                  from record_type_visibilities where set_id = any($1) group by record_type, object) as rights) as "recordTypes",
       (select coalesce(jsonb_agg(to_jsonb(given)), '[]')
          from (select name as object, definition->>'sharingModel' as model from custom_objects
                union all
                select name, definition->>'sharingModel' from schema_parts where type = 'OrganizationWideDefault') as given) as models,
       (select coalesce(jsonb_agg(to_jsonb(given) order by object, name), '[]')
          from (select object, name, level, to_group as "toGroup", from_group as "fromGroup", condition from sharing_rules) as given) as rules`;
