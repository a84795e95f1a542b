import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { TestOrg } from '../support/open-test-org.ts';
import { openPages, type Pages } from './open-pages.ts';

let pages: Pages;
let testOrg: TestOrg;
let url: string;
let cookie = '';
beforeAll(async () => {
  pages = await openPages();
  ({ testOrg, url } = pages);
  await logIn();
});
afterAll(async () => {
  await pages[Symbol.asyncDispose]();
});

interface PageAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
}

async function visit(path: string, form?: Readonly<Record<string, string>>): Promise<PageAnswer> {
  const response = await fetch(`${url}${path}`, {
    redirect: 'manual',
    headers: { Cookie: cookie },
    ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
  });
  const cookies = response.headers.getSetCookie().map((entry) => entry.split(';')[0] ?? '');
  if (cookies.length > 0)
    cookie = [
      ...cookie
        .split('; ')
        .filter(
          (part) =>
            part !== '' && !cookies.some((fresh) => fresh.split('=')[0] === part.split('=')[0]),
        ),
      ...cookies,
    ].join('; ');
  return {
    status: response.status,
    location: response.headers.get('location'),
    text: await response.text(),
  };
}

function hidden(page: PageAnswer, name = 'csrf'): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(page.text)?.[1] ?? '';
}

/** All that a browser sends of a form which nobody has touched. */
function fieldsOf(page: PageAnswer): Readonly<Record<string, string>> {
  const inputs = page.text.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g);
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]));
}

async function logIn(): Promise<void> {
  const page = await visit('/');
  const answer = await visit('/', {
    csrf: hidden(page),
    username: 'admin@landbridge.example',
    pw: 'sandbox-password',
  });
  expect(answer.status).toBe(302);
}

/** Sends a page's form with what a person fills in. */
async function submit(
  path: string,
  form: Readonly<Record<string, string>>,
  action = path,
): Promise<PageAnswer> {
  return visit(action, { csrf: hidden(await visit(path)), ...form });
}

test('pages lead whoever is not logged in to the login page, and back', async () => {
  const response = await fetch(`${url}/ui/objects/Contact`, { redirect: 'manual' });
  expect(response.headers.get('location')).toBe('/?ec=302&startURL=%2Fui%2Fobjects%2FContact');
});

describe('a contact', () => {
  test('is found, created, edited, deleted and restored', async () => {
    expect((await visit('/ui/objects/Contact?q=gonzalez')).text).toContain('Rose Gonzalez');
    const created = await submit('/ui/objects/Contact/new', {
      FirstName: 'Grace',
      LastName: 'Hopper <b>',
      Email: 'grace@navy.example',
    });
    expect(created).toMatchObject({
      status: 302,
      location: expect.stringMatching(/^\/003\w+\?created=1$/),
    });
    const path = (created.location ?? '').replace(/\?.*/, '');
    const shown = await visit(path);
    expect(shown.text).toContain('Grace Hopper &lt;b&gt;');
    const edited = await submit(`${path}/e`, {
      FirstName: 'Grace',
      LastName: 'Hopper',
      Title: 'Rear Admiral',
    });
    expect(edited).toMatchObject({ status: 302, location: `${path}?saved=1` });
    expect((await visit(path)).text).toContain('Rear Admiral');
    await submit(`${path}/delete`, {});
    expect((await visit('/ui/recycle-bin')).text).toContain('Grace Hopper');
    const restored = await submit('/ui/recycle-bin', { id: path.slice(1), do: 'restore' });
    expect(restored).toMatchObject({ status: 302, location: `${path}?restored=1` });
    expect((await visit(path)).text).not.toContain('in the recycle bin');
  });

  test('with a fault is shown again with what was said and what is wrong', async () => {
    const page = await submit('/ui/objects/Contact/new', { FirstName: 'Nameless', Email: 'x' });
    expect(page.status).toBe(400);
    expect(page.text).toMatch(/id="f-Email-wrong">Email: invalid email address: x/);
    expect(page.text).toContain('value="Nameless"');
  });

  test('is written with only what was changed on the form', async () => {
    const [result] = await testOrg.org.records.create(testOrg.context, 'Contact', [
      { LastName: 'Shared', Title: 'Old' },
    ]);
    const path = `/${result?.id ?? ''}`;
    const form = await visit(`${path}/e`);
    await testOrg.org.records.update(testOrg.context, 'Contact', [
      { Id: result?.id, Department: 'Elsewhere' },
    ]);
    await visit(`${path}/e`, { ...fieldsOf(form), Title: 'New' });
    const { rows } = await testOrg.org.pool.query(
      'select title, department from org.contact where id = $1',
      [result?.id],
    );
    expect(rows).toEqual([{ title: 'New', department: 'Elsewhere' }]);
  });
});

test('a form from elsewhere is refused', async () => {
  expect(
    await visit('/ui/objects/Contact/new', { LastName: 'Forged', csrf: 'guess' }),
  ).toMatchObject({ status: 403 });
});

test('the external id of the original demo is added on the object manager', async () => {
  expect((await visit('/setup')).text).toContain('Object Manager');
  const answer = await submit('/setup/objects/Contact/fields/new?type=Text', {
    label: 'External Contact Id',
    name: 'External_Contact_Id',
    type: 'Text',
    length: '32',
    unique: 'true',
    externalId: 'true',
  });
  expect(answer).toMatchObject({ status: 302, location: '/setup/objects/Contact' });
  expect((await visit('/setup/objects/Contact')).text).toContain('External_Contact_Id__c');
  const contact = testOrg.org.schema().findObject('Contact');
  const field = contact && testOrg.org.schema().findField(contact, 'External_Contact_Id__c');
  expect(field).toMatchObject({ type: 'string', length: 32, unique: true, externalId: true });
});
