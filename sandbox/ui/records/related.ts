import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { quoteSoql } from '../../soap/quote-soql.ts';
import { RELATED_RECORDS } from '../limits.ts';
import { sendPage } from '../page.ts';
import { select, selectionOf, nameOf, type Row } from '../select.ts';
import { shownLabel, shownValue } from '../values.ts';
import type { Visit } from '../visit.ts';
import { recordHead } from './detail.ts';
import { recordLink } from './list.ts';
import { listFields } from './list-fields.ts';
import { getRecord, type ShownRecord } from './record.ts';

interface RelatedList {
  readonly object: ObjectDef;
  readonly reference: FieldDef;
  readonly fields: readonly FieldDef[];
  readonly rows: readonly Row[];
}

const COLUMNS_MAX = 5;

/** The records that lead to this one, by the reference they do it with. */
export async function relatedPage(visit: Visit): Promise<void> {
  const record = await getRecord(visit, () => []);
  const lists = await Promise.all(
    listsOf(visit, record.object).map(([object, reference]) =>
      readList(visit, record, { object, reference }),
    ),
  );
  const found = lists.filter((list) => list !== undefined);
  const filled = found.filter(({ rows }) => rows.length > 0);
  const empty = found.filter(({ rows }) => rows.length === 0);
  sendPage(visit, {
    title: `${record.name}: Related`,
    body: html`<div class="card">
      ${recordHead(visit, record, 'related')}
      ${filled.length === 0 ? html`<div class="empty"><p>No record leads to this one yet.</p></div>` : ''}
      ${filled.map((list) => relatedList(visit, record, list))}
      ${
        empty.length === 0
          ? ''
          : html`<details><summary>${empty.length} empty lists</summary><div class="actions">${empty.map(({ object, reference }) => emptyList(record, object, reference))}</div></details>`
      }
    </div>`,
  });
}

function listsOf({ org }: Visit, object: ObjectDef): readonly (readonly [ObjectDef, FieldDef])[] {
  const schema = org.schema();
  return schema.childRelationships(object).flatMap((child) => {
    const found = schema.findObject(child.childSObject);
    const field = found === undefined ? undefined : schema.findField(found, child.field);
    if (found === undefined || field === undefined || child.relationshipName === null) return [];
    return found.flags.queryable && field.filterable ? [[found, field] as const] : [];
  });
}

/** One more than is shown, to know whether there are more. Undefined for what cannot be asked for so. */
async function readList(
  visit: Visit,
  { id }: ShownRecord,
  { object, reference }: Pick<RelatedList, 'object' | 'reference'>,
): Promise<RelatedList | undefined> {
  const fields = listFields(visit, object)
    .filter(({ name }) => name !== reference.name)
    .slice(0, COLUMNS_MAX);
  const soql = `SELECT ${selectionOf(visit, fields)} FROM ${object.name} WHERE ${reference.name} = ${quoteSoql(id)} ORDER BY Id DESC LIMIT ${RELATED_RECORDS + 1}`;
  try {
    return { object, reference, fields, rows: await select(visit, soql) };
  } catch (error) {
    if (error instanceof SalesforceError) return undefined;
    throw error;
  }
}

function relatedList(
  visit: Visit,
  record: ShownRecord,
  { object, reference, fields, rows }: RelatedList,
): Html {
  const shown = rows.slice(0, RELATED_RECORDS);
  const all = `/ui/objects/${object.name}?parent=${reference.name}:${record.id}`;
  const by = shownLabel(reference);
  const count = rows.length > RELATED_RECORDS ? `${RELATED_RECORDS}+` : String(rows.length);
  return html`<section>
    <div class="head">
      <h2>${object.labelPlural} (${count}) <span class="muted">by ${by}</span></h2>
      <div class="actions">
        ${rows.length > RELATED_RECORDS ? html`<a class="button small" href="${all}">View all</a>` : ''}
        ${object.flags.createable ? html`<a class="button small" href="/ui/objects/${object.name}/new?${reference.name}=${record.id}">New</a>` : ''}
      </div>
    </div>
    <div class="scroll"><table>
      <thead><tr>${fields.map((field) => html`<th scope="col">${shownLabel(field)}</th>`)}</tr></thead>
      <tbody>${shown.map(
        (row) =>
          html`<tr>${fields.map((field, index) =>
            index === 0
              ? html`<th scope="row">${recordLink(visit, object, row, nameOf(visit, object, row))}</th>`
              : html`<td>${shownValue(field, row, visit.time)}</td>`,
          )}</tr>`,
      )}</tbody>
    </table></div>
  </section>`;
}

function emptyList({ id }: ShownRecord, object: ObjectDef, reference: FieldDef): Html {
  const label = `${object.labelPlural} (${shownLabel(reference)})`;
  return object.flags.createable
    ? html`<a href="/ui/objects/${object.name}/new?${reference.name}=${id}">${label}</a>`
    : html`<span class="muted">${label}</span>`;
}
