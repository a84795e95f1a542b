import { present } from '../../../src/kit/assert.ts';
import { html } from '../../oauth/pages/html.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { quoteSoql } from '../../soap/quote-soql.ts';
import { sendPage } from '../page.ts';
import { crumbs, heading, hiddenInput } from '../parts.ts';
import { countRows } from '../select.ts';
import type { Visit } from '../visit.ts';
import { assertMay, getRecord, type ShownRecord } from './record.ts';

/** Asks before it is done, and says what goes along. */
export async function deletePage(visit: Visit, problem?: string): Promise<void> {
  const record = await getRecord(visit, () => []);
  const { object, id, name } = record;
  assertMay(object, 'delete');
  const along = await goesAlong(visit, record);
  sendPage(visit, {
    title: `Delete ${name}`,
    status: problem === undefined ? 200 : 400,
    body: html`<div class="card">
      ${heading(`Delete ${object.label} “${name}”?`, crumbs([`/${id}`, name]))}
      ${problem === undefined ? '' : html`<p class="note bad" role="alert">${problem}</p>`}
      <p>${toBin(object) ? 'It goes to the recycle bin, from where it can be restored.' : 'It is gone for good: records of this object do not go to the recycle bin.'}</p>
      ${along.length === 0 ? '' : html`<p>With it go:</p><ul>${along.map((words) => html`<li>${words}</li>`)}</ul>`}
      <form method="post" action="/${id}/delete">
        ${hiddenInput('csrf', visit.csrf)}
        <div class="buttons"><button class="danger main">Delete</button><a class="button" href="/${id}">Cancel</a></div>
      </form>
    </div>`,
  });
}

function toBin({ fields }: ObjectDef): boolean {
  return fields.some(({ name }) => name === 'IsDeleted');
}

/** `3 Contacts (Account)`: what is deleted because it belongs to the record. */
async function goesAlong(visit: Visit, { object, id }: ShownRecord): Promise<readonly string[]> {
  const schema = visit.org.schema();
  const along: string[] = [];
  for (const { cascadeDelete, childSObject, field } of schema.childRelationships(object)) {
    const child = schema.findObject(childSObject);
    if (!cascadeDelete || child === undefined || !child.flags.queryable) continue;
    if (schema.findField(child, field)?.filterable !== true) continue;
    const count = await countRows(
      visit,
      `SELECT COUNT() FROM ${childSObject} WHERE ${field} = ${quoteSoql(id)}`,
    );
    if (count > 0) along.push(`${count} ${count === 1 ? child.label : child.labelPlural}`);
  }
  return along;
}

export async function deleteFromPage(visit: Visit): Promise<void> {
  const { object, id } = await getRecord(visit, () => []);
  const [result] = await visit.org.records.delete(visit.context, [id]);
  const [error] = present(result, 'result').errors;
  if (error === undefined) visit.response.redirect(`/ui/objects/${object.name}?deleted=${id}`);
  else await deletePage(visit, error.message);
}
