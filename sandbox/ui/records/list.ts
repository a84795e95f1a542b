import { quoteSoql } from '../../soap/quote-soql.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { findId18 } from '../../store/record-id.ts';
import { LIST_OFFSET_MAX, LIST_RECORDS } from '../limits.ts';
import { sendPage } from '../page.ts';
import { crumbs, heading } from '../parts.ts';
import { countRows, likeWords, nameOf, select, selectionOf, type Row } from '../select.ts';
import { shownLabel, shownValue } from '../values.ts';
import { asked, type Visit } from '../visit.ts';
import { deletedNote } from './recycle-bin.ts';
import { listFields } from './list-fields.ts';

/** An object whose records have pages. */
export function getListed({ org, request }: Visit): ObjectDef {
  const object = org.schema().findObject(String(request.params['object']));
  if (object !== undefined && !object.isView && object.flags.queryable) return object;
  throw new SalesforceError('NOT_FOUND', 'There is no such object in this org.');
}

/** What the list's address asks for. */
interface Wish {
  readonly words: string;
  readonly mine: boolean;
  readonly sort: FieldDef | undefined;
  readonly descending: boolean;
  /** From 0. */
  readonly page: number;
  /** Only the children of a record: the reference and the id it holds. */
  readonly parent: { readonly field: FieldDef; readonly id: string } | undefined;
}

function wishOf(visit: Visit, object: ObjectDef): Wish {
  const schema = visit.org.schema();
  const sort = schema.findField(object, asked(visit, 'sort'));
  const [by = '', of = ''] = asked(visit, 'parent').split(':');
  const field = schema.findField(object, by);
  const id = findId18(of);
  const pagesMax = LIST_OFFSET_MAX / LIST_RECORDS;
  return {
    words: asked(visit, 'q'),
    mine: asked(visit, 'view') === 'mine',
    sort: sort?.sortable === true ? sort : undefined,
    descending: asked(visit, 'dir') === 'desc',
    page: Math.min(Math.max(Math.trunc(Number(asked(visit, 'page'))) || 0, 0), pagesMax),
    parent: field?.type === 'reference' && id !== undefined ? { field, id } : undefined,
  };
}

function addressOf(object: ObjectDef, wish: Wish): string {
  const query = new URLSearchParams({
    ...(wish.words === '' ? {} : { q: wish.words }),
    ...(wish.mine ? { view: 'mine' } : {}),
    ...(wish.parent === undefined ? {} : { parent: `${wish.parent.field.name}:${wish.parent.id}` }),
    ...(wish.sort === undefined
      ? {}
      : { sort: wish.sort.name, dir: wish.descending ? 'desc' : 'asc' }),
    ...(wish.page === 0 ? {} : { page: String(wish.page) }),
  }).toString();
  return `/ui/objects/${object.name}${query === '' ? '' : `?${query}`}`;
}

export async function listPage(visit: Visit): Promise<void> {
  const object = getListed(visit);
  const wish = wishOf(visit, object);
  const fields = listFields(visit, object);
  const where = whereOf(visit, object, wish);
  const order =
    wish.sort === undefined
      ? 'Id DESC'
      : `${wish.sort.name} ${wish.descending ? 'DESC' : 'ASC'} NULLS LAST`;
  const offset = wish.page * LIST_RECORDS;
  const rows = await select(
    visit,
    `SELECT ${selectionOf(visit, fields)} FROM ${object.name}${where} ORDER BY ${order} LIMIT ${LIST_RECORDS} OFFSET ${offset}`,
  );
  // A page that is not full is the last: there is nothing to count.
  const total =
    rows.length < LIST_RECORDS
      ? offset + rows.length
      : await countRows(visit, `SELECT COUNT() FROM ${object.name}${where}`);
  sendPage(visit, {
    title: object.labelPlural,
    body: html`${await deletedNote(visit)}
      <div class="card">
        ${heading(object.labelPlural, await above(visit, object, wish), actions(visit, object, wish))}
        ${toolbar(object, wish)}
        ${rows.length === 0 ? emptyList(object, wish) : listTable(visit, { object, fields, rows, wish })}
        ${pager(object, wish, { shown: rows.length, total })}
      </div>`,
  });
}

function whereOf(visit: Visit, object: ObjectDef, { words, mine, parent }: Wish): string {
  const name = visit.org.schema().findNameField(object);
  const searched = object.fields.filter(
    (field) =>
      field.filterable &&
      field.column !== null &&
      (field === name || field.type === 'email' || (field.externalId && field.type === 'string')),
  );
  const conditions = [
    ...(words === '' || searched.length === 0
      ? []
      : [`(${searched.map((field) => `${field.name} LIKE ${likeWords(words)}`).join(' OR ')})`]),
    ...(mine && owned(object) ? [`OwnerId = ${quoteSoql(visit.user.id)}`] : []),
    ...(parent === undefined ? [] : [`${parent.field.name} = ${quoteSoql(parent.id)}`]),
  ];
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

function owned(object: ObjectDef): boolean {
  return object.fields.some(({ name }) => name === 'OwnerId');
}

async function above(visit: Visit, { label }: ObjectDef, { parent }: Wish): Promise<Html> {
  if (parent === undefined) return crumbs(['/ui/objects', 'All objects']);
  const object = visit.org.schema().findObjectOfId(parent.id);
  if (object === undefined) return crumbs(['/ui/objects', 'All objects']);
  const name = visit.org.schema().findNameField(object)?.name ?? 'Id';
  const [row] = await select(
    visit,
    `SELECT Id, ${name} FROM ${object.name} WHERE Id = ${quoteSoql(parent.id)}`.replace(
      'Id, Id',
      'Id',
    ),
  );
  const title = row === undefined ? parent.id : nameOf(visit, object, row);
  return crumbs([`/${parent.id}/related`, `${title}: ${label}`]);
}

function actions({ org }: Visit, object: ObjectDef, { parent }: Wish): readonly Html[] {
  const query = parent === undefined ? '' : `?${parent.field.name}=${parent.id}`;
  return [
    ...(org.permissions.has('ViewSetup')
      ? [html`<a class="button" href="/setup/objects/${object.name}">Fields</a>`]
      : []),
    ...(object.flags.createable
      ? [html`<a class="button main" href="/ui/objects/${object.name}/new${query}">New</a>`]
      : []),
  ];
}

function toolbar(object: ObjectDef, wish: Wish): Html {
  const keep = [
    ...(wish.sort === undefined
      ? []
      : [['sort', wish.sort.name] as const, ['dir', wish.descending ? 'desc' : 'asc'] as const]),
    ...(wish.parent === undefined
      ? []
      : [['parent', `${wish.parent.field.name}:${wish.parent.id}`] as const]),
  ];
  return html`<form class="toolbar" method="get" action="/ui/objects/${object.name}" role="search">
    <input type="search" name="q" value="${wish.words}" placeholder="Search this list" aria-label="Search this list" />
    ${
      owned(object)
        ? html`<select name="view" aria-label="Whose records"><option value="">All ${object.labelPlural}</option><option value="mine"${wish.mine ? html` selected` : ''}>My ${object.labelPlural}</option></select>`
        : ''
    }
    ${keep.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button>Search</button>
    ${wish.words === '' && !wish.mine ? '' : html`<a href="${addressOf(object, { ...wish, words: '', mine: false, page: 0 })}">Show all</a>`}
  </form>`;
}

interface Listing {
  readonly object: ObjectDef;
  readonly fields: readonly FieldDef[];
  readonly rows: readonly Row[];
  readonly wish: Wish;
}

function listTable(visit: Visit, { object, fields, rows, wish }: Listing): Html {
  return html`<div class="scroll"><table>
    <thead><tr>${fields.map((field) => columnHead(object, field, wish))}</tr></thead>
    <tbody>${rows.map(
      (row) =>
        html`<tr>${fields.map((field, index) => {
          if (index === 0)
            return html`<th scope="row">${recordLink(visit, object, row, firstCell(visit, object, field, row))}</th>`;
          return html`<td>${shownValue(field, row, visit.time)}</td>`;
        })}</tr>`,
    )}</tbody>
  </table></div>`;
}

/** Some objects have records without a page: their ids tell nobody which object they are of. */
export function recordLink({ org }: Visit, { name }: ObjectDef, row: Row, text: string): Html {
  const id = String(row['Id']);
  return org.schema().findObjectOfId(id)?.name === name
    ? html`<a href="/${id}">${text}</a>`
    : html`${text}`;
}

/** What leads to the record: its name, or else its id. */
function firstCell(visit: Visit, object: ObjectDef, field: FieldDef, row: Row): string {
  const value = row[field.name];
  return field.nameField && typeof value === 'string' ? value : nameOf(visit, object, row);
}

function columnHead(object: ObjectDef, field: FieldDef, wish: Wish): Html {
  const label = shownLabel(field);
  if (!field.sortable) return html`<th scope="col">${label}</th>`;
  const here = wish.sort?.name === field.name;
  const descending = here && !wish.descending;
  const address = addressOf(object, { ...wish, sort: field, descending, page: 0 });
  const sorted = here ? html` aria-sort="${wish.descending ? 'descending' : 'ascending'}"` : html``;
  return html`<th scope="col"${sorted}><a href="${address}">${label}</a></th>`;
}

function emptyList(object: ObjectDef, { words, mine, parent }: Wish): Html {
  const plural = object.labelPlural;
  if (words !== '') return html`<div class="empty"><p>No ${plural} match “${words}”.</p></div>`;
  const none = mine ? `You own no ${plural} yet.` : `There are no ${plural} yet.`;
  return html`<div class="empty"><p>${none}</p>${
    object.flags.createable && parent === undefined
      ? html`<a class="button main" href="/ui/objects/${object.name}/new">Create the first</a>`
      : ''
  }</div>`;
}

function pager(
  object: ObjectDef,
  wish: Wish,
  { shown, total }: { readonly shown: number; readonly total: number },
): Html {
  if (shown === 0) return html``;
  const first = wish.page * LIST_RECORDS + 1;
  const last = first + shown - 1;
  const order = wish.sort === undefined ? ', newest first' : '';
  const more = last < total && last < LIST_OFFSET_MAX + LIST_RECORDS;
  return html`<nav class="pager" aria-label="Pages">
    <span>${first.toLocaleString('en-US')}–${last.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}${order}${last < total && !more ? '. Search to find what lies further.' : ''}</span>
    <span class="actions">
      ${wish.page > 0 ? html`<a class="button small" rel="prev" href="${addressOf(object, { ...wish, page: wish.page - 1 })}">Previous</a>` : ''}
      ${more ? html`<a class="button small" rel="next" href="${addressOf(object, { ...wish, page: wish.page + 1 })}">Next</a>` : ''}
    </span>
  </nav>`;
}
