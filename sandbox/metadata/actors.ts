import { REPORT_ACTOR } from '../analytics/deploy-report.ts';
import { DASHBOARD_ACTOR } from '../analytics/deploy-dashboard.ts';
import type { SystemWrite } from '../records/system-records.ts';
import type { Component } from './components.ts';
import { CUSTOM_METADATA_ACTOR } from './custom-metadata.ts';

/** What a kept component changes in the org besides being kept. */
export interface Actor {
  /** In the transaction that keeps it. @throws SalesforceError to refuse the component */
  keep(write: SystemWrite, component: Component): Promise<void>;
  drop(write: SystemWrite, fullName: string): Promise<void>;
}

/** By type of metadata, in the order in which one needs another; the others are kept and do nothing. */
const ACTORS: ReadonlyMap<string, Actor> = new Map([
  ['CustomMetadata', CUSTOM_METADATA_ACTOR],
  ['Report', REPORT_ACTOR],
  ['Dashboard', DASHBOARD_ACTOR],
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
