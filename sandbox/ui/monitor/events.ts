import { z } from 'zod';

import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { StreamEvent } from '../../streaming/event.ts';
import { restrictEvent } from '../../streaming/restrict.ts';
import { EVENTS_SHOWN, FEED_EVENTS_MAX } from '../limits.ts';
import { sendPage } from '../page.ts';
import { heading } from '../parts.ts';
import { shownTime } from '../time.ts';
import { asked, type Visit } from '../visit.ts';

/** An event as the monitor shows it: `org.js` fills its template with these. */
interface ShownEvent {
  readonly channel: string;
  readonly replayId: string;
  readonly time: string;
  readonly what: string;
  readonly origin: string;
  readonly payload: string;
}

/** All events as subscribers get them, live. Records of others are in them, so it is for who may view all data. */
export async function eventsPage(visit: Visit): Promise<void> {
  assertSeesAll(visit);
  const { events, after } = await readNewest(visit);
  const channels = [...new Set(events.map(({ channel }) => channel))].toSorted();
  sendPage(visit, {
    title: 'Event Monitor',
    body: html`<div class="card events" data-events="${after}">
      ${heading('Event Monitor', '', [
        html`<button type="button" data-pause hidden aria-pressed="false">Pause</button>`,
        html`<button type="button" data-clear hidden>Clear</button>`,
      ])}
      <p class="muted">Change Data Capture, platform events, PushTopics and generic events, as subscribers get them: some seconds after the commit.</p>
      <form class="toolbar">
        <select name="channel" aria-label="Channel"><option value="">All channels</option>${channels.map((channel) => html`<option>${channel}</option>`)}</select>
        <input type="search" name="words" placeholder="Filter, also in payloads" aria-label="Filter" />
      </form>
      <p role="status" class="muted">The newest ${EVENTS_SHOWN}. Reload the page to see what has come since.</p>
      <ul>${events.map((event) => item(event))}</ul>
      <div class="empty"${events.length > 0 ? html` hidden` : ''}><p>No event. Change a record, and see it come.</p></div>
      <template>${item({ channel: '', replayId: '', time: '', what: '', origin: '', payload: '' })}</template>
    </div>`,
  });
}

function item({ channel, replayId, time, what, origin, payload }: ShownEvent): Html {
  return html`<li data-channel="${channel}"><details><summary><span class="muted" data-slot="time">${time}</span><strong data-slot="what">${what}</strong><span class="code" data-slot="channel">${channel}</span><span class="muted">replay <span data-slot="replayId">${replayId}</span></span><span class="muted" data-slot="origin">${origin}</span></summary><pre data-slot="payload">${payload}</pre></details></li>`;
}

/** What has come since, for the page's script: oldest first. */
export async function eventsFeed(visit: Visit): Promise<void> {
  assertSeesAll(visit);
  const asOf = Number(asked(visit, 'after'));
  const { rows } = await visit.org.pool.query(READ_SINCE, [
    Number.isSafeInteger(asOf) ? asOf : 0,
    new Date(visit.org.clock.now()),
    FEED_EVENTS_MAX,
  ]);
  const events = Events.parse(rows);
  visit.response.json({
    after: events.at(-1)?.replayId ?? asOf,
    events: events.flatMap((event) => shownEvent(visit, event) ?? []),
  });
}

async function readNewest(
  visit: Visit,
): Promise<{ readonly events: readonly ShownEvent[]; readonly after: number }> {
  const { rows } = await visit.org.pool.query(READ_NEWEST, [
    new Date(visit.org.clock.now()),
    EVENTS_SHOWN,
  ]);
  const events = Events.parse(rows);
  return {
    after: events[0]?.replayId ?? 0,
    events: events.flatMap((event) => shownEvent(visit, event) ?? []),
  };
}

const Events = z.array(StreamEvent);

const COLUMNS = `replay_id as "replayId", kind, topic, uuid, body, audience, created_at as "createdAt"`;

const READ_NEWEST = `/* ui newestEvents */
select ${COLUMNS} from stream_events where deliver_at <= $1 order by replay_id desc limit $2`;

const READ_SINCE = `/* ui eventsSince */
select ${COLUMNS} from stream_events where replay_id > $1 and deliver_at <= $2 order by replay_id limit $3`;

function assertSeesAll({ org }: Visit): void {
  if (org.permissions.has('ViewAllData')) return;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS',
    'Events tell of everybody’s records: this page needs the permission View All Data.',
  );
}

const Header = z.object({
  payload: z.object({
    ChangeEventHeader: z.object({
      entityName: z.string(),
      changeType: z.string(),
      recordIds: z.array(z.string()),
      changeOrigin: z.string().optional(),
    }),
  }),
});

/** Undefined for what this person may not see. */
function shownEvent({ org, user, time }: Visit, event: StreamEvent): ShownEvent | undefined {
  if (event.audience !== null && !event.audience.includes(user.id)) return undefined;
  const seen = restrictEvent(event, { whole: org.whole.schema(), visible: org.schema() });
  if (seen === undefined) return undefined;
  const header = Header.safeParse(seen.body).data?.payload.ChangeEventHeader;
  return {
    channel: seen.topic,
    replayId: String(seen.replayId),
    time: shownTime(time, seen.createdAt),
    what:
      header === undefined
        ? (seen.topic.split('/').at(-1) ?? '')
        : `${header.changeType} ${header.entityName} ${header.recordIds.length === 1 ? (header.recordIds[0] ?? '') : `(${header.recordIds.length} records)`}`,
    origin: originOf(header?.changeOrigin),
    payload: JSON.stringify(seen.body, undefined, 2),
  };
}

/** `com/salesforce/api/rest/64.0;client=Astro` is `rest 64.0, Astro`. */
function originOf(origin: string | undefined): string {
  if (origin === undefined) return '';
  if (origin === '') return 'from the org’s pages';
  const [, api = origin, client] =
    /^com\/salesforce\/api\/([^;]*)(?:;client=(.*))?$/.exec(origin) ?? [];
  return `from ${api.replace('/', ' ')}${client === undefined ? '' : `, ${client}`}`;
}
