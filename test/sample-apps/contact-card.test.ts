import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import request from 'supertest';

import { createApp } from '../../sample-apps/contact-card/src/app.ts';
import { Changes } from '../../sample-apps/contact-card/src/changes.ts';
import { openContacts } from '../../sample-apps/contact-card/src/contacts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
});
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

function agent() {
  const app = createApp({
    contacts: openContacts(pool, 'salesforce'),
    changes: new Changes(database.url, 'salesforce'),
    cookieSecret: 'a secret of the test',
    schema: 'salesforce',
  });
  return request.agent(app);
}

async function form(
  browser: ReturnType<typeof agent>,
  path: string,
): Promise<Record<string, string>> {
  const { text } = await browser.get(path).expect(200);
  const hidden = [...text.matchAll(/<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"/g)];
  return Object.fromEntries(hidden.map(([, name, value]) => [name, value ?? '']));
}

test('while Connect has made no table, the app welcomes and says how to begin', async () => {
  const { text } = await agent().get('/').expect(200);
  expect(text).toContain('Welcome to contact card');
  expect(text).toContain('heroku addons:create herokuconnect');
});

describe('with contacts', () => {
  beforeAll(async () => {
    await pool.query(`
      create schema salesforce;
      create table salesforce.account (id serial primary key, sfid varchar(18), name varchar(255));
      create table salesforce._trigger_log_archive (id int primary key, table_name text, record_id int, state text, sf_message text);
      create table salesforce.contact (
        firstname varchar(40), lastname varchar(80), name varchar(121), title varchar(128), department varchar(80),
        email varchar(80), phone varchar(40), mobilephone varchar(40), mailingstreet varchar(255), mailingcity varchar(40),
        mailingstate varchar(80), mailingpostalcode varchar(20), mailingcountry varchar(80), description text,
        accountid varchar(18), systemmodstamp timestamp, sfid varchar(18) unique, id serial primary key,
        _hc_lastop varchar(32), _hc_err text);
      insert into salesforce.account (sfid, name) values ('001A', 'GenePoint'), ('001B', 'Edge Communications');
      insert into salesforce.contact (firstname, lastname, name, email, accountid, sfid, _hc_lastop) values
        ('Edna', 'Frank', 'Edna Frank', 'efrank@genepoint.com', '001A', '003A', 'SYNCED'),
        ('Rose', 'Gonzalez', 'Rose Gonzalez', 'rose@edge.com', '001B', '003B', 'PENDING'),
        ('<script>alert(1)</script>', 'X', '<script>alert(1)</script> X', null, null, null, 'FAILED');
      insert into salesforce._trigger_log_archive values (1, 'contact', 3, 'FAILED', 'Salesforce error: ''Required fields are missing: [LastName]''');
    `);
  });

  test('the list shows each row with its state, and why it failed', async () => {
    const { text } = await agent().get('/').expect(200);
    expect(text).toMatch(/Edna Frank[^]*GenePoint[^]*synced/);
    expect(text).toMatch(/Rose Gonzalez[^]*pending/);
    expect(text).toContain('Salesforce error: &#39;Required fields are missing: [LastName]&#39;');
  });

  test('nothing a person wrote becomes markup', async () => {
    const { text } = await agent().get('/').expect(200);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).not.toContain('<script>alert');
  });

  test.each([
    ['genepoint', ['Edna Frank']],
    ['GONZ rose', ['Rose Gonzalez']],
    ['100%', []],
    ["'; drop table salesforce.contact; --", []],
  ])('searching %s finds exactly %j', async (words, names) => {
    const { text } = await agent().get('/').query({ q: words, fragment: '1' }).expect(200);
    expect(['Edna Frank', 'Rose Gonzalez'].filter((name) => text.includes(name))).toEqual(names);
  });

  test('a heading sorts, and sorts the other way the second time', async () => {
    const order = async (query: Record<string, string>): Promise<readonly string[]> => {
      const { text } = await agent()
        .get('/')
        .query({ fragment: '1', ...query });
      return [...text.matchAll(/class="name"><a href="[^"]+">([^<]+)</g)].map(
        ([, name]) => name ?? '',
      );
    };
    const up = await order({ sort: 'email' });
    const down = await order({ sort: 'email', order: 'desc' });
    expect(up.slice(0, 2)).toEqual(['Edna Frank', 'Rose Gonzalez']);
    expect(down.slice(0, 2)).toEqual(['Rose Gonzalez', 'Edna Frank']);
  });

  test('a form from another site changes nothing', async () => {
    const browser = agent();
    await browser.get('/contacts/1').expect(200);
    await browser.post('/contacts/1').type('form').send({ lastname: 'Stolen' }).expect(403);
    await browser.post('/contacts/1/delete').type('form').send({}).expect(403);
    const { rows } = await pool.query('select lastname from salesforce.contact where id = 1');
    expect(rows).toEqual([{ lastname: 'Frank' }]);
  });

  test('wrong input is shown beside its field, and what was typed is kept', async () => {
    const browser = agent();
    const hidden = await form(browser, '/contacts/new');
    const { text } = await browser
      .post('/contacts')
      .type('form')
      .send({
        ...hidden,
        firstname: 'Kept',
        lastname: ' ',
        email: 'nonsense',
        phone: '1'.repeat(41),
      })
      .expect(422);
    expect(text).toContain('Last name is required.');
    expect(text).toContain('This is not an email address.');
    expect(text).toContain('Phone may have at most 40 characters.');
    expect(text).toMatch(/value="Kept"/);
  });

  test('an edit writes only the fields that were changed', async () => {
    const browser = agent();
    const seen = await form(browser, '/contacts/1');
    const values = fromSeen(seen);
    await pool.query(`update salesforce.contact set phone = 'from elsewhere' where id = 1`);
    await browser
      .post('/contacts/1')
      .type('form')
      .send({ ...seen, ...values, title: 'Captain' })
      .expect(303);
    const { rows } = await pool.query('select title, phone from salesforce.contact where id = 1');
    expect(rows).toEqual([{ title: 'Captain', phone: 'from elsewhere' }]);
  });

  test('an edit of a field that somebody changed meanwhile asks first', async () => {
    const browser = agent();
    const seen = await form(browser, '/contacts/1');
    await pool.query(`update salesforce.contact set email = 'theirs@example.com' where id = 1`);
    const mine = { ...seen, ...fromSeen(seen), email: 'mine@example.com' };
    const { text } = await browser.post('/contacts/1').type('form').send(mine).expect(409);
    expect(text).toContain('Somebody else changed Email');
    const { rows } = await pool.query('select email from salesforce.contact where id = 1');
    expect(rows).toEqual([{ email: 'theirs@example.com' }]);
  });

  test('a new contact is a row without sfid, its empty fields null', async () => {
    const browser = agent();
    const hidden = await form(browser, '/contacts/new');
    const created = await browser
      .post('/contacts')
      .type('form')
      .send({ ...hidden, firstname: 'Ada', lastname: 'Lovelace', email: 'ada@example.com' })
      .expect(303);
    const id = created.headers['location']?.split('/').at(-1);
    const { rows } = await pool.query(
      'select lastname, title, sfid from salesforce.contact where id = $1',
      [id],
    );
    expect(rows).toEqual([{ lastname: 'Lovelace', title: null, sfid: null }]);
  });
});

/** The inputs as the browser would send them back untouched. */
function fromSeen(hidden: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(hidden)
      .filter(([name]) => name.startsWith('seen_'))
      .map(([name, value]) => [name.slice('seen_'.length), value]),
  );
}
