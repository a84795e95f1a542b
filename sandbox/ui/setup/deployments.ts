import { z } from 'zod';

import { html, type Html } from '../../oauth/pages/html.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { LIVE_SECONDS, NEWEST_SHOWN } from '../limits.ts';
import { sendPage } from '../page.ts';
import { crumbs, heading, table, tag } from '../parts.ts';
import { asText, timeElement } from '../values.ts';
import type { Visit } from '../visit.ts';

const Job = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  created_at: z.date(),
  result: z.record(z.string(), z.unknown()),
});
type Job = Readonly<z.infer<typeof Job>>;

/** Deploys and retrieves by the Metadata API, newest first. */
export async function deploymentsPage(visit: Visit): Promise<void> {
  const { rows } = await visit.org.pool.query(READ_JOBS, [NEWEST_SHOWN]);
  const jobs = z.array(Job).parse(rows);
  sendPage(visit, {
    title: 'Deployment Status',
    body: html`<div class="card">${heading('Deployment Status', '')}
      <div id="deployments" data-live="${LIVE_SECONDS}">${table({
        id: 'jobs',
        heads: ['ID', 'Kind', 'State', 'Components', 'Faults', 'Begun'],
        rows: jobs.map((job) => [
          job.kind === 'deploy'
            ? html`<a href="/setup/deployments/${job.id}">${job.id}</a>`
            : job.id,
          kindOf(job),
          stateTag(job.state),
          count(job, 'Total'),
          count(job, 'Errors') === '0' ? '' : count(job, 'Errors'),
          timeElement(job.created_at, visit.time),
        ]),
        empty: 'Nothing has been deployed or retrieved yet.',
      })}</div>
    </div>`,
  });
}

const READ_JOBS = `/* ui metadataJobs */
select id, kind, state, created_at, result - 'details' as result from metadata_jobs order by created_at desc, id desc limit $1`;

function kindOf({ kind, result }: Job): string {
  if (kind !== 'deploy') return 'Retrieve';
  return result['checkOnly'] === true ? 'Validation' : 'Deploy';
}

/** Of a deploy, `numberComponentsTotal` or `numberComponentErrors`. */
function count({ kind, result }: Job, which: 'Total' | 'Errors'): string {
  if (kind !== 'deploy') return '';
  const name = which === 'Total' ? 'numberComponentsTotal' : 'numberComponentErrors';
  return asText(result[name] ?? 0);
}

function stateTag(state: string): Html {
  const kinds = { Succeeded: 'good', Failed: 'bad', Canceled: 'bad' } as const;
  const kind = Object.entries(kinds).find(([name]) => name === state)?.[1] ?? 'wait';
  return tag(state, kind);
}

const Details = z.object({
  details: z.object({
    componentSuccesses: z.array(z.looseObject({})).optional(),
    componentFailures: z.array(z.looseObject({})).optional(),
  }),
});

export async function deploymentPage(visit: Visit): Promise<void> {
  const { rows } = await visit.org.pool.query(READ_JOB, [String(visit.request.params['id'])]);
  const [job] = z.array(Job).parse(rows);
  if (job === undefined) throw new SalesforceError('NOT_FOUND', 'There is no such deployment.');
  const details = Details.safeParse(job.result).data?.details;
  const failures = details?.componentFailures ?? [];
  const successes = details?.componentSuccesses ?? [];
  sendPage(visit, {
    title: `Deployment ${job.id}`,
    body: html`<div class="card">
        ${heading(`${kindOf(job)} ${job.id}`, crumbs(['/setup/deployments', 'Deployment Status']), [stateTag(job.state)])}
        <dl>
          <div><dt>Begun</dt><dd>${timeElement(job.created_at, visit.time)}</dd></div>
          <div><dt>Components</dt><dd>${asText(job.result['numberComponentsDeployed'] ?? 0)} of ${count(job, 'Total')}</dd></div>
          <div><dt>Faults</dt><dd>${count(job, 'Errors')}</dd></div>
          ${asText(job.result['errorMessage']) === '' ? '' : html`<div><dt>Message</dt><dd>${asText(job.result['errorMessage'])}</dd></div>`}
        </dl>
      </div>
      ${
        failures.length === 0
          ? ''
          : html`<div class="card"><h2>Faults</h2>${table({
              id: 'failures',
              heads: ['Component', 'Type', 'Problem', 'Place'],
              rows: failures.map((part) => [
                asText(part['fullName']),
                asText(part['componentType']),
                asText(part['problem']),
                placeOf(part),
              ]),
              empty: '',
            })}</div>`
      }
      <div class="card"><h2>Components</h2>${table({
        id: 'components',
        filtered: successes.length > 10,
        heads: ['Component', 'Type', 'What became of it', 'Warning'],
        rows: successes.map((part) => [
          asText(part['fullName']),
          asText(part['componentType']),
          outcomeOf(part),
          asText(part['problem']),
        ]),
        empty: 'None has been deployed.',
      })}</div>`,
  });
}

const READ_JOB = `/* ui metadataJob */
select id, kind, state, created_at, result from metadata_jobs where id = $1 and kind = 'deploy'`;

function placeOf(part: Readonly<Record<string, unknown>>): string {
  const line = asText(part['lineNumber']);
  return line === '' ? asText(part['fileName']) : `${asText(part['fileName'])}:${line}`;
}

function outcomeOf(part: Readonly<Record<string, unknown>>): string {
  const outcome = ['created', 'changed', 'deleted'].find((name) => part[name] === true);
  return outcome ?? 'the same as before';
}
