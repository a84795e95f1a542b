import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import {
  insertSystemRecords,
  updateSystemRecords,
  type SystemWrite,
} from '../records/system-records.ts';
import type { Folder } from './store.ts';

const Shown = z.object({
  reportId: z.string(),
  visualization: z.string(),
  header: z.string().nullable(),
  footer: z.string().nullable(),
  title: z.string().nullable(),
});
const Layout = z.union([
  z.object({
    gridLayout: z.literal(false),
    columns: z.array(z.object({ components: z.array(z.number()) })),
  }),
  z.object({
    gridLayout: z.literal(true),
    numColumns: z.number(),
    rowHeight: z.number(),
    components: z.array(z.record(z.string(), z.number())),
  }),
]);
export type Layout = z.infer<typeof Layout>;
const definition = {
  name: z.string(),
  description: z.string().nullable(),
  developerName: z.string(),
  dashboardType: z.string(),
  runningUserId: z.string(),
  layout: Layout,
};
const StoredDashboard = z.object({
  ...definition,
  components: z.array(Shown.extend({ id: z.string() })),
});

/** A dashboard as it is written: its components have no ids yet. */
export type Dashboard = Omit<z.infer<typeof StoredDashboard>, 'components'> & {
  readonly components: readonly z.infer<typeof Shown>[];
};
const DashboardRow = z.object({
  id: z.string(),
  deleted: z.boolean(),
  folderId: z.string().nullable(),
  refreshedAt: z.date().nullable(),
  runningUser: z.string().nullable(),
  definition: StoredDashboard,
});
export type DashboardRow = z.infer<typeof DashboardRow>;

export async function findDashboard(
  client: pg.Pool | pg.ClientBase,
  id: string,
): Promise<DashboardRow | undefined> {
  const { rows } = await client.query(FIND_DASHBOARD, [id]);
  return z.array(DashboardRow).parse(rows)[0];
}

const FIND_DASHBOARD = `/* findDashboard */
select d.id, d.isdeleted as deleted, d.folderid as "folderId", d.dashboardresultrefresheddate as "refreshedAt",
       u.name as "runningUser", s.definition
  from org.dashboard d
  join dashboard_definitions s on s.dashboard_id = d.id
  left join org."user" u on u.id = s.definition ->> 'runningUserId'
 where d.id = $1`;

/** Writes a dashboard's record, its components' and its definition together; resolves to its id. */
export async function saveDashboard(
  write: SystemWrite,
  dashboard: Dashboard,
  { id: known, folder }: { readonly id: string | undefined; readonly folder: Folder },
): Promise<string> {
  const record = {
    Title: dashboard.name,
    Description: dashboard.description,
    DeveloperName: dashboard.developerName,
    FolderId: folder.id,
    FolderName: folder.name,
    Type: dashboard.dashboardType,
    RunningUserId: dashboard.runningUserId,
  };
  const id = known ?? present((await insertSystemRecords(write, 'Dashboard', [record]))[0], 'id');
  if (known !== undefined) {
    await updateSystemRecords(write, 'Dashboard', [{ ...record, Id: known }]);
    await write.client.query(DROP_COMPONENTS, [id]);
  }
  const ids = await insertSystemRecords(
    write,
    'DashboardComponent',
    dashboard.components.map(({ title, header, reportId }) => ({
      Name: title ?? header,
      DashboardId: id,
      CustomReportId: reportId,
    })),
  );
  const components = dashboard.components.map((component, index) => ({
    ...component,
    id: present(ids[index], 'id'),
  }));
  await write.client.query(SAVE_DASHBOARD, [id, JSON.stringify({ ...dashboard, components })]);
  return id;
}

const DROP_COMPONENTS = `/* dropComponents */
delete from org.dashboardcomponent where dashboardid = $1`;
const SAVE_DASHBOARD = `/* saveDashboard */
insert into dashboard_definitions (dashboard_id, definition) values ($1, $2)
on conflict (dashboard_id) do update set definition = excluded.definition`;
