import {
  REQUIRED,
  area,
  auditFields,
  datetime,
  defineObject,
  id,
  isDeleted,
  lookup,
  pick,
  SYSTEM,
  text,
  url,
} from '../define.ts';

/** What has a feed of its own: records, and people. */
const PARENTS = [
  'Account',
  'Asset',
  'Campaign',
  'Case',
  'Contact',
  'ContentDocument',
  'Event',
  'Lead',
  'Opportunity',
  'Product2',
  'Task',
  'User',
] as const;
const BODY_LENGTH = 10_000;
const FLAGS = {
  feedEnabled: false,
  layoutable: false,
  mruEnabled: false,
  searchable: false,
  undeletable: false,
} as const;
const POST = { ...REQUIRED, updateable: false, onParentDelete: 'cascade' } as const;

/** A post in the feed of a record or of a person. */
export const FEED_ITEM = defineObject({
  name: 'FeedItem',
  label: 'Feed Item',
  labelPlural: 'Feed Items',
  keyPrefix: '0D5',
  flags: FLAGS,
  fields: [
    id('Feed Item ID'),
    lookup('ParentId', 'Parent ID', PARENTS, { ...POST, cascadeDelete: true }),
    pick('Type', 'Feed Item Type', ['TextPost', 'LinkPost'], {
      length: 40,
      updateable: false,
      defaultValue: 'TextPost',
      defaultedOnCreate: true,
      restrictedPicklist: true,
    }),
    auditFields(),
    isDeleted(),
    text('Title', 255, 'Title'),
    area('Body', BODY_LENGTH, 'Body'),
    url('LinkUrl', 'Link Url', { length: 1000, updateable: false }),
  ],
});

export const FEED_COMMENT = defineObject({
  name: 'FeedComment',
  label: 'Feed Comment',
  labelPlural: 'Feed Comments',
  keyPrefix: '0D7',
  flags: FLAGS,
  fields: [
    id('Feed Comment ID'),
    lookup('FeedItemId', 'Feed Item ID', ['FeedItem'], { ...POST, children: 'FeedComments' }),
    auditFields(),
    isDeleted(),
    area('CommentBody', BODY_LENGTH, 'Body', { nillable: false }),
  ],
});

/** That somebody likes a post, or a comment on it. */
export const FEED_LIKE = defineObject({
  name: 'FeedLike',
  label: 'Feed Like',
  labelPlural: 'Feed Likes',
  keyPrefix: '0I0',
  flags: { ...FLAGS, updateable: false },
  fields: [
    id('Feed Like ID'),
    lookup('FeedItemId', 'Feed Item ID', ['FeedItem'], { ...POST, children: 'FeedLikes' }),
    lookup('FeedEntityId', 'Feed Item or Comment ID', ['FeedItem', 'FeedComment'], POST),
    datetime('CreatedDate', 'Created Date', SYSTEM),
    lookup('CreatedById', 'Created By ID', ['User'], { ...SYSTEM, searchPrefilterable: false }),
    isDeleted(),
  ],
});
