import type { IncomingHttpHeaders } from 'node:http';

import type pg from 'pg';

import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import type { Org } from '../org.ts';
import { changeOrigin } from '../records/origin.ts';
import type { WriteContext } from '../records/engine.ts';
import type { Session } from '../session.ts';

/**
 * A REST request as the handlers see it: from the network, or one of the subrequests of a composite call, which is
 * answered by the same handlers.
 */
export interface RestRequest {
  readonly org: Org;
  readonly session: Session;
  /** The address under which the client reaches the org. */
  readonly baseUrl: string;
  /** `60.0` */
  readonly version: string;
  readonly method: string;
  /** The path below `/services/data/vNN.N/`, each segment decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  /** It came below `/tooling`. */
  readonly tooling?: boolean;
  /** The body came as XML: its values are text. */
  readonly textual?: boolean;
  /** The transaction of a composite call with allOrNone. */
  readonly client?: pg.PoolClient;
}

export interface RestResponse {
  readonly status: number;
  /** A value to be written as JSON; RawJson is JSON already; RawBytes are a file; undefined is no body. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** JSON that PostgreSQL has written: it goes out as it is. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

export class RawBytes {
  readonly bytes: Buffer;
  readonly contentType: string;

  constructor(bytes: Buffer, contentType: string) {
    this.bytes = bytes;
    this.contentType = contentType;
  }
}

export type Handler = (request: RestRequest) => Promise<RestResponse> | RestResponse;

export const ok = (body: unknown, headers?: Readonly<Record<string, string>>): RestResponse =>
  headers === undefined ? { status: 200, body } : { status: 200, body, headers };
export const NO_CONTENT: RestResponse = { status: 204, body: undefined };

/** A path segment that the route's pattern proves to be there. */
export function segment(request: RestRequest, index: number): string {
  const text = request.segments[index];
  if (text === undefined) throw notFound();
  return text;
}

export function notFound(): SalesforceError {
  return new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
}

/** Answers a part of REST that the sandbox org does not have. */
export function missing(what: string): Handler {
  return () => {
    throw notBuilt(what);
  };
}

export function writeContext(request: RestRequest, allOrNone = false): WriteContext {
  const context = {
    session: request.session,
    origin: changeOrigin('rest', request.version, request.headers),
    allOrNone,
    ...(request.textual === true ? { values: 'text' as const } : {}),
  };
  return request.client === undefined ? context : { ...context, client: request.client };
}

/** `/services/data/v60.0` */
export function basePath(request: Pick<RestRequest, 'version'>): string {
  return `/services/data/v${request.version}`;
}

export function recordUrl(
  request: Pick<RestRequest, 'version'>,
  object: string,
  id: string,
): string {
  return `${basePath(request)}/sobjects/${object}/${id}`;
}
