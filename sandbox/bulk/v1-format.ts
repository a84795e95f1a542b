import { stringify } from 'csv-stringify/sync';
import type { Request, Response } from 'express';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { errorCell } from './batch.ts';
import type { Job } from './job.ts';
import type { Batch, BatchResult } from './v1-store.ts';

const NAMESPACE = 'http://www.force.com/2009/06/asyncapi/dataload';
const ATTRIBUTE = '@';

const builder = new XMLBuilder({ attributeNamePrefix: ATTRIBUTE, ignoreAttributes: false });
const parser = new XMLParser({
  attributeNamePrefix: ATTRIBUTE,
  ignoreAttributes: false,
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) => name === 'sObject',
});

/** A refusal of Bulk API 1: its codes are not those of REST. */
export class AsyncError extends Error {
  override readonly name = 'AsyncError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

type Node = Readonly<Record<string, unknown>>;

export function xmlOf(root: string, content: Node): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${builder.build({ [root]: { [`${ATTRIBUTE}xmlns`]: NAMESPACE, ...content } })}`;
}

/** The content of an XML document's root, or what is wrong with it. */
export function parseXml(text: string, root: string): Node {
  let parsed: unknown;
  try {
    parsed = parser.parse(text, true);
  } catch (cause) {
    throw new AsyncError('InvalidJob', `Unable to parse ${root}: ${messageOf(cause)}`);
  }
  const content = z.record(z.string(), z.unknown()).safeParse(Object(parsed)[root]);
  if (!content.success) throw new AsyncError('InvalidJob', `Unable to find element ${root}`);
  return content.data;
}

/** The language of a job's records: that of an archive's request.txt, when they come in archives. */
export function languageOf({ content_type: type }: Pick<Job, 'content_type'>): string {
  return type.replace(/^ZIP_/, '');
}

/** Whether a job's answers are JSON: it speaks the language it was made in. */
export function speaksJson(request: Request, job?: Job): boolean {
  if (job !== undefined) return languageOf(job) === 'JSON' || wantsJson(request);
  return wantsJson(request);
}

function wantsJson({ headers }: Request): boolean {
  return /\bjson\b/i.test(`${headers['content-type'] ?? ''} ${headers.accept ?? ''}`);
}

export function send(
  response: Response,
  json: boolean,
  { root, content }: { root: string; content: Node },
): void {
  if (json) response.json(content);
  else response.type('application/xml').send(xmlOf(root, content));
}

export function sendError(request: Request, response: Response, error: unknown): boolean {
  const known = asAsyncError(error);
  if (known === undefined) return false;
  const content = { exceptionCode: known.code, exceptionMessage: known.message };
  response.status(known.status);
  send(response, speaksJson(request), { root: 'error', content });
  return true;
}

const CODES: Readonly<Record<string, string>> = {
  REQUEST_LIMIT_EXCEEDED: 'ExceededQuota',
  EXCEEDEDQUOTA: 'ExceededQuota',
  API_DISABLED_FOR_ORG: 'FeatureNotEnabled',
  FEATURENOTENABLED: 'FeatureNotEnabled',
  INVALID_SESSION_ID: 'InvalidSessionId',
  INVALIDENTITY: 'InvalidEntity',
  INVALIDJOB: 'InvalidJob',
  NOT_FOUND: 'InvalidUrl',
  QUERY_TIMEOUT: 'Timeout',
  SERVER_UNAVAILABLE: 'Unknown',
  UNABLE_TO_LOCK_ROW: 'TooManyLockFailure',
  UNKNOWN_EXCEPTION: 'Unknown',
};

function asAsyncError(error: unknown): AsyncError | undefined {
  if (error instanceof AsyncError) return error;
  if (!(error instanceof SalesforceError)) return undefined;
  const message = error.message.replace(
    /^(?:InvalidEntity|InvalidJob|FeatureNotEnabled|ExceededQuota) : /,
    '',
  );
  // The org's own faults keep their status; what the caller has to mend is 400.
  const status = error.status >= 500 ? error.status : 400;
  return new AsyncError(CODES[error.errorCode] ?? 'InvalidBatch', message, status);
}

export function jobInfo(job: Job, batches: readonly Batch[], json: boolean): Node {
  const count = (state: Batch['state']): number =>
    batches.filter((batch) => batch.state === state).length;
  const sum = (pick: (batch: Batch) => number): number =>
    batches.reduce((total, batch) => total + pick(batch), 0);
  const moment = json ? jsonMoment : xmlMoment;
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.created_by,
    createdDate: moment(job.created_at),
    systemModstamp: moment(job.changed_at),
    state: job.state === 'UploadComplete' ? 'Closed' : job.state,
    ...(job.external_id_field === null ? {} : { externalIdFieldName: job.external_id_field }),
    concurrencyMode: job.concurrency_mode,
    contentType: job.content_type,
    numberBatchesQueued: count('Queued'),
    numberBatchesInProgress: count('InProgress'),
    numberBatchesCompleted: count('Completed'),
    numberBatchesFailed: count('Failed'),
    numberBatchesTotal: batches.length,
    numberRecordsProcessed: sum((batch) => batch.records_processed),
    numberRetries: job.retries,
    apiVersion: json ? Number(job.api_version) : job.api_version,
    numberRecordsFailed: sum((batch) => batch.records_failed),
    totalProcessingTime: sum((batch) => batch.processing_ms),
    apiActiveProcessingTime: sum((batch) => batch.processing_ms),
    apexProcessingTime: 0,
  };
}

export function batchInfo(batch: Batch, json: boolean): Node {
  const moment = json ? jsonMoment : xmlMoment;
  return {
    id: batch.id,
    jobId: batch.job_id,
    state: batch.state,
    ...(batch.state_message === null ? {} : { stateMessage: batch.state_message }),
    createdDate: moment(batch.created_at),
    systemModstamp: moment(batch.changed_at),
    numberRecordsProcessed: batch.records_processed,
    numberRecordsFailed: batch.records_failed,
    totalProcessingTime: batch.processing_ms,
    apiActiveProcessingTime: batch.processing_ms,
    apexProcessingTime: 0,
  };
}

function xmlMoment(moment: Date): string {
  return moment.toISOString();
}

function jsonMoment(moment: Date): string {
  return moment.toISOString().replace('Z', '+0000');
}

/** The results of a batch of records in the language of its job. */
export function resultsText(job: Job, results: readonly BatchResult[]): string {
  const language = languageOf(job);
  if (language === 'JSON') return JSON.stringify(results);
  if (language === 'XML') {
    return xmlOf('results', {
      result: results.map(({ id, success, created, errors }) => ({
        ...(id === null ? {} : { id }),
        success,
        created,
        errors: errors.map(({ fields, message, statusCode }) => ({ fields, message, statusCode })),
      })),
    });
  }
  return stringify(
    [
      ['Id', 'Success', 'Created', 'Error'],
      ...results.map(({ id, success, created, errors }) => [
        id ?? '',
        String(success),
        String(created),
        errorCell(errors.map(({ statusCode, ...error }) => ({ ...error, errorCode: statusCode }))),
      ]),
    ],
    { quoted: true, quoted_empty: true },
  );
}

export const RESULT_TYPES: Readonly<Record<string, string>> = {
  CSV: 'text/csv; charset=UTF-8',
  XML: 'application/xml; charset=UTF-8',
  JSON: 'application/json; charset=UTF-8',
};

/** A record of a query's answer as an XML element. */
export function recordXml(record: unknown): string {
  return builder.build({ records: recordNode(record) });
}

function recordNode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { attributes, ...fields } = z
    .looseObject({ attributes: z.object({ type: z.string() }).optional() })
    .parse(value);
  return {
    [`${ATTRIBUTE}xsi:type`]: 'sObject',
    ...(attributes === undefined ? {} : { type: attributes.type }),
    ...Object.fromEntries(
      Object.entries(fields).map(([name, inner]) => [
        name,
        inner === null ? { [`${ATTRIBUTE}xsi:nil`]: 'true' } : recordNode(inner),
      ]),
    ),
  };
}
