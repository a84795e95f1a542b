import { promisify } from 'node:util';
import zlib from 'node:zlib';

import express, { Router, type NextFunction, type Request, type Response } from 'express';

import {
  API_VERSION_MAX,
  API_VERSION_MIN,
  BODY_BYTES_MAX,
  GZIP_BYTES_MIN,
  GZIP_LEVEL,
} from '../limits.ts';
import { assertApiEnabled } from '../access/views.ts';
import { baseUrlOf } from '../oauth/base-url.ts';
import type { Org } from '../org.ts';
import { asDatabaseRefusal, notBuilt, SalesforceError } from '../salesforce-error.ts';
import { countCall } from '../count-call.ts';
import { requireSession, sessionOf, type Authenticator } from '../session.ts';
import type { Answer } from './composite.ts';
import { createDispatch } from './dispatch.ts';
import { assertShallow } from './json-depth.ts';
import { isMultipart, readRecordParts } from './multipart.ts';
import {
  notFound,
  type Handler,
  RawBytes,
  RawJson,
  type RestRequest,
  type RestResponse,
} from './request.ts';
import { restRoutes } from './routes.ts';
import { assertServedBy } from './since.ts';
import { withoutTooling } from './tooling.ts';
import { errorsXml, isXml, parseRecordXml, toXml, wantsXml, withoutEnding } from './xml.ts';

const gzip = promisify(zlib.gzip);
const VERSION = /^\/services\/data\/v(\d{2}\.\d)(?:\/(.*))?$/i;
const SEASONS = ['Spring', 'Summer', 'Winter'] as const;

/** The REST API: the list of versions, which needs no session, and everything below a version. */
export function createRestRouter(org: Org, authenticator: Authenticator): Router {
  const router = Router();
  const route = createDispatch(restRoutes((request, url, patch) => answer(request, url, patch)));
  const dispatch: Handler = (request) => {
    assertServedBy(request);
    return route(withoutTooling(request));
  };
  const answer: Answer = async (request, url, patch) => {
    try {
      return await dispatch({ ...request, ...locate(url), ...patch });
    } catch (error) {
      const refusal = error instanceof SalesforceError ? error : asDatabaseRefusal(error);
      if (refusal !== undefined) return { status: refusal.status, body: [refusal] };
      throw error;
    }
  };
  router.get('/services/data', (_request, response) => {
    response.json(versions());
  });
  router.use('/services/data', requireSession(authenticator));
  router.use('/services/data', (request, _response, next) => {
    checkContentType(request);
    next();
  });
  router.use(
    '/services/data',
    async (request: Request, _response: Response, next: NextFunction) => {
      if (isMultipart(request)) request.body = await readRecordParts(request);
      next();
    },
  );
  router.use(
    '/services/data',
    express.json({
      limit: BODY_BYTES_MAX,
      strict: false,
      verify: (_request, _response, json) => {
        assertShallow(json);
      },
      type: ({ headers }) => !/^multipart\/|\bxml\b/i.test(headers['content-type'] ?? ''),
    }),
    express.text({ limit: BODY_BYTES_MAX, type: ({ headers }) => isXml(headers['content-type']) }),
  );
  router.use('/services/data', countCall(org));
  router.use('/services/data', async (request: Request, response: Response) => {
    const located = locate(withoutEnding(request.originalUrl));
    const session = sessionOf(request);
    const seen = await org.seenBy(session);
    assertApiEnabled(seen);
    const result = await dispatch({
      org: seen,
      session,
      baseUrl: baseUrlOf(request),
      method: methodOf(request, located.query),
      headers: request.headers,
      ...bodyOf(request, located),
      ...located,
    });
    await send(request, response, { ...located, result });
  });
  router.use('/services/data', answerErrorsInXml);
  return router;
}

/** A body in XML is one record; what takes more than a record takes JSON. */
function bodyOf(
  request: Request,
  { segments }: Pick<RestRequest, 'segments'>,
): Pick<RestRequest, 'body' | 'textual'> {
  if (typeof request.body !== 'string' || !isXml(request.headers['content-type'])) {
    return { body: request.body };
  }
  if (segments[0]?.toLowerCase() !== 'sobjects') {
    throw notBuilt('XML bodies of REST for anything but records: send application/json');
  }
  return { body: parseRecordXml(request.body), textual: true };
}

function answerErrorsInXml(
  error: unknown,
  request: Request,
  response: Response,
  next: NextFunction,
): void {
  const xml = wantsXml(request.originalUrl, request.headers);
  if (!xml || !(error instanceof SalesforceError) || response.headersSent) {
    next(error);
    return;
  }
  response
    .status(error.status)
    .type('application/xml')
    .send(errorsXml([error]));
}

/** From Summer '04 on three versions a year; version 20.0 is Winter '11. */
function versions(): readonly Readonly<Record<string, string>>[] {
  const all = [];
  for (let number = API_VERSION_MIN; number <= API_VERSION_MAX; number += 1) {
    const year = 10 + Math.floor((number - 18) / 3) + (number % 3 === 2 ? 1 : 0);
    const season = SEASONS[number % 3] ?? '';
    all.push({
      label: `${season} '${year}`,
      url: `/services/data/v${number}.0`,
      version: `${number}.0`,
    });
  }
  return all;
}

/** The version, the segments and the query of a URL: of a request, or of a subrequest of composite. */
function locate(url: string): Pick<RestRequest, 'version' | 'segments' | 'query'> {
  const [path = '', search = ''] = splitOnce(url.replace(/^https?:\/\/[^/]+/i, ''), '?');
  const full = /^\/?v\d{2}\.\d/i.test(path) ? `/services/data/${path.replace(/^\//, '')}` : path;
  const match = VERSION.exec(full.replace(/\/+$/, ''));
  const version = match?.[1];
  if (version === undefined || !served(version)) throw notFound();
  const rest = match?.[2] ?? '';
  const segments = rest
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
  return { version, segments, query: new URLSearchParams(search) };
}

function served(version: string): boolean {
  const number = Number(version);
  return version.endsWith('.0') && number >= API_VERSION_MIN && number <= API_VERSION_MAX;
}

function splitOnce(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new SalesforceError('MALFORMED_URL', `The URL holds a malformed escape: ${part}`);
  }
}

/** Clients that cannot send PATCH say so: `X-HTTP-Method-Override`, `X-HTTP-Method` or `?_HttpMethod=PATCH` on a POST. */
function methodOf(request: Request, query: URLSearchParams): string {
  if (request.method !== 'POST') return request.method;
  const given =
    request.headers['x-http-method-override'] ??
    request.headers['x-http-method'] ??
    query.get('_HttpMethod');
  return typeof given === 'string' ? given.toUpperCase() : request.method;
}

function checkContentType(request: Request): void {
  const type = request.headers['content-type'];
  const length = Number(request.headers['content-length'] ?? 0);
  if (type === undefined || (length === 0 && request.headers['transfer-encoding'] === undefined))
    return;
  if (!/json|xml|text\/plain|x-www-form-urlencoded|multipart\/form-data/i.test(type)) {
    throw new SalesforceError('UNSUPPORTED_MEDIA_TYPE', `Content-Type ${type} is not supported`);
  }
}

async function send(
  request: Request,
  response: Response,
  { result, segments }: { readonly result: RestResponse } & Pick<RestRequest, 'segments'>,
): Promise<void> {
  const { status, body, headers } = result;
  response.status(status).set({ ...headers });
  if (body === undefined) {
    response.end();
    return;
  }
  if (body instanceof RawBytes) {
    response.type(body.contentType).end(body.bytes);
    return;
  }
  const xml = wantsXml(request.originalUrl, request.headers);
  const json = body instanceof RawJson ? body.text : JSON.stringify(body);
  const pretty = /^(?:1|true)$/i.test(String(request.headers['x-prettyprint'] ?? ''));
  const text = xml
    ? toXml(body, { segments, method: request.method })
    : pretty
      ? JSON.stringify(JSON.parse(json), null, 2)
      : json;
  response.type(xml ? 'application/xml' : 'json');
  if (text.length < GZIP_BYTES_MIN || !/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    response.end(text);
    return;
  }
  response.set('Content-Encoding', 'gzip').end(await gzip(text, { level: GZIP_LEVEL }));
}
