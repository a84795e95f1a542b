import type { Request } from 'express';
import { z } from 'zod';

import type { Clock } from '../../src/kit/clock.ts';
import type { Log } from '../../src/kit/log.ts';
import type { Config } from '../config.ts';
import type { Connections } from '../connections.ts';
import { fault } from '../faults.ts';
import type { Platform } from '../platform.ts';
import type { Registry } from '../registry.ts';
import type { Salesforce } from '../salesforce/salesforce.ts';
import type { Diagnoses } from './diagnoses.ts';

/** What endpoints work with. */
export interface Api {
  readonly config: Pick<Config, 'publicUrl' | 'partnerPassword' | 'salesforce'>;
  readonly registry: Registry;
  readonly connections: Connections;
  readonly platform: Platform;
  readonly salesforce: Salesforce;
  readonly diagnoses: Diagnoses;
  readonly clock: Clock;
  readonly log: Log;
}

/** What an endpoint answers; a body that is undefined is an empty one. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Set where a browser is sent on, or shown a page. */
  readonly location?: string;
  readonly html?: string;
}

export interface Endpoint {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  /** `text`: the body as it came, for files whose faults are told by line. */
  readonly body?: 'json' | 'text';
  handle(api: Api, request: Request): Promise<Answer>;
}

export function param(request: Request, name: string): string {
  const value: unknown = request.params[name];
  if (typeof value !== 'string' || value === '') throw fault('NOT_FOUND', 'There is nothing here.');
  return value;
}

/** A parameter of the query that stands there once, or not at all. */
export function query(request: Request, name: string): string | undefined {
  const value: unknown = request.query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The body, if it is of the form that the route takes; every fault of it in one message. */
export function body<T>(request: Request, schema: z.ZodType<T>): T {
  const value: unknown = request.body;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw fault('BAD_REQUEST', `The request cannot be used. ${faults.join('; ')}.`);
}

/** An id of a path: what is none finds nothing, and never reaches the database. */
export function idParam(request: Request, name: string): string {
  const value = param(request, name);
  if (!z.uuid().safeParse(value).success) throw fault('NOT_FOUND', 'There is nothing here.');
  return value;
}
