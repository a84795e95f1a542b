import { z } from 'zod';

import { present } from '../../../src/kit/assert.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { quoteSoql } from '../../soap/quote-soql.ts';
import { tableName } from '../../store/layout.ts';
import { findId18 } from '../../store/record-id.ts';
import { DELETION_COLUMN } from '../../store/tables.ts';
import { BIN_RECORDS } from '../limits.ts';
import { sendPage } from '../page.ts';
import { heading, hiddenInput, postButton } from '../parts.ts';
import { nameOf, select, selectionOf, type Row } from '../select.ts';
import { shownValue, timeElement } from '../values.ts';
import { asked, type Visit } from '../visit.ts';

interface Deleted {
  readonly object: ObjectDef;
  readonly row: Row;
  readonly at: Date;
}

export async function recycleBin(visit: Visit): Promise<void> {
  const found = await readBin(visit);
  const restored = restoredNote(visit);
  sendPage(visit, {
    title: 'Recycle Bin',
    body: html`${restored}
      <div class="card">
        ${heading('Recycle Bin', '')}
        ${found.length === 0 ? html`<div class="empty"><p>The recycle bin is empty. What is deleted waits here until it is restored or emptied.</p></div>` : binForm(visit, found)}
      </div>`,
  });
}

function binForm(visit: Visit, found: readonly Deleted[]): Html {
  return html`<form method="post" action="/ui/recycle-bin">
    ${hiddenInput('csrf', visit.csrf)}
    <div class="toolbar">
      <input type="search" hidden data-filter="bin" aria-label="Filter" placeholder="Filter" />
      <span class="muted" id="bin-count" role="status"></span>
      <span class="actions"><button name="do" value="restore" class="main">Restore selected</button><button name="do" value="empty" class="danger">Delete selected for good</button></span>
    </div>
    <div class="scroll"><table id="bin">
      <thead><tr><th scope="col"><span class="muted">Select</span></th><th scope="col">Name</th><th scope="col">Object</th><th scope="col">Deleted</th><th scope="col">By</th></tr></thead>
      <tbody>${found.map(({ object, row, at }) => {
        const name = nameOf(visit, object, row);
        const by = object.fields.find((field) => field.name === 'LastModifiedById');
        return html`<tr>
          <td><input type="checkbox" name="id" value="${String(row['Id'])}" aria-label="Select ${name}" /></td>
          <th scope="row"><a href="/${String(row['Id'])}">${name}</a></th>
          <td>${object.label}</td>
          <td>${timeElement(at, visit.time)}</td>
          <td>${by === undefined ? '' : shownValue(by, row, visit.time)}</td>
        </tr>`;
      })}</tbody>
    </table></div>
    ${found.length < BIN_RECORDS ? '' : html`<p class="muted">The newest ${BIN_RECORDS} are shown.</p>`}
  </form>`;
}

/** What is in the recycle bin, newest first; of a deletion that took others along, each of them. */
async function readBin(visit: Visit): Promise<readonly Deleted[]> {
  const schema = visit.org.schema();
  const found: Deleted[] = [];
  for (const object of schema.objects) {
    const has = (wanted: string): boolean => object.fields.some(({ name }) => name === wanted);
    if (object.isView || !object.flags.queryable || !has('IsDeleted') || !has('SystemModstamp'))
      continue;
    if (!(await hasDeleted(visit, object))) continue;
    const shown = object.fields.filter(
      ({ name, nameField }) =>
        nameField || name === 'SystemModstamp' || name === 'LastModifiedById',
    );
    const soql = `SELECT ${selectionOf(visit, shown)} FROM ${object.name} WHERE IsDeleted = true ORDER BY SystemModstamp DESC LIMIT ${BIN_RECORDS}`;
    for (const row of await select(visit, soql, { deleted: true }))
      found.push({ object, row, at: new Date(String(row['SystemModstamp'])) });
  }
  return found.toSorted((a, b) => b.at.getTime() - a.at.getTime()).slice(0, BIN_RECORDS);
}

const Exists = z.tuple([z.object({ exists: z.boolean() })]);

/** Most objects have nothing deleted, which their index says at once. */
async function hasDeleted({ org }: Visit, object: ObjectDef): Promise<boolean> {
  const { rows } = await org.pool.query(
    `/* ui hasDeleted */ select exists (select from ${tableName(object)} where "${DELETION_COLUMN}" is not null) as exists`,
  );
  return Exists.parse(rows)[0].exists;
}

export async function changeBin({ org, context, form, response }: Visit): Promise<void> {
  const ids = (form['id'] ?? '').split(';').filter((id) => id !== '');
  if (ids.length === 0) {
    response.redirect('/ui/recycle-bin');
    return;
  }
  const results =
    form['do'] === 'empty'
      ? await org.records.delete(context, ids, { hard: true })
      : await org.records.undelete(context, ids);
  const error = results.flatMap(({ errors }) => errors)[0];
  if (error !== undefined) throw error;
  const first = present(results[0], 'result').id ?? '';
  if (form['do'] === 'empty') response.redirect('/ui/recycle-bin');
  else if (ids.length === 1) response.redirect(`/${first}?restored=1`);
  else response.redirect(`/ui/recycle-bin?restored=${ids.length}`);
}

function restoredNote(visit: Visit): Html {
  const count = Number(asked(visit, 'restored'));
  if (!(count > 0)) return html``;
  return html`<p class="note good" role="status">${count} records were restored.</p>`;
}

/** After a deletion: what was deleted, with a way back. */
export async function deletedNote(visit: Visit): Promise<Html> {
  const id = findId18(asked(visit, 'deleted'));
  const object = id === undefined ? undefined : visit.org.schema().findObjectOfId(id);
  if (id === undefined || object === undefined) return html``;
  const fields = object.fields.filter(({ nameField }) => nameField);
  const [row] = await select(
    visit,
    `SELECT ${selectionOf(visit, fields)} FROM ${object.name} WHERE Id = ${quoteSoql(id)} AND IsDeleted = true`,
    { deleted: true },
  );
  if (row === undefined) return html``;
  return html`<div class="note good" role="status">
    <span>${object.label} “${nameOf(visit, object, row)}” was deleted.</span>
    ${postButton({ action: '/ui/recycle-bin', csrf: visit.csrf, label: 'Undo', style: 'small', values: { id, do: 'restore' } })}
  </div>`;
}
