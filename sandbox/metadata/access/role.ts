import { z } from 'zod';

import { addMissingGroups } from '../../access/prepare-sharing.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { Actor } from '../actors.ts';
import type { LiveType } from './live-type.ts';
import { findId, missing, save } from './records.ts';
import { readComponent } from './xml.ts';

const FIND_ROLE = `/* findRole */ select id from org.userrole where lower(developername) = lower($1)`;

const Level = z.enum(['None', 'Read', 'Edit']).default('Edit');

const RoleXml = z.looseObject({
  name: z.string().max(80),
  description: z.string().optional(),
  parentRole: z.string().optional(),
  caseAccessLevel: Level,
  contactAccessLevel: Level,
  opportunityAccessLevel: Level,
});

/** Roles may come in any order: one whose parent has not come yet asks for it by being deployed with it. */
export const ROLE_ACTOR: Actor = {
  async keep(write, component) {
    const xml = readComponent(component, RoleXml);
    const { client } = write;
    const parent =
      xml.parentRole === undefined ? null : await findId(client, FIND_ROLE, [xml.parentRole]);
    if (parent === undefined) throw missing('parentRole', 'Role', xml.parentRole ?? '');
    await save(write, 'UserRole', await findId(client, FIND_ROLE, [component.fullName]), {
      Name: xml.name,
      DeveloperName: component.fullName,
      ParentRoleId: parent,
      RollupDescription: xml.description ?? null,
      CaseAccessForAccountOwner: xml.caseAccessLevel,
      ContactAccessForAccountOwner: xml.contactAccessLevel,
      OpportunityAccessForAccountOwner: xml.opportunityAccessLevel,
    });
    await addMissingGroups(client, write.schema, { adminUserId: write.userId }, write.now);
    return undefined;
  },
  async drop({ client }, fullName) {
    const id = await findId(client, FIND_ROLE, [fullName]);
    const used = await findId(
      client,
      '/* usedRole */ select id from org."user" where userroleid = $1 union all select id from org.userrole where parentroleid = $1 limit 1',
      [id],
    );
    if (used !== undefined)
      throw new SalesforceError(
        'DELETE_FAILED',
        `Role ${fullName} has users or other roles below it`,
      );
    await client.query('/* dropRole */ delete from org."group" where relatedid = $1', [id]);
    await client.query('/* dropRole */ delete from org.userrole where id = $1', [id]);
  },
};

const RoleRow = z.object({
  name: z.string(),
  parent: z.string().nullable(),
  label: z.string(),
  description: z.string().nullable(),
  cases: z.string().nullable(),
  contacts: z.string().nullable(),
  opportunities: z.string().nullable(),
});
const ROLES = `/* roles */
select role.developername as name, parent.developername as parent, role.name as label, role.rollupdescription as description,
       role.caseaccessforaccountowner as cases, role.contactaccessforaccountowner as contacts, role.opportunityaccessforaccountowner as opportunities
  from org.userrole as role left join org.userrole as parent on parent.id = role.parentroleid
 where role.developername is not null`;

export const ROLES_TYPE: LiveType = {
  type: 'Role',
  async names(pool) {
    const { rows } = await pool.query(`${ROLES} order by role.developername`);
    return z
      .array(RoleRow)
      .parse(rows)
      .map(({ name }) => name);
  },
  async show(pool, fullName) {
    const { rows } = await pool.query(`${ROLES} and lower(role.developername) = lower($1)`, [
      fullName,
    ]);
    const [role] = z.array(RoleRow).parse(rows);
    if (role === undefined) return undefined;
    return {
      caseAccessLevel: role.cases ?? 'Edit',
      contactAccessLevel: role.contacts ?? 'Edit',
      description: role.description ?? undefined,
      mayForecastManagerShare: false,
      name: role.label,
      opportunityAccessLevel: role.opportunities ?? 'Edit',
      parentRole: role.parent ?? undefined,
    };
  },
};
