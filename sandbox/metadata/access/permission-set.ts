import type pg from 'pg';
import { z } from 'zod';

import { insertSystemRecords, updateSystemRecords } from '../../records/system-records.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { many } from '../../schema/xml-list.ts';
import type { Actor } from '../actors.ts';
import { grant, PERMISSIONS, setUserPermissions, shownPermissions } from './permissions.ts';
import { grantRecordTypes, RECORD_TYPES } from './record-types.ts';
import { shownBase, type LiveType } from './live-type.ts';
import { readComponent } from './xml.ts';

const PermissionSetXml = z.looseObject({
  label: z.string().max(80),
  ...PERMISSIONS,
  ...RECORD_TYPES,
});

export type Database = Pick<pg.ClientBase, 'query'> | pg.Pool;
const IdRow = z.object({ id: z.string() });

async function findPermissionSet(db: Database, name: string): Promise<string | undefined> {
  const { rows } = await db.query(
    '/* findPermissionSet */ select id from org.permissionset where lower(name) = lower($1) and not isownedbyprofile',
    [name],
  );
  return z.array(IdRow).parse(rows)[0]?.id;
}

/** A deployed permission set is as its file says: what the file does not name is taken away. */
export const PERMISSION_SET_ACTOR: Actor = {
  async keep(write, component) {
    const xml = readComponent(component, PermissionSetXml);
    const known = await findPermissionSet(write.client, component.fullName);
    const [set = ''] =
      known === undefined
        ? await insertSystemRecords(write, 'PermissionSet', [
            {
              Name: component.fullName,
              Label: xml.label,
              Description: xml.description ?? null,
              IsCustom: true,
            },
          ])
        : [known];
    if (known !== undefined)
      await updateSystemRecords(write, 'PermissionSet', [
        { Id: set, Label: xml.label, Description: xml.description ?? null },
      ]);
    await setUserPermissions(
      write.client,
      { table: 'permissionset', id: set, replace: true },
      xml.userPermissions,
    );
    await grant(write, { set, replace: true }, xml);
    await grantRecordTypes(write, { set, replace: true }, xml);
    return undefined;
  },
  async drop({ client }, fullName) {
    const set = await findPermissionSet(client, fullName);
    if (set === undefined) return;
    const { rows } = await client.query(
      '/* assignedSet */ select 1 from org.permissionsetassignment where permissionsetid = $1 limit 1',
      [set],
    );
    if (rows.length > 0) {
      throw new SalesforceError(
        'DELETE_FAILED',
        `Permission set ${fullName} is assigned to users: remove the assignments first`,
      );
    }
    await client.query(
      '/* dropPermissions */ delete from org.objectpermissions where parentid = $1',
      [set],
    );
    await client.query(
      '/* dropPermissions */ delete from org.fieldpermissions where parentid = $1',
      [set],
    );
    await client.query('/* dropPermissionSet */ delete from org.permissionset where id = $1', [
      set,
    ]);
  },
};

const SetRow = z.object({
  id: z.string(),
  name: z.string(),
  label: z.string().nullable(),
  description: z.string().nullable(),
});

export const PERMISSION_SETS: LiveType = {
  type: 'PermissionSet',
  async names(pool) {
    const { rows } = await pool.query(
      '/* permissionSets */ select id, name, label, description from org.permissionset where not isownedbyprofile order by name',
    );
    return z
      .array(SetRow)
      .parse(rows)
      .map(({ name }) => name);
  },
  async show(pool, fullName) {
    const { rows } = await pool.query(
      '/* shownSet */ select id, name, label, description from org.permissionset where lower(name) = lower($1) and not isownedbyprofile',
      [fullName],
    );
    const [row] = z.array(SetRow).parse(rows);
    if (row === undefined) return undefined;
    return {
      ...(await shownBase(pool, 'PermissionSet', row.name)),
      ...(row.description === null ? {} : { description: row.description }),
      label: row.label ?? row.name,
      ...(await shownPermissions(pool, row.id)),
    };
  },
};

const GroupXml = z.looseObject({
  label: z.string(),
  description: z.string().optional(),
  permissionSets: many(z.string()),
});

/** Permission sets given together. Muting permission sets are kept and mute nothing. */
export const PERMISSION_SET_GROUP_ACTOR: Actor = {
  async keep(write, component) {
    const xml = readComponent(component, GroupXml);
    const { rows } = await write.client.query(FIND_GROUP, [component.fullName]);
    const known = z.array(IdRow).parse(rows)[0]?.id;
    const values = { MasterLabel: xml.label, Description: xml.description ?? null };
    const [group = ''] =
      known === undefined
        ? await insertSystemRecords(write, 'PermissionSetGroup', [
            { DeveloperName: component.fullName, Status: 'Updated', ...values },
          ])
        : [known];
    if (known !== undefined)
      await updateSystemRecords(write, 'PermissionSetGroup', [{ Id: group, ...values }]);
    await write.client.query(
      '/* dropGroupComponents */ delete from org.permissionsetgroupcomponent where permissionsetgroupid = $1',
      [group],
    );
    const members = [];
    for (const name of xml.permissionSets) {
      const set = await findPermissionSet(write.client, name);
      if (set === undefined) {
        throw new SalesforceError(
          'INVALID_CROSS_REFERENCE_KEY',
          `In field: permissionSets - no PermissionSet named ${name} found`,
        );
      }
      members.push({ PermissionSetGroupId: group, PermissionSetId: set });
    }
    await insertSystemRecords(write, 'PermissionSetGroupComponent', members);
    return undefined;
  },
  async drop({ client }, fullName) {
    const { rows } = await client.query(FIND_GROUP, [fullName]);
    const group = z.array(IdRow).parse(rows)[0]?.id;
    await client.query(
      '/* dropGroup */ delete from org.permissionsetgroupcomponent where permissionsetgroupid = $1',
      [group],
    );
    await client.query(
      '/* dropGroup */ delete from org.permissionsetassignment where permissionsetgroupid = $1',
      [group],
    );
    await client.query('/* dropGroup */ delete from org.permissionsetgroup where id = $1', [group]);
  },
};

const FIND_GROUP = `/* findPermissionSetGroup */
select id from org.permissionsetgroup where lower(developername) = lower($1) and not isdeleted`;
