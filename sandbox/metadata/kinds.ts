/** A type of metadata: where its files lie in a package, and how they end. */
export interface Kind {
  readonly type: string;
  readonly folder: string;
  readonly suffix: string;
  readonly inFolder: boolean;
  readonly metaFile: boolean;
}

function kind(type: string, folder: string, suffix: string, more: Partial<Kind> = {}): Kind {
  return { type, folder, suffix, inFolder: false, metaFile: false, ...more };
}

/** The objects, by which this org acts, and what it keeps only. */
export const KINDS: readonly Kind[] = [
  kind('CustomObject', 'objects', 'object'),
  kind('ApexClass', 'classes', 'cls', { metaFile: true }),
  kind('ApexTrigger', 'triggers', 'trigger', { metaFile: true }),
  kind('ApexPage', 'pages', 'page', { metaFile: true }),
  kind('ApexComponent', 'components', 'component', { metaFile: true }),
  kind('ApprovalProcess', 'approvalProcesses', 'approvalProcess'),
  kind('AuraDefinitionBundle', 'aura', ''),
  kind('CustomApplication', 'applications', 'app'),
  kind('CustomLabels', 'labels', 'labels'),
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
  kind('Workflow', 'workflows', 'workflow'),
];

/** The kind of a file, by the folder it lies in. */
export function findKind(path: string): Kind | undefined {
  const folders = new Set(path.split('/').slice(0, -1));
  return KINDS.find(({ folder }) => folders.has(folder));
}
