import { present } from '../../../src/kit/assert.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import { oauthPorts } from '../../oauth/router.ts';
import { setPassword } from '../../oauth/users.ts';
import { PASSWORD_CHARACTERS_MIN } from '../limits.ts';
import { sendPage } from '../page.ts';
import {
  crumbs,
  hasProblems,
  heading,
  hiddenInput,
  NO_PROBLEMS,
  problemNote,
  problemsOf,
  selectField,
  textField,
  type Problems,
} from '../parts.ts';
import { select } from '../select.ts';
import { asText } from '../values.ts';
import type { Visit } from '../visit.ts';
import { assertManagesUsers } from './users.ts';

const FIELDS = ['FirstName', 'LastName', 'Email', 'Username', 'Alias', 'ProfileId'] as const;

export async function newUserForm(visit: Visit, problems: Problems = NO_PROBLEMS): Promise<void> {
  assertManagesUsers(visit);
  const { form, csrf } = visit;
  const profiles = await select(visit, 'SELECT Id, Name FROM Profile ORDER BY Name');
  const standard = profiles.find((profile) => profile['Name'] === 'Standard User');
  const text = (name: string, label: string, required = true): Html =>
    textField({ name, label, required, value: form[name] ?? '', problem: problems.fields[name] });
  sendPage(visit, {
    title: 'New User',
    status: hasProblems(problems) ? 400 : 200,
    body: html`<div class="card">
      ${heading('New User', crumbs(['/setup/users', 'Users']))}
      ${problemNote(problems, {})}
      <form method="post" action="/setup/users/new" autocomplete="off" novalidate>
        ${hiddenInput('csrf', csrf)}
        <div class="grid">
          ${text('FirstName', 'First name', false)}${text('LastName', 'Last name')}
          ${text('Email', 'Email')}
          ${textField({ name: 'Username', label: 'Username', required: true, value: form['Username'] ?? '', problem: problems.fields['Username'], help: 'In the form of an e-mail address; it need not be one.' })}
          ${textField({ name: 'Alias', label: 'Alias', value: form['Alias'] ?? '', problem: problems.fields['Alias'], help: 'At most 8 characters; made of the name when empty.' })}
          ${selectField({ name: 'ProfileId', label: 'Profile', required: true, value: form['ProfileId'] ?? asText(standard?.['Id']), options: profiles.map((profile) => [asText(profile['Id']), asText(profile['Name'])]) })}
          ${textField({ name: 'password', label: 'Password', type: 'password', required: true, value: '', problem: problems.fields['password'], help: `At least ${PASSWORD_CHARACTERS_MIN} characters. No e-mail is sent.`, more: html`autocomplete="new-password"` })}
        </div>
        <div class="buttons"><button class="main">Save</button><a class="button" href="/setup/users">Cancel</a></div>
      </form>
    </div>`,
  });
}

export async function createUser(visit: Visit): Promise<void> {
  assertManagesUsers(visit);
  const { form, org, context, response, user } = visit;
  const { password = '' } = form;
  if (password.length < PASSWORD_CHARACTERS_MIN) {
    const message = `The password must be at least ${PASSWORD_CHARACTERS_MIN} characters long.`;
    await newUserForm(visit, { general: [], fields: { password: message } });
    return;
  }
  const given = FIELDS.map((name) => [name, (form[name] ?? '').trim()] as const);
  const alias = `${(form['FirstName'] ?? '').slice(0, 1)}${form['LastName'] ?? ''}`;
  const record = {
    Alias: alias.toLowerCase().slice(0, 8),
    TimeZoneSidKey: user.timeZone,
    LocaleSidKey: user.locale,
    LanguageLocaleKey: user.language,
    EmailEncodingKey: 'UTF-8',
    IsActive: 'true',
    ...Object.fromEntries(given.filter(([, text]) => text !== '')),
  };
  const [result] = await org.records.create(context, 'User', [record]);
  const { id, errors } = present(result, 'result');
  if (id === null || errors.length > 0) {
    await newUserForm(visit, problemsOf(errors, FIELDS));
    return;
  }
  await setPassword(oauthPorts(org.whole), form['Username'] ?? '', password);
  response.redirect(`/setup/users/${id}?done=created`);
}
