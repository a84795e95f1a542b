import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { z } from 'zod';

import type { Clock } from '../../src/kit/clock.ts';
import type { MappingPlan } from '../core/plan.ts';
import { BULK_PAGE_RECORDS_MAX, BULK_PAGE_TIMEOUT_MS } from '../limits.ts';
import { answeredAt, header, parseJson, refused } from './answer.ts';
import type { OrgSession } from './session.ts';
import { queryText } from './soql.ts';

const Job = z.object({ id: z.string(), state: z.string() });

/** Bulk API 2.0 queries. The job's id and a page's locator are all one needs to go on after a crash. */
export class BulkQuery {
  readonly #session: OrgSession;
  readonly #clock: Clock;

  constructor(session: OrgSession, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  /** A job over all live records of the mapping. */
  async create(
    plan: MappingPlan,
    signal: AbortSignal,
  ): Promise<{ readonly jobId: string; readonly asOf: string }> {
    const fields = [...new Set(['Id', ...plan.fields.map(({ name }) => name)])];
    const answer = await this.#session.send({
      method: 'POST',
      path: await this.#path('', signal),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        operation: 'query',
        query: queryText({ object: plan.object, fields, where: '', deleted: false }),
        contentType: 'CSV',
        columnDelimiter: 'COMMA',
        lineEnding: 'LF',
      }),
      signal,
    });
    if (answer.statusCode !== 200) {
      throw await refused(answer, `A bulk query of ${plan.object} was refused`);
    }
    const asOf = answeredAt(answer, this.#clock.now());
    const { id } = Job.parse(parseJson(await answer.body.text()));
    return { jobId: id, asOf };
  }

  async state(
    jobId: string,
    signal: AbortSignal,
  ): Promise<'running' | 'complete' | 'failed' | 'absent'> {
    const path = await this.#path(`/${encodeURIComponent(jobId)}`, signal);
    const answer = await this.#session.send({ method: 'GET', path, signal });
    if (answer.statusCode === 404) {
      await answer.body.dump();
      return 'absent';
    }
    if (answer.statusCode !== 200)
      throw await refused(answer, `The bulk query ${jobId} is not known`);
    const { state } = Job.parse(parseJson(await answer.body.text()));
    if (state === 'JobComplete') return 'complete';
    return state === 'Failed' || state === 'Aborted' ? 'failed' : 'running';
  }

  /** One page as it comes off the wire, unpacked; it is not held anywhere. */
  async page(
    jobId: string,
    locator: string | null,
    signal: AbortSignal,
  ): Promise<{ readonly csv: Readable; readonly next: string | null }> {
    const parameters = new URLSearchParams({ maxRecords: String(BULK_PAGE_RECORDS_MAX) });
    if (locator !== null) parameters.set('locator', locator);
    const answer = await this.#session.send({
      method: 'GET',
      path: await this.#path(
        `/${encodeURIComponent(jobId)}/results?${parameters.toString()}`,
        signal,
      ),
      headers: { accept: 'text/csv', 'accept-encoding': 'gzip' },
      signal,
      timeoutMs: BULK_PAGE_TIMEOUT_MS,
    });
    if (answer.statusCode !== 200) {
      throw await refused(answer, `A page of the bulk query ${jobId} was refused`);
    }
    const next = header(answer, 'sforce-locator');
    return {
      csv: unpacked(answer.body, header(answer, 'content-encoding')),
      // The last page says so with the word "null".
      next: next === undefined || next === 'null' || next === '' ? null : next,
    };
  }

  async #path(rest: string, signal: AbortSignal): Promise<string> {
    return `/services/data/${await this.#session.version(signal)}/jobs/query${rest}`;
  }
}

function unpacked(body: Readable, encoding: string | undefined): Readable {
  if (encoding !== 'gzip') return body;
  // An error of either end destroys both; the reader of the result sees it.
  return pipeline(body, createGunzip(), () => undefined);
}
