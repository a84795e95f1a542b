import { z } from 'zod';

import { html, type Html } from '../../oauth/pages/html.ts';
import { revokeGrant } from '../../oauth/store/grants.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { NEWEST_SHOWN } from '../limits.ts';
import { sendPage } from '../page.ts';
import { heading, postButton, table, tag } from '../parts.ts';
import { timeElement } from '../values.ts';
import type { Visit } from '../visit.ts';

const App = z.object({
  name: z.string(),
  client_id: z.string(),
  confidential: z.boolean(),
  callback_urls: z.array(z.string()),
  scopes: z.array(z.string()),
  pkce_required: z.boolean(),
  admin_approved_only: z.boolean(),
  created_at: z.date(),
});

/** Who may ask for access; secrets are not shown, nor could they be: hashes alone are kept of them. */
export async function connectedAppsPage(visit: Visit): Promise<void> {
  const { rows } = await visit.org.pool.query(READ_APPS);
  const apps = z.array(App).parse(rows);
  const given = await visit.org.pool.query(READ_APPROVALS, [NEWEST_SHOWN]);
  const all = z.array(Approval).parse(given.rows);
  sendPage(visit, {
    title: 'Connected Apps',
    body: html`<div class="card">${heading('Connected Apps', '')}
      ${apps.map(
        (app, at) => html`<section><h2>${app.name}</h2><dl>
          <div><dt>Consumer key</dt><dd class="code">${app.client_id}</dd></div>
          <div><dt>Consumer secret</dt><dd>${app.confidential ? 'set, and not shown' : 'none: a public client'}</dd></div>
          <div><dt>Callback URLs</dt><dd>${app.callback_urls.join('\n')}</dd></div>
          <div><dt>Scopes</dt><dd>${app.scopes.map((scope) => html`${tag(scope)} `)}</dd></div>
          <div><dt>PKCE</dt><dd>${app.pkce_required ? 'required' : 'accepted'}</dd></div>
          <div><dt>Users</dt><dd>${app.admin_approved_only ? 'admin approved users are pre-authorized' : 'all users may self-authorize'}</dd></div>
          <div><dt>Created</dt><dd>${timeElement(app.created_at, visit.time)}</dd></div>
        </dl>
          ${approvals(
            visit,
            `approvals-${at}`,
            all.filter(({ client_id: client }) => client === app.client_id),
          )}</section>`,
      )}
      ${apps.length === 0 ? table({ id: 'apps', heads: [], rows: [], empty: 'The org has no connected app.' }) : ''}
    </div>`,
  });
}

const READ_APPS = `/* ui connectedApps */
select name, client_id, secret_hash is not null as confidential, callback_urls, scopes, pkce_required, admin_approved_only,
       created_at
  from oauth_apps
 order by lower(name)`;

const Approval = z.object({
  id: z.uuid(),
  client_id: z.string(),
  user_id: z.string(),
  user_name: z.string().nullable(),
  created_at: z.date(),
});
type Approval = Readonly<z.infer<typeof Approval>>;

/** Who has let an app in; revoking it ends every token that came of it. */
function approvals(visit: Visit, id: string, given: readonly Approval[]): Html {
  const may = visit.org.permissions.has('ManageUsers');
  return table({
    id,
    caption: 'Approvals in force',
    heads: ['User', 'Since', ...(may ? ['Revoke'] : [])],
    rows: given.map((approval) => [
      html`<a href="/setup/users/${approval.user_id}">${approval.user_name ?? approval.user_id}</a>`,
      timeElement(approval.created_at, visit.time),
      ...(may
        ? [
            postButton({
              action: '/setup/connected-apps',
              csrf: visit.csrf,
              label: 'Revoke',
              style: 'small danger',
              confirm: 'Revoke the access? Its tokens end at once.',
              values: { id: approval.id },
            }),
          ]
        : []),
    ]),
    empty: 'Nobody has let it in.',
  });
}

const READ_APPROVALS = `/* ui approvals */
select given.id, given.client_id, given.user_id, person.name as user_name, given.created_at
  from oauth_grants as given
  left join org."user" as person on person.id = given.user_id
 where given.revoked_at is null
 order by given.created_at desc
 limit $1`;

export async function revokeApproval(visit: Visit): Promise<void> {
  const { org, form, response } = visit;
  if (!org.permissions.has('ManageUsers'))
    throw new SalesforceError(
      'INSUFFICIENT_ACCESS',
      'Insufficient Privileges. Access is revoked by who has the permission Manage Internal Users.',
    );
  const id = z.uuid().safeParse(form['id']);
  if (id.success) await revokeGrant(org.pool, id.data, new Date(org.clock.now()));
  response.redirect('/setup/connected-apps');
}
