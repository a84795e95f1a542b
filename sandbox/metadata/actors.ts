import { REPORT_ACTOR } from '../analytics/deploy-report.ts';
import { DASHBOARD_ACTOR } from '../analytics/deploy-dashboard.ts';
import { APPROVAL_PROCESS_ACTOR, WORKFLOW_ACTOR } from '../process/deploy.ts';
import type { SystemWrite } from '../records/system-records.ts';
import { CONNECTED_APP_ACTOR } from './access/connected-app.ts';
import { GROUP_ACTOR, QUEUE_ACTOR } from './access/people.ts';
import { PERMISSION_SET_ACTOR, PERMISSION_SET_GROUP_ACTOR } from './access/permission-set.ts';
import { PROFILE_ACTOR } from './access/profile.ts';
import { ROLE_ACTOR } from './access/role.ts';
import { SHARING_RULES_ACTOR } from './access/sharing-rules.ts';
import { EVENT_DEFINITION_ACTORS } from '../streaming/deploy.ts';
import { APEX_CLASS_ACTOR, APEX_TRIGGER_ACTOR } from '../tooling/deploy-apex.ts';
import type { Component } from './components.ts';
import { CUSTOM_METADATA_ACTOR } from './custom-metadata.ts';

/** What a kept component changes in the org besides being kept. */
export interface Actor {
  /**
   * In the transaction that keeps it; resolves to a warning of what of it has no effect here.
   * @throws SalesforceError to refuse the component
   */
  keep(write: SystemWrite, component: Component): Promise<string | undefined>;
  drop(write: SystemWrite, fullName: string): Promise<void>;
}

/** By type of metadata, in the order in which one needs another; the others are kept and do nothing. */
const ACTORS: ReadonlyMap<string, Actor> = new Map<string, Actor>([
  ['CustomMetadata', CUSTOM_METADATA_ACTOR],
  ['ApexClass', APEX_CLASS_ACTOR],
  ['ApexTrigger', APEX_TRIGGER_ACTOR],
  ['Workflow', WORKFLOW_ACTOR],
  ['ApprovalProcess', APPROVAL_PROCESS_ACTOR],
  ['Role', ROLE_ACTOR],
  ['Group', GROUP_ACTOR],
  ['Queue', QUEUE_ACTOR],
  ['PermissionSet', PERMISSION_SET_ACTOR],
  ['PermissionSetGroup', PERMISSION_SET_GROUP_ACTOR],
  ['Profile', PROFILE_ACTOR],
  ['SharingRules', SHARING_RULES_ACTOR],
  ['ConnectedApp', CONNECTED_APP_ACTOR],
  ['Report', REPORT_ACTOR],
  ['Dashboard', DASHBOARD_ACTOR],
  ...EVENT_DEFINITION_ACTORS,
]);

export function findActor(type: string): Actor | undefined {
  return ACTORS.get(type);
}

const ORDER = [...ACTORS.keys()];

/** What is needed comes first, folders before what lies in them. */
export function actorRank({ type, fullName }: Pick<Component, 'type' | 'fullName'>): number {
  const rank = ORDER.indexOf(type);
  return rank === -1 ? -1 : rank * 2 + (fullName.includes('/') ? 1 : 0);
}
