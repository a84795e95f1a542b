import { html, type Html } from '../../oauth/pages/html.ts';
import type { Org } from '../../org.ts';
import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { columnName, tableName } from '../../store/layout.ts';
import { link, sendPage } from '../page.ts';
import { crumbs, postButton, tag } from '../parts.ts';
import { asText, shownLabel, shownValue } from '../values.ts';
import { asked, type Visit } from '../visit.ts';
import { getRecord, type ShownRecord } from './record.ts';

/** What the org itself keeps, at the end of a record. */
const SYSTEM = new Set([
  'Id',
  'IsDeleted',
  'CreatedDate',
  'CreatedById',
  'LastModifiedDate',
  'LastModifiedById',
  'SystemModstamp',
  'LastViewedDate',
  'LastReferencedDate',
  'LastActivityDate',
  'MasterRecordId',
  'PhotoUrl',
]);

export async function recordPage(visit: Visit): Promise<void> {
  const record = await getRecord(visit);
  const { object, row, name } = record;
  await noteViewed(visit.org, object, record.id);
  const parts = new Set(
    object.fields.filter(({ components }) => components !== null).map((field) => field.name),
  );
  const fields = object.fields.filter(
    ({ type, name: own, compoundFieldName }) =>
      type !== 'base64' && !SYSTEM.has(own) && !parts.has(compoundFieldName ?? ''),
  );
  const filled = fields.filter((field) => isFilled(field, row[field.name]));
  const empty = fields.filter((field) => !filled.includes(field));
  const system = object.fields.filter(
    (field) => SYSTEM.has(field.name) && isFilled(field, row[field.name]),
  );
  const list = (shown: readonly FieldDef[]): Html =>
    html`<dl>${shown.map((field) => html`<div><dt>${shownLabel(field)}</dt><dd>${shownValue(field, row, visit.time)}</dd></div>`)}</dl>`;
  sendPage(visit, {
    title: name,
    body: html`${notes(visit, record)}
      <div class="card">
        ${recordHead(visit, record, 'details')}
        <section aria-label="Details">${list(filled)}</section>
        ${empty.length === 0 ? '' : html`<details><summary>${empty.length} empty fields</summary>${list(empty)}</details>`}
        <section><h2>System information</h2>${list(system)}</section>
      </div>`,
  });
}

function isFilled({ type }: FieldDef, value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  return (type !== 'address' && type !== 'location') || asText(value) !== '';
}

function notes(visit: Visit, { object, name, deleted, id }: ShownRecord): Html {
  if (deleted)
    return html`<div class="note bad" role="status">
      <span>This record is in the recycle bin.</span>
      ${postButton({ action: '/ui/recycle-bin', csrf: visit.csrf, label: 'Restore', style: 'small', values: { id, do: 'restore' } })}
    </div>`;
  for (const done of ['created', 'saved', 'restored']) {
    if (asked(visit, done) !== '')
      return html`<p class="note good" role="status">${object.label} “${name}” was ${done}.</p>`;
  }
  return html``;
}

/** Name, buttons and tabs of a record's pages. */
export function recordHead(
  visit: Visit,
  { object, id, name, deleted }: ShownRecord,
  here: 'details' | 'related',
): Html {
  const hasRelated = visit.org
    .schema()
    .childRelationships(object)
    .some(({ relationshipName }) => relationshipName !== null);
  return html`<div class="head">
      <div>${crumbs([`/ui/objects/${object.name}`, object.labelPlural])}<h1>${name}</h1></div>
      <div class="actions">${deleted ? tag('in the recycle bin', 'bad') : recordActions(object, id)}</div>
    </div>
    ${
      hasRelated
        ? html`<ul class="subtabs"><li>${link(`/${id}`, 'Details', here === 'details')}</li><li>${link(`/${id}/related`, 'Related', here === 'related')}</li></ul>`
        : ''
    }`;
}

function recordActions({ flags, name }: ObjectDef, id: string): readonly Html[] {
  return [
    ...(flags.updateable ? [html`<a class="button main" href="/${id}/e">Edit</a>`] : []),
    ...(flags.createable
      ? [html`<a class="button" href="/ui/objects/${name}/new?clone=${id}">Clone</a>`]
      : []),
    ...(flags.deletable ? [html`<a class="button danger" href="/${id}/delete">Delete</a>`] : []),
  ];
}

/** Notes that somebody has looked at a record: recent items live by it. It is no change: the stamps stay. */
async function noteViewed(org: Org, object: ObjectDef, id: string): Promise<void> {
  const viewed = object.fields.filter(
    ({ name }) => name === 'LastViewedDate' || name === 'LastReferencedDate',
  );
  if (viewed.length === 0) return;
  await org.pool.query(
    `/* ui noteViewed */ update ${tableName(object)} set ${viewed.map((field) => `${columnName(field)} = $2`).join(', ')} where "id" = $1`,
    [id, new Date(Math.floor(org.clock.now() / 1_000) * 1_000)],
  );
}
