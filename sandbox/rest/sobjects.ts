import { SalesforceError } from '../salesforce-error.ts';
import { TOOLING, TOOLING_ONLY } from '../schema/objects/tooling.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { describeGlobalEntry, describeObject } from './describe.ts';
import {
  basePath,
  notFound,
  ok,
  segment,
  type Handler,
  type RestRequest,
  type RestResponse,
} from './request.ts';

/** Salesforce: the most records a client should ask for at a time. */
const MAX_BATCH_SIZE = 200;

export const describeTooling: Handler = (request) =>
  ok({
    encoding: 'UTF-8',
    maxBatchSize: MAX_BATCH_SIZE,
    sobjects: request.org
      .schema()
      .objects.filter(({ name }) => TOOLING.has(name))
      .map((object) => describeGlobalEntry(object, basePath(request))),
  });

export const describeGlobal: Handler = (request) => {
  const schema = request.org.schema();
  const objects = schema.objects.filter(
    ({ isView, flags, name }) => (!isView || flags.queryable) && !TOOLING_ONLY.has(name),
  );
  return conditional(request, () => ({
    encoding: 'UTF-8',
    maxBatchSize: MAX_BATCH_SIZE,
    sobjects: objects.map((object) => describeGlobalEntry(object, basePath(request))),
  }));
};

export const sobjectInfo: Handler = (request) => {
  const object = getObject(request);
  return ok({
    objectDescribe: describeGlobalEntry(object, basePath(request)),
    recentItems: [],
  });
};

export const describe: Handler = (request) => {
  const object = getObject(request);
  return conditional(request, () =>
    describeObject(request.org.schema(), object, {
      base: basePath(request),
      instanceUrl: request.baseUrl,
    }),
  );
};

/** The object a path names, in the second segment; Salesforce answers 404 to one it does not know. */
export function getObject(request: RestRequest, index = 1): ObjectDef {
  const object = request.org.schema().findObject(segment(request, index));
  if (object === undefined || object.isView) throw notFound();
  return object;
}

const schemaTimes = new WeakMap<object, Date>();

/** When the present schema came to be, to the second, as HTTP dates are. */
function schemaTime(request: RestRequest): Date {
  const schema = request.org.schema();
  const known = schemaTimes.get(schema);
  if (known !== undefined) return known;
  const time = new Date(Math.floor(request.org.clock.now() / 1_000) * 1_000);
  schemaTimes.set(schema, time);
  return time;
}

/** 304 when the caller has seen the present schema: If-Modified-Since is how clients poll for changes cheaply. */
function conditional(request: RestRequest, body: () => unknown): RestResponse {
  const time = schemaTime(request);
  const headers = { 'Last-Modified': time.toUTCString() };
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  if (!Number.isNaN(since) && since >= time.getTime())
    return { status: 304, body: undefined, headers };
  const until = Date.parse(request.headers['if-unmodified-since'] ?? '');
  if (!Number.isNaN(until) && until < time.getTime()) {
    throw new SalesforceError('PRECONDITION_FAILED', 'The object has been modified', {
      status: 412,
    });
  }
  return ok(body(), headers);
}
