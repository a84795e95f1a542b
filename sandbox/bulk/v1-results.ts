import type { Request, Response } from 'express';

import type { Org } from '../org.ts';
import { findId18 } from '../store/record-id.ts';
import type { Job } from './job.ts';
import { sendText } from './query-routes.ts';
import { isQuery, type V1Batches } from './v1-batches.ts';
import {
  AsyncError,
  languageOf,
  recordXml,
  RESULT_TYPES,
  resultsText,
  xmlOf,
} from './v1-format.ts';
import { readV1Results, type Batch } from './v1-store.ts';

/** A batch whose results are asked for. */
export interface Asked {
  readonly job: Job;
  readonly batch: Batch;
}

/** What became of a batch's records; of a query's batch the ids of its results. */
export async function sendResult(
  org: Org,
  { job, batch }: Asked,
  response: Response,
): Promise<void> {
  if (batch.state !== 'Completed' && batch.state !== 'Failed') {
    throw new AsyncError('InvalidBatch', 'Batch not completed');
  }
  if (!isQuery(job)) {
    response.set('Content-Type', RESULT_TYPES[languageOf(job)] ?? 'text/plain');
    response.send(resultsText(job, await readV1Results(org.pool, batch.id)));
    return;
  }
  const ids = batch.state === 'Completed' ? [resultId(batch)] : [];
  if (languageOf(job) === 'JSON') response.json(ids);
  else response.type('application/xml').send(xmlOf('result-list', { result: ids }));
}

/** A query's batch has one result, whose id is the batch's with the prefix of results. */
function resultId(batch: Batch): string {
  return findId18(`752${batch.id.slice(3, 15)}`) ?? '';
}

/** One result of a query's batch, streamed. */
export async function sendQueryResult(
  batches: V1Batches,
  { job, batch }: Asked,
  { request, response }: { readonly request: Request; readonly response: Response },
): Promise<void> {
  if (
    !isQuery(job) ||
    batch.state !== 'Completed' ||
    findId18(String(request.params['result'])) !== resultId(batch)
  ) {
    throw new AsyncError(
      'InvalidBatch',
      `Unable to find result: ${String(request.params['result'])}`,
    );
  }
  const { header, file } = await batches.result(job, batch);
  response.set('Content-Type', RESULT_TYPES[languageOf(job)] ?? 'text/plain');
  const lines = file.read(0, Number.MAX_SAFE_INTEGER);
  await sendText(request, response, async function* () {
    if (languageOf(job) === 'XML') yield* xmlRecords(lines);
    else if (languageOf(job) === 'JSON') yield* around(lines, '[', ']');
    else yield* around(lines, header, '');
  });
}

async function* around(
  chunks: AsyncIterable<Uint8Array>,
  before: string,
  after: string,
): AsyncGenerator<Uint8Array> {
  if (before !== '') yield Buffer.from(before);
  yield* chunks;
  if (after !== '') yield Buffer.from(after);
}

/** Lines of JSON as XML, one record in memory at a time. */
async function* xmlRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?><queryResult xmlns="http://www.force.com/2009/06/asyncapi/dataload" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
  );
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    const xml = lines.map((line) => recordXml(JSON.parse(line.replace(/^,/, ''))));
    if (xml.length > 0) yield Buffer.from(xml.join(''));
  }
  yield Buffer.from('</queryResult>');
}
