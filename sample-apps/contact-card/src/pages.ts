import { FIELDS, type Contact, type FieldName, type SyncState, type Values } from './contact.ts';
import { PAGE_SIZE, type ContactList, type ListQuery, type SortName } from './contacts.ts';
import { html, type Html } from './html.ts';

interface Page {
  readonly title: string;
  readonly body: Html;
  /** What `app.js` keeps fresh: `list`, or the id of the contact shown. */
  readonly follow?: string;
}

export function page({ title, body, follow }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Contact card</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/style.css" />
        <script src="/app.js" defer></script>
      </head>
      <body data-follow="${follow}">
        <header class="bar">
          <a class="brand" href="/"
            ><img src="/icon.svg" alt="" width="28" height="28" />Contact card</a
          >
          <span class="live" id="live" hidden>live</span>
        </header>
        <main>${body}</main>
      </body>
    </html>`.text;
}

const HEADINGS: readonly { readonly sort: SortName; readonly label: string }[] = [
  { sort: 'name', label: 'Name' },
  { sort: 'account', label: 'Account' },
  { sort: 'title', label: 'Title' },
  { sort: 'email', label: 'Email' },
  { sort: 'phone', label: 'Phone' },
  { sort: 'changed', label: 'Changed' },
];

export function listPage(query: ListQuery, list: ContactList): string {
  return page({
    title: 'Contacts',
    follow: 'list',
    body: html`
      <div class="title">
        <h1>Contacts</h1>
        <a class="button" href="/contacts/new">New contact</a>
      </div>
      <form class="search" role="search" action="/" method="get">
        <input
          type="search"
          name="q"
          value="${query.search}"
          placeholder="Search name, email, phone, account"
          aria-label="Search contacts"
        />
        <input type="hidden" name="sort" value="${query.sort}" />
        <input type="hidden" name="order" value="${query.descending ? 'desc' : 'asc'}" />
        <button class="button quiet">Search</button>
      </form>
      <div id="fresh">${contactTable(query, list)}</div>
    `,
  });
}

export function contactTable(query: ListQuery, { contacts, total }: ContactList): Html {
  if (total === 0) {
    return html`<p class="empty">
      ${query.search === '' ? html`No contacts yet. <a href="/contacts/new">Create the first one.</a>` : html`No contact matches “${query.search}”.`}
    </p>`;
  }
  return html`
    <div class="scroll">
      <table class="contacts">
        <thead>
          <tr>
            ${HEADINGS.map(({ sort, label }) => heading(query, sort, label))}
            <th scope="col">Sync</th>
          </tr>
        </thead>
        <tbody>
          ${contacts.map(contactRow)}
        </tbody>
      </table>
    </div>
    ${pager(query, total)}
  `;
}

function heading(query: ListQuery, sort: SortName, label: string): Html {
  const active = query.sort === sort;
  const order = active && !query.descending ? 'desc' : 'asc';
  const state = active ? (query.descending ? 'descending' : 'ascending') : 'none';
  return html`<th scope="col" aria-sort="${state}">
    <a href="${address({ ...query, sort, descending: order === 'desc', page: 1 })}">${label}</a>
  </th>`;
}

function contactRow(contact: Contact): Html {
  const { id, name, account, values, modified, sync } = contact;
  return html`<tr data-id="${id}">
    <td data-label="Name" class="name"><a href="/contacts/${id}">${name}</a></td>
    <td data-label="Account">${account}</td>
    <td data-label="Title">${values.title}</td>
    <td data-label="Email">
      ${values.email !== '' && html`<a href="mailto:${values.email}">${values.email}</a>`}
    </td>
    <td data-label="Phone">
      ${values.phone !== '' && html`<a href="tel:${values.phone}">${values.phone}</a>`}
    </td>
    <td data-label="Changed">${moment(modified)}</td>
    <td data-label="Sync">${badge(sync)}</td>
  </tr>`;
}

function pager(query: ListQuery, total: number): Html {
  const last = Math.max(1, Math.ceil(total / PAGE_SIZE));
  const first = (query.page - 1) * PAGE_SIZE + 1;
  return html`<nav class="pager" aria-label="Pages">
    <span
      >${first.toLocaleString('en')}–${Math.min(total, query.page * PAGE_SIZE).toLocaleString('en')}
      of ${total.toLocaleString('en')}</span
    >
    ${query.page > 1 && html`<a rel="prev" href="${address({ ...query, page: query.page - 1 })}">Previous</a>`}
    ${query.page < last && html`<a rel="next" href="${address({ ...query, page: query.page + 1 })}">Next</a>`}
  </nav>`;
}

function address({ search, sort, descending, page: number }: ListQuery): string {
  const query = new URLSearchParams({ sort, order: descending ? 'desc' : 'asc' });
  if (search !== '') query.set('q', search);
  if (number > 1) query.set('page', String(number));
  return `/?${query.toString()}`;
}

export interface FormView {
  readonly csrf: string;
  readonly contact: Contact | undefined;
  /** What stands in the inputs. */
  readonly values: Values;
  /** What the person has seen when the form was opened. */
  readonly seen: Values;
  readonly faults: Readonly<Record<string, string>>;
  readonly notice?: string;
}

export function formPage(view: FormView): string {
  const { contact, csrf, faults, notice } = view;
  const title = contact?.name ?? 'New contact';
  return page({
    title,
    ...(contact === undefined ? {} : { follow: contact.id }),
    body: html`
      <nav class="crumbs"><a href="/">Contacts</a></nav>
      <div class="title">
        <h1 id="contact-name">${title}</h1>
        ${contact !== undefined && html`<span id="contact-sync">${badge(contact.sync)}</span>`}
      </div>
      ${contact !== undefined && html`<p class="facts" id="contact-facts">${facts(contact)}</p>`}
      ${notice !== undefined && html`<p class="notice" role="alert">${notice}</p>`}
      ${Object.keys(faults).length > 0 && html`<p class="notice" role="alert">Please correct the marked fields.</p>`}
      <form
        class="card"
        method="post"
        action="${contact === undefined ? '/contacts' : `/contacts/${contact.id}`}"
        id="contact-form"
        novalidate
      >
        <input type="hidden" name="_csrf" value="${csrf}" />
        ${FIELDS.map((field) => input(field, view))}
        <div class="actions">
          <button class="button">${contact === undefined ? 'Create contact' : 'Save'}</button>
          <a class="button quiet" href="/">Cancel</a>
        </div>
      </form>
      ${
        contact !== undefined &&
        html`<form
          class="danger"
          method="post"
          action="/contacts/${contact.id}/delete"
          data-confirm="Delete ${title}? Salesforce moves it to the recycle bin."
        >
          <input type="hidden" name="_csrf" value="${csrf}" /><button class="button danger">
            Delete contact
          </button>
        </form>`
      }
    `,
  });
}

function input(field: (typeof FIELDS)[number], { values, seen, faults }: FormView): Html {
  const { name, label, type } = field;
  const fault = faults[name];
  const described =
    fault === undefined ? '' : html` aria-invalid="true" aria-describedby="fault-${name}"`;
  const required = 'required' in field;
  return html`<div class="field ${type === 'area' && 'wide'} ${fault !== undefined && 'wrong'}">
    <label for="${name}"
      >${label}${required && html`<span class="star" title="required"> *</span>`}</label
    >
    ${
      type === 'area'
        ? html`<textarea id="${name}" name="${name}" rows="${field.max > 1_000 ? 4 : 2}" maxlength="${field.max}" ${described}>
${values[name]}</textarea>`
        : html`<input
            id="${name}"
            name="${name}"
            type="${type}"
            value="${values[name]}"
            maxlength="${field.max}"
            autocomplete="${field.autocomplete}"
            ${required && ' required'}${described}
          />`
    }
    <input type="hidden" name="seen_${name}" value="${seen[name]}" />
    ${fault !== undefined && html`<p class="fault" id="fault-${name}">${fault}</p>`}
  </div>`;
}

function facts({ account, sfid, modified }: Contact): Html {
  return html`${account !== null && html`<span>${account}</span>`}<span>${sfid === null ? 'Not in Salesforce yet' : html`Salesforce id <code>${sfid}</code>`}</span>${modified !== null && html`<span>Changed ${moment(modified)}</span>`}`;
}

export function badge(sync: SyncState): Html {
  if (sync.kind === 'failed') {
    return html`<span class="badge failed" title="${sync.why}">failed</span
      ><span class="why">${sync.why}</span>`;
  }
  return sync.kind === 'pending'
    ? html`<span class="badge pending" title="Not in Salesforce yet">pending</span>`
    : html`<span class="badge synced" title="Equal to Salesforce">synced</span>`;
}

function moment(date: Date | null): Html | '' {
  if (date === null) return '';
  const iso = date.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`;
}

/** What the open page of one contact takes over when the contact changes. */
export function contactState(contact: Contact): Readonly<Record<string, unknown>> {
  return {
    name: contact.name,
    values: contact.values,
    sync: badge(contact.sync).text,
    facts: facts(contact).text,
  };
}

export function changedMeanwhile(fields: readonly FieldName[]): string {
  const labels = FIELDS.filter(({ name }) => fields.includes(name)).map(({ label }) => label);
  return `Somebody else changed ${labels.join(' and ')} while you were editing. The page now shows both: your text in the form, theirs is saved. Save again to overwrite it.`;
}

export function welcomePage(schema: string): string {
  return page({
    title: 'Welcome',
    follow: 'welcome',
    body: html`
      <h1>Welcome to contact card</h1>
      <p>
        This app shows the contacts of a Salesforce org. It is running and its database answers, but
        there is no table <code>${schema}.contact</code> yet. Connect makes it:
      </p>
      <ol class="steps">
        <li>Add Connect to this app: <code>heroku addons:create herokuconnect</code></li>
        <li>
          Choose the database and the schema:
          <code>heroku connect:db:set --db DATABASE_URL --schema ${schema}</code>
        </li>
        <li>Authorize your org: <code>heroku connect:sf:auth</code></li>
        <li>Import the mapping: <code>heroku connect:import mappings/contact-card.json</code></li>
      </ol>
      <p>This page notices by itself when the contacts have arrived.</p>
    `,
  });
}

export function missingPage(): string {
  return page({
    title: 'Not found',
    body: html`<h1>This contact is not here</h1>
      <p>It may have been deleted, here or in Salesforce. <a href="/">Back to the contacts</a></p>`,
  });
}

export function faultPage(message: string): string {
  return page({
    title: 'Something went wrong',
    body: html`<h1>Something went wrong</h1>
      <p>${message}</p>
      <p><a href="/">Back to the contacts</a></p>`,
  });
}
