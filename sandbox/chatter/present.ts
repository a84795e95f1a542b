import { basePath, type RestRequest } from '../rest/request.ts';
import { showBody } from './body.ts';
import { COMMENTS_SHOWN, PAGE_ELEMENTS } from './limits.ts';
import {
  readComments,
  readLikes,
  readOwnLikes,
  type Comment,
  type Item,
  type Like,
  type Listed,
} from './store.ts';

type Json = Readonly<Record<string, unknown>>;

/** `/services/data/v60.0/chatter` */
export const chatterPath = (request: RestRequest): string => `${basePath(request)}/chatter`;

/** A record as others mention it: where it is, and what it is called. */
function reference(request: RestRequest, id: string): Json {
  return { id, url: `${basePath(request)}/sobjects/${typeOf(request, id)}/${id}` };
}

const typeOf = (request: RestRequest, id: string): string =>
  request.org.schema().findObjectOfId(id)?.name ?? 'Entity';

export function person(request: RestRequest, id: string, name: string): Json {
  return {
    additionalLabel: null,
    communityNickname: name,
    companyName: null,
    displayName: name,
    id,
    isActive: true,
    name,
    photo: photo(request),
    type: 'User',
    url: `${chatterPath(request)}/users/${id}`,
    userType: 'Internal',
  };
}

/** Nobody has a photo of his own: these are the addresses of the profile pictures everybody begins with. */
function photo({ baseUrl }: RestRequest): Json {
  const url = (size: string): string => `${baseUrl}/profilephoto/005/${size}`;
  return {
    fullEmailPhotoUrl: url('F'),
    largePhotoUrl: url('F'),
    mediumPhotoUrl: url('M'),
    photoVersionId: null,
    smallPhotoUrl: url('T'),
    standardEmailPhotoUrl: url('T'),
    url: url('T'),
  };
}

/** A page of a list: where it is, and where its neighbours are. */
export function pageOf(
  url: string,
  { offset, shown, more, size }: { offset: number; shown: number; more: boolean; size: number },
): Json {
  const at = (place: number): string => `${url}?page=${place}&pageSize=${size}`;
  return {
    currentPageToken: offset === 0 ? null : String(offset),
    currentPageUrl: offset === 0 ? url : at(offset),
    nextPageToken: more ? String(offset + shown) : null,
    nextPageUrl: more ? at(offset + shown) : null,
    previousPageToken: offset === 0 ? null : String(Math.max(0, offset - size)),
    previousPageUrl: offset === 0 ? null : at(Math.max(0, offset - size)),
  };
}

/** Posts with their first comments and likes: three statements however many posts. */
export async function showItems(
  request: RestRequest,
  items: readonly Item[],
): Promise<readonly Json[]> {
  const ids = items.map(({ id }) => id);
  const comments = await readComments(request, ids, { size: COMMENTS_SHOWN, offset: 0 });
  const shown = [...comments.values()].flatMap((listed) => listed.items);
  const liked = [...ids, ...shown.map(({ id }) => id)];
  const likes = await readLikes(request, liked, { size: PAGE_ELEMENTS, offset: 0 });
  const own = await readOwnLikes(request, liked);
  const texts = new Map(shown.map((comment) => [comment.id, comment]));
  return items.map((item) => {
    const url = `${chatterPath(request)}/feed-elements/${item.id}`;
    const listed = comments.get(item.id);
    const commentItems = (listed?.items ?? []).flatMap(({ id }) => {
      const comment = texts.get(id);
      return comment === undefined
        ? []
        : [showComment(request, comment, { likes: likes.get(id), own: own.get(id) })];
    });
    return {
      actor: person(request, item.userId, item.userName),
      body: showBody(item.body),
      capabilities: {
        chatterLikes: {
          isLikedByCurrentUser: own.has(item.id),
          myLike: ownLike(request, own.get(item.id)),
          page: likesPage(request, `${url}/capabilities/chatter-likes/items`, likes.get(item.id)),
        },
        comments: {
          page: {
            ...pageOf(`${url}/capabilities/comments/items`, {
              offset: 0,
              shown: commentItems.length,
              more: (listed?.total ?? 0) > commentItems.length,
              size: PAGE_ELEMENTS,
            }),
            items: commentItems,
            total: listed?.total ?? 0,
          },
        },
        ...(item.linkUrl === null
          ? {}
          : { link: { url: item.linkUrl, urlName: item.title ?? item.linkUrl } }),
      },
      createdDate: item.createdDate.toISOString(),
      feedElementType: 'FeedItem',
      header: { isRichText: null, messageSegments: [], text: item.userName },
      id: item.id,
      modifiedDate: item.modifiedDate.toISOString(),
      parent: {
        ...reference(request, item.parentId),
        name: item.parentName,
        type: typeOf(request, item.parentId),
      },
      relativeCreatedDate: item.createdDate.toISOString(),
      type: item.type,
      url,
      visibility: 'AllUsers',
    };
  });
}

export function showComment(
  request: RestRequest,
  comment: Comment,
  {
    likes,
    own,
  }: { readonly likes?: Listed<Like> | undefined; readonly own?: string | undefined } = {},
): Json {
  const url = `${chatterPath(request)}/comments/${comment.id}`;
  return {
    body: showBody(comment.body),
    capabilities: {},
    createdDate: comment.createdDate.toISOString(),
    feedElement: {
      id: comment.itemId,
      url: `${chatterPath(request)}/feed-elements/${comment.itemId}`,
    },
    id: comment.id,
    isDeleteRestricted: false,
    likes: likesPage(request, `${url}/likes`, likes),
    myLike: ownLike(request, own),
    relativeCreatedDate: comment.createdDate.toISOString(),
    type: 'TextComment',
    url,
    user: person(request, comment.userId, comment.userName),
  };
}

export function likesPage(
  request: RestRequest,
  url: string,
  likes: Listed<Like> | undefined,
  { offset, size } = { offset: 0, size: PAGE_ELEMENTS },
): Json {
  const items = likes?.items ?? [];
  const total = likes?.total ?? 0;
  const more = total > offset + items.length;
  return {
    ...pageOf(url, { offset, shown: items.length, more, size }),
    items: items.map((like) => showLike(request, like)),
    total,
  };
}

export function showLike(request: RestRequest, like: Like): Json {
  return {
    id: like.id,
    likedItem: {
      id: like.entityId,
      url: `${chatterPath(request)}/${like.entityId === like.itemId ? 'feed-elements' : 'comments'}/${like.entityId}`,
    },
    url: `${chatterPath(request)}/likes/${like.id}`,
    user: person(request, like.userId, like.userName),
  };
}

function ownLike(request: RestRequest, id: string | undefined): Json | null {
  return id === undefined ? null : { id, url: `${chatterPath(request)}/likes/${id}` };
}
