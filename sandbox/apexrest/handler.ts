import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import { fault } from '../faults.ts';

/** A call of an Apex REST class, as its stand-in sees it. */
export interface ApexCall {
  /** `/JSforceTestApexRest/001…`, as RestContext.request.requestURI */
  readonly requestURI: string;
  readonly params: URLSearchParams;
  /** The JSON body: the Apex method's parameters by name. */
  readonly body: unknown;
  readonly userId: string;
  /** Records, read and written as the caller. A refusal is thrown, as a DML statement does. */
  readonly records: ApexRecords;
}

export interface ApexRecords {
  /** The first page of a query's records, without their empty fields, as Apex writes them. */
  query(soql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  create(object: string, record: Readonly<Record<string, unknown>>): Promise<string>;
  update(object: string, record: Readonly<Record<string, unknown>>): Promise<void>;
  delete(id: string): Promise<void>;
}

/** Resolves to what is answered as JSON; undefined answers without a body. */
export type ApexMethod = (call: ApexCall) => unknown;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const Method = z.custom<ApexMethod>((value) => typeof value === 'function', 'must be a function');
const Handler = z.object({
  /** As of @RestResource: `/Orders/*` or `/Orders/open`. */
  urlMapping: z.string().regex(/^\/[^*]*\*?$/, 'must begin with / and may end with *'),
  ...Object.fromEntries(METHODS.map((method) => [method, Method.optional()])),
});
const Methods = z.partialRecord(z.enum(METHODS), Method);

/** A program that stands in for an Apex REST class. */
export interface ApexHandler {
  readonly urlMapping: string;
  readonly methods: Readonly<Partial<Record<string, ApexMethod>>>;
}

/** The handlers of a folder: each module exports `urlMapping` and functions named as the HTTP methods. */
export async function loadApexHandlers(
  folder: string | undefined,
): Promise<readonly ApexHandler[]> {
  if (folder === undefined) return [];
  const handlers = [];
  for (const name of (await listModules(folder)).toSorted()) {
    handlers.push(await loadHandler(join(folder, name)));
  }
  return handlers;
}

async function listModules(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => /\.(?:ts|js|mjs)$/.test(name));
  } catch (cause) {
    const message = `The folder of LANDBRIDGE_ORG_APEX_REST cannot be read: ${messageOf(cause)}`;
    throw fault('BAD_ENVIRONMENT', message, { cause });
  }
}

async function loadHandler(file: string): Promise<ApexHandler> {
  const loaded: unknown = await import(pathToFileURL(resolve(file)).href);
  const parsed = Handler.safeParse(loaded);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw fault('BAD_ENVIRONMENT', `${file} is no Apex REST handler. ${faults.join('; ')}.`);
  }
  const { urlMapping, ...methods } = parsed.data;
  return { urlMapping, methods: Methods.parse(methods) };
}

/** The handler of a URL: the one that names it, else the one with the longest beginning of it. */
export function findHandler(
  handlers: readonly ApexHandler[],
  requestURI: string,
): ApexHandler | undefined {
  const fitting = handlers.filter(({ urlMapping }) =>
    urlMapping.endsWith('*')
      ? `${requestURI.replace(/\/$/, '')}/`.startsWith(urlMapping.slice(0, -1))
      : urlMapping === requestURI,
  );
  const rank = ({ urlMapping }: ApexHandler): number =>
    urlMapping.endsWith('*') ? urlMapping.length : Number.POSITIVE_INFINITY;
  return fitting.toSorted((a, b) => rank(b) - rank(a))[0];
}
