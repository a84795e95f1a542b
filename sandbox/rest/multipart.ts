import busboy from 'busboy';
import type { Request } from 'express';

import { BODY_BYTES_MAX } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';

/** A record's own part and its files are few. */
const PARTS_MAX = 20;

export function isMultipart(request: Pick<Request, 'headers'>): boolean {
  return /^multipart\/form-data/i.test(request.headers['content-type'] ?? '');
}

export interface Part {
  readonly bytes: Buffer;
  /** True for JSON: by its content type, or by the name that Salesforce's documentation gives it. */
  readonly json: boolean;
}

/** The parts of a multipart body by name. */
export async function readMultipart(
  request: Request,
  bytesMax: number,
): Promise<ReadonlyMap<string, Part>> {
  return new Promise((resolve, reject) => {
    const parts = new Map<string, Part>();
    const form = busboy({
      headers: request.headers,
      limits: { fileSize: bytesMax, fieldSize: BODY_BYTES_MAX, parts: PARTS_MAX },
    });
    form.on('field', (name, value, { mimeType }) => {
      parts.set(name, { bytes: Buffer.from(value), json: isJson(name, mimeType) });
    });
    form.on('file', (name, stream, { mimeType }) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
      });
      stream.on('end', () => {
        parts.set(name, { bytes: Buffer.concat(chunks), json: isJson(name, mimeType) });
      });
      stream.on('limit', () => {
        reject(new SalesforceError('LIMIT_EXCEEDED', 'Maximum size of request reached'));
      });
    });
    form.on('close', () => {
      resolve(parts);
    });
    form.on('error', (cause) => {
      reject(
        new SalesforceError('INVALID_MULTIPART_REQUEST', 'The multipart body is malformed', {
          cause,
        }),
      );
    });
    request.pipe(form);
  });
}

function isJson(name: string, mimeType: string): boolean {
  return mimeType === 'application/json' || /^(?:entity_|json$|collection$)/i.test(name);
}

/**
 * A record sent with its files: one part holds the record as JSON, the parts named like fields hold their bytes. The
 * result is the record as JSON alone would have said it.
 */
export async function readRecordParts(request: Request): Promise<unknown> {
  const parts = await readMultipart(request, BODY_BYTES_MAX);
  const body: Record<string, unknown> = {};
  for (const [name, { bytes, json }] of parts) {
    if (json) Object.assign(body, parseJson(bytes));
    else body[name] = bytes.toString('base64');
  }
  return body;
}

function parseJson(bytes: Buffer): object {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new SalesforceError('JSON_PARSER_ERROR', 'The JSON part is malformed', { cause });
  }
  throw new SalesforceError('JSON_PARSER_ERROR', 'The JSON part must be an object');
}
