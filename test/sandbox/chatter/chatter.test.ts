import { createServer } from 'node:http';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import jsforce from 'jsforce';
import { z } from 'zod';

import { createApp } from '../../../sandbox/app.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import type { Authenticator } from '../../../sandbox/session.ts';
import { listen, type Listening } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

const Page = z.object({ currentPageUrl: z.string(), total: z.number() });
const Post = z.object({
  id: z.string(),
  url: z.string(),
  type: z.string(),
  body: z.object({ text: z.string() }),
  parent: z.object({ id: z.string(), type: z.string() }),
  capabilities: z.object({
    comments: z.object({ page: Page.extend({ items: z.array(z.unknown()) }) }),
    chatterLikes: z.object({ page: Page, isLikedByCurrentUser: z.boolean() }),
    link: z.object({ url: z.string(), urlName: z.string() }).optional(),
  }),
});
const Comment = z.object({ id: z.string(), url: z.string(), likes: Page });
const Like = z.object({ id: z.string(), url: z.string() });
const Feed = z.object({
  elements: z.array(z.object({ id: z.string() })),
  nextPageUrl: z.string().nullable(),
});

let testOrg: TestOrg;
let listening: Listening;
let connection: jsforce.Connection;
let stranger: jsforce.Connection;
beforeAll(async () => {
  testOrg = await openTestOrg();
  const { org } = testOrg;
  const { rows } = await org.pool.query<{ id: string }>(
    'select id from org.profile where not permissionsmodifyalldata limit 1',
  );
  const profile = rows[0]?.id ?? '';
  const [user] = await org.records.create(testOrg.context, 'User', [
    {
      Username: 'sam@landbridge.example',
      LastName: 'Stranger',
      Email: 'sam@landbridge.example',
      Alias: 'sam',
      ProfileId: profile,
      TimeZoneSidKey: 'Europe/Berlin',
      LocaleSidKey: 'en_US',
      EmailEncodingKey: 'UTF-8',
      LanguageLocaleKey: 'en_US',
    },
  ]);
  expect(user).toMatchObject({ success: true, errors: [] });
  const people = new Map([
    ['00Dtest!admin', { userId: org.adminUserId, profileId: org.adminProfileId }],
    ['00Dtest!stranger', { userId: user?.id ?? '', profileId: profile }],
  ]);
  const authenticator: Authenticator = {
    async authenticate(accessToken) {
      const found = people.get(accessToken);
      if (found === undefined) return undefined;
      const rest = { orgId: org.orgId, username: 'someone', clientId: null, scopes: ['api'] };
      return { ...found, ...rest, accessToken };
    },
  };
  const app = createApp({
    log: silentLog,
    health: () => ({ ready: true, parts: {} }),
    routers: [createRestRouter(org, authenticator)],
  });
  const place = {
    port: 0,
    host: '127.0.0.1',
    drainMs: 1_000,
    what: 'the test org',
    variable: 'none',
  };
  listening = await listen(createServer(app), place);
  const instanceUrl = `http://127.0.0.1:${listening.port}`;
  const connect = (accessToken: string) =>
    new jsforce.Connection({ instanceUrl, accessToken, version: '60.0' });
  connection = connect('00Dtest!admin');
  stranger = connect('00Dtest!stranger');
});
afterAll(async () => {
  await listening[Symbol.asyncDispose]();
  await testOrg[Symbol.asyncDispose]();
});

const message = (text: string) => ({ body: { messageSegments: [{ type: 'Text', text }] } });

async function post(text: string, more: Readonly<Record<string, unknown>> = {}) {
  const element = { ...message(text), feedElementType: 'FeedItem', subjectId: 'me', ...more };
  return Post.parse(await connection.chatter.resource('/feed-elements').create(element));
}

test('a post on a record is seen in that record’s feed and by SOQL, and its comments and likes go with it', async () => {
  const account = await connection.sobject('Account').create({ Name: 'Acme' });
  const created = await post('Signed!', { subjectId: account.id ?? '' });
  expect(created).toMatchObject({ type: 'TextPost', parent: { id: account.id, type: 'Account' } });
  const comments = connection.chatter.resource(created.capabilities.comments.page.currentPageUrl);
  const comment = Comment.parse(await comments.create(message('Well done')));
  await connection.chatter.resource(comment.likes.currentPageUrl).create('');
  const feed = await connection.chatter
    .resource(`/feeds/record/${account.id}/feed-elements`)
    .retrieve();
  expect(Feed.parse(feed).elements.map(({ id }) => id)).toEqual([created.id]);
  const again = Post.parse(await connection.chatter.resource(created.url).retrieve());
  expect(again.capabilities.comments.page).toMatchObject({
    total: 1,
    items: [{ id: comment.id, body: { text: 'Well done' }, likes: { total: 1 } }],
  });
  const written = await connection.query(
    `SELECT Body, (SELECT CommentBody FROM FeedComments) FROM FeedItem WHERE Id = '${created.id}'`,
  );
  expect(written.records).toMatchObject([
    { Body: 'Signed!', FeedComments: { records: [{ CommentBody: 'Well done' }] } },
  ]);

  await connection.chatter.resource(created.url).delete();

  await expect(connection.chatter.resource(comment.url).retrieve()).rejects.toMatchObject({
    errorCode: 'NOT_FOUND',
  });
  const left = await connection.query(`SELECT Id FROM FeedLike WHERE FeedItemId = '${created.id}'`);
  expect(left.totalSize).toBe(0);
});

test('a person who likes a post many times at once likes it once, until he takes the like back', async () => {
  const { url, capabilities } = await post('Popular');
  const likes = capabilities.chatterLikes.page.currentPageUrl;
  const made = await Promise.all(
    Array.from({ length: 6 }, async () =>
      Like.parse(await connection.chatter.resource(likes).create('')),
    ),
  );
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  const liked = Post.parse(await connection.chatter.resource(url).retrieve());
  expect(liked.capabilities.chatterLikes).toMatchObject({
    isLikedByCurrentUser: true,
    page: { total: 1 },
  });
  await connection.chatter.resource(made[0]?.url ?? '').delete();
  const unliked = Post.parse(await connection.chatter.resource(url).retrieve());
  expect(unliked.capabilities.chatterLikes).toMatchObject({
    isLikedByCurrentUser: false,
    page: { total: 0 },
  });
});

test('only its author, and who may change all data, deletes a post', async () => {
  const { url } = await post('Mine');
  await expect(stranger.chatter.resource(url).delete()).rejects.toMatchObject({
    errorCode: 'INSUFFICIENT_ACCESS',
  });
  const theirs = Post.parse(
    await stranger.chatter
      .resource('/feed-elements')
      .create({ ...message('Theirs'), feedElementType: 'FeedItem', subjectId: 'me' }),
  );
  await connection.chatter.resource(theirs.url).delete();
  await expect(connection.chatter.resource(theirs.url).retrieve()).rejects.toMatchObject({
    errorCode: 'NOT_FOUND',
  });
});

test('posts on records of which a person may see none are not shown to him, nor what stands below', async () => {
  const { org, context } = testOrg;
  const record = await connection.sobject('Case').create({ Subject: 'Secret' });
  const hidden = await post('On a case', { subjectId: record.id ?? '' });
  const comments = connection.chatter.resource(hidden.capabilities.comments.page.currentPageUrl);
  const comment = Comment.parse(await comments.create(message('Also secret')));
  const shownTo = async (person: jsforce.Connection): Promise<boolean> => {
    const feed = await person.chatter.resource('/feeds/company/feed-elements').retrieve();
    return Feed.parse(feed).elements.some(({ id }) => id === hidden.id);
  };
  expect(await shownTo(stranger)).toBe(true);
  const { rows } = await org.pool.query<{ id: string }>(
    "select o.id from org.objectpermissions o join org.permissionset p on p.id = o.parentid join org.profile f on f.id = p.profileid where o.sobjecttype = 'Case' and not f.permissionsmodifyalldata",
  );
  await org.records.delete(
    context,
    rows.map(({ id }) => id),
  );
  expect([await shownTo(stranger), await shownTo(connection)]).toEqual([false, true]);
  for (const url of [hidden.url, comment.url])
    await expect(stranger.chatter.resource(url).retrieve()).rejects.toMatchObject({
      errorCode: 'NOT_FOUND',
    });
});

test('a feed is read page by page, each post once', async () => {
  const ids: string[] = [];
  for (const text of ['one', 'two', 'three', 'four', 'five']) ids.push((await post(text)).id);
  const read: string[] = [];
  let url: string | null = '/feeds/news/me/feed-elements?pageSize=2';
  while (url !== null) {
    const page: z.infer<typeof Feed> = Feed.parse(
      await connection.chatter.resource(url).retrieve(),
    );
    expect(page.elements.length).toBeLessThanOrEqual(2);
    read.push(...page.elements.map(({ id }) => id));
    url = page.nextPageUrl;
  }
  expect(new Set(read).size).toBe(read.length);
  expect(read.filter((id) => ids.includes(id))).toEqual(ids.toReversed());
});

test('a batch answers each of its requests', async () => {
  const { hasErrors, results } = await connection.chatter.batch([
    connection.chatter.resource('/users/me'),
    connection.chatter.resource('/feeds/company/feed-elements'),
  ]);
  expect(hasErrors).toBe(false);
  expect(results).toMatchObject([
    { statusCode: 200, result: { id: testOrg.org.adminUserId, type: 'User' } },
    { statusCode: 200, result: { elements: expect.any(Array) } },
  ]);
});

test('what is not built is refused by name', async () => {
  const post = { feedElementType: 'FeedItem', subjectId: 'me' };
  const elements = connection.chatter.resource('/feed-elements');
  const polled = { ...post, ...message('Which?'), capabilities: { poll: { choices: ['a', 'b'] } } };
  await expect(elements.create(polled)).rejects.toMatchObject({
    errorCode: 'NOT_IMPLEMENTED',
    message: 'The sandbox org does not implement the feed element capability poll',
  });
  const mention = { ...post, body: { messageSegments: [{ type: 'Mention', id: '005' }] } };
  await expect(elements.create(mention)).rejects.toMatchObject({
    message: 'The sandbox org does not implement message segments of type Mention',
  });
});
