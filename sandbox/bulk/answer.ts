import type { Request } from 'express';

import { API_VERSION_MAX } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Job } from './job.ts';

/** Salesforce: the first versions with ingest jobs, with query jobs, and with the pages of a result. */
const INGEST_SINCE = 41;
const QUERY_SINCE = 47;
const RESULT_PAGES_SINCE = 58;

/** `60.0` of `/services/data/v60.0/…`. */
export function versionOf(request: Request): string {
  const { version } = request.params;
  const known = typeof version === 'string' && /^\d{2}\.0$/.test(version);
  const number = Number(version);
  if (known && number >= sinceOf(request.path) && number <= API_VERSION_MAX) return version;
  throw new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
}

function sinceOf(path: string): number {
  if (path.endsWith('/resultPages')) return RESULT_PAGES_SINCE;
  return /\/jobs\/query\b/i.test(path) ? QUERY_SINCE : INGEST_SINCE;
}

/** A Bulk API 2.0 job as its clients read it. */
export function jobAnswer(job: Job): Readonly<Record<string, unknown>> {
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.created_by,
    createdDate: timestamp(job.created_at),
    systemModstamp: timestamp(job.changed_at),
    state: job.state,
    ...(job.external_id_field === null ? {} : { externalIdFieldName: job.external_id_field }),
    concurrencyMode: job.concurrency_mode,
    contentType: job.content_type,
    apiVersion: Number(job.api_version),
    ...(job.kind === 'ingest'
      ? {
          jobType: 'V2Ingest',
          contentUrl: `services/data/v${job.api_version}/jobs/ingest/${job.id}/batches`,
        }
      : { jobType: 'V2Query' }),
    lineEnding: job.line_ending,
    columnDelimiter: job.column_delimiter,
    numberRecordsProcessed: job.records_processed,
    ...(job.kind === 'ingest' ? { numberRecordsFailed: job.records_failed } : {}),
    retries: job.retries,
    totalProcessingTime: job.processing_ms,
    ...(job.kind === 'ingest'
      ? { apiActiveProcessingTime: job.processing_ms, apexProcessingTime: 0 }
      : { isPkChunkingSupported: true }),
    ...(job.error_message === null ? {} : { errorMessage: job.error_message }),
  };
}

function timestamp(moment: Date): string {
  return moment.toISOString().replace('Z', '+0000');
}

export function noSuchJob(): SalesforceError {
  return new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
}
