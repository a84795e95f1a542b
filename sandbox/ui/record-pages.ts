import { present } from '../../src/kit/assert.ts';
import { html, type Html } from '../oauth/pages/html.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { findId18 } from '../store/record-id.ts';
import {
  changedInputs,
  formFields,
  formOriginals,
  inputs,
  originals,
  shownLabel,
  shownValue,
} from './fields.ts';
import { sendPage } from './page.ts';
import {
  findRecord,
  listFields,
  noteViewed,
  readNames,
  searchRecords,
  type ShownRecord,
} from './read.ts';
import type { Visit } from './router.ts';

function objectOf({ org, request }: Visit): ObjectDef {
  const object = org.schema().findObject(String(request.params['object']));
  if (object !== undefined && !object.isView && object.flags.queryable) return object;
  throw new SalesforceError('NOT_FOUND', 'There is no such object in this org.');
}

export async function listPage(visit: Visit): Promise<void> {
  const { org, request, response, username } = visit;
  const object = objectOf(visit);
  const words = typeof request.query['q'] === 'string' ? request.query['q'].trim() : '';
  const fields = listFields(org, object);
  const records = await searchRecords(org, object, words);
  const names = await readNames(org, referencesIn(object, records));
  sendPage(response, {
    title: object.labelPlural,
    username,
    body: html`<div class="card">
      <div class="head">
        <h1>${object.labelPlural}</h1>
        <div class="actions">
          <form method="get" action="/ui/objects/${object.name}" role="search">
            <input type="search" name="q" value="${words}" placeholder="Search by name or e-mail" aria-label="Search" />
          </form>
          ${object.flags.createable ? html`<a class="button main" href="/ui/objects/${object.name}/new">New</a>` : ''}
        </div>
      </div>
      <div class="scroll">
        <table>
          <thead><tr>${fields.map((field) => html`<th>${shownLabel(field)}</th>`)}</tr></thead>
          <tbody>
            ${records.map(
              ({ id, values }) =>
                html`<tr>${fields.map((field, index) => {
                  const value = shownValue(field, values[field.name], names);
                  return index === 0
                    ? html`<td><a href="/${id}">${value === '' ? id : value}</a></td>`
                    : html`<td>${value}</td>`;
                })}</tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${records.length === 0 ? html`<p class="muted">Nothing found.</p>` : html`<p class="muted">${records.length} shown, newest first.</p>`}
    </div>`,
  });
}

function referencesIn(object: ObjectDef, records: readonly ShownRecord[]): readonly string[] {
  const references = object.fields.filter(({ type }) => type === 'reference');
  return records.flatMap(({ values }) =>
    references.flatMap(({ name }) => {
      const id = values[name];
      return typeof id === 'string' ? [id] : [];
    }),
  );
}

async function getRecord({
  org,
  request,
}: Visit): Promise<{ object: ObjectDef; record: ShownRecord }> {
  const id = findId18(String(request.params['id'])) ?? '';
  const object = org.schema().findObjectOfId(id);
  const record =
    object === undefined || object.isView ? undefined : await findRecord(org, object, id);
  if (object !== undefined && record !== undefined) return { object, record };
  throw new SalesforceError(
    'NOT_FOUND',
    'There is no such record. It may have been deleted for good.',
  );
}

function titleOf({ org }: Visit, object: ObjectDef, { id, values }: ShownRecord): string {
  const name = org.schema().findNameField(object);
  const value = name === undefined ? undefined : values[name.name];
  return typeof value === 'string' ? value : id;
}

export async function recordPage(visit: Visit): Promise<void> {
  const { org, response, username, csrf } = visit;
  const { object, record } = await getRecord(visit);
  await noteViewed(org, object, record.id);
  const names = await readNames(org, referencesIn(object, [record]));
  const title = titleOf(visit, object, record);
  const fields = object.fields.filter(({ type }) => type !== 'base64' && type !== 'address');
  const filled = fields.filter(({ name }) => (record.values[name] ?? null) !== null);
  const empty = fields.filter((field) => !filled.includes(field));
  const detail = (field: FieldDef): Html =>
    html`<div>
      <dt>${shownLabel(field)}</dt>
      <dd>${shownValue(field, record.values[field.name], names)}</dd>
    </div>`;
  sendPage(response, {
    title,
    username,
    body: html`<div class="card">
      <div class="head">
        <div><p class="kind"><a href="/ui/objects/${object.name}">${object.label}</a></p><h1>${title}</h1></div>
        <div class="actions">${record.deleted ? html`<span class="tag">in the recycle bin</span>` : recordActions(object, record.id, csrf)}</div>
      </div>
      <dl>${filled.map(detail)}</dl>
      <details>
        <summary>${empty.length} empty fields</summary>
        <dl>${empty.map(detail)}</dl>
      </details>
    </div>`,
  });
}

function recordActions(object: ObjectDef, id: string, csrf: string): readonly Html[] {
  return [
    ...(object.flags.updateable ? [html`<a class="button main" href="/${id}/e">Edit</a>`] : []),
    ...(object.flags.deletable
      ? [
          html`<form method="post" action="/${id}/delete"><input type="hidden" name="csrf" value="${csrf}" /><button class="danger">Delete</button></form>`,
        ]
      : []),
  ];
}

type Values = Readonly<Record<string, unknown>>;

interface Form {
  readonly title: string;
  readonly action: string;
  readonly back: string;
  readonly object: ObjectDef;
  readonly writing: 'createable' | 'updateable';
  /** What the inputs show. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What the record held when the person first saw the form; undefined for a new one. */
  readonly originals: Values | undefined;
  readonly problem?: string;
}

async function sendForm({ org, response, username, csrf }: Visit, form: Form): Promise<void> {
  const fields = formFields(form.object, form.writing);
  const shown = await inputs(org, fields, form.values);
  sendPage(response, {
    title: form.title,
    username,
    status: form.problem === undefined ? 200 : 400,
    body: html`<div class="card">
      <div class="head"><div><p class="kind">${form.object.label}</p><h1>${form.title}</h1></div></div>
      ${form.problem === undefined ? '' : html`<p class="error" role="alert">${form.problem}</p>`}
      <form class="fields" method="post" action="${form.action}">
        <input type="hidden" name="csrf" value="${csrf}" />
        ${shown} ${form.originals === undefined ? [] : originals(fields, form.originals)}
        <div class="wide actions"><button class="main">Save</button><a class="button" href="${form.back}">Cancel</a></div>
      </form>
    </div>`,
  });
}

export async function newForm(visit: Visit): Promise<void> {
  const object = objectOf(visit);
  const values = Object.fromEntries(
    object.fields.map(({ name, defaultValue }) => [
      name,
      name === 'OwnerId' ? visit.context.session.userId : defaultValue,
    ]),
  );
  await sendForm(visit, newFormOf(object, values));
}

function newFormOf(
  object: ObjectDef,
  values: Readonly<Record<string, unknown>>,
  problem?: string,
): Form {
  const form = {
    title: `New ${object.label}`,
    action: `/ui/objects/${object.name}/new`,
    back: `/ui/objects/${object.name}`,
    object,
    writing: 'createable',
    values,
    originals: undefined,
  } as const;
  return problem === undefined ? form : { ...form, problem };
}

export async function createFromForm(visit: Visit): Promise<void> {
  const { org, context, form, response } = visit;
  const object = objectOf(visit);
  const given = formFields(object, 'createable').map((field): [string, string] => [
    field.name,
    formValue(field.type, form[field.name]),
  ]);
  const record = Object.fromEntries(given.filter(([, text]) => text !== ''));
  const [result] = await org.records.create(context, object.name, [record]);
  const { id, errors } = present(result, 'result');
  if (id === null || errors.length > 0)
    await sendForm(visit, newFormOf(object, form, errors[0]?.message));
  else response.redirect(`/${id}`);
}

/** What the form says: a box that is not ticked is not sent; a local time is the org's, UTC. */
function formValue(type: string, text: string | undefined): string {
  if (type === 'boolean') return text === 'true' ? 'true' : 'false';
  if (type === 'datetime' && text !== undefined && text !== '') return `${text.slice(0, 16)}:00Z`;
  return text ?? '';
}

export async function editForm(visit: Visit): Promise<void> {
  const { object, record } = await getRecord(visit);
  await sendForm(
    visit,
    editFormOf(titleOf(visit, object, record), object, record.id, { values: record.values }),
  );
}

function editFormOf(
  title: string,
  object: ObjectDef,
  id: string,
  { values, seen = values }: { readonly values: Values; readonly seen?: Values },
  problem?: string,
): Form {
  const form = {
    title: `Edit ${title}`,
    action: `/${id}/e`,
    back: `/${id}`,
    object,
    writing: 'updateable',
    values,
    originals: seen,
  } as const;
  return problem === undefined ? form : { ...form, problem };
}

/** Only what was changed on the form is written: what others changed meanwhile stays. */
export async function updateFromForm(visit: Visit): Promise<void> {
  const { org, context, form, response } = visit;
  const { object, record } = await getRecord(visit);
  const fields = formFields(object, 'updateable');
  const changed = changedInputs(fields, form);
  const changes = Object.fromEntries(
    fields
      .filter(({ name }) => changed[name] !== undefined)
      .map(({ name, type }): [string, string] => [name, formValue(type, changed[name])]),
  );
  if (Object.keys(changes).length > 0) {
    const [result] = await org.records.update(context, object.name, [
      { Id: record.id, ...changes },
    ]);
    const [error] = present(result, 'result').errors;
    if (error !== undefined) {
      const title = titleOf(visit, object, record);
      await sendForm(
        visit,
        editFormOf(
          title,
          object,
          record.id,
          { values: { ...record.values, ...form }, seen: formOriginals(form) },
          error.message,
        ),
      );
      return;
    }
  }
  response.redirect(`/${record.id}`);
}

export async function deleteFromPage(visit: Visit): Promise<void> {
  const { org, context, response } = visit;
  const { object, record } = await getRecord(visit);
  const [result] = await org.records.delete(context, [record.id]);
  const [error] = present(result, 'result').errors;
  if (error !== undefined) throw error;
  response.redirect(`/ui/objects/${object.name}`);
}
