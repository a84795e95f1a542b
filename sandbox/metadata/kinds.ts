/** A type of metadata: where its files lie in a package, and how they end. */
export interface Kind {
  readonly type: string;
  readonly folder: string;
  readonly suffix: string;
  readonly inFolder: boolean;
  readonly metaFile: boolean;
  /** Types that stand inside its files, and have names of their own. */
  readonly children: readonly string[];
}

function kind(type: string, folder: string, suffix: string, more: Partial<Kind> = {}): Kind {
  return { type, folder, suffix, inFolder: false, metaFile: false, children: [], ...more };
}

/** The objects, by which this org acts, and what it keeps only. */
export const KINDS: readonly Kind[] = [
  kind('CustomObject', 'objects', 'object', {
    children: [
      'CustomField',
      'BusinessProcess',
      'CompactLayout',
      'FieldSet',
      'Index',
      'ListView',
      'RecordType',
      'SharingReason',
      'ValidationRule',
      'WebLink',
    ],
  }),
  kind('ApexClass', 'classes', 'cls', { metaFile: true }),
  kind('ApexTrigger', 'triggers', 'trigger', { metaFile: true }),
  kind('ApexPage', 'pages', 'page', { metaFile: true }),
  kind('ApexComponent', 'components', 'component', { metaFile: true }),
  kind('ApprovalProcess', 'approvalProcesses', 'approvalProcess'),
  kind('AuraDefinitionBundle', 'aura', ''),
  kind('CustomApplication', 'applications', 'app'),
  kind('CustomLabels', 'labels', 'labels', { children: ['CustomLabel'] }),
  kind('CustomMetadata', 'customMetadata', 'md'),
  kind('CustomTab', 'tabs', 'tab'),
  kind('Dashboard', 'dashboards', 'dashboard', { inFolder: true }),
  kind('FlexiPage', 'flexipages', 'flexipage'),
  kind('Flow', 'flows', 'flow'),
  kind('Layout', 'layouts', 'layout'),
  kind('LightningComponentBundle', 'lwc', ''),
  kind('PermissionSet', 'permissionsets', 'permissionset'),
  kind('PlatformEventChannel', 'platformEventChannels', 'platformEventChannel'),
  kind('PlatformEventChannelMember', 'platformEventChannelMembers', 'platformEventChannelMember'),
  kind('Profile', 'profiles', 'profile'),
  kind('QuickAction', 'quickActions', 'quickAction'),
  kind('Report', 'reports', 'report', { inFolder: true }),
  kind('Settings', 'settings', 'settings'),
  kind('StaticResource', 'staticresources', 'resource', { metaFile: true }),
  kind('Workflow', 'workflows', 'workflow', {
    children: ['WorkflowAlert', 'WorkflowFieldUpdate', 'WorkflowRule', 'WorkflowTask'],
  }),
];

/** The kind of a file, by the folder it lies in. */
export function findKind(path: string): Kind | undefined {
  const folders = new Set(path.split('/').slice(0, -1));
  return KINDS.find(({ folder }) => folders.has(folder));
}

/** The name of the component a file belongs to: of a bundle its folder, else the file without its endings. */
export function memberOf({ folder, suffix, inFolder }: Kind, path: string): string {
  const parts = path.split('/');
  const within = parts.slice(parts.lastIndexOf(folder) + 1);
  if (suffix === '') return within[0] ?? '';
  const name = (inFolder ? within.join('/') : (within.at(-1) ?? '')).replace(/-meta\.xml$/, '');
  return name.replace(/\.[^./]+$/, '');
}

export function findKindOfType(type: string): Kind | undefined {
  return KINDS.find((kind) => kind.type === type);
}
