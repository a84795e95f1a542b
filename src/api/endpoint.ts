import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

import type { z } from 'zod';

import type { Permission, Role } from '../core/permission.ts';
import { parseRange, takePage } from '../core/range.ts';
import { fault } from '../faults.ts';
import { PAGE_SIZE, PAGE_SIZE_MAX } from '../limits.ts';
import type { Platform } from '../ports.ts';
import type { App } from '../store/apps.ts';
import type { User } from '../store/users.ts';

type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** A request that its route's access check has let through. */
export interface Call {
  readonly user: User;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  /**
   * An id for what this request creates. A client that repeats a request whose answer it never got sends the same
   * Request-Id; the id is made from it, so the repetition finds what the first one made instead of making another.
   */
  newId(kind: string): string;
}

export interface AppCall extends Call {
  readonly app: App;
  readonly role: Role;
}

export interface Answer {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Place {
  readonly method: Method;
  readonly path: string;
}

/** Who may call is part of an endpoint's type: there is none without an answer to the question. */
export type Endpoint = Place &
  (
    | { readonly access: 'account'; handle(platform: Platform, call: Call): Promise<Answer> }
    | { readonly access: Permission; handle(platform: Platform, call: AppCall): Promise<Answer> }
    | {
        /** The URL itself holds a secret, and the body is a stream. */
        readonly access: 'key';
        stream(platform: Platform, stream: StreamCall): Promise<void>;
      }
  );

export interface StreamCall {
  readonly params: Readonly<Record<string, string>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborted when the client is gone or the platform stops. */
  readonly signal: AbortSignal;
}

/** An endpoint for any account; what it shows is the account's own, or is checked by its handler. */
export function accountEndpoint(
  place: Place,
  handle: (platform: Platform, call: Call) => Promise<Answer>,
): Endpoint {
  return { ...place, access: 'account', handle };
}

/** An endpoint of one app, `:app` in its path, for those who may do `access` there. */
export function appEndpoint(
  place: Place & { readonly access: Permission },
  handle: (platform: Platform, call: AppCall) => Promise<Answer>,
): Endpoint {
  return { ...place, handle };
}

/** An endpoint without a token: who has its URL may use it. */
export function keyEndpoint(
  place: Place,
  stream: (platform: Platform, stream: StreamCall) => Promise<void>,
): Endpoint {
  return { ...place, access: 'key', stream };
}

/** The body as the schema has it. @throws Fault INVALID_PARAMS naming each value that cannot be used */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw fault('INVALID_PARAMS', `The request cannot be used. ${reasons.join('; ')}`);
}

/** A segment of the path that the route has. */
export function param(call: Pick<Call, 'params'>, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new TypeError(`the route has no :${name}`);
  return value;
}

/** What is looked for, or the refusal that says what was not found. */
export function found<T>(thing: T | undefined, what: string, resource = what): T {
  if (thing !== undefined) return thing;
  throw fault('NOT_FOUND', `Couldn't find that ${what}.`, { details: { resource } });
}

export interface Listing<Item> {
  /** What the list can be sorted by, with an item's value of it; the first is the default. */
  readonly by: Readonly<Record<string, (item: Item) => string | number>>;
  readonly body: (item: Item) => unknown;
}

/** A list, cut as the Range header says: 200, or 206 with Next-Range when there is more. */
export function listAnswer<Item>(
  call: Pick<Call, 'headers'>,
  items: readonly Item[],
  { by, body }: Listing<Item>,
): Answer {
  const [first, ...others] = Object.keys(by);
  if (first === undefined) throw new TypeError('a list is sorted by something');
  const bounds = {
    properties: [first, ...others] as const,
    pageSize: PAGE_SIZE,
    pageSizeMax: PAGE_SIZE_MAX,
  };
  const range = parseRange(call.headers.range, { ...bounds, properties: [first, ...others] });
  const keyOf = range === undefined ? undefined : by[range.property];
  if (range === undefined || keyOf === undefined) {
    throw fault(
      'REQUESTED_RANGE_NOT_SATISFIABLE',
      `The Range header cannot be used here. Write for instance "${first} ..; max=10, order=desc"; lists of this route go by ${bounds.properties.join(', ')}.`,
    );
  }
  const page = takePage(items, range, keyOf);
  const [start, end] = [page.items[0], page.items.at(-1)];
  return {
    status: page.next === undefined ? 200 : 206,
    body: page.items.map(body),
    headers: {
      'Accept-Ranges': bounds.properties.join(', '),
      ...(start === undefined || end === undefined
        ? {}
        : {
            'Content-Range': `${range.property} ${keyOf(start)}..${keyOf(end)}; max=${range.max}`,
          }),
      ...(page.next === undefined ? {} : { 'Next-Range': page.next }),
    },
  };
}

/** A time as the API writes it. */
export function time(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
