import { html, type Html } from '../oauth/pages/html.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { SEARCH_RECORDS } from './limits.ts';
import { sendPage } from './page.ts';
import { heading, table, tag } from './parts.ts';
import { likeWords, nameOf, select, selectionOf, type Row } from './select.ts';
import { shownTime } from './time.ts';
import { shownValue } from './values.ts';
import { asked, type Visit } from './visit.ts';
import { listFields } from './records/list-fields.ts';

/** Objects to begin with; the others are a click further. */
const FIRST_OBJECTS = [
  'Account',
  'Contact',
  'Lead',
  'Opportunity',
  'Case',
  'Campaign',
  'Task',
  'Event',
  'Product2',
  'User',
];

export async function homePage(visit: Visit): Promise<void> {
  const { org, user, time } = visit;
  const schema = org.schema();
  const custom = schema.objects.filter(({ custom, flags }) => custom && flags.queryable);
  const tiles = [...FIRST_OBJECTS.flatMap((name) => schema.findObject(name) ?? []), ...custom];
  const used = org.usage.used(org);
  const max = org.settings.requestsPerDayMax;
  const recent = await recentlyViewed(visit);
  sendPage(visit, {
    title: 'Home',
    body: html`<div class="card">
        ${heading(`Welcome, ${user.firstName ?? user.name}`, '')}
        <p>A Salesforce org of your own: real clients work against it. What you change here is told to everybody who listens.</p>
        <div class="actions">${tiles.map(({ name, labelPlural }) => html`<a class="button" href="/ui/objects/${name}">${labelPlural}</a>`)}</div>
      </div>
      ${recent.length === 0 ? '' : html`<div class="card"><h2>Recently viewed</h2>${table({ id: 'recent', heads: ['Name', 'Object'], rows: recent, empty: '' })}</div>`}
      <div class="card">
        <h2>Organization</h2>
        <dl>
          <div><dt>Organization ID</dt><dd>${org.orgId}</dd></div>
          <div><dt>Logged in as</dt><dd>${user.username}</dd></div>
          <div><dt>Time of the org</dt><dd>${shownTime(time, new Date(org.clock.now()))}</dd></div>
          <div><dt>API calls in 24 hours</dt><dd>${used.toLocaleString('en-US')} of ${max.toLocaleString('en-US')}${org.permissions.has('ViewSetup') ? html` · <a href="/setup/usage">API Usage</a>` : ''}</dd></div>
        </dl>
      </div>`,
  });
}

const RECENT_OBJECTS = ['Account', 'Contact', 'Lead', 'Opportunity', 'Case', 'Campaign'];
const RECENT_SHOWN = 8;

async function recentlyViewed(visit: Visit): Promise<readonly (readonly (Html | string)[])[]> {
  const found: { readonly at: string; readonly cells: readonly (Html | string)[] }[] = [];
  for (const wanted of RECENT_OBJECTS) {
    const object = visit.org.schema().findObject(wanted);
    const name = object === undefined ? undefined : visit.org.schema().findNameField(object);
    if (object?.fields.some((field) => field.name === 'LastViewedDate') !== true) continue;
    const soql = `SELECT Id, ${name?.name ?? 'LastViewedDate'}, LastViewedDate FROM ${object.name} WHERE LastViewedDate != null ORDER BY LastViewedDate DESC LIMIT ${RECENT_SHOWN}`;
    for (const row of await select(visit, soql)) {
      const link = html`<a href="/${String(row['Id'])}">${nameOf(visit, object, row)}</a>`;
      found.push({ at: String(row['LastViewedDate']), cells: [link, object.label] });
    }
  }
  return found
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, RECENT_SHOWN)
    .map(({ cells }) => cells);
}

export function allObjects(visit: Visit): void {
  const objects = visit.org
    .schema()
    .objects.filter(({ isView, flags }) => !isView && flags.queryable);
  const setup = visit.org.permissions.has('ViewSetup');
  sendPage(visit, {
    title: 'All objects',
    body: html`<div class="card">
      ${heading('All objects', '')}
      ${table({
        id: 'objects',
        filtered: true,
        heads: ['Label', 'API Name', 'Kind', ...(setup ? ['Setup'] : [])],
        rows: objects.map((object) => [
          html`<a href="/ui/objects/${object.name}">${object.labelPlural}</a>`,
          html`<span class="code">${object.name}</span>`,
          object.custom ? tag('custom') : 'standard',
          ...(setup ? [html`<a href="/setup/objects/${object.name}">Fields</a>`] : []),
        ]),
        empty: 'You may see no object.',
      })}
    </div>`,
  });
}

/** Records of the everyday objects whose name or e-mail address holds the words. */
export async function searchPage(visit: Visit): Promise<void> {
  const words = asked(visit, 'q');
  const schema = visit.org.schema();
  const custom = schema.objects.filter(({ custom, flags }) => custom && flags.queryable);
  const objects = [...FIRST_OBJECTS.flatMap((name) => schema.findObject(name) ?? []), ...custom];
  const found =
    words === '' ? [] : await Promise.all(objects.map((object) => findIn(visit, object, words)));
  const filled = found.filter(({ rows }) => rows.length > 0);
  sendPage(visit, {
    title: 'Search',
    body: html`<div class="card">
      ${heading(words === '' ? 'Search' : `Records that match “${words}”`, '')}
      ${filled.length > 0 ? '' : html`<div class="empty"><p>${words === '' ? 'Type a name or an e-mail address above.' : 'Nothing was found. Other objects than the everyday ones are searched on their own lists.'}</p></div>`}
      ${filled.map((part) => foundList(visit, words, part))}
    </div>`,
  });
}

interface Found {
  readonly object: ObjectDef;
  readonly rows: readonly Row[];
}

async function findIn(visit: Visit, object: ObjectDef, words: string): Promise<Found> {
  const searched = object.fields.filter(
    ({ nameField, type, filterable, column }) =>
      filterable && column !== null && (nameField || type === 'email'),
  );
  if (searched.length === 0) return { object, rows: [] };
  const where = searched.map(({ name }) => `${name} LIKE ${likeWords(words)}`).join(' OR ');
  const fields = listFields(visit, object).slice(0, 4);
  const soql = `SELECT ${selectionOf(visit, fields)} FROM ${object.name} WHERE ${where} ORDER BY Id DESC LIMIT ${SEARCH_RECORDS + 1}`;
  try {
    return { object, rows: await select(visit, soql) };
  } catch (error) {
    if (error instanceof SalesforceError) return { object, rows: [] };
    throw error;
  }
}

function foundList(visit: Visit, words: string, { object, rows }: Found): Html {
  const [, ...fields] = listFields(visit, object).slice(0, 4);
  const more = rows.length > SEARCH_RECORDS;
  return html`<section>
    <div class="head"><h2>${object.labelPlural}</h2>${more ? html`<a class="button small" href="/ui/objects/${object.name}?q=${encodeURIComponent(words)}">View all</a>` : ''}</div>
    ${table({
      id: `found-${object.name}`,
      heads: ['Name', ...fields.map(({ label }) => label)],
      rows: rows
        .slice(0, SEARCH_RECORDS)
        .map((row) => [
          html`<a href="/${String(row['Id'])}">${nameOf(visit, object, row)}</a>`,
          ...fields.map((field) => shownValue(field, row, visit.time)),
        ]),
      empty: '',
    })}
  </section>`;
}
