import { dashboardRoutes } from '../analytics/dashboard-routes.ts';
import { reportRoutes } from '../analytics/report-routes.ts';
import { chatterRoutes } from '../chatter/routes.ts';
import { graphqlRoutes } from '../graphql/routes.ts';
import type { Route } from './dispatch.ts';
import {
  createCollection,
  deleteCollection,
  retrieveCollection,
  updateCollection,
  upsertCollection,
} from './collections.ts';
import { composite, compositeBatch, compositeGraph, type Answer } from './composite.ts';
import {
  createByIdPath,
  deleteByExternalId,
  readByExternalId,
  upsertByExternalId,
} from './external-id.ts';
import { presentationRoutes } from './presentation.ts';
import { changePassword, passwordState, resetPassword } from './password.ts';
import { query, queryMore } from './query.ts';
import { processRoutes } from '../process/routes.ts';
import { quickActionRoutes } from './quick-actions.ts';
import { createRecord, deleteRecord, readBelow, readRecord, updateRecord } from './record.ts';
import { deleted, updated } from './replication.ts';
import { basePath, ok, type Handler, type RestRequest } from './request.ts';
import { isChildRelationship, readChildren } from './relationship.ts';
import { isServedBy } from './since.ts';
import { describe, describeGlobal, sobjectInfo } from './sobjects.ts';
import { toolingRoutes } from './tooling.ts';
import { searchRoutes } from '../sosl/search.ts';
import { createTree } from './tree.ts';
import { navigationRoutes } from '../uiapi/navigation.ts';
import { uiApiRoutes } from '../uiapi/routes.ts';
import { limits, recordCount } from './usage.ts';

/** The resources of a version, as its root lists them. */
const RESOURCES = [
  'actions',
  'analytics',
  'appMenu',
  'chatter',
  'compactLayouts',
  'composite',
  'connect',
  'graphql',
  'jobs',
  'limits',
  'parameterizedSearch',
  'process',
  'query',
  'queryAll',
  'recent',
  'search',
  'sobjects',
  'tabs',
  'theme',
  'tooling',
  'ui-api',
] as const;

/** Clients that only have a token learn from `identity` whose it is. */
const listResources: Handler = (request) => {
  const { session, baseUrl } = request;
  const served = RESOURCES.filter((name) => isServedBy(request.version, name));
  const resources = served.map((name): [string, string] => [name, `${basePath(request)}/${name}`]);
  const identity = `${baseUrl}/id/${session.orgId}/${session.userId}`;
  return ok({ ...Object.fromEntries(resources), identity });
};

const listComposite: Handler = (request) =>
  ok(
    Object.fromEntries(
      ['tree', 'batch', 'sobjects', 'graph'].map((name) => [
        name,
        `${basePath(request)}/composite/${name}`,
      ]),
    ),
  );

/** Whether the third segment of `/sobjects/X/…/…` names a field: then the fourth is an external id. */
function isKey(request: RestRequest): boolean {
  const [, objectName = '', name = ''] = request.segments;
  const schema = request.org.schema();
  const object = schema.findObject(objectName);
  return object !== undefined && schema.findField(object, name) !== undefined;
}

const isBelow = (request: RestRequest): boolean =>
  !isKey(request) && /^[0-9A-Za-z]{15,18}$/.test(request.segments[2] ?? '');
const isUnknownKey = (request: RestRequest): boolean => !isKey(request) && !isBelow(request);

/** Every path below `/services/data/vNN.N`. More specific ones come first. */
export function restRoutes(answer: Answer): readonly Route[] {
  const get = (path: string, handler: Handler, when?: Route['when']): Route =>
    route('GET', path, handler, when);
  return [
    get('', listResources),
    get('sobjects', describeGlobal),
    ...navigationRoutes(),
    get('sobjects/:object', sobjectInfo),
    route('POST', 'sobjects/:object', createRecord),
    get('sobjects/:object/describe', describe),
    get('sobjects/:object/updated', updated),
    get('sobjects/:object/deleted', deleted),
    ...presentationRoutes(),
    ...processRoutes(),
    ...quickActionRoutes(),
    ...recordRoutes(),
    get('query', query),
    get('queryAll', query),
    get('query/:locator', queryMore),
    get('queryAll/:locator', queryMore),
    get('limits', limits),
    get('limits/recordCount', recordCount),
    get('composite', listComposite),
    route('POST', 'composite', composite(answer)),
    route('POST', 'composite/batch', compositeBatch(answer)),
    route('POST', 'composite/graph', compositeGraph(answer)),
    route('POST', 'composite/tree/:object', createTree),
    route('POST', 'composite/sobjects', createCollection),
    route('PATCH', 'composite/sobjects', updateCollection),
    route('DELETE', 'composite/sobjects', deleteCollection),
    get('composite/sobjects/:object', retrieveCollection),
    route('POST', 'composite/sobjects/:object', retrieveCollection),
    route('PATCH', 'composite/sobjects/:object/:key', upsertCollection),
    ...searchRoutes(),
    ...chatterRoutes(answer),
    ...graphqlRoutes(),
    ...uiApiRoutes(),
    ...reportRoutes(),
    ...dashboardRoutes(),
    ...toolingRoutes(),
  ];
}

function recordRoutes(): readonly Route[] {
  return [
    route('GET', 'sobjects/User/:id/password', passwordState),
    route('POST', 'sobjects/User/:id/password', changePassword),
    route('DELETE', 'sobjects/User/:id/password', resetPassword),
    route('GET', 'sobjects/:object/:id', readRecord),
    route('PATCH', 'sobjects/:object/:id', updateRecord),
    route('DELETE', 'sobjects/:object/:id', deleteRecord),
    route('POST', 'sobjects/:object/:id', createByIdPath, isKey),
    route(
      'GET',
      'sobjects/:object/:id/:below',
      readChildren,
      (request) => isBelow(request) && isChildRelationship(request),
    ),
    route('GET', 'sobjects/:object/:id/:below', readBelow, isBelow),
    route('GET', 'sobjects/:object/:key/:value', readByExternalId, isKey),
    route('PATCH', 'sobjects/:object/:key/:value', upsertByExternalId, isKey),
    route('DELETE', 'sobjects/:object/:key/:value', deleteByExternalId, isKey),
    route('GET', 'sobjects/:object/:key/:value', readByExternalId, isUnknownKey),
    route('PATCH', 'sobjects/:object/:key/:value', upsertByExternalId, isUnknownKey),
    route('DELETE', 'sobjects/:object/:key/:value', deleteByExternalId, isUnknownKey),
  ];
}

function route(method: string, path: string, handler: Handler, when?: Route['when']): Route {
  return when === undefined ? { method, path, handler } : { method, path, handler, when };
}
