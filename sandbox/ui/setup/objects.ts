import { applyObject, removeObject } from '../../metadata/objects.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { changeSchema } from '../../schema/change-schema.ts';
import type { FieldDef } from '../../schema/field.ts';
import { sendPage } from '../page.ts';
import {
  crumbs,
  heading,
  hiddenInput,
  NO_PROBLEMS,
  problemNote,
  selectField,
  table,
  tag,
  textField,
  type Problems,
} from '../parts.ts';
import type { Visit } from '../visit.ts';
import { getObject, mayCustomize, objectHead } from './object.ts';
import { shownType } from './field-types.ts';

export function objectManager(visit: Visit): void {
  const objects = visit.org.schema().objects.filter(({ isView }) => !isView);
  sendPage(visit, {
    title: 'Object Manager',
    body: html`<div class="card">
      ${heading('Object Manager', '', mayCustomize(visit) ? [html`<a class="button main" href="/setup/new-object">New custom object</a>`] : [])}
      ${table({
        id: 'objects',
        filtered: true,
        heads: ['Label', 'API Name', 'Type', 'Key Prefix', 'Fields'],
        rows: objects.map((object) => [
          html`<a href="/setup/objects/${object.name}">${object.label}</a>`,
          html`<span class="code">${object.name}</span>`,
          object.custom ? 'Custom Object' : 'Standard Object',
          html`<span class="code">${object.keyPrefix ?? ''}</span>`,
          String(object.fields.length),
        ]),
        empty: 'You may see no object.',
      })}
    </div>`,
  });
}

export function objectFields(visit: Visit): void {
  const object = getObject(visit);
  const may = mayCustomize(visit);
  const edits = (field: FieldDef): Html | string =>
    may && field.custom && field.name.endsWith('__c')
      ? html`<a href="/setup/objects/${object.name}/fields/${field.name}" aria-label="Edit ${field.label}">Edit</a> <a href="/setup/objects/${object.name}/fields/${field.name}/delete" aria-label="Delete ${field.label}">Delete</a>`
      : '';
  sendPage(visit, {
    title: `${object.label}: Fields & Relationships`,
    body: html`<div class="card">
      ${objectHead(object, '', may ? [html`<a class="button main" href="/setup/objects/${object.name}/fields/new">New field</a>`] : [])}
      ${table({
        id: 'fields',
        filtered: true,
        heads: [
          'Field Label',
          'Field Name',
          'Data Type',
          'Indexed',
          'Marks',
          ...(may ? ['Change'] : []),
        ],
        rows: object.fields.map((field) => [
          field.label,
          html`<span class="code">${field.name}</span>`,
          shownType(field),
          isIndexed(field) ? '✓' : '',
          html`${marks(field).map((word) => html`${tag(word)} `)}`,
          ...(may ? [edits(field)] : []),
        ]),
        empty: 'You may see no field of this object.',
      })}
    </div>`,
  });
}

function isIndexed({ type, unique, externalId, idLookup, name }: FieldDef): boolean {
  return (
    type === 'id' ||
    type === 'reference' ||
    unique ||
    externalId ||
    idLookup ||
    name === 'SystemModstamp'
  );
}

function marks(field: FieldDef): readonly string[] {
  return [
    ...(field.custom ? ['custom'] : []),
    ...(field.unique ? ['unique'] : []),
    ...(field.externalId ? ['external ID'] : []),
    ...(field.required ? ['required'] : []),
    ...(field.calculated ? ['calculated'] : []),
    ...(field.nameField ? ['name'] : []),
    ...(field.dependentPicklist ? ['dependent'] : []),
  ];
}

export function objectDetails(visit: Visit): void {
  const object = getObject(visit);
  const flags = Object.entries(object.flags).map(
    ([name, value]) => [name, value ? 'Yes' : 'No'] as const,
  );
  const children = visit.org.schema().childRelationships(object);
  const remove =
    mayCustomize(visit) && object.custom
      ? [
          html`<a class="button danger" href="/setup/objects/${object.name}/delete">Delete object</a>`,
        ]
      : [];
  sendPage(visit, {
    title: `${object.label}: Details`,
    body: html`<div class="card">
      ${objectHead(object, '/details', remove)}
      <dl>${[
        ['API Name', object.name] as const,
        ['Label', object.label] as const,
        ['Plural label', object.labelPlural] as const,
        ['Key prefix', object.keyPrefix ?? '–'] as const,
        ['Type', object.custom ? 'Custom Object' : 'Standard Object'] as const,
        ...flags,
      ].map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      <section><h2>Child relationships</h2>${table({
        id: 'children',
        heads: ['Child object', 'Field', 'Relationship name', 'On delete'],
        rows: children.map((child) => [
          html`<a href="/setup/objects/${child.childSObject}">${child.childSObject}</a>`,
          html`<span class="code">${child.field}</span>`,
          child.relationshipName ?? '',
          child.cascadeDelete ? 'deleted along' : child.restrictedDelete ? 'refused' : 'emptied',
        ]),
        empty: 'No other object refers to this one.',
      })}</section>
    </div>`,
  });
}

export function newObjectForm(visit: Visit, problems: Problems = NO_PROBLEMS): void {
  const value = (name: string, fallback = ''): string => visit.form[name] ?? fallback;
  sendPage(visit, {
    title: 'New Custom Object',
    status: problems === NO_PROBLEMS ? 200 : 400,
    body: html`<div class="card">
      ${heading('New Custom Object', crumbs(['/setup', 'Object Manager']))}
      ${problemNote(problems, {})}
      <form class="fields" method="post" action="/setup/new-object">
        ${hiddenInput('csrf', visit.csrf)}
        <div class="grid">
          ${textField({ name: 'label', label: 'Label', required: true, value: value('label'), help: 'Broker', more: html`required maxlength="40"` })}
          ${textField({ name: 'plural', label: 'Plural label', required: true, value: value('plural'), help: 'Brokers', more: html`required maxlength="40"` })}
          ${textField({ name: 'name', label: 'Object name', required: true, value: value('name'), help: 'Its API name; __c is added.', more: html`required maxlength="43" pattern="[A-Za-z][A-Za-z0-9_]*" data-name-of="label"` })}
          ${textField({ name: 'nameLabel', label: 'Record name', value: value('nameLabel', 'Name'), help: 'The label of the field that names its records.' })}
          ${selectField({
            name: 'nameType',
            label: 'Record name is',
            value: value('nameType', 'Text'),
            options: [
              ['Text', 'Text'],
              ['AutoNumber', 'a running number'],
            ],
          })}
          ${textField({ name: 'format', label: 'Format of the number', value: value('format', 'A-{0000}'), help: 'For running numbers: A-0001, A-0002, …' })}
        </div>
        <div class="buttons"><button class="main">Save</button><a class="button" href="/setup">Cancel</a></div>
      </form>
    </div>`,
  });
}

export async function addObject(visit: Visit): Promise<void> {
  const { form, org, response } = visit;
  const fullName = `${(form['name'] ?? '').replace(/__c$/, '')}__c`;
  const auto = form['nameType'] === 'AutoNumber';
  const metadata = {
    label: form['label'] ?? '',
    pluralLabel: form['plural'] ?? '',
    nameField: {
      label: form['nameLabel'] ?? 'Name',
      type: auto ? 'AutoNumber' : 'Text',
      ...(auto ? { displayFormat: form['format'] ?? '{0}' } : {}),
    },
    deploymentStatus: 'Deployed',
    sharingModel: 'ReadWrite',
  };
  try {
    await changeSchema(org.whole, (draft, schema) =>
      applyObject(draft, schema, { fullName, metadata, mode: 'create' }),
    );
    response.redirect(`/setup/objects/${fullName}`);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    newObjectForm(visit, { general: [error.message], fields: {} });
  }
}

export function deleteObjectPage(visit: Visit, problem?: string): void {
  const object = getObject(visit);
  sendPage(visit, {
    title: `Delete ${object.label}`,
    status: problem === undefined ? 200 : 400,
    body: html`<div class="card">
      ${heading(`Delete the object ${object.name}?`, crumbs([`/setup/objects/${object.name}/details`, object.label]))}
      ${problem === undefined ? '' : html`<p class="note bad" role="alert">${problem}</p>`}
      <p>Its fields and all its records are gone for good.</p>
      <form method="post" action="/setup/objects/${object.name}/delete">
        ${hiddenInput('csrf', visit.csrf)}
        <div class="buttons"><button class="danger main">Delete</button><a class="button" href="/setup/objects/${object.name}/details">Cancel</a></div>
      </form>
    </div>`,
  });
}

export async function deleteObject(visit: Visit): Promise<void> {
  const object = getObject(visit);
  try {
    await changeSchema(visit.org.whole, (draft) => {
      removeObject(draft, object.name);
    });
    visit.response.redirect('/setup');
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    deleteObjectPage(visit, error.message);
  }
}
