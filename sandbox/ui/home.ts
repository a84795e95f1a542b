import { z } from 'zod';

import { UI_LIST_RECORDS } from '../limits.ts';
import { html } from '../oauth/pages/html.ts';
import { sendPage } from './page.ts';
import type { Visit } from './router.ts';

/** Objects to begin with; the others are in the object manager. */
const FIRST_OBJECTS = [
  'Account',
  'Contact',
  'Lead',
  'Opportunity',
  'Case',
  'Campaign',
  'Task',
  'Event',
  'Product2',
  'User',
];

export function homePage({ org, username, response }: Visit): void {
  const schema = org.schema();
  const custom = schema.objects
    .filter((object) => object.custom && object.flags.queryable)
    .map(({ name }) => name);
  const tiles = [...FIRST_OBJECTS, ...custom].flatMap((name) => schema.findObject(name) ?? []);
  sendPage(response, {
    title: 'Home',
    username,
    body: html`<div class="card">
        <div class="head"><h1>Home</h1></div>
        <p>A Salesforce org of your own: real clients work against it. What you change here is told to everybody who listens.</p>
        <div class="actions">${tiles.map(({ name, labelPlural }) => html`<a class="button" href="/ui/objects/${name}">${labelPlural}</a>`)}</div>
      </div>
      <div class="card">
        <h2>Organization</h2>
        <dl>
          <div><dt>Organization ID</dt><dd>${org.orgId}</dd></div>
          <div><dt>Logged in as</dt><dd>${username}</dd></div>
          <div><dt>Time of the org</dt><dd>${new Date(org.clock.now()).toISOString()}</dd></div>
        </dl>
      </div>`,
  });
}

const REFRESH_SECONDS = 3;

const Change = z.object({
  entity: z.string(),
  record_id: z.string(),
  change_type: z.string(),
  changed_fields: z.array(z.string()),
  origin: z.string(),
  changed_at: z.date(),
});

/** API usage, and the newest changes as their events tell them; fetched again every few seconds. */
export async function activityPage({ org, username, response }: Visit): Promise<void> {
  const { rows } = await org.pool.query(READ_CHANGES, [UI_LIST_RECORDS]);
  const changes = z.array(Change).parse(rows);
  const used = org.usage.used(org);
  const max = org.settings.requestsPerDayMax;
  sendPage(response, {
    title: 'Activity',
    username,
    refreshSeconds: REFRESH_SECONDS,
    body: html`<div class="card">
        <div class="head"><h1>API usage</h1><span>${used} of ${max} calls in 24 hours</span></div>
        <meter class="wide" min="0" max="${max}" value="${used}">${used}</meter>
      </div>
      <div class="card">
        <div class="head"><h1>Changes</h1><span class="muted">newest first, read again every ${REFRESH_SECONDS} seconds</span></div>
        <div class="scroll">
          <table>
            <thead><tr><th>When</th><th>What</th><th>Record</th><th>Fields</th><th>From</th></tr></thead>
            <tbody>
              ${changes.map(
                (change) => html`<tr>
                  <td>${change.changed_at.toISOString().slice(11, 23)}</td>
                  <td><span class="tag">${change.change_type}</span> ${change.entity}</td>
                  <td><a href="/${change.record_id}">${change.record_id}</a></td>
                  <td>${change.changed_fields.join(', ')}</td>
                  <td>${change.origin === '' ? 'the org’s pages' : change.origin}</td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </div>`,
  });
}

/** Changes that wait to become events, and change events already made of others. */
const READ_CHANGES = `/* ui readChanges */
select * from (
  (select entity, record_id, change_type, changed_fields, origin, changed_at
     from change_journal order by id desc limit $1)
  union all
  (select header ->> 'entityName', record_id, header ->> 'changeType',
          array(select json_array_elements_text(coalesce(header -> 'changedFields', '[]'))),
          coalesce(header ->> 'changeOrigin', ''), created_at
     from (select body -> 'payload' -> 'ChangeEventHeader' as header, created_at
             from stream_events where kind = 'change' order by replay_id desc limit $1) as event,
          json_array_elements_text(header -> 'recordIds') as record_id)
) as change
order by changed_at desc
limit $1`;
