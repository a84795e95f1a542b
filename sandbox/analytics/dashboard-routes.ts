import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import type { Route } from '../rest/dispatch.ts';
import {
  basePath,
  NO_CONTENT,
  notFound,
  ok,
  segment,
  type Handler,
  type RestRequest,
} from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { tableName } from '../store/layout.ts';
import { findId18 } from '../store/record-id.ts';
import { findDashboard, saveDashboard, type DashboardRow } from './dashboard-store.ts';
import { RECENT_REPORTS_MAX } from './limits.ts';
import { maySee, reportAttributes, writeAnalytics } from './report-request.ts';
import { runReport } from './run-report.ts';
import { findFolder, findReport, removeRecord } from './store.ts';

type Json = Readonly<Record<string, unknown>>;
type Component = DashboardRow['definition']['components'][number];

/** `/analytics/dashboards` and what lies below. */
export function dashboardRoutes(): readonly Route[] {
  const route = (method: string, path: string, handler: Handler): Route => ({
    method,
    path: `analytics/${path}`,
    handler,
  });
  return [
    route('GET', 'dashboards', listDashboards),
    route('POST', 'dashboards', cloneDashboard),
    route('GET', 'dashboards/:id', showResults),
    route('POST', 'dashboards/:id', showResults),
    route('PUT', 'dashboards/:id', refresh),
    route('DELETE', 'dashboards/:id', deleteDashboard),
    route('GET', 'dashboards/:id/describe', describeDashboard),
    route('GET', 'dashboards/:id/status', showStatus),
  ];
}

const dashboardUrl = (request: RestRequest, id: string): string =>
  `${basePath(request)}/analytics/dashboards/${id}`;

async function getDashboard(request: RestRequest, given: string): Promise<DashboardRow> {
  const dashboards = request.org.schema().findObject('Dashboard');
  const dashboard = await findDashboard(request.org.pool, findId18(given) ?? '');
  if (dashboard === undefined || dashboards === undefined) throw notFound();
  const { rowCount } = await request.org.pool.query(
    `/* maySeeDashboard */ select from ${tableName(dashboards)} as seen where "id" = $1`,
    [dashboard.id],
  );
  if (rowCount !== 1) throw notFound();
  if (dashboard.deleted) throw new SalesforceError('ENTITY_IS_DELETED', 'The entity is deleted');
  return dashboard;
}

const listDashboards: Handler = async (request) => {
  const dashboards = request.org.schema().findObject('Dashboard');
  if (dashboards === undefined) return ok([]);
  const { rows } = await request.org.pool.query(
    `/* listDashboards */ select id, title as name from ${tableName(dashboards)} as dashboard where not isdeleted order by lastmodifieddate desc, id limit ${RECENT_REPORTS_MAX}`,
  );
  return ok(
    z
      .array(z.object({ id: z.string(), name: z.string() }))
      .parse(rows)
      .map(({ id, name }) => {
        const url = dashboardUrl(request, id);
        return { id, name, statusUrl: `${url}/status`, url };
      }),
  );
};

const describeDashboard: Handler = async (request) =>
  ok(described(request, await getDashboard(request, segment(request, 2))));

function described(
  request: RestRequest,
  { id, folderId, runningUser, definition }: DashboardRow,
): Json {
  const { name, description, developerName, dashboardType, layout, components } = definition;
  return {
    attributes: {
      dashboardId: id,
      dashboardName: name,
      statusUrl: `${dashboardUrl(request, id)}/status`,
      type: 'Dashboard',
    },
    canChangeRunningUser: false,
    chartTheme: 'light',
    colorPalette: 'unity',
    components: components.map(shownComponent),
    dashboardType,
    description,
    developerName,
    filters: [],
    folderId,
    id,
    layout,
    maxFilterOptions: 50,
    name,
    runningUser: { displayName: runningUser, id: definition.runningUserId },
  };
}

function shownComponent(component: Component, index: number): Json {
  return {
    componentData: index,
    footer: component.footer,
    header: component.header,
    id: component.id,
    properties: {
      aggregates: [{ name: 'RowCount' }],
      autoSelectColumns: true,
      filterColumns: [],
      groupings: null,
      maxRows: null,
      sort: null,
      useReportChart: false,
      visualizationProperties: {},
      visualizationType: component.visualization,
    },
    reportId: component.reportId,
    title: component.title,
    type: 'Report',
  };
}

const Asked = z.looseObject({ componentIds: z.array(z.string()).optional() });

/** The results of all components, or of those asked for by id; the reports are run for each answer. */
const showResults: Handler = async (request) => {
  const dashboard = await getDashboard(request, segment(request, 2));
  const asked = Asked.safeParse(request.body ?? {}).data?.componentIds;
  const wanted = asked?.map((id) => findId18(id) ?? id);
  const components = dashboard.definition.components.filter(
    ({ id }) => wanted === undefined || wanted.includes(id),
  );
  if (wanted !== undefined && components.length < new Set(wanted).size) throw notFound();
  const componentData: Json[] = [];
  for (const component of components)
    componentData.push(await componentResult(request, dashboard, component));
  return ok({ componentData, dashboardMetadata: described(request, dashboard) });
};

async function componentResult(
  request: RestRequest,
  dashboard: DashboardRow,
  { id, reportId }: Component,
): Promise<Json> {
  const refreshDate = (dashboard.refreshedAt ?? new Date(request.org.clock.now())).toISOString();
  const status = { errorCode: null, errorMessage: null, errorSeverity: null, refreshDate };
  const report = await findReport(request.org.pool, reportId);
  try {
    if (report === undefined || report.deleted || !(await maySee(request, report.id)))
      throw new SalesforceError('NOT_FOUND', 'The source report is deleted');
    const result = await runReport(request, report.metadata, false);
    return {
      componentId: id,
      reportResult: { attributes: reportAttributes(request, report), ...result },
      status: { ...status, dataStatus: 'DATA', refreshStatus: 'IDLE' },
    };
  } catch (error) {
    // One component's fault is shown in its place; the others have their results.
    if (!(error instanceof SalesforceError)) throw error;
    const { errorCode, message: errorMessage } = error;
    return {
      componentId: id,
      reportResult: null,
      status: {
        ...status,
        dataStatus: 'ERROR',
        errorCode,
        errorMessage,
        errorSeverity: 'Error',
        refreshStatus: 'IDLE',
      },
    };
  }
}

const showStatus: Handler = async (request) => {
  const dashboard = await getDashboard(request, segment(request, 2));
  return ok({
    componentStatus: dashboard.definition.components.map(({ id }) => ({
      componentId: id,
      refreshDate: dashboard.refreshedAt?.toISOString() ?? null,
      refreshStatus: 'IDLE',
    })),
  });
};

/** Results are always of this moment, so a refresh only says when it was asked for. */
const refresh: Handler = async (request) => {
  const { id } = await getDashboard(request, segment(request, 2));
  await request.org.pool.query(
    `/* refreshDashboard */ update org.dashboard set dashboardresultrefresheddate = date_trunc('second', $2::timestamptz) where id = $1`,
    [id, new Date(request.org.clock.now())],
  );
  return { status: 201, body: { statusUrl: `${dashboardUrl(request, id)}/status` } };
};

const Clone = z.looseObject({ name: z.string().min(1).max(80).optional(), folderId: z.string() });

/** `POST /analytics/dashboards?cloneId=01Z…` */
const cloneDashboard: Handler = async (request) => {
  const cloneId = request.query.get('cloneId');
  if (cloneId === null)
    throw new SalesforceError(
      'NOT_IMPLEMENTED',
      'The sandbox org makes dashboards by clone or deploy only',
    );
  const original = await getDashboard(request, cloneId);
  const parsed = Clone.safeParse(request.body);
  if (!parsed.success) throw new SalesforceError('BAD_REQUEST', 'The folderId is missing');
  const { definition } = original;
  const { name = definition.name, folderId } = parsed.data;
  const id = await writeAnalytics(request, async (system) => {
    const folder = await findFolder(system.client, 'Dashboard', { id: findId18(folderId) ?? '' });
    if (folder === undefined)
      throw new SalesforceError('BAD_REQUEST', `The folder ${folderId} does not exist`);
    const developerName = `${definition.developerName}_${Math.random().toString(36).slice(2, 6)}`;
    const copy = { ...definition, name, developerName };
    return saveDashboard(system, copy, { id: undefined, folder });
  });
  return {
    status: 201,
    body: described(request, present(await findDashboard(request.org.pool, id), 'dashboard')),
  };
};

const deleteDashboard: Handler = async (request) => {
  const { id } = await getDashboard(request, segment(request, 2));
  await writeAnalytics(request, (system) => removeRecord(system, 'Dashboard', id));
  return NO_CONTENT;
};
