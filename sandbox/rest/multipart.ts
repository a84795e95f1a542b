import busboy from 'busboy';
import type { Request } from 'express';

import { BODY_BYTES_MAX } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { assertShallow } from './json-depth.ts';

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
    const form = openForm(request, bytesMax);
    // Each part may be as large as all of them together may be.
    let left = bytesMax;
    const refuse = (): void => {
      request.unpipe(form);
      request.resume();
      reject(new SalesforceError('LIMIT_EXCEEDED', 'Maximum size of request reached'));
    };
    form.on('field', (name, value, { mimeType }) => {
      const bytes = Buffer.from(value);
      left -= bytes.length;
      if (left < 0) refuse();
      else parts.set(name, { bytes, json: isJson(name, mimeType) });
    });
    form.on('file', (name, stream, { mimeType }) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => {
        left -= chunk.length;
        if (left < 0) refuse();
        else chunks.push(chunk);
      });
      stream.on('end', () => {
        parts.set(name, { bytes: Buffer.concat(chunks), json: isJson(name, mimeType) });
      });
      stream.on('limit', refuse);
    });
    form.on('close', () => {
      resolve(parts);
    });
    form.on('partsLimit', () => {
      request.unpipe(form);
      request.resume();
      reject(malformed(`it has more than ${PARTS_MAX} parts`));
    });
    form.on('error', (cause) => {
      reject(malformed('it cannot be read', cause));
    });
    request.pipe(form);
  });
}

/** @throws SalesforceError when the header names no boundary */
function openForm(request: Request, bytesMax: number): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      limits: { fileSize: bytesMax, fieldSize: BODY_BYTES_MAX, parts: PARTS_MAX },
    });
  } catch (cause) {
    throw malformed('its header names no boundary', cause);
  }
}

function malformed(why: string, cause?: unknown): SalesforceError {
  return new SalesforceError(
    'INVALID_MULTIPART_REQUEST',
    `The multipart body is malformed: ${why}`,
    { cause },
  );
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
  // Made from entries: a part or field named __proto__ is a name like others.
  return Object.fromEntries(
    [...parts].flatMap(([name, { bytes, json }]): [string, unknown][] =>
      json ? Object.entries(parseJson(bytes)) : [[name, bytes.toString('base64')]],
    ),
  );
}

function parseJson(bytes: Buffer): object {
  assertShallow(bytes);
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new SalesforceError('JSON_PARSER_ERROR', 'The JSON part is malformed', { cause });
  }
  throw new SalesforceError('JSON_PARSER_ERROR', 'The JSON part must be an object');
}
