import type pg from 'pg';

/**
 * The questions that record sharing asks again and again, as functions of the database: they read tables that are made
 * from the schema, so they are made after those, at every start. Each runs once in a statement (its argument is a
 * constant), whatever number of rows is judged by its answer.
 *
 * ```
 * UserRole ──ParentRoleId──► UserRole          User ──UserRoleId──► UserRole
 * Group ◄──GroupId── GroupMember ──UserOrGroupId──► User | Group
 * Group (Role, RoleAndSubordinates) ──RelatedId──► UserRole
 * ```
 */
export async function createSharingFunctions(client: pg.ClientBase): Promise<void> {
  await client.query(FUNCTIONS);
}

/** `union` without `all` ends where a circle of roles or groups closes. */
const FUNCTIONS = `/* createSharingFunctions */
create or replace function public.sharing_users_below(who text) returns setof text language sql stable as $$
  with recursive below as (
    select role.id from org.userrole as role join org."user" as boss on boss.userroleid = role.parentroleid where boss.id = who
    union
    select role.id from org.userrole as role join below on role.parentroleid = below.id
  )
  select id from org."user" where userroleid in (select id from below) and id <> who
$$;

create or replace function public.sharing_groups(users text[], for_bosses boolean) returns setof text language sql stable as $$
  with recursive above as (
    select userroleid as id from org."user" where id = any(users) and userroleid is not null
    union
    select role.parentroleid from org.userrole as role join above on above.id = role.id where role.parentroleid is not null
  ), inside as (
    select "group".id from org."group"
     where "group".type = 'Organization'
        or "group".id in (select groupid from org.groupmember where userorgroupid = any(users))
        or ("group".type = 'Role' and "group".relatedid in (select userroleid from org."user" where id = any(users)))
        or ("group".type like 'RoleAndSubordinates%' and "group".relatedid in (select id from above))
    union
    select member.groupid from org.groupmember as member join inside on member.userorgroupid = inside.id
  )
  select inside.id from inside join org."group" on "group".id = inside.id
   where not for_bosses or "group".type <> 'Regular' or "group".doesincludebosses
$$;

-- Those by whose ownership a user has a record: himself, who stands below him, and the queues of all of them.
create or replace function public.sharing_owners(who text) returns setof text language sql stable as $$
  select who collate "C"
  union select public.sharing_users_below(who)
  union select own.id from public.sharing_groups(array[who] || array(select public.sharing_users_below(who)), false) as own(id)
          join org."group" on "group".id = own.id and "group".type = 'Queue'
$$;

-- Those to whom a record must have been given for a user to have it.
create or replace function public.sharing_grantees(who text) returns setof text language sql stable as $$
  select who collate "C"
  union select public.sharing_users_below(who)
  union select public.sharing_groups(array[who], false)
  union select public.sharing_groups(array(select public.sharing_users_below(who)), true)
$$;

-- The users in a group, and the group itself, which a queue's records belong to.
create or replace function public.sharing_members(which text) returns setof text language sql stable as $$
  with recursive inside as (
    select which collate "C" as id
    union
    select member.userorgroupid from org.groupmember as member join inside on member.groupid = inside.id
  ), roles as (
    select "group".relatedid as id, "group".type like 'RoleAndSubordinates%' as deep
      from org."group" join inside on inside.id = "group".id where "group".relatedid is not null
    union
    select role.id, true from org.userrole as role join roles on roles.deep and role.parentroleid = roles.id
  )
  select id from inside
  union select "user".id from org."user" join roles on roles.id = "user".userroleid
  union select "user".id from org."user"
         where exists (select from inside join org."group" on "group".id = inside.id where "group".type = 'Organization')
$$`;
