import type { Component } from '../metadata/components.ts';
import type { SystemWrite } from '../records/system-records.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { saveDashboard, type Dashboard } from './dashboard-store.ts';
import { readDashboard, type DashboardPart } from './dashboard-xml.ts';
import { drop, keepFolder, placeOf } from './deploy-report.ts';
import { findByName, findFolder } from './store.ts';

/** Dashboards and their folders, deployed as metadata; the reports they show must be there. */
export const DASHBOARD_ACTOR = {
  async keep(write: SystemWrite, component: Component): Promise<undefined> {
    if (await keepFolder(write, 'Dashboard', component)) return undefined;
    const { folder, developerName } = await placeOf(write, 'Dashboard', component.fullName);
    const file = readDashboard(component.body.toString('utf8'));
    const components: Dashboard['components'][number][] = [];
    for (const part of file.parts) components.push(await resolved(write, part));
    const { name, description, dashboardType, layout } = file;
    const id = await findByName(write.client, 'Dashboard', { folderId: folder.id, developerName });
    const dashboard = {
      name,
      description,
      dashboardType,
      layout,
      developerName,
      components,
      runningUserId: write.userId,
    };
    await saveDashboard(write, dashboard, { id, folder });
    return undefined;
  },
  drop: (write: SystemWrite, fullName: string): Promise<void> => drop(write, 'Dashboard', fullName),
};

async function resolved(write: SystemWrite, part: DashboardPart) {
  const { report, ...shown } = part;
  if (report === null)
    throw new SalesforceError(
      'NOT_IMPLEMENTED',
      `The sandbox org does not implement dashboard components without a report: ${part.visualization}`,
    );
  const [folderName = '', developerName = ''] = report.split('/').slice(-2);
  const folder = await findFolder(write.client, 'Report', { developerName: folderName });
  const reportId =
    folder === undefined
      ? undefined
      : await findByName(write.client, 'Report', { folderId: folder.id, developerName });
  if (reportId === undefined)
    throw new SalesforceError('INVALID_INPUT', `report - no Report named ${report} found`);
  return { ...shown, reportId };
}
