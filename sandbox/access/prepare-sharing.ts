import type pg from 'pg';
import { z } from 'zod';

import type { Schema } from '../schema/schema.ts';
import { insertAll, nextIds } from '../seed/identity.ts';
import { createSharingFunctions } from './sharing-functions.ts';

const ALL_INTERNAL_USERS = 'AllInternalUsers';

/**
 * What sharing needs at every start, within the transaction that makes the org: the functions, the group of all users,
 * and the two groups of every role. What is there already stays.
 */
export async function prepareSharing(
  client: pg.ClientBase,
  schema: Schema,
  { adminUserId }: { readonly adminUserId: string },
  now: Date,
): Promise<void> {
  await createSharingFunctions(client);
  await addMissingGroups(client, schema, { adminUserId }, now);
}

/** The group of all users, and for every role the group of its people and that of them and those below. */
export async function addMissingGroups(
  client: pg.ClientBase,
  schema: Schema,
  { adminUserId }: { readonly adminUserId: string },
  now: Date,
): Promise<void> {
  const { rows } = await client.query(MISSING_GROUPS);
  const stamp = `${now.toISOString().slice(0, 19)}.000Z`;
  for (const { name, type, role } of z.array(MissingRow).parse(rows)) {
    const { id } = await nextIds(client, { id: '00G' });
    await insertAll(client, schema, 'Group', [
      {
        Id: id,
        Name: type === 'Organization' ? 'All Internal Users' : null,
        DeveloperName: name,
        Type: type,
        RelatedId: role,
        OwnerId: adminUserId,
        DoesIncludeBosses: false,
        CreatedDate: stamp,
        CreatedById: adminUserId,
        LastModifiedDate: stamp,
        LastModifiedById: adminUserId,
        SystemModstamp: stamp,
      },
    ]);
  }
}

const MissingRow = z.object({
  name: z.string().nullable(),
  type: z.string(),
  role: z.string().nullable(),
});

const MISSING_GROUPS = `/* missingGroups */
select wanted.name, wanted.type, wanted.role
  from (select '${ALL_INTERNAL_USERS}' as name, 'Organization' as type, null as role
        union all
        select role.developername, kind.type, role.id
          from org.userrole as role cross join (values ('Role'), ('RoleAndSubordinates')) as kind(type)) as wanted
 where not exists (select from org."group" where "group".type = wanted.type and "group".relatedid is not distinct from wanted.role)`;
