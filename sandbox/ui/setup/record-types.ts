import { inTransaction } from '../../../src/kit/transaction.ts';
import { applyPart, removePart } from '../../metadata/parts.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { changeSchema } from '../../schema/change-schema.ts';
import { readDefinitions } from '../../schema/custom-store.ts';
import type { FieldDef } from '../../schema/field.ts';
import { partsOf, type PartOf } from '../../schema/part.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { sendPage } from '../page.ts';
import {
  checkField,
  crumbs,
  heading,
  hiddenInput,
  postButton,
  problemNote,
  table,
  tag,
  textField,
} from '../parts.ts';
import type { Visit } from '../visit.ts';
import { getObject, mayCustomize, objectHead } from './object.ts';

type RecordTypePart = PartOf<'RecordType'>;

export async function recordTypes(visit: Visit): Promise<void> {
  const object = getObject(visit);
  const types = await readTypes(visit, object);
  const base = `/setup/objects/${object.name}/record-types`;
  const may = mayCustomize(visit);
  sendPage(visit, {
    title: `${object.label}: Record Types`,
    body: html`<div class="card">
      ${objectHead(object, '/record-types', may ? [html`<a class="button main" href="${base}/new">New record type</a>`] : [])}
      ${table({
        id: 'types',
        heads: ['Label', 'Name', 'Narrowed picklists', 'Active', ...(may ? ['Change'] : [])],
        rows: types.map((type) => [
          may
            ? html`<a href="${base}/${nameOf(type)}">${type.definition.label}</a>`
            : type.definition.label,
          html`<span class="code">${nameOf(type)}</span>`,
          type.definition.picklistValues.map(({ picklist }) => picklist).join(', '),
          type.definition.active ? tag('active', 'good') : tag('inactive'),
          ...(may
            ? [
                postButton({
                  action: `${base}/${nameOf(type)}/delete`,
                  csrf: visit.csrf,
                  label: 'Delete',
                  confirm: `Delete the record type ${type.definition.label}?`,
                  style: 'small danger',
                }),
              ]
            : []),
        ]),
        empty:
          'All records of this object are of one kind. Record types tell kinds apart, each with its own picklist values.',
      })}
    </div>`,
  });
}

async function readTypes({ org }: Visit, object: ObjectDef): Promise<readonly RecordTypePart[]> {
  const { parts } = await inTransaction(org.pool, readDefinitions);
  return partsOf(parts, 'RecordType').filter(({ fullName }) =>
    fullName.toLowerCase().startsWith(`${object.name.toLowerCase()}.`),
  );
}

function nameOf({ fullName }: RecordTypePart): string {
  return fullName.split('.')[1] ?? '';
}

interface TypeForm {
  readonly object: ObjectDef;
  readonly existing: string | undefined;
  readonly label: string;
  readonly name: string;
  readonly description: string;
  readonly active: boolean;
  /** Of each picklist, lower case, the values it is narrowed to; of one that is not there, all. */
  readonly chosen: ReadonlyMap<string, ReadonlySet<string>>;
  readonly problem?: string;
}

function picklistsOf({ fields }: ObjectDef): readonly FieldDef[] {
  return fields.filter(
    ({ type, createable, picklistValues }) =>
      (type === 'picklist' || type === 'multipicklist') && createable && picklistValues.length > 0,
  );
}

function sendForm(visit: Visit, form: TypeForm): void {
  const { object, existing, label, name, description, active, problem } = form;
  const base = `/setup/objects/${object.name}/record-types`;
  const title = existing === undefined ? 'New Record Type' : `Edit ${label}`;
  sendPage(visit, {
    title,
    status: problem === undefined ? 200 : 400,
    body: html`<div class="card">
      ${heading(title, crumbs(['/setup', 'Object Manager'], [base, `${object.label}: Record Types`]))}
      ${problem === undefined ? '' : problemNote({ general: [problem], fields: {} }, {})}
      <form class="fields" method="post" action="${base}/${existing ?? 'new'}">
        ${hiddenInput('csrf', visit.csrf)}
        <div class="grid">
          ${textField({ name: 'label', label: 'Label', required: true, value: label, more: html`required maxlength="80"` })}
          ${existing === undefined ? textField({ name: 'name', label: 'Name', required: true, value: name, help: 'Its API name.', more: html`required maxlength="80" pattern="[A-Za-z][A-Za-z0-9_]*" data-name-of="label"` }) : ''}
          ${textField({ name: 'description', label: 'Description', value: description, more: html`maxlength="255"` })}
          ${checkField({ name: 'active', label: 'Active', checked: active, help: 'The first active one is the default.' })}
        </div>
        <h2>Picklist values its records may take</h2>
        <div class="grid">${picklistsOf(object).map((field) => valuesOf(form, field))}</div>
        <div class="buttons"><button class="main">Save</button><a class="button" href="${base}">Cancel</a></div>
      </form>
    </div>`,
  });
}

function valuesOf({ chosen }: TypeForm, field: FieldDef): Html {
  const narrowed = chosen.get(field.name.toLowerCase());
  return html`<div class="field"><fieldset class="plain"><legend>${field.label}</legend><div class="checks">${field.picklistValues.map(
    ({ value, label }) =>
      html`<label class="check"><input type="checkbox" name="v.${field.name}" value="${value}"${narrowed === undefined || narrowed.has(value) ? html` checked` : ''} /> ${label}</label>`,
  )}</div></fieldset></div>`;
}

export function newTypeForm(visit: Visit): void {
  const object = getObject(visit);
  const empty = { label: '', name: '', description: '', active: true, chosen: new Map() };
  sendForm(visit, { object, existing: undefined, ...empty });
}

export async function typeForm(visit: Visit): Promise<void> {
  const object = getObject(visit);
  const wanted = String(visit.request.params['type']).toLowerCase();
  const type = (await readTypes(visit, object)).find((one) => nameOf(one).toLowerCase() === wanted);
  if (type === undefined)
    throw new SalesforceError('NOT_FOUND', `${object.label} has no record type ${wanted}.`);
  const { label, description, active, picklistValues } = type.definition;
  const chosen = picklistValues.map(
    ({ picklist, values }) =>
      [
        picklist.toLowerCase(),
        new Set(values.map(({ fullName }) => decodeURIComponent(fullName))),
      ] as const,
  );
  sendForm(visit, {
    object,
    existing: nameOf(type),
    label,
    name: nameOf(type),
    description: description ?? '',
    active,
    chosen: new Map(chosen),
  });
}

export async function saveType(visit: Visit): Promise<void> {
  const { org, form, request, response } = visit;
  const object = getObject(visit);
  const { type } = request.params;
  const existing = typeof type === 'string' ? type : undefined;
  const { label = '', name = '', description = '' } = form;
  const chosen = new Map(
    picklistsOf(object).map((field) => [
      field.name.toLowerCase(),
      new Set((form[`v.${field.name}`] ?? '').split(';').filter((value) => value !== '')),
    ]),
  );
  const active = form['active'] === 'true';
  try {
    await changeSchema(org.whole, (draft, schema) =>
      applyPart(draft, schema, {
        type: 'RecordType',
        fullName: `${object.name}.${existing ?? name}`,
        metadata: {
          label,
          active,
          ...(description === '' ? {} : { description }),
          picklistValues: narrowed(object, chosen),
        },
        mode: existing === undefined ? 'create' : 'update',
      }),
    );
    response.redirect(`/setup/objects/${object.name}/record-types`);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    const problem = error.message;
    sendForm(visit, { object, existing, label, name, description, active, chosen, problem });
  }
}

/** Picklists of which not all values are chosen; in these files values are written as in a URL. */
function narrowed(object: ObjectDef, chosen: TypeForm['chosen']): readonly unknown[] {
  return picklistsOf(object).flatMap((field) => {
    const values = chosen.get(field.name.toLowerCase()) ?? new Set();
    if (values.size === field.picklistValues.length) return [];
    const list = [...values].map((value) => ({
      fullName: encodeURIComponent(value).replaceAll('%20', ' '),
      default: false,
    }));
    return [{ picklist: field.name, values: list }];
  });
}

export async function deleteType(visit: Visit): Promise<void> {
  const object = getObject(visit);
  const name = String(visit.request.params['type']);
  await changeSchema(visit.org.whole, (draft) => {
    removePart(draft, 'RecordType', `${object.name}.${name}`);
  });
  visit.response.redirect(`/setup/objects/${object.name}/record-types`);
}
