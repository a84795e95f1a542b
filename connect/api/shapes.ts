import {
  shownMappingState,
  problemOfMapping,
  type MappingState,
  type MappingStatus,
} from '../connection-state.ts';
import type { ConnectionLife } from '../connection-life.ts';
import type { TableCounts } from '../app-database.ts';
import { LARGE_QUERY_THRESHOLD, BULK_PAGE_RECORDS_MAX, WRITE_RECORDS_MAX } from '../limits.ts';
import type { Connection, StoredMapping } from '../registry.ts';
import type { Api } from './context.ts';
import { MappingConfig } from '../core/mapping.ts';

type Json = Readonly<Record<string, unknown>>;

/** A connection as discovery lists it. */
function searchResult({ config }: Api, connection: Connection): Json {
  return {
    id: connection.id,
    resource_name: connection.resourceName,
    display_name: connection.resourceName,
    addon_type: 'Sync',
    app_name: connection.appName,
    app_id: connection.appId,
    region: connection.region,
    region_url: config.publicUrl,
    region_flag: '',
    region_label: connection.region,
    cell: 'local',
    cell_label: 'local',
    detail_url: `${config.publicUrl}${detailPath(connection)}`,
  };
}

export function searchResults(api: Api, connections: readonly Connection[]): Json {
  return {
    count: connections.length,
    next: null,
    previous: null,
    results: connections.map((connection) => searchResult(api, connection)),
    regions: {},
    cells: {},
  };
}

/** A connection in full; `deep` with its mappings. */
export async function connectionJson(
  api: Api,
  connection: Connection,
  { deep }: { readonly deep: boolean },
): Promise<Json> {
  const life = api.connections.get(connection.id);
  const grant = await api.registry.grants.find(connection.id).catch(() => undefined);
  const mappings = await api.registry.mappings.list(connection.id);
  const { opened, problem } = life;
  const states = mappings.map((mapping) => stateOf(life, mapping));
  const free = connection.plan.endsWith('demo');
  return {
    id: connection.id,
    _id: connection.serialId,
    name: nameOf(connection),
    internal_name: connection.resourceName,
    addon_id: connection.resourceId,
    app_name: connection.appName,
    app_id: connection.appId,
    team_name: null,
    enterprise_account_name: null,
    resource_name: connection.resourceName,
    schema_name: connection.schemaName,
    db_key: connection.dbKey,
    database:
      opened === undefined
        ? null
        : {
            host: opened.database.host,
            database: opened.database.name,
            port: opened.database.port,
          },
    organization_id: grant?.organizationId ?? null,
    state: life.state,
    state_description: problem?.message ?? null,
    mappings_summary_state: states.every(({ state }) => isWell(state)) ? 'OK' : 'ERROR',
    detail_url: detailPath(connection),
    notifications_url: `${detailPath(connection)}/notifications`,
    region_url: api.config.publicUrl,
    tags: [],
    sf_info:
      grant === undefined
        ? null
        : {
            username: grant.username,
            organization_id: grant.organizationId,
            environment: grant.environment,
            domain: new URL(grant.instanceUrl).host,
            api_version: opened?.apiVersion ?? null,
          },
    sf_instance: null,
    sf_region: null,
    created_at: connection.createdAt.toISOString(),
    auth_updated: grant?.authorizedAt.toISOString() ?? null,
    plan: connection.plan,
    free_edition: free,
    dogwood: false,
    user_info: {},
    metrics: { last_write_activity_time: lastWrite(life) },
    api_usage: opened?.org.session.usage ?? null,
    logplex_log_enabled: false,
    deletable: true,
    large_query_threshold: LARGE_QUERY_THRESHOLD,
    bulk_page_size: BULK_PAGE_RECORDS_MAX,
    soap_batch_size: WRITE_RECORDS_MAX,
    odata: null,
    features: { poll_db_no_merge: true, ...connection.features },
    ...(deep
      ? {
          mappings: await Promise.all(
            mappings.map((mapping) => mappingJson(connection, life, mapping)),
          ),
        }
      : {}),
  };
}

/** A mapping in full. */
export async function mappingJson(
  connection: Connection,
  life: ConnectionLife,
  mapping: StoredMapping,
): Promise<Json> {
  const { state, description, status } = stateOf(life, mapping);
  const config = MappingConfig.parse(mapping.config);
  const path = `/api/v3/mappings/${mapping.id}`;
  const counts = await countsOf(life, mapping);
  const time = (ms: number | null | undefined): string | null =>
    ms === null || ms === undefined ? null : new Date(ms).toISOString();
  return {
    id: mapping.id,
    _id: mapping.serialId,
    object_name: mapping.objectName,
    state,
    state_description: description,
    config: {
      ...mapping.config,
      revision: mapping.revision,
      applied_at: mapping.appliedAt?.toISOString() ?? null,
    },
    access: config.access,
    sf_notify_enabled: config.sf_notify_enabled,
    sf_polling_seconds: config.sf_polling_seconds,
    upsert_field: config.upsert_field ?? null,
    detail_url: path,
    errors_url: `${path}/errors`,
    schema_url: `${detailPath(connection)}/schemas/${mapping.objectName}`,
    created_at: mapping.createdAt.toISOString(),
    updated_at: mapping.updatedAt.toISOString(),
    connection: { id: connection.id },
    counts: {
      db: counts?.rows ?? null,
      sf: null,
      pending: counts?.pending ?? null,
      errors: counts?.errors ?? null,
    },
    times: {
      sf_poll: time(status?.times.sfPoll),
      sf_write: time(status?.times.sfWrite),
      db_poll: time(status?.times.dbPoll),
      db_write: time(status?.times.dbWrite),
    },
    actively_writing: (status?.sending ?? 0) > 0,
    is_polling: state === 'POLLING_SF_CHANGES',
    sync_flags: {},
    has_hc_columns: true,
    db_count_date: counts === undefined ? null : new Date().toISOString(),
    salesforce_count_date: null,
  };
}

export function nameOf({ appName, dbKey, schemaName }: Connection): string {
  return `${appName}:${dbKey ?? ''}:${schemaName ?? ''}`;
}

function detailPath({ id }: Connection): string {
  return `/api/v3/connections/${id}`;
}

interface ShownState {
  readonly state: MappingState;
  readonly description: string;
  readonly status: MappingStatus | undefined;
}

export function stateOf(life: ConnectionLife, { id }: Pick<StoredMapping, 'id'>): ShownState {
  const unplanned = life.opened?.plan.unplanned.find(({ stored }) => stored.id === id);
  if (unplanned !== undefined) {
    return { state: 'BAD_CONFIG', description: unplanned.message, status: undefined };
  }
  const status = life.statusOf(id);
  if (status === undefined) return { state: 'INITIAL', description: 'OK', status };
  return {
    state: shownMappingState(status),
    description: problemOfMapping(status)?.message ?? 'OK',
    status,
  };
}

/** States in which nothing is wrong. */
function isWell(state: MappingState): boolean {
  return !['SYSTEM_ERROR', 'DB_UNAVAILABLE', 'UNAUTHORIZED', 'INACTIVE_ORG', 'BAD_CONFIG'].includes(
    state,
  );
}

async function countsOf(
  life: ConnectionLife,
  { id }: StoredMapping,
): Promise<TableCounts | undefined> {
  const planned = life.opened?.plan.planned.find(({ stored }) => stored.id === id);
  if (planned === undefined) return undefined;
  // A number that cannot be had now is no reason to refuse the rest.
  return life.opened?.database.countRows(planned.table.table.name).catch(() => undefined);
}

function lastWrite(life: ConnectionLife): string | null {
  const times = life.statuses.flatMap(({ times: { sfWrite } }) => sfWrite ?? []);
  return times.length === 0 ? null : new Date(Math.max(...times)).toISOString();
}
