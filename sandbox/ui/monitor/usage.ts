import { CALL_KINDS, callsOf } from '../../call-kind.ts';
import { html, type Html } from '../../oauth/pages/html.ts';
import { LIVE_SECONDS } from '../limits.ts';
import { sendPage } from '../page.ts';
import { heading, table } from '../parts.ts';
import { shownHour } from '../time.ts';
import type { Visit } from '../visit.ts';

const HOUR_MS = 3_600_000;

/** The calls of the last 24 hours against what the org allows, by kind and by the hour. */
export function usagePage(visit: Visit): void {
  const { org } = visit;
  const used = org.usage.used(org);
  const max = org.settings.requestsPerDayMax;
  const left = Math.max(0, max - used);
  sendPage(visit, {
    title: 'API Usage',
    body: html`<div class="card">
      ${heading('API Usage', '')}
      <div id="usage" data-live="${LIVE_SECONDS}">
        <p><strong>${shown(used)}</strong> of ${shown(max)} API calls in the last 24 hours; ${shown(left)} are left.</p>
        <meter min="0" max="${max}" high="${Math.floor(max * 0.9)}" value="${used}" aria-label="API calls used">${used} of ${max}</meter>
        <section><h2>By the hour</h2>${chart(visit)}</section>
        <section><h2>By kind</h2>${kinds(visit)}</section>
      </div>
    </div>`,
  });
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}

/** A bar for each hour; what it says is in a table for who cannot see it. */
function chart({ org, time }: Visit): Html {
  const counts = org.usage.byHour(org);
  const most = Math.max(1, ...counts);
  const now = Math.floor(org.clock.now() / HOUR_MS);
  const hours = counts.map((count, at) => ({
    count,
    at,
    label: `${shownHour(time, new Date((now - counts.length + 1 + at) * HOUR_MS))}: ${shown(count)}`,
  }));
  return html`<div class="hours" role="img" aria-label="Calls by the hour, ${shown(most)} at most">
    <svg viewBox="0 0 ${counts.length * 10} 100" preserveAspectRatio="none">${hours.map(
      ({ count, at, label }) => {
        const height = count === 0 ? 0 : Math.max(2, (100 * count) / most);
        return html`<rect x="${at * 10 + 1}" y="${100 - height}" width="8" height="${height}" fill="#0b5cab"><title>${label}</title></rect>`;
      },
    )}</svg>
  </div>
  <p class="muted scale"><span>24 hours ago</span><span>at most ${shown(most)} an hour</span><span>now</span></p>`;
}

/** What has an allotment of its own, by the names under which it is counted. */
const ALLOTMENTS = [
  ['DailyBulkApiBatches', 'Batches of both Bulk APIs'],
  ['DailyBulkV2QueryJobs', 'Query jobs of Bulk API 2.0'],
  ['DailyBulkIngestRecords', 'Records of Bulk ingest jobs'],
  ['DailyDeliveredPlatformEvents', 'Change and platform events delivered'],
  ['DailyDurableStreamingApiEvents', 'PushTopic events delivered'],
  ['DailyDurableGenericStreamingApiEvents', 'Generic events delivered'],
  ['DurableStreamingApiConcurrentClients', 'Streaming clients at present'],
] as const;

function kinds({ org }: Visit): Html {
  const apis = CALL_KINDS.map((kind) => [kind, org.usage.used(org, callsOf(kind))] as const);
  return html`${table({
    id: 'apis',
    caption: 'By API',
    heads: ['API', 'Calls in 24 hours'],
    rows: apis.map(([kind, count]) => [kind, shown(count)]),
    empty: '',
  })}<br />${table({
    id: 'allotments',
    caption: 'Other allotments',
    heads: ['What', 'Used in 24 hours', 'Allowed'],
    rows: ALLOTMENTS.map(([name, label]) => [
      label,
      shown(org.usage.used(org, name)),
      shown(org.usage.max(org, name)),
    ]),
    empty: '',
  })}`;
}
