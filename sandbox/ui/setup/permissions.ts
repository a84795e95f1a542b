import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { USER_PERMISSIONS } from '../../schema/objects/directory.ts';
import { quoteSoql } from '../../soap/quote-soql.ts';
import { findId18 } from '../../store/record-id.ts';
import { sendPage } from '../page.ts';
import { crumbs, heading, table, tag } from '../parts.ts';
import { select, type Row } from '../select.ts';
import { asText } from '../values.ts';
import type { Visit } from '../visit.ts';
import { grantedObjects, grantsPath, RIGHTS } from './grants.ts';
import { mayCustomize } from './object.ts';

export async function profilesPage(visit: Visit): Promise<void> {
  const profiles = await select(visit, 'SELECT Id, Name, Description FROM Profile ORDER BY Name');
  const users = await select(
    visit,
    'SELECT ProfileId, COUNT(Id) n FROM User WHERE IsActive = true GROUP BY ProfileId',
  );
  const counts = new Map(users.map((row) => [row['ProfileId'], asText(row['n'])]));
  sendPage(visit, {
    title: 'Profiles',
    body: html`<div class="card">${heading('Profiles', '')}${table({
      id: 'profiles',
      heads: ['Name', 'Active users', 'Description'],
      rows: profiles.map((profile) => [
        html`<a href="/setup/profiles/${asText(profile['Id'])}">${asText(profile['Name'])}</a>`,
        counts.get(profile['Id']) ?? '0',
        asText(profile['Description']),
      ]),
      empty: 'You may see no profile.',
    })}</div>`,
  });
}

export async function permissionSetsPage(visit: Visit): Promise<void> {
  const sets = await select(
    visit,
    'SELECT Id, Name, Label, Description FROM PermissionSet WHERE IsOwnedByProfile = false ORDER BY Label',
  );
  sendPage(visit, {
    title: 'Permission Sets',
    body: html`<div class="card">${heading('Permission Sets', '', [html`<a class="button main" href="/ui/objects/PermissionSet/new">New</a>`])}${table(
      {
        id: 'sets',
        heads: ['Label', 'API Name', 'Description'],
        rows: sets.map((set) => [
          html`<a href="/setup/permission-sets/${asText(set['Id'])}">${asText(set['Label'])}</a>`,
          html`<span class="code">${asText(set['Name'])}</span>`,
          asText(set['Description']),
        ]),
        empty:
          'The org has no permission set yet. Make one, then give it rights on objects and fields.',
      },
    )}</div>`,
  });
}

const SET_COLUMNS = [
  'Id',
  'Label',
  'Name',
  ...USER_PERMISSIONS.map(([name]) => `Permissions${name}`),
].join(', ');

/** A profile shows what the permission set it owns grants. */
export async function profilePage(visit: Visit): Promise<void> {
  const id = findId18(String(visit.request.params['id'])) ?? '';
  const [profile] = await select(visit, `SELECT Id, Name FROM Profile WHERE Id = ${quoteSoql(id)}`);
  const [set] = await select(
    visit,
    `SELECT ${SET_COLUMNS} FROM PermissionSet WHERE ProfileId = ${quoteSoql(id)} AND IsOwnedByProfile = true`,
  );
  if (profile === undefined || set === undefined) throw notThere();
  await sendGrants(visit, set, {
    title: asText(profile['Name']),
    above: crumbs(['/setup/profiles', 'Profiles']),
  });
}

export async function permissionSetPage(visit: Visit): Promise<void> {
  const id = findId18(String(visit.request.params['id'])) ?? '';
  const [set] = await select(
    visit,
    `SELECT ${SET_COLUMNS} FROM PermissionSet WHERE Id = ${quoteSoql(id)}`,
  );
  if (set === undefined) throw notThere();
  await sendGrants(visit, set, {
    title: asText(set['Label']),
    above: crumbs(['/setup/permission-sets', 'Permission Sets']),
  });
}

function notThere(): SalesforceError {
  return new SalesforceError('NOT_FOUND', 'There is no such profile or permission set.');
}

async function sendGrants(
  visit: Visit,
  set: Row,
  { title, above }: { readonly title: string; readonly above: Html },
): Promise<void> {
  const id = quoteSoql(asText(set['Id']));
  const [objects, fields, users] = await Promise.all([
    select(
      visit,
      `SELECT SobjectType, ${RIGHTS.map(([name]) => name).join(', ')} FROM ObjectPermissions WHERE ParentId = ${id} ORDER BY SobjectType`,
    ),
    select(
      visit,
      `SELECT Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE ParentId = ${id} ORDER BY Field`,
    ),
    select(
      visit,
      `SELECT AssigneeId, Assignee.Name FROM PermissionSetAssignment WHERE PermissionSetId = ${id} ORDER BY Assignee.Name`,
    ),
  ]);
  const may = mayCustomize(visit);
  const granted = USER_PERMISSIONS.filter(([name]) => set[`Permissions${name}`] === true);
  sendPage(visit, {
    title,
    body: html`<div class="card">${heading(title, above)}
        <section><h2>User permissions</h2>${granted.length === 0 ? html`<p class="muted">None.</p>` : html`<p>${granted.map(([, label]) => html`${tag(label)} `)}</p>`}</section>
        ${users.length === 0 ? '' : html`<section><h2>Assigned to</h2><p>${users.map((row) => html`<a href="/setup/users/${asText(row['AssigneeId'])}">${assigneeName(row)}</a> `)}</p></section>`}
      </div>
      <div class="card"><h2>Object permissions</h2>${table({
        id: 'object-permissions',
        filtered: objects.length > 10,
        heads: ['Object', ...RIGHTS.map(([, label]) => label)],
        rows: objects.map((row) => [
          may
            ? html`<a href="${grantsPath(set, asText(row['SobjectType']))}">${asText(row['SobjectType'])}</a>`
            : asText(row['SobjectType']),
          ...RIGHTS.map(([name]) => yes(row[name])),
        ]),
        empty: 'It grants nothing on any object.',
      })}${may ? moreObjects(visit, set, objects) : ''}</div>
      <div class="card"><h2>Field permissions</h2>${table({
        id: 'field-permissions',
        filtered: fields.length > 10,
        heads: ['Field', 'Read', 'Edit'],
        rows: fields.map((row) => [
          html`<span class="code">${asText(row['Field'])}</span>`,
          yes(row['PermissionsRead']),
          yes(row['PermissionsEdit']),
        ]),
        empty: 'It grants no field besides those that everybody who sees the object sees.',
      })}</div>`,
  });
}

/** The objects on which nothing is granted yet. */
function moreObjects(visit: Visit, set: Row, objects: readonly Row[]): Html {
  const known = new Set(objects.map((row) => asText(row['SobjectType'])));
  const others = grantedObjects(visit).filter(({ name }) => !known.has(name));
  if (others.length === 0) return html``;
  return html`<details><summary>Grant rights on another object</summary><div class="actions">${others.map(({ name, label }) => html`<a href="${grantsPath(set, name)}">${label}</a>`)}</div></details>`;
}

function yes(value: unknown): Html | string {
  return value === true ? '✓' : html`<span class="muted">–</span>`;
}

function assigneeName(row: Row): string {
  const assignee = row['Assignee'];
  return typeof assignee === 'object' && assignee !== null && 'Name' in assignee
    ? asText(assignee.Name)
    : asText(row['AssigneeId']);
}
