import express, { Router, type Request, type Response } from 'express';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { messageOf } from '../../src/kit/fault.ts';
import { API_VERSION_MAX, BODY_BYTES_MAX } from '../limits.ts';
import { baseUrlOf } from '../oauth/base-url.ts';
import { requireApi } from '../access/require.ts';
import type { Org } from '../org.ts';
import type { SaveResult } from '../records/engine.ts';
import { query } from '../rest/query.ts';
import { writeContext, type RestRequest } from '../rest/request.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { countCall } from '../count-call.ts';
import { requireSession, sessionOf, type Authenticator } from '../session.ts';
import { findHandler, type ApexHandler, type ApexMethod, type ApexRecords } from './handler.ts';

const ROOT = '/services/apexrest';
const Page = z.object({ records: z.array(z.record(z.string(), z.unknown())) });
const Classes = z.array(z.object({ name: z.string(), mapping: z.string() }));

/** `/services/apexrest/…`: Apex does not run here; programs that stand in for its REST classes answer. */
export function createApexRestRouter(
  org: Org,
  authenticator: Authenticator,
  handlers: readonly ApexHandler[],
): Router {
  const router = Router();
  const json = express.json({ limit: BODY_BYTES_MAX, strict: false });
  router.use(
    ROOT,
    requireSession(authenticator),
    requireApi(org),
    countCall(org),
    json,
    async (request, response) => {
      const { method, requestURI, run } = await findMethod(org, handlers, request);
      await answer(response, { org, method, requestURI }, async () =>
        run({
          requestURI,
          params: new URL(request.originalUrl, 'http://org').searchParams,
          body: request.body,
          userId: sessionOf(request).userId,
          records: recordsOf(asRest(org, request)),
        }),
      );
    },
  );
  return router;
}

async function findMethod(
  org: Org,
  handlers: readonly ApexHandler[],
  request: Request,
): Promise<{ readonly method: string; readonly requestURI: string; readonly run: ApexMethod }> {
  const { method } = request;
  const requestURI = decodeURI(request.path);
  const handler = findHandler(handlers, requestURI);
  if (handler === undefined) throw await noHandler(org, requestURI);
  const run = handler.methods[method];
  if (run !== undefined) return { method, requestURI, run };
  const allowed = Object.keys(handler.methods).join(',');
  throw new SalesforceError(
    'METHOD_NOT_ALLOWED',
    `HTTP Method '${method}' not allowed. Allowed are ${allowed}`,
  );
}

/** The classes with a mapping: made as records (Tooling API), or deployed in a package. */
const REST_CLASSES = `/* restClasses */
select name, found[1] as mapping
  from (select name, body from org.apexclass where not isdeleted
         union all
        select full_name, convert_from(body, 'UTF8') from metadata_components where type = 'ApexClass') as class,
       regexp_match(body, '@RestResource\\s*\\(\\s*urlMapping\\s*=\\s*''([^'']+)''', 'i') as found
 where found is not null`;

/** A deployed class that says it answers the URL is named: it is there, and cannot run. */
async function noHandler(org: Org, requestURI: string): Promise<SalesforceError> {
  const { rows } = await org.pool.query(REST_CLASSES);
  const found = Classes.parse(rows);
  const mapped = found.map(({ name, mapping }) => ({ name, urlMapping: mapping, methods: {} }));
  const match = findHandler(mapped, requestURI);
  const name = mapped.find((candidate) => candidate === match)?.name;
  if (name === undefined) return new SalesforceError('NOT_FOUND', 'Could not find a match for URL');
  return notBuilt(
    `Apex: the class ${name} cannot be executed. LANDBRIDGE_ORG_APEX_REST may name a folder of programs that stand in for it`,
  );
}

/** What a stand-in throws is answered as an uncaught exception of Apex is. */
async function answer(
  response: Response,
  { org, method, requestURI }: { org: Org; method: string; requestURI: string },
  run: () => unknown,
): Promise<void> {
  try {
    const body: unknown = await run();
    if (body === undefined) response.status(200).end();
    else response.json(body);
  } catch (error) {
    if (!(error instanceof SalesforceError))
      org.log.warn({ err: error, method, requestURI }, 'an Apex REST handler failed');
    const message =
      error instanceof SalesforceError
        ? `System.DmlException: ${error.errorCode}, ${error.message}`
        : messageOf(error);
    throw new SalesforceError('APEX_ERROR', message, { status: 500, cause: error });
  }
}

function asRest(org: Org, request: Request): RestRequest {
  return {
    org,
    session: sessionOf(request),
    baseUrl: baseUrlOf(request),
    version: `${API_VERSION_MAX}.0`,
    method: 'GET',
    segments: ['query'],
    query: new URLSearchParams(),
    headers: request.headers,
    body: undefined,
  };
}

function recordsOf(rest: RestRequest): ApexRecords {
  const { records } = rest.org;
  const context = writeContext(rest);
  return {
    async query(soql) {
      const { body } = await query({ ...rest, query: new URLSearchParams({ q: soql }) });
      const plain: unknown = JSON.parse(JSON.stringify(body));
      return Page.parse(plain).records.map((record) =>
        Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)),
      );
    },
    async create(object, record) {
      const [result] = await records.create(context, object, [record]);
      return present(checked(result).id, 'id');
    },
    async update(object, record) {
      checked((await records.update(context, object, [record]))[0]);
    },
    async delete(id) {
      checked((await records.delete(context, [id]))[0]);
    },
  };
}

function checked(result: SaveResult | undefined): SaveResult {
  const saved = present(result, 'result');
  const [error] = saved.errors;
  if (error !== undefined) throw error;
  return saved;
}
