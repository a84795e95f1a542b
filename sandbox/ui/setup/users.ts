import { present } from '../../../src/kit/assert.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import { oauthPorts } from '../../oauth/router.ts';
import { setPassword } from '../../oauth/users.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { quoteSoql } from '../../soap/quote-soql.ts';
import { findId18 } from '../../store/record-id.ts';
import { PASSWORD_CHARACTERS_MIN } from '../limits.ts';
import { sendPage } from '../page.ts';
import { crumbs, heading, hiddenInput, postButton, table, tag, textField } from '../parts.ts';
import { select, type Row } from '../select.ts';
import { asText, timeElement } from '../values.ts';
import { asked, type Visit } from '../visit.ts';

const COLUMNS =
  'Id, Name, Username, Email, Alias, IsActive, ProfileId, Profile.Name, CreatedDate, LastLoginDate, TimeZoneSidKey';

export async function usersPage(visit: Visit): Promise<void> {
  const users = await select(visit, `SELECT ${COLUMNS} FROM User ORDER BY Name`);
  sendPage(visit, {
    title: 'Users',
    body: html`<div class="card">
      ${heading('Users', '', managesUsers(visit) ? [html`<a class="button main" href="/setup/users/new">New user</a>`] : [])}
      ${table({
        id: 'users',
        filtered: true,
        heads: ['Name', 'Username', 'Profile', 'Active', 'Created'],
        rows: users.map((user) => [
          html`<a href="/setup/users/${asText(user['Id'])}">${asText(user['Name'])}</a>`,
          asText(user['Username']),
          profileName(user),
          activeTag(user),
          timeElement(new Date(asText(user['CreatedDate'])), visit.time),
        ]),
        empty: 'You may see no user.',
      })}
    </div>`,
  });
}

function profileName(user: Row): string {
  const profile = user['Profile'];
  return typeof profile === 'object' && profile !== null && 'Name' in profile
    ? asText(profile.Name)
    : '';
}

function activeTag(user: Row): Html {
  return user['IsActive'] === true ? tag('active', 'good') : tag('inactive', 'bad');
}

function managesUsers({ org }: Visit): boolean {
  return org.permissions.has('ManageUsers');
}

async function getUser(visit: Visit): Promise<Row> {
  const id = findId18(String(visit.request.params['user'])) ?? '';
  const [user] = await select(visit, `SELECT ${COLUMNS} FROM User WHERE Id = ${quoteSoql(id)}`);
  if (user !== undefined) return user;
  throw new SalesforceError('NOT_FOUND', 'There is no such user.');
}

export async function userPage(visit: Visit, problem?: string): Promise<void> {
  const user = await getUser(visit);
  const id = asText(user['Id']);
  const may = managesUsers(visit);
  const done = asked(visit, 'done');
  const facts = [
    ['Username', asText(user['Username'])],
    ['Email', asText(user['Email'])],
    ['Alias', asText(user['Alias'])],
    ['Profile', profileName(user)],
    ['Time zone', asText(user['TimeZoneSidKey'])],
  ] as const;
  sendPage(visit, {
    title: asText(user['Name']),
    status: problem === undefined ? 200 : 400,
    body: html`${DONE[done] === undefined ? '' : html`<p class="note good" role="status">${DONE[done]}</p>`}
      ${problem === undefined ? '' : html`<p class="note bad" role="alert">${problem}</p>`}
      <div class="card">
        ${heading(asText(user['Name']), crumbs(['/setup/users', 'Users']), may ? userActions(visit, user) : [])}
        <dl><div><dt>State</dt><dd>${activeTag(user)}</dd></div>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      </div>
      <div class="card"><h2>Permission sets</h2>${await assignments(visit, id)}</div>
      ${may ? passwordCard(visit, id) : ''}`,
  });
}

const DONE: Readonly<Record<string, string>> = {
  created: 'The user was created.',
  password: 'The password was set.',
  saved: 'Saved.',
};

function userActions({ csrf, user: self }: Visit, user: Row): readonly Html[] {
  const id = asText(user['Id']);
  const active = user['IsActive'] === true;
  return [
    html`<a class="button" href="/${id}/e">Edit</a>`,
    ...(id === self.id
      ? []
      : [
          postButton({
            action: `/setup/users/${id}`,
            csrf,
            label: active ? 'Deactivate' : 'Activate',
            style: active ? 'danger' : '',
            ...(active
              ? { confirm: `Deactivate ${asText(user['Name'])}? He can no longer log in.` }
              : {}),
            values: { do: active ? 'deactivate' : 'activate' },
          }),
        ]),
  ];
}

function passwordCard({ csrf }: Visit, id: string): Html {
  return html`<div class="card"><h2>Password</h2>
    <form method="post" action="/setup/users/${id}" autocomplete="off">
      ${hiddenInput('csrf', csrf)}${hiddenInput('do', 'password')}
      <div class="grid">${textField({ name: 'password', label: 'New password', type: 'password', value: '', required: true, help: `At least ${PASSWORD_CHARACTERS_MIN} characters.`, more: html`required minlength="${PASSWORD_CHARACTERS_MIN}" autocomplete="new-password"` })}</div>
      <div class="buttons"><button>Set password</button></div>
    </form></div>`;
}

/** The permission sets, each with whether this user has it. */
async function assignments(visit: Visit, id: string): Promise<Html> {
  const sets = await select(
    visit,
    'SELECT Id, Label FROM PermissionSet WHERE IsOwnedByProfile = false ORDER BY Label',
  );
  const given = await select(
    visit,
    `SELECT Id, PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = ${quoteSoql(id)}`,
  );
  const has = new Set(given.map((row) => asText(row['PermissionSetId'])));
  const may = managesUsers(visit);
  if (sets.length === 0) return html`<p class="muted">The org has no permission set yet.</p>`;
  const boxes = sets.map((set) => {
    const setId = asText(set['Id']);
    return html`<label class="check"><input type="checkbox" name="set" value="${setId}"${has.has(setId) ? html` checked` : ''}${may ? '' : html` disabled`} /> ${asText(set['Label'])}</label>`;
  });
  return html`<form method="post" action="/setup/users/${id}">
    ${hiddenInput('csrf', visit.csrf)}${hiddenInput('do', 'sets')}
    <fieldset class="plain"><legend>Assigned to this user</legend><div class="checks">${boxes}</div></fieldset>
    ${may ? html`<div class="buttons"><button>Save</button></div>` : ''}
  </form>`;
}

export async function changeUser(visit: Visit): Promise<void> {
  assertManagesUsers(visit);
  const user = await getUser(visit);
  const id = asText(user['Id']);
  try {
    const done = await carryOut(visit, user);
    visit.response.redirect(`/setup/users/${id}?done=${done}`);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    await userPage(visit, error.message);
  }
}

async function carryOut(visit: Visit, user: Row): Promise<string> {
  const { org, form, context } = visit;
  const id = asText(user['Id']);
  switch (form['do'] ?? '') {
    case 'activate':
    case 'deactivate': {
      if (id === visit.user.id)
        throw new SalesforceError('INVALID_INPUT', 'You cannot deactivate yourself.');
      const IsActive = String(form['do'] === 'activate');
      const [result] = await org.records.update(context, 'User', [{ Id: id, IsActive }]);
      const [error] = present(result, 'result').errors;
      if (error !== undefined) throw error;
      return 'saved';
    }
    case 'password':
      await givePassword(visit, asText(user['Username']), form['password'] ?? '');
      return 'password';
    case 'sets':
      await assign(
        visit,
        id,
        (form['set'] ?? '').split(';').filter((set) => set !== ''),
      );
      return 'saved';
    default:
      throw new SalesforceError('INVALID_INPUT', 'The form says nothing to do.');
  }
}

async function givePassword({ org }: Visit, username: string, password: string): Promise<void> {
  if (password.length < PASSWORD_CHARACTERS_MIN)
    throw new SalesforceError(
      'INVALID_NEW_PASSWORD',
      `Your password must be at least ${PASSWORD_CHARACTERS_MIN} characters long.`,
    );
  await setPassword(oauthPorts(org.whole), username, password);
}

async function assign(visit: Visit, user: string, wanted: readonly string[]): Promise<void> {
  const { org, context } = visit;
  const rows = await select(
    visit,
    `SELECT Id, PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = ${quoteSoql(user)} AND PermissionSet.IsOwnedByProfile = false`,
  );
  const given = new Set(rows.map((row) => asText(row['PermissionSetId'])));
  const added = wanted
    .filter((set) => !given.has(set))
    .map((set) => ({ AssigneeId: user, PermissionSetId: set }));
  const removed = rows
    .filter((row) => !wanted.includes(asText(row['PermissionSetId'])))
    .map((row) => asText(row['Id']));
  const results = [
    ...(added.length === 0
      ? []
      : await org.records.create(context, 'PermissionSetAssignment', added)),
    ...(removed.length === 0 ? [] : await org.records.delete(context, removed)),
  ];
  const [error] = results.flatMap(({ errors }) => errors);
  if (error !== undefined) throw error;
}

/** @throws SalesforceError INSUFFICIENT_ACCESS */
export function assertManagesUsers(visit: Visit): void {
  if (managesUsers(visit)) return;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS',
    'Insufficient Privileges. Users are changed by who has the permission Manage Internal Users.',
  );
}
