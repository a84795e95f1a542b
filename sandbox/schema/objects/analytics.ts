import {
  READ_ONLY,
  READ_ONLY_OBJECT,
  SYSTEM,
  area,
  auditFields,
  datetime,
  defineObject,
  flag,
  id,
  int,
  isDeleted,
  lookup,
  pick,
  text,
  viewedFields,
} from '../define.ts';
import type { ObjectDef } from '../schema.ts';

/** Reports and dashboards come by Metadata and the Analytics API, never by DML; they may be deleted by it. */
const DEPLOYED = { ...READ_ONLY_OBJECT, deletable: true, undeletable: true, mruEnabled: true };

const FOLDER = defineObject({
  name: 'Folder',
  label: 'Folder',
  labelPlural: 'Folders',
  keyPrefix: '00l',
  flags: READ_ONLY_OBJECT,
  fields: [
    id('Folder ID'),
    lookup('ParentId', 'Parent Folder ID', ['Folder'], { ...READ_ONLY, children: 'SubFolders' }),
    text('Name', 80, 'Name', { ...READ_ONLY, nameField: true }),
    text('DeveloperName', 80, 'Folder Unique Name', READ_ONLY),
    pick('AccessType', 'Access Type', ['Shared', 'Public', 'Hidden', 'PublicInternal'], READ_ONLY),
    flag('IsReadonly', 'Is Read Only', SYSTEM),
    pick('Type', 'Type', ['Dashboard', 'Document', 'Email', 'EmailTemplate', 'Report'], READ_ONLY),
    text('NamespacePrefix', 15, 'Namespace Prefix', READ_ONLY),
    auditFields(),
  ],
});

const REPORT = defineObject({
  name: 'Report',
  label: 'Report',
  labelPlural: 'Reports',
  keyPrefix: '00O',
  flags: DEPLOYED,
  fields: [
    id('Report ID'),
    lookup('OwnerId', 'Owner ID', ['Folder', 'Organization', 'User'], READ_ONLY),
    text('FolderName', 80, 'Folder Name', READ_ONLY),
    auditFields(),
    isDeleted(),
    text('Name', 40, 'Report Name', { ...READ_ONLY, nameField: true }),
    area('Description', 255, 'Description', READ_ONLY),
    text('DeveloperName', 80, 'Report Unique Name', READ_ONLY),
    text('NamespacePrefix', 15, 'Namespace Prefix', READ_ONLY),
    datetime('LastRunDate', 'Last Run', READ_ONLY),
    pick('Format', 'Format', ['Tabular', 'Summary', 'Matrix', 'MultiBlock'], READ_ONLY),
    viewedFields(),
  ],
});

const DASHBOARD = defineObject({
  name: 'Dashboard',
  label: 'Dashboard',
  labelPlural: 'Dashboards',
  keyPrefix: '01Z',
  flags: DEPLOYED,
  fields: [
    id('Dashboard ID'),
    isDeleted(),
    lookup('FolderId', 'Folder ID', ['Folder', 'User'], READ_ONLY),
    text('FolderName', 256, 'Folder Name', READ_ONLY),
    text('Title', 80, 'Title', { ...READ_ONLY, nameField: true }),
    text('DeveloperName', 80, 'Dashboard Unique Name', READ_ONLY),
    text('NamespacePrefix', 15, 'Namespace Prefix', READ_ONLY),
    area('Description', 255, 'Description', READ_ONLY),
    pick('LeftSize', 'Left Size', ['Narrow', 'Medium', 'Wide'], READ_ONLY),
    pick('MiddleSize', 'Middle Size', ['Narrow', 'Medium', 'Wide'], READ_ONLY),
    pick('RightSize', 'Right Size', ['Narrow', 'Medium', 'Wide'], READ_ONLY),
    auditFields(),
    int('TextColor', 'Text Color', READ_ONLY),
    int('TitleColor', 'Title Color', READ_ONLY),
    int('TitleSize', 'Title Size', READ_ONLY),
    pick('Type', 'Dashboard Running User', ['SpecifiedUser', 'LoggedInUser'], READ_ONLY),
    lookup('RunningUserId', 'Running User ID', ['User'], READ_ONLY),
    datetime('DashboardResultRefreshedDate', 'Last refreshed at', READ_ONLY),
    viewedFields(),
  ],
});

const DASHBOARD_COMPONENT = defineObject({
  name: 'DashboardComponent',
  label: 'Dashboard Component',
  labelPlural: 'Dashboard Components',
  keyPrefix: '01a',
  flags: { ...READ_ONLY_OBJECT, replicateable: false },
  fields: [
    id('Dashboard Component ID'),
    text('Name', 80, 'Name', { ...READ_ONLY, nameField: true }),
    lookup('DashboardId', 'Dashboard ID', ['Dashboard'], {
      ...READ_ONLY,
      children: 'DashboardComponents',
      onParentDelete: 'cascade',
    }),
    lookup('CustomReportId', 'Report ID', ['Report'], READ_ONLY),
  ],
});

export const ANALYTICS: readonly ObjectDef[] = [FOLDER, REPORT, DASHBOARD, DASHBOARD_COMPONENT];
