import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { compositeBatch, type Answer } from '../rest/composite.ts';
import type { Route } from '../rest/dispatch.ts';
import { NO_CONTENT, ok, segment, type Handler, type RestRequest } from '../rest/request.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { findId18 } from '../store/record-id.ts';
import { readBody } from './body.ts';
import { listElements, listFeeds } from './feeds.ts';
import { pageAsked } from './page.ts';
import { chatterPath, likesPage, pageOf, showComment, showItems, showLike } from './present.ts';
import * as store from './store.ts';
import { getUser, listUsers, userId } from './users.ts';

/** Chatter: `/chatter/…`, and the same below its newer name `/connect/…`. */
export function chatterRoutes(answer: Answer): readonly Route[] {
  return [
    { method: 'POST', path: 'connect/batch', handler: compositeBatch(answer) },
    ...['chatter', 'connect'].flatMap((root) =>
      ROUTES.map(([method, path, handler]) => ({
        method,
        path: path === '' ? root : `${root}/${path}`,
        handler,
      })),
    ),
  ];
}

const directory: Handler = (request) => {
  const urls = ['feeds', 'groups', 'users'].map((name) => [
    name,
    `${chatterPath(request)}/${name}`,
  ]);
  return ok(Object.fromEntries(urls));
};

/** There are no groups: the list is empty. */
const listGroups: Handler = (request) => {
  const url = `${chatterPath(request)}/groups`;
  const { size, offset } = pageAsked(request);
  return ok({ ...pageOf(url, { offset, shown: 0, more: false, size }), groups: [], total: 0 });
};

const Element = z.object({
  feedElementType: z.literal('FeedItem'),
  subjectId: z.string(),
  capabilities: z
    .object({
      link: z.object({ url: z.url(), urlName: z.string().max(255).optional() }).optional(),
    })
    .catchall(z.unknown())
    .optional(),
});

const createElement: Handler = async (request) => {
  const parsed = Element.safeParse(request.body);
  if (!parsed.success) {
    throw new SalesforceError(
      'JSON_PARSER_ERROR',
      'A feed element needs feedElementType FeedItem, a subjectId and a body',
    );
  }
  const { subjectId, capabilities: { link, ...others } = {} } = parsed.data;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw notBuilt(`the feed element capability ${unknown}`);
  const id = await store.create(request, 'FeedItem', {
    ParentId: subjectId.toLowerCase() === 'me' ? request.session.userId : subjectId,
    Body: readBody(request.body),
    ...(link === undefined
      ? {}
      : { Type: 'LinkPost', LinkUrl: link.url, Title: link.urlName ?? link.url }),
  });
  return { status: 201, body: await shownItem(request, id) };
};

async function shownItem(request: RestRequest, id: string): Promise<unknown> {
  const [shown] = await showItems(request, [await store.readItem(request, id)]);
  return present(shown, 'feed element');
}

const getElement: Handler = async (request) => ok(await shownItem(request, idIn(request)));

const deleteElement: Handler = async (request) => {
  const { id, userId: author } = await store.readItem(request, idIn(request));
  await store.remove(request, id, author);
  return NO_CONTENT;
};

const listComments: Handler = async (request) => {
  const { id } = await store.readItem(request, idIn(request));
  const page = pageAsked(request);
  const listed = (await store.readComments(request, [id], page)).get(id);
  const items = listed?.items ?? [];
  const ids = items.map((comment) => comment.id);
  const likes = await store.readLikes(request, ids, { size: page.size, offset: 0 });
  const own = await store.readOwnLikes(request, ids);
  const total = listed?.total ?? 0;
  const url = `${chatterPath(request)}/feed-elements/${id}/capabilities/comments/items`;
  const more = total > page.offset + items.length;
  return ok({
    ...pageOf(url, { ...page, shown: items.length, more }),
    items: items.map((comment) =>
      showComment(request, comment, { likes: likes.get(comment.id), own: own.get(comment.id) }),
    ),
    total,
  });
};

const createComment: Handler = async (request) => {
  const { id: itemId } = await store.readItem(request, idIn(request));
  const id = await store.create(request, 'FeedComment', {
    FeedItemId: itemId,
    CommentBody: readBody(request.body),
  });
  return { status: 201, body: showComment(request, await store.readComment(request, id)) };
};

const getComment: Handler = async (request) => {
  const comment = await store.readComment(request, idIn(request));
  const { id } = comment;
  const likes = await store.readLikes(request, [id], pageAsked(request));
  const own = await store.readOwnLikes(request, [id]);
  return ok(showComment(request, comment, { likes: likes.get(id), own: own.get(id) }));
};

const deleteComment: Handler = async (request) => {
  const { id, userId: author } = await store.readComment(request, idIn(request));
  await store.remove(request, id, author);
  return NO_CONTENT;
};

/** The post or the comment that likes are asked for: its id, its post's, and where its likes are. */
async function likeable(
  request: RestRequest,
): Promise<{ readonly id: string; readonly itemId: string; readonly url: string }> {
  if (segment(request, 1).toLowerCase() === 'comments') {
    const { id, itemId } = await store.readComment(request, idIn(request));
    return { id, itemId, url: `${chatterPath(request)}/comments/${id}/likes` };
  }
  const { id } = await store.readItem(request, idIn(request));
  const url = `${chatterPath(request)}/feed-elements/${id}/capabilities/chatter-likes/items`;
  return { id, itemId: id, url };
}

const listLikes: Handler = async (request) => {
  const { id, url } = await likeable(request);
  const page = pageAsked(request);
  const likes = (await store.readLikes(request, [id], page)).get(id);
  return ok(likesPage(request, url, likes, page));
};

const createLike: Handler = async (request) => {
  const { id, itemId } = await likeable(request);
  const likeId = await store.like(request, itemId, id);
  return { status: 201, body: showLike(request, await store.readLike(request, likeId)) };
};

const getLike: Handler = async (request) =>
  ok(showLike(request, await store.readLike(request, idIn(request))));

const deleteLike: Handler = async (request) => {
  const { id, userId: author } = await store.readLike(request, idIn(request));
  await store.remove(request, id, author);
  return NO_CONTENT;
};

/** The third segment, as an id of 18 characters. */
function idIn(request: RestRequest): string {
  const given = segment(request, 2);
  const id = findId18(given);
  if (id === undefined)
    throw new SalesforceError('INVALID_ID_FIELD', `Invalid identifier: ${given}`, { status: 404 });
  return id;
}

const userGroups: Handler = (request) => {
  const id = userId(request, segment(request, 2));
  const { size, offset } = pageAsked(request);
  const url = `${chatterPath(request)}/users/${id}/groups`;
  return ok({ ...pageOf(url, { offset, shown: 0, more: false, size }), groups: [], total: 0 });
};

const COMMENTS = 'feed-elements/:id/capabilities/comments/items';
const LIKES = 'feed-elements/:id/capabilities/chatter-likes/items';
const ROUTES: readonly (readonly [method: string, path: string, handler: Handler])[] = [
  ['GET', '', directory],
  ['GET', 'users', listUsers],
  ['GET', 'users/:id', getUser],
  ['GET', 'users/:id/groups', userGroups],
  ['GET', 'groups', listGroups],
  ['GET', 'feeds', listFeeds],
  ['GET', 'feeds/:type/feed-elements', listElements],
  ['GET', 'feeds/:type/:subject/feed-elements', listElements],
  ['POST', 'feed-elements', createElement],
  ['GET', 'feed-elements/:id', getElement],
  ['DELETE', 'feed-elements/:id', deleteElement],
  ['GET', COMMENTS, listComments],
  ['POST', COMMENTS, createComment],
  ['GET', LIKES, listLikes],
  ['POST', LIKES, createLike],
  ['GET', 'comments/:id', getComment],
  ['DELETE', 'comments/:id', deleteComment],
  ['GET', 'comments/:id/likes', listLikes],
  ['POST', 'comments/:id/likes', createLike],
  ['GET', 'likes/:id', getLike],
  ['DELETE', 'likes/:id', deleteLike],
];
