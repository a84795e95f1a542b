import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { throwRefusal } from '../rest/record.ts';
import { notFound, writeContext, type RestRequest } from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { tableName } from '../store/layout.ts';
import { inRequestTransaction } from '../store/request-transaction.ts';

const Person = { userId: z.string(), userName: z.string() };
const Item = z.object({
  id: z.string(),
  parentId: z.string(),
  parentName: z.string().nullable(),
  type: z.string(),
  title: z.string().nullable(),
  body: z.string().nullable(),
  linkUrl: z.string().nullable(),
  createdDate: z.date(),
  modifiedDate: z.date(),
  ...Person,
});
const Comment = z.object({
  id: z.string(),
  itemId: z.string(),
  body: z.string(),
  createdDate: z.date(),
  ...Person,
});
const Like = z.object({ id: z.string(), itemId: z.string(), entityId: z.string(), ...Person });

export type Item = z.infer<typeof Item>;
export type Comment = z.infer<typeof Comment>;
export type Like = z.infer<typeof Like>;

/** Whose posts a feed shows: everybody's, those on a record or a person's page, those a person made or received. */
export interface FeedScope {
  readonly parentId?: string;
  readonly personId?: string;
}

export interface PageOf {
  readonly size: number;
  readonly offset: number;
}

/** A page, one element more than asked for where there is a next one. */
export interface FeedPage extends PageOf {
  readonly sort: 'CreatedDateDesc' | 'LastModifiedDateDesc';
}

const CREATOR = `u.id as "userId", u.name as "userName"`;
const ITEM = (
  request: RestRequest,
): string => `select i.id, i.parentid as "parentId", p.name as "parentName", i.type, i.title, i.body, i.linkurl as "linkUrl",
       i.createddate as "createdDate", i.lastmodifieddate as "modifiedDate", ${CREATOR}
  from org.feeditem i join org."user" u on u.id = i.createdbyid left join org.name p on p.id = i.parentid
 where not i.isdeleted${seenPosts(request, 'i')}`;
const COMMENT = (
  request: RestRequest,
): string => `select c.id, c.feeditemid as "itemId", c.commentbody as body, c.createddate as "createdDate", ${CREATOR}
  from org.feedcomment c join org."user" u on u.id = c.createdbyid
 where not c.isdeleted${belowSeenPosts(request, 'c')}`;
const LIKE = (
  request: RestRequest,
): string => `select l.id, l.feeditemid as "itemId", l.feedentityid as "entityId", ${CREATOR}
  from org.feedlike l join org."user" u on u.id = l.createdbyid
 where not l.isdeleted${belowSeenPosts(request, 'l')}`;

/** Posts are seen by who may see the record they are on; who may see all records is asked for none. */
function seenPosts({ org }: RestRequest, alias: string): string {
  const schema = org.schema();
  if (schema === org.whole.schema()) return '';
  const item = schema.findObject('FeedItem');
  const parents = item === undefined ? undefined : schema.findField(item, 'ParentId')?.referenceTo;
  const tables = (parents ?? []).flatMap((name) => schema.findObject(name) ?? []).map(tableName);
  if (tables.length === 0) return ' and false';
  const any = tables.map(
    (table) => `exists (select from ${table} p where p."id" = ${alias}.parentid)`,
  );
  return ` and (${any.join(' or ')})`;
}

function belowSeenPosts(request: RestRequest, alias: string): string {
  const seen = seenPosts(request, 'i');
  if (seen === '') return '';
  return ` and exists (select from org.feeditem i where i.id = ${alias}.feeditemid and not i.isdeleted${seen})`;
}

const queryable = ({ org, client }: RestRequest): pg.Pool | pg.PoolClient => client ?? org.pool;

export async function readFeed(
  request: RestRequest,
  { parentId, personId }: FeedScope,
  { size, offset, sort }: FeedPage,
): Promise<readonly Item[]> {
  const order = sort === 'CreatedDateDesc' ? 'i.createddate' : 'i.lastmodifieddate';
  const { rows } = await queryable(request).query(
    `/* readFeed */ ${ITEM(request)}
   and ($1::text is null or i.parentid = $1)
   and ($2::text is null or i.parentid = $2 or i.createdbyid = $2)
 order by ${order} desc, i.id desc limit $3 offset $4`,
    [parentId ?? null, personId ?? null, size + 1, offset],
  );
  return z.array(Item).parse(rows);
}

/** @throws SalesforceError NOT_FOUND */
export async function readItem(request: RestRequest, id: string): Promise<Item> {
  const { rows } = await queryable(request).query(`/* readItem */ ${ITEM(request)} and i.id = $1`, [
    id,
  ]);
  return z.array(Item).parse(rows)[0] ?? missingEntity();
}

/** @throws SalesforceError NOT_FOUND */
export async function readComment(request: RestRequest, id: string): Promise<Comment> {
  const { rows } = await queryable(request).query(
    `/* readComment */ ${COMMENT(request)} and c.id = $1`,
    [id],
  );
  return z.array(Comment).parse(rows)[0] ?? missingEntity();
}

/** @throws SalesforceError NOT_FOUND */
export async function readLike(request: RestRequest, id: string): Promise<Like> {
  const { rows } = await queryable(request).query(`/* readLike */ ${LIKE(request)} and l.id = $1`, [
    id,
  ]);
  return z.array(Like).parse(rows)[0] ?? missingEntity();
}

/** The comments of each of some posts, the oldest first, with how many there are. */
export async function readComments(
  request: RestRequest,
  itemIds: readonly string[],
  { size, offset }: PageOf,
): Promise<ReadonlyMap<string, Listed<Comment>>> {
  const { rows } = await queryable(request).query(
    listed(COMMENT(request), 'c.feeditemid', 'c.createddate, c.id'),
    [itemIds, offset, size],
  );
  return group(z.array(Comment.extend(Place)).parse(rows), ({ itemId }) => itemId);
}

/** The likes of each of some posts and comments. */
export async function readLikes(
  request: RestRequest,
  entityIds: readonly string[],
  { size, offset }: PageOf,
): Promise<ReadonlyMap<string, Listed<Like>>> {
  const { rows } = await queryable(request).query(
    listed(LIKE(request), 'l.feedentityid', 'l.createddate, l.id'),
    [entityIds, offset, size],
  );
  return group(z.array(Like.extend(Place)).parse(rows), ({ entityId }) => entityId);
}

/** The caller's own likes, by what he likes. */
export async function readOwnLikes(
  request: RestRequest,
  entityIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await queryable(request).query(
    `/* readOwnLikes */ ${LIKE(request)} and l.feedentityid = any($1::text[]) and l.createdbyid = $2`,
    [entityIds, request.session.userId],
  );
  return new Map(
    z
      .array(Like)
      .parse(rows)
      .map(({ entityId, id }) => [entityId, id]),
  );
}

export interface Listed<T> {
  readonly total: number;
  readonly items: readonly T[];
}

const Place = { total: z.coerce.number() };

/** Of each parent those from one place to another. */
function listed(select: string, parent: string, order: string): string {
  const numbered = select.replace(
    'select ',
    `select row_number() over (partition by ${parent} order by ${order}) as place, count(*) over (partition by ${parent}) as total, `,
  );
  return `/* readBelowPosts */ select * from (${numbered} and ${parent} = any($1::text[])) as below
 where place > $2 and place <= $2::int + $3::int order by place`;
}

function group<T extends { readonly total: number }>(
  rows: readonly T[],
  parentOf: (row: T) => string,
): ReadonlyMap<string, Listed<T>> {
  const groups = new Map<string, { total: number; items: T[] }>();
  for (const row of rows) {
    const key = parentOf(row);
    const found = groups.get(key) ?? { total: row.total, items: [] };
    found.items.push(row);
    groups.set(key, found);
  }
  return groups;
}

/** Writes one record of the feed and resolves to its id. */
export async function create(
  request: RestRequest,
  object: 'FeedItem' | 'FeedComment',
  values: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [result] = await request.org.records.create(writeContext(request), object, [values]);
  const saved = present(result, 'result');
  throwRefusal(saved);
  return present(saved.id, 'id');
}

/**
 * A person likes an entity once. The post is locked first, so two likes at a time become one; reading and writing are
 * one transaction, so a crash leaves either no like or the whole one.
 */
export async function like(
  request: RestRequest,
  itemId: string,
  entityId: string,
): Promise<string> {
  const within = async (client: pg.PoolClient): Promise<string> => {
    await client.query('select from org.feeditem where id = $1 for update', [itemId]);
    const { rows } = await client.query(
      `/* findLike */ ${LIKE(request)} and l.feedentityid = $1 and l.createdbyid = $2`,
      [entityId, request.session.userId],
    );
    const [existing] = z.array(Like).parse(rows);
    if (existing !== undefined) return existing.id;
    const context = { ...writeContext(request), client };
    const [result] = await request.org.records.create(context, 'FeedLike', [
      { FeedItemId: itemId, FeedEntityId: entityId },
    ]);
    const saved = present(result, 'result');
    throwRefusal(saved);
    return present(saved.id, 'id');
  };
  return inRequestTransaction(request, within);
}

/** Whoever wrote it may remove it, and who may change all data. */
export async function remove(request: RestRequest, id: string, authorId: string): Promise<void> {
  if (authorId !== request.session.userId && !request.org.permissions.has('ModifyAllData')) {
    throw new SalesforceError('INSUFFICIENT_ACCESS', 'You do not have access to delete this.');
  }
  const [result] = await request.org.records.delete(writeContext(request), [id]);
  throwRefusal(present(result, 'result'));
}

function missingEntity(): never {
  throw notFound();
}
