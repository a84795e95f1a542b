import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { ok, segment, type Handler, type RestRequest } from '../rest/request.ts';
import { findId18 } from '../store/record-id.ts';
import { pageAsked } from './page.ts';
import { chatterPath, pageOf, showItems } from './present.ts';
import { readFeed, type FeedPage, type FeedScope } from './store.ts';
import { userId } from './users.ts';

/** The feeds of a person, as the list of feeds shows them. Nobody follows anything here: news is what he made or got. */
const FEEDS = [
  { feedType: 'News', label: 'What I Follow', path: 'news/me' },
  { feedType: 'UserProfile', label: 'My Profile', path: 'user-profile/me' },
  { feedType: 'Company', label: 'Company Highlights', path: 'company' },
] as const;

export const listFeeds: Handler = (request) =>
  ok({
    favorites: [],
    feeds: FEEDS.map(({ feedType, label, path }) => {
      const feedUrl = `${chatterPath(request)}/feeds/${path}`;
      return {
        feedElementsUrl: `${feedUrl}/feed-elements`,
        feedType,
        feedUrl,
        keyPrefix: null,
        label,
      };
    }),
  });

/** `GET /chatter/feeds/company/feed-elements`, `/chatter/feeds/news/me/feed-elements` … */
export const listElements: Handler = async (request) => {
  const page: FeedPage = { ...pageAsked(request), sort: sortAsked(request) };
  const found = await readFeed(request, scope(request), page);
  const items = found.slice(0, page.size);
  const path = request.segments.slice(1).map(encodeURIComponent).join('/');
  const more = found.length > page.size;
  return ok({
    ...pageOf(`${chatterPath(request)}/${path}`, {
      offset: page.offset,
      shown: items.length,
      more,
      size: page.size,
    }),
    elements: await showItems(request, items),
    isModifiedToken: null,
    isModifiedUrl: null,
    updatesToken: null,
    updatesUrl: null,
  });
};

function scope(request: RestRequest): FeedScope {
  const type = segment(request, 2).toLowerCase();
  const [, , , subject = 'me'] = request.segments;
  switch (type) {
    case 'company':
      return {};
    case 'news':
      return { personId: userId(request, subject) };
    case 'user-profile':
      return { parentId: userId(request, subject) };
    case 'record': {
      const id = findId18(subject);
      if (id === undefined)
        throw new SalesforceError('INVALID_ID_FIELD', `Invalid identifier: ${subject}`);
      return { parentId: id };
    }
    default:
      throw notBuilt(`the Chatter feed ${type}`);
  }
}

function sortAsked({ query }: RestRequest): FeedPage['sort'] {
  const sort = query.get('sort') ?? 'CreatedDateDesc';
  if (sort === 'CreatedDateDesc' || sort === 'LastModifiedDateDesc') return sort;
  throw new SalesforceError('INVALID_INPUT', `The value of sort is not valid: ${sort}`);
}
