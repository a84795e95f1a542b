import { z } from 'zod';

import { html } from '../../oauth/pages/html.ts';
import { sendPage } from '../page.ts';
import { heading, table, tag } from '../parts.ts';
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
  grants: z.coerce.number(),
  created_at: z.date(),
});

/** Who may ask for access; secrets are not shown, nor could they be: hashes alone are kept of them. */
export async function connectedAppsPage(visit: Visit): Promise<void> {
  const { rows } = await visit.org.pool.query(READ_APPS);
  const apps = z.array(App).parse(rows);
  sendPage(visit, {
    title: 'Connected Apps',
    body: html`<div class="card">${heading('Connected Apps', '')}
      ${apps.map(
        (app) => html`<section><h2>${app.name}</h2><dl>
          <div><dt>Consumer key</dt><dd class="code">${app.client_id}</dd></div>
          <div><dt>Consumer secret</dt><dd>${app.confidential ? 'set, and not shown' : 'none: a public client'}</dd></div>
          <div><dt>Callback URLs</dt><dd>${app.callback_urls.join('\n')}</dd></div>
          <div><dt>Scopes</dt><dd>${app.scopes.map((scope) => html`${tag(scope)} `)}</dd></div>
          <div><dt>PKCE</dt><dd>${app.pkce_required ? 'required' : 'accepted'}</dd></div>
          <div><dt>Users</dt><dd>${app.admin_approved_only ? 'admin approved users are pre-authorized' : 'all users may self-authorize'}</dd></div>
          <div><dt>Approvals in force</dt><dd>${app.grants}</dd></div>
          <div><dt>Created</dt><dd>${timeElement(app.created_at, visit.time)}</dd></div>
        </dl></section>`,
      )}
      ${apps.length === 0 ? table({ id: 'apps', heads: [], rows: [], empty: 'The org has no connected app.' }) : ''}
    </div>`,
  });
}

const READ_APPS = `/* ui connectedApps */
select app.name, app.client_id, app.secret_hash is not null as confidential, app.callback_urls, app.scopes, app.pkce_required,
       app.admin_approved_only, app.created_at,
       (select count(*) from oauth_grants as given where given.client_id = app.client_id and given.revoked_at is null) as grants
  from oauth_apps as app
 order by lower(app.name)`;
