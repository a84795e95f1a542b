import { z } from 'zod';

import { present } from '../../../src/kit/assert.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { columnName, storedTable } from '../../store/layout.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';
import { hidden, refusedRows } from '../row-access.ts';

/** A role is a group twice: its people, and its people with those below it. Both can be shared to. */
export const USER_ROLE_BEHAVIOUR: Behaviour = {
  async beforeCreate(_dml, drafts) {
    await Promise.resolve();
    for (const { values } of drafts) values['DeveloperName'] ??= developerName(values['Name']);
  },
  async afterCreate(dml, drafts, createRows) {
    await createRows(
      dml,
      'Group',
      drafts.flatMap(({ id, values }) =>
        (['Role', 'RoleAndSubordinates'] as const).map((type) => ({
          Name: values['Name'] ?? null,
          DeveloperName: values['DeveloperName'] ?? null,
          Type: type,
          RelatedId: present(id, 'id'),
          OwnerId: dml.userId,
          DoesIncludeBosses: false,
        })),
      ),
    );
  },
  async beforeUpdate(dml, drafts) {
    for (const draft of drafts) {
      const parent = draft.values['ParentRoleId'];
      if (typeof parent !== 'string') continue;
      const { rows } = await dml.client.query(ABOVE, [parent, draft.id]);
      if (rows.length > 0) {
        draft.error = new SalesforceError(
          'FIELD_INTEGRITY_EXCEPTION',
          'Role hierarchy cannot contain a cycle',
          { fields: ['ParentRoleId'] },
        );
      }
    }
  },
  async beforeDelete(dml, ids) {
    const { rows } = await dml.client.query(ROLE_USED, [ids]);
    if (rows.length > 0) {
      throw new SalesforceError(
        'DELETE_FAILED',
        'Your attempt to delete the role could not be completed because users or other roles are below it',
        { fields: [] },
      );
    }
    await dml.client.query(
      '/* dropRoleGroups */ delete from org."group" where relatedid = any($1)',
      [ids],
    );
  },
};

const ABOVE = `/* rolesAbove */
with recursive above as (
  select id, parentroleid from org.userrole where id = $1
  union
  select role.id, role.parentroleid from org.userrole as role join above on role.id = above.parentroleid
)
select 1 from above where id = $2`;

const ROLE_USED = `/* roleUsed */
select 1 from org."user" where userroleid = any($1) union all select 1 from org.userrole where parentroleid = any($1) limit 1`;

/** `West Coast!` → `West_Coast` */
function developerName(label: unknown): string {
  const text = typeof label === 'string' ? label : '';
  const name = text.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '');
  return /^[A-Za-z]/.test(name) ? name : `X${name}`;
}

export const GROUP_BEHAVIOUR: Behaviour = {
  reads: ['Type'],
  async beforeCreate(dml, drafts) {
    await Promise.resolve();
    for (const draft of drafts) {
      const { values } = draft;
      values['DeveloperName'] ??= developerName(values['Name']);
      values['OwnerId'] ??= dml.userId;
      const made = values['Type'] === 'Regular' || values['Type'] === 'Queue';
      if (made || values['RelatedId'] !== undefined) continue;
      draft.error = new SalesforceError(
        'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
        `Type: bad value for restricted picklist field: ${String(values['Type'])}`,
        { fields: ['Type'] },
      );
    }
  },
  async beforeDelete(dml, ids) {
    const { rows } = await dml.client.query(
      `/* keptGroups */ select 1 from org."group" where id = any($1) and type not in ('Regular', 'Queue') limit 1`,
      [ids],
    );
    if (rows.length > 0) {
      throw new SalesforceError(
        'INSUFFICIENT_ACCESS_OR_READONLY',
        'insufficient access rights on object id',
        { fields: [] },
      );
    }
  },
};

/** Which objects' records can be put into queues: those that groups may own. */
export const QUEUE_SOBJECT_BEHAVIOUR: Behaviour = {
  async beforeCreate(dml, drafts) {
    await Promise.resolve();
    for (const draft of drafts) {
      const name = String(draft.values['SobjectType'] ?? '');
      const object = dml.schema.findObject(name);
      const owner = object === undefined ? undefined : dml.schema.findField(object, 'OwnerId');
      if (object !== undefined && owner?.referenceTo.includes('Group') === true)
        draft.values['SobjectType'] = object.name;
      else {
        draft.error = new SalesforceError(
          'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
          `SObject Type Name: bad value for restricted picklist field: ${name}`,
          { fields: ['SobjectType'] },
        );
      }
    }
  },
};

/** A group cannot be within itself, and nobody twice in one. */
export const GROUP_MEMBER_BEHAVIOUR: Behaviour = {
  async beforeCreate(dml, drafts) {
    for (const draft of drafts) {
      const pair = [draft.values['GroupId'], draft.values['UserOrGroupId']];
      const { rows } = await dml.client.query(MEMBER_REFUSED, pair);
      const [found] = z.array(z.object({ why: z.string() })).parse(rows);
      if (found === undefined) continue;
      draft.error =
        found.why === 'circle'
          ? new SalesforceError(
              'CIRCULAR_DEPENDENCY',
              'A group cannot be a member of itself or of a group it contains',
              { fields: ['UserOrGroupId'] },
            )
          : new SalesforceError(
              'DUPLICATE_VALUE',
              'duplicate value found: GroupId, UserOrGroupId',
              {
                fields: ['GroupId', 'UserOrGroupId'],
              },
            );
    }
  },
};

const MEMBER_REFUSED = `/* memberRefused */
with recursive around as (
  select $1::text collate "C" as id
  union
  select member.groupid from org.groupmember as member join around on member.userorgroupid = around.id
)
select 'circle' as why from around where id = $2
union all
select 'twice' from org.groupmember where groupid = $1 and userorgroupid = $2`;

/** Who may give a record away may share it; sharing it again with somebody changes what he may do. */
export const SHARE_BEHAVIOUR: Behaviour = {
  reads: ['RowCause'],
  async beforeCreate(dml, drafts) {
    const [share] = drafts.length === 0 ? [] : [shareOf(dml, drafts)];
    if (share === undefined) return;
    const { object, parent, parentField } = share;
    const refused = await refusedRows(
      dml,
      parent,
      drafts.map(({ values }) => String(values[parentField])),
      'delete',
    );
    for (const draft of drafts) {
      const id = String(draft.values[parentField]);
      const refusal = refused.get(id);
      draft.error =
        refusal?.errorCode === 'INVALID_CROSS_REFERENCE_KEY'
          ? hidden(id)
          : (refusal ?? badShare(draft));
      if (draft.error !== undefined) continue;
      const column = columnName(present(dml.schema.findField(object, parentField), parentField));
      await dml.client.query(
        `/* replaceShare */ delete from ${storedTable(object)} where ${column} = $1 and userorgroupid = $2 and rowcause = $3`,
        [id, draft.values['UserOrGroupId'], draft.values['RowCause']],
      );
    }
  },
  async beforeUpdate(_dml, drafts) {
    await Promise.resolve();
    for (const draft of drafts) draft.error = badShare(draft);
  },
};

function badShare({ values }: Draft): SalesforceError | undefined {
  const cause = values['RowCause'];
  if (cause !== undefined && (cause === 'Owner' || cause === 'Rule')) {
    return new SalesforceError(
      'INSUFFICIENT_ACCESS_OR_READONLY',
      `insufficient access rights on object id: shares with the cause ${cause} are the org's own`,
      { fields: [] },
    );
  }
  const level = Object.entries(values).find(
    ([name, value]) => name.endsWith('AccessLevel') && value === 'All',
  );
  if (level === undefined) return undefined;
  return new SalesforceError(
    'FIELD_INTEGRITY_EXCEPTION',
    `field integrity exception: ${level[0]} (All is the owner's)`,
    { fields: [level[0]] },
  );
}

/** The share object that drafts are of: the one whose reference their parents' prefix belongs to. */
function shareOf(
  dml: Dml,
  drafts: readonly Draft[],
): { object: ObjectDef; parent: ObjectDef; parentField: string } | undefined {
  for (const object of dml.schema.objects) {
    const field = object.fields.find(
      ({ childRelationshipName }) => childRelationshipName === 'Shares',
    );
    if (field === undefined || !object.name.endsWith('Share')) continue;
    const id = drafts[0]?.values[field.name];
    const parent = dml.schema.findObject(field.referenceTo[0] ?? '');
    if (typeof id === 'string' && parent?.keyPrefix === id.slice(0, 3))
      return { object, parent, parentField: field.name };
  }
  return undefined;
}
