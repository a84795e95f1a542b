import { z } from 'zod';

import { html, type Html } from '../../oauth/pages/html.ts';
import { LIVE_SECONDS, NEWEST_SHOWN } from '../limits.ts';
import { sendPage } from '../page.ts';
import { heading, table, tag } from '../parts.ts';
import { asText, timeElement } from '../values.ts';
import type { Visit } from '../visit.ts';

const Job = z.object({
  id: z.string(),
  kind: z.enum(['query', 'ingest', 'v1']),
  state: z.string(),
  operation: z.string(),
  object: z.string(),
  records_processed: z.coerce.number(),
  records_failed: z.coerce.number(),
  processing_ms: z.coerce.number(),
  error_message: z.string().nullable(),
  by_name: z.string().nullable(),
  created_at: z.date(),
});
type Job = Readonly<z.infer<typeof Job>>;

/** Jobs of both Bulk APIs with how far they are; those of others only for who may modify all data. */
export async function bulkJobsPage(visit: Visit): Promise<void> {
  const { org, user } = visit;
  const own = org.permissions.has('ModifyAllData') ? null : user.id;
  const { rows } = await org.pool.query(READ_JOBS, [NEWEST_SHOWN, own]);
  const jobs = z.array(Job).parse(rows);
  sendPage(visit, {
    title: 'Bulk Data Load Jobs',
    body: html`<div class="card">${heading('Bulk Data Load Jobs', '')}
      <div id="bulk" data-live="${LIVE_SECONDS}">${table({
        id: 'jobs',
        heads: ['Job', 'Operation', 'Object', 'API', 'State', 'Records', 'Failed', 'By', 'Begun'],
        rows: jobs.map((job) => [
          html`<span class="code">${job.id}</span>`,
          job.operation,
          job.object,
          job.kind === 'v1' ? 'Bulk API' : 'Bulk API 2.0',
          state(job),
          job.records_processed.toLocaleString('en-US'),
          job.records_failed === 0 ? '' : job.records_failed.toLocaleString('en-US'),
          asText(job.by_name),
          timeElement(job.created_at, visit.time),
        ]),
        empty: 'No Bulk job of the last days. Jobs are kept for seven.',
      })}</div>
    </div>`,
  });
}

function state({ state, error_message: error }: Job): Html {
  if (state === 'JobComplete') return tag('complete', 'good');
  if (state === 'Failed' || state === 'Aborted')
    return html`${tag(state.toLowerCase(), 'bad')} ${error ?? ''}`;
  return tag(state === 'InProgress' ? 'in progress' : state, 'wait');
}

const READ_JOBS = `/* ui bulkJobs */
select job.id, job.kind, job.state, job.operation, job.object, job.records_processed, job.records_failed, job.processing_ms,
       job.error_message, maker.name as by_name, job.created_at
  from bulk_jobs as job
  left join org."user" as maker on maker.id = job.created_by
 where $2::text is null or job.created_by = $2
 order by job.created_at desc, job.id desc
 limit $1`;
