import { z } from 'zod';

import { insertSystemRecords, type SystemWrite } from '../../records/system-records.ts';
import { many } from '../../schema/xml-list.ts';
import type { Actor } from '../actors.ts';
import type { LiveType } from './live-type.ts';
import type { Database } from './permission-set.ts';
import { findId, missing, save } from './records.ts';
import { Flag, readComponent } from './xml.ts';

const FIND_GROUP = `/* findGroup */ select id from org."group" where lower(developername) = lower($1) and type = $2`;

const GroupXml = z.looseObject({ name: z.string().max(40), doesIncludeBosses: Flag.default(true) });

export const GROUP_ACTOR: Actor = {
  async keep(write, component) {
    const xml = readComponent(component, GroupXml);
    const known = await findId(write.client, FIND_GROUP, [component.fullName, 'Regular']);
    await save(write, 'Group', known, {
      Name: xml.name,
      DeveloperName: component.fullName,
      Type: 'Regular',
      DoesIncludeBosses: xml.doesIncludeBosses,
      OwnerId: write.userId,
    });
    return undefined;
  },
  drop: (write, fullName) => dropGroup(write, fullName, 'Regular'),
};

async function dropGroup({ client }: SystemWrite, fullName: string, type: string): Promise<void> {
  const id = await findId(client, FIND_GROUP, [fullName, type]);
  if (id === undefined) return;
  await client.query(
    '/* dropGroup */ delete from org.groupmember where groupid = $1 or userorgroupid = $1',
    [id],
  );
  await client.query('/* dropGroup */ delete from org.queuesobject where queueid = $1', [id]);
  await client.query('/* dropGroup */ delete from org."group" where id = $1', [id]);
}

const QueueXml = z.looseObject({
  name: z.string().max(40),
  email: z.string().optional(),
  doesSendEmailToMembers: Flag.default(false),
  queueSobject: many(z.looseObject({ sobjectType: z.string() })),
  queueMembers: z.preprocess(
    (value) => (value === '' || value === undefined ? {} : value),
    z.looseObject({
      users: z.looseObject({ user: many(z.string()) }).optional(),
      publicGroups: z.looseObject({ publicGroup: many(z.string()) }).optional(),
      roles: z.looseObject({ role: many(z.string()) }).optional(),
      roleAndSubordinates: z.looseObject({ roleAndSubordinate: many(z.string()) }).optional(),
    }),
  ),
});

export const QUEUE_ACTOR: Actor = {
  async keep(write, component) {
    const xml = readComponent(component, QueueXml);
    const { client, schema } = write;
    const known = await findId(client, FIND_GROUP, [component.fullName, 'Queue']);
    const queue = await save(write, 'Group', known, {
      Name: xml.name,
      DeveloperName: component.fullName,
      Type: 'Queue',
      Email: xml.email ?? null,
      DoesSendEmailToMembers: xml.doesSendEmailToMembers,
      DoesIncludeBosses: false,
      OwnerId: write.userId,
    });
    await client.query('/* refillQueue */ delete from org.queuesobject where queueid = $1', [
      queue,
    ]);
    await client.query('/* refillQueue */ delete from org.groupmember where groupid = $1', [queue]);
    const objects = xml.queueSobject.map(({ sobjectType }) => {
      const object = schema.findObject(sobjectType);
      if (object === undefined) throw missing('sobjectType', 'CustomObject', sobjectType);
      return { QueueId: queue, SobjectType: object.name };
    });
    await insertSystemRecords(write, 'QueueSobject', objects);
    const members = await membersOf(write, xml.queueMembers);
    await insertSystemRecords(
      write,
      'GroupMember',
      members.map((id) => ({ GroupId: queue, UserOrGroupId: id })),
    );
    return undefined;
  },
  drop: (write, fullName) => dropGroup(write, fullName, 'Queue'),
};

async function membersOf(
  { client }: SystemWrite,
  members: z.infer<typeof QueueXml>['queueMembers'],
): Promise<readonly string[]> {
  const found: string[] = [];
  const add = async (field: string, type: string, name: string, id: string | undefined) => {
    await Promise.resolve();
    if (id === undefined) throw missing(field, type, name);
    found.push(id);
  };
  for (const name of members.users?.user ?? [])
    await add(
      'user',
      'User',
      name,
      await findId(
        client,
        '/* findUser */ select id from org."user" where lower(username) = lower($1)',
        [name],
      ),
    );
  for (const name of members.publicGroups?.publicGroup ?? [])
    await add('publicGroup', 'Group', name, await findId(client, FIND_GROUP, [name, 'Regular']));
  for (const name of members.roles?.role ?? [])
    await add('role', 'Role', name, await findRoleGroup(client, name, 'Role'));
  for (const name of members.roleAndSubordinates?.roleAndSubordinate ?? [])
    await add(
      'roleAndSubordinate',
      'Role',
      name,
      await findRoleGroup(client, name, 'RoleAndSubordinates'),
    );
  return found;
}

export function findRoleGroup(db: Database, role: string, type: string) {
  return findId(
    db,
    `/* findRoleGroup */ select "group".id from org."group" join org.userrole as role on role.id = "group".relatedid where lower(role.developername) = lower($1) and "group".type = $2`,
    [role, type],
  );
}

export function findGroup(db: Database, name: string, type: string) {
  return findId(db, FIND_GROUP, [name, type]);
}

const GroupRow = z.object({
  id: z.string(),
  name: z.string(),
  label: z.string().nullable(),
  bosses: z.boolean(),
  email: z.string().nullable(),
  sends: z.boolean(),
});
const GROUPS = `/* groups */
select id, developername as name, name as label, doesincludebosses as bosses, email, doessendemailtomembers as sends
  from org."group" where developername is not null`;

/** Public groups and queues lie in one table; `type` tells them apart. */
type GroupType = 'Regular' | 'Queue';

async function groupNames(db: Database, type: GroupType): Promise<readonly string[]> {
  const { rows } = await db.query(`${GROUPS} and type = $1 order by developername`, [type]);
  return z
    .array(GroupRow)
    .parse(rows)
    .map(({ name }) => name);
}

async function findShownGroup(db: Database, type: GroupType, fullName: string) {
  const { rows } = await db.query(`${GROUPS} and type = $1 and lower(developername) = lower($2)`, [
    type,
    fullName,
  ]);
  return z.array(GroupRow).parse(rows)[0];
}

export const GROUPS_TYPE: LiveType = {
  type: 'Group',
  names: (pool) => groupNames(pool, 'Regular'),
  async show(pool, fullName) {
    const group = await findShownGroup(pool, 'Regular', fullName);
    if (group === undefined) return undefined;
    return { doesIncludeBosses: group.bosses, name: group.label ?? group.name };
  },
};

const MemberRow = z.object({ kind: z.string(), name: z.string() });
const MEMBERS = `/* queueMembers */
select 'user' as kind, "user".username as name from org.groupmember as member join org."user" on "user".id = member.userorgroupid where member.groupid = $1
union all
select case "group".type when 'Regular' then 'group' when 'Role' then 'role' else 'roleAndSubordinate' end, coalesce(role.developername, "group".developername)
  from org.groupmember as member join org."group" on "group".id = member.userorgroupid left join org.userrole as role on role.id = "group".relatedid
 where member.groupid = $1
union all
select 'object', sobjecttype from org.queuesobject where queueid = $1
 order by 1, 2`;

export const QUEUES_TYPE: LiveType = {
  type: 'Queue',
  names: (pool) => groupNames(pool, 'Queue'),
  async show(pool, fullName) {
    const queue = await findShownGroup(pool, 'Queue', fullName);
    if (queue === undefined) return undefined;
    const { rows: found } = await pool.query(MEMBERS, [queue.id]);
    const members = z.array(MemberRow).parse(found);
    const of = (kind: string): readonly string[] =>
      members.filter((member) => member.kind === kind).map(({ name }) => name);
    const list = (kind: string, whole: string, one: string) =>
      of(kind).length === 0 ? {} : { [whole]: { [one]: of(kind) } };
    const queueMembers = {
      ...list('group', 'publicGroups', 'publicGroup'),
      ...list('roleAndSubordinate', 'roleAndSubordinates', 'roleAndSubordinate'),
      ...list('role', 'roles', 'role'),
      ...list('user', 'users', 'user'),
    };
    return {
      doesSendEmailToMembers: queue.sends,
      email: queue.email ?? undefined,
      name: queue.label ?? queue.name,
      ...(Object.keys(queueMembers).length === 0 ? {} : { queueMembers }),
      queueSobject: of('object').map((sobjectType) => ({ sobjectType })),
    };
  },
};
