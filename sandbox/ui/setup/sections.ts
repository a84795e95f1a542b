import type { Visit } from '../visit.ts';

export interface SetupSection {
  readonly title: string;
  readonly links: readonly { readonly path: string; readonly label: string }[];
}

/** The setup's pages, in the order of its navigation; only those that this person may see. */
export function setupSections({ org, user }: Visit): readonly SetupSection[] {
  return [
    { title: 'Objects', links: [{ path: '/setup', label: 'Object Manager' }] },
    {
      title: 'Users',
      links: [
        { path: '/setup/users', label: 'Users' },
        { path: '/setup/profiles', label: 'Profiles' },
        { path: '/setup/permission-sets', label: 'Permission Sets' },
      ],
    },
    {
      title: 'Apps',
      links: [{ path: '/setup/connected-apps', label: 'Connected Apps' }],
    },
    {
      title: 'Environments',
      links: [
        { path: '/setup/events', label: 'Event Monitor' },
        { path: '/setup/usage', label: 'API Usage' },
        { path: '/setup/bulk-jobs', label: 'Bulk Data Load Jobs' },
        { path: '/setup/deployments', label: 'Deployment Status' },
        ...(org.config.adminApi && user.profileId === org.adminProfileId
          ? [{ path: '/setup/faults', label: 'Faults' }]
          : []),
      ],
    },
  ];
}
