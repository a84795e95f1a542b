import type pg from 'pg';

import { inTransaction } from '../../../src/kit/transaction.ts';
import { permissionField, ruleOf } from '../../access/object-rules.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import type { SaveResult } from '../../records/engine.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { quoteSoql } from '../../soap/quote-soql.ts';
import { findId18 } from '../../store/record-id.ts';
import { sendPage } from '../page.ts';
import { crumbs, heading, hiddenInput } from '../parts.ts';
import { select, type Row } from '../select.ts';
import { asText } from '../values.ts';
import type { Visit } from '../visit.ts';

export const RIGHTS = [
  ['PermissionsRead', 'Read'],
  ['PermissionsCreate', 'Create'],
  ['PermissionsEdit', 'Edit'],
  ['PermissionsDelete', 'Delete'],
  ['PermissionsViewAllRecords', 'View All'],
  ['PermissionsModifyAllRecords', 'Modify All'],
] as const;

/** Objects that rights are given on one by one; the others go with their parent, or are everyone's. */
export function grantedObjects({ org }: Visit): readonly ObjectDef[] {
  return org.whole
    .schema()
    .objects.filter((object) => !object.isView && ruleOf(object).kind === 'granted');
}

/** Fields that can be granted: a compound one stands for its parts. */
function grantedFields(object: ObjectDef): readonly FieldDef[] {
  return object.fields.filter((field) => permissionField(object, field) === field);
}

interface Grants {
  readonly set: Row;
  readonly object: ObjectDef;
  readonly objectRow: Row | undefined;
  /** By `Object.Field`. */
  readonly fieldRows: ReadonlyMap<string, Row>;
}

async function getGrants(visit: Visit): Promise<Grants> {
  const { params } = visit.request;
  const id = quoteSoql(findId18(String(params['id'])) ?? '');
  const object = grantedObjects(visit).find(({ name }) => name === params['object']);
  const [set] = await select(
    visit,
    `SELECT Id, Label, ProfileId, IsOwnedByProfile FROM PermissionSet WHERE Id = ${id}`,
  );
  if (set === undefined || object === undefined)
    throw new SalesforceError('NOT_FOUND', 'There is no such permission set or object.');
  const of = `ParentId = ${id} AND SobjectType = ${quoteSoql(object.name)}`;
  const rights = RIGHTS.map(([name]) => name).join(', ');
  const [objectRow] = await select(
    visit,
    `SELECT Id, ${rights} FROM ObjectPermissions WHERE ${of}`,
  );
  const fields = await select(
    visit,
    `SELECT Id, Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE ${of}`,
  );
  const fieldRows = new Map(fields.map((row) => [asText(row['Field']), row]));
  return { set, object, objectRow, fieldRows };
}

export function grantsPath(set: Row, object: string): string {
  return `/setup/permission-sets/${asText(set['Id'])}/objects/${object}`;
}

function backOf(set: Row): string {
  return set['IsOwnedByProfile'] === true
    ? `/setup/profiles/${asText(set['ProfileId'])}`
    : `/setup/permission-sets/${asText(set['Id'])}`;
}

export async function grantsPage(visit: Visit, problem?: string): Promise<void> {
  const grants = await getGrants(visit);
  const { set, object } = grants;
  const back = backOf(set);
  const sent = problem === undefined ? undefined : visit.form;
  sendPage(visit, {
    title: `${asText(set['Label'])}: ${object.label}`,
    status: problem === undefined ? 200 : 400,
    body: html`<div class="card">
      ${heading(`${object.label}: rights`, crumbs([back, asText(set['Label'])]))}
      ${problem === undefined ? '' : html`<p class="note bad" role="alert">${problem}</p>`}
      <form method="post" action="${grantsPath(set, object.name)}">
        ${hiddenInput('csrf', visit.csrf)}
        <fieldset><legend>On the object</legend><div class="grid">${RIGHTS.map(([name, label]) => box(name, label, sent === undefined ? grants.objectRow?.[name] === true : sent[name] === 'true'))}</div></fieldset>
        <h2>On its fields</h2>
        <div class="scroll"><table>
          <thead><tr><th scope="col">Field</th><th scope="col">Read</th><th scope="col">Edit</th></tr></thead>
          <tbody>${grantedFields(object).map((field) => fieldRow(grants, field, sent))}</tbody>
        </table></div>
        <div class="buttons"><button class="main">Save</button><a class="button" href="${back}">Cancel</a></div>
      </form>
    </div>`,
  });
}

function box(name: string, label: string, checked: boolean): Html {
  return html`<label class="check"><input type="checkbox" name="${name}" value="true"${checked ? html` checked` : ''} /> ${label}</label>`;
}

function fieldRow(
  { object, fieldRows }: Grants,
  field: FieldDef,
  sent: Visit['form'] | undefined,
): Html {
  const row = fieldRows.get(`${object.name}.${field.name}`);
  const cell = (what: 'Read' | 'Edit'): Html => {
    const name = `${what}.${field.name}`;
    const checked =
      sent === undefined ? row?.[`Permissions${what}`] === true : sent[name] === 'true';
    const fixed = what === 'Edit' && (field.calculated || field.autoNumber);
    return html`<td><input type="checkbox" name="${name}" value="true" aria-label="${what} ${field.label}"${checked ? html` checked` : ''}${fixed ? html` disabled` : ''} /></td>`;
  };
  return html`<tr><th scope="row">${field.label}</th>${cell('Read')}${cell('Edit')}</tr>`;
}

/** All rights of one object in one transaction: none of them holds without the others. */
export async function saveGrants(visit: Visit): Promise<void> {
  const grants = await getGrants(visit);
  try {
    await inTransaction(visit.org.pool, async (client) => {
      await saveObject(visit, grants, client);
      await saveFields(visit, grants, client);
    });
    visit.response.redirect(backOf(grants.set));
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    await grantsPage(visit, error.message);
  }
}

interface Change {
  readonly object: 'ObjectPermissions' | 'FieldPermissions';
  readonly known: Row | undefined;
  readonly given: boolean;
  readonly key: Readonly<Record<string, string>>;
  readonly rights: Readonly<Record<string, string>>;
}

async function saveObject(
  visit: Visit,
  { set, object, objectRow }: Grants,
  client: pg.PoolClient,
): Promise<void> {
  const rights = Object.fromEntries(
    RIGHTS.map(([name]) => [name, String(visit.form[name] === 'true')]),
  );
  await save(visit, client, {
    object: 'ObjectPermissions',
    known: objectRow,
    given: rights['PermissionsRead'] === 'true' || Object.values(rights).includes('true'),
    key: { ParentId: asText(set['Id']), SobjectType: object.name },
    rights,
  });
}

async function saveFields(
  visit: Visit,
  { set, object, fieldRows }: Grants,
  client: pg.PoolClient,
): Promise<void> {
  for (const field of grantedFields(object)) {
    const edit = visit.form[`Edit.${field.name}`] === 'true';
    // Who may edit may read.
    const read = edit || visit.form[`Read.${field.name}`] === 'true';
    const known = fieldRows.get(`${object.name}.${field.name}`);
    const same =
      (known?.['PermissionsRead'] === true) === read &&
      (known?.['PermissionsEdit'] === true) === edit;
    if (same) continue;
    await save(visit, client, {
      object: 'FieldPermissions',
      known,
      given: read,
      key: {
        ParentId: asText(set['Id']),
        SobjectType: object.name,
        Field: `${object.name}.${field.name}`,
      },
      rights: { PermissionsRead: String(read), PermissionsEdit: String(edit) },
    });
  }
}

async function save(visit: Visit, client: pg.PoolClient, change: Change): Promise<void> {
  const { known, given, object, key, rights } = change;
  const { records } = visit.org;
  const context = { ...visit.context, client };
  const results: readonly SaveResult[] =
    known === undefined
      ? given
        ? await records.create(context, object, [{ ...key, ...rights }])
        : []
      : given
        ? await records.update(context, object, [{ Id: known['Id'], ...rights }])
        : await records.delete(context, [asText(known['Id'])]);
  const [error] = results.flatMap(({ errors }) => errors);
  if (error !== undefined) throw error;
}
