import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { serveOrg, type ServedOrg } from './serve-org.ts';

interface List {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl?: string | undefined;
  readonly records: readonly Row[];
}
interface Row {
  readonly Name?: string | undefined;
  readonly LastName?: string | undefined;
  readonly Contacts?: List | null | undefined;
  readonly Cases?: List | null | undefined;
}
const List: z.ZodType<List> = z.lazy(() =>
  z.object({
    totalSize: z.number(),
    done: z.boolean(),
    nextRecordsUrl: z.string().optional(),
    records: z.array(
      z.object({
        Name: z.string().optional(),
        LastName: z.string().optional(),
        Contacts: List.nullish(),
        Cases: List.nullish(),
      }),
    ),
  }),
);

let org: ServedOrg;

/** Children of each parent: together many more than a page of 200. */
const CHILDREN = [150, 40, 30, 0, 650, 0, 3];

beforeAll(async () => {
  org = await serveOrg();
  const { pool } = org.org;
  await pool.query(`delete from org.contact; delete from org.account`);
  const names = CHILDREN.map((_, at) => ({ Name: `Family ${at}` }));
  const parents = await org.org.records.create(org.context, 'Account', names);
  for (const [at, count] of CHILDREN.entries()) {
    for (let from = 0; from < count; from += 200) {
      const length = Math.min(200, count - from);
      await org.org.records.create(
        org.context,
        'Contact',
        Array.from({ length }, (_, place) => ({
          AccountId: parents[at]?.id,
          LastName: `Child ${String(from + place).padStart(4, '0')}`,
        })),
      );
    }
  }
}, 30_000);

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

const SMALL = { 'Sforce-Query-Options': 'batchSize=200' };
const url = (soql: string): string => `query?q=${encodeURIComponent(soql)}`;

async function pagesOf(
  first: string,
  each: (page: List) => Promise<void> = async () => undefined,
): Promise<readonly List[]> {
  const pages: List[] = [];
  for (let next: string | undefined = first; next !== undefined;) {
    const { status, body } = await org.ask('GET', next, undefined, SMALL);
    expect([next, status]).toEqual([next, 200]);
    const page = List.parse(body);
    expect(page.done).toBe(page.nextRecordsUrl === undefined);
    pages.push(page);
    await each(page);
    next = page.nextRecordsUrl;
  }
  return pages;
}

test('pages count children as they count records, and every child comes once, in its order', async () => {
  const soql =
    'SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC) FROM Account ORDER BY Name';
  const rest = new Map<string | undefined, readonly Row[]>();
  const pages = await pagesOf(url(soql), async ({ records }) => {
    for (const { Name, Contacts } of records) {
      const next = Contacts?.nextRecordsUrl;
      const later = next === undefined ? [] : await pagesOf(next);
      rest.set(
        Name,
        later.flatMap((part) => part.records),
      );
    }
  });
  const sizes = pages.map(({ records }) =>
    records.reduce((sum, { Contacts }) => sum + 1 + (Contacts?.records.length ?? 0), 0),
  );
  expect(Math.max(...sizes)).toBeLessThanOrEqual(201);
  expect(pages.length).toBeGreaterThan(2);
  const families = pages.flatMap(({ records }) => records);
  expect(families.map(({ Name }) => Name)).toEqual(CHILDREN.map((_, at) => `Family ${at}`));
  for (const [at, count] of CHILDREN.entries()) {
    const list = families[at]?.Contacts;
    if (count === 0) {
      expect(list).toBeNull();
      continue;
    }
    expect(list?.totalSize).toBe(count);
    const found = [...(list?.records ?? []), ...(rest.get(`Family ${at}`) ?? [])];
    expect(found.map(({ LastName }) => LastName)).toEqual(
      Array.from(
        { length: count },
        (_, place) => `Child ${String(place).padStart(4, '0')}`,
      ).toReversed(),
    );
  }
});

test('a LIMIT of the child list bounds its pages as well', async () => {
  const soql = `SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 450), (SELECT Id FROM Cases) FROM Account WHERE Name = 'Family 4'`;
  const [page] = await pagesOf(url(soql));
  const list = page?.records[0]?.Contacts;
  expect(list).toMatchObject({ totalSize: 450, done: false });
  const later = await pagesOf(list?.nextRecordsUrl ?? '');
  const found = [list, ...later].flatMap((part) => part?.records ?? []);
  expect(new Set(found.map(({ LastName }) => LastName)).size).toBe(450);
});

test('a small family is answered in one page without a locator', async () => {
  const pages = await pagesOf(
    url("SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Family 6'"),
  );
  expect(pages).toHaveLength(1);
  expect(pages[0]?.records[0]?.Contacts).toMatchObject({ totalSize: 3, done: true });
});

test('another user cannot follow a locator, and no locator leads beyond the end', async () => {
  const soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Family 4'";
  const [page] = await pagesOf(url(soql));
  const next = page?.records[0]?.Contacts?.nextRecordsUrl ?? '';
  const beyond = next.replace(/-\d+$/, '-650');
  expect((await org.ask('GET', beyond)).body).toMatchObject([
    { errorCode: 'INVALID_QUERY_LOCATOR' },
  ]);
  await org.org.pool.query(`update query_cursors set user_id = '005000000000009AAA'`);
  expect((await org.ask('GET', next)).body).toMatchObject([{ errorCode: 'INVALID_QUERY_LOCATOR' }]);
});

test('going on to the next page of parents ends the child locators of the page before', async () => {
  const soql =
    "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name IN ('Family 4', 'Family 6') ORDER BY Name";
  const first = List.parse((await org.ask('GET', url(soql), undefined, SMALL)).body);
  const child = first.records[0]?.Contacts?.nextRecordsUrl ?? '';
  expect(await org.ask('GET', child)).toMatchObject({ status: 200 });
  expect(await org.ask('GET', first.nextRecordsUrl ?? '')).toMatchObject({ status: 200 });
  expect((await org.ask('GET', child)).body).toMatchObject([
    { errorCode: 'INVALID_QUERY_LOCATOR' },
  ]);
});
