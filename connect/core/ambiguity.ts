import { unreachable } from '../../src/kit/assert.ts';
import type { MappingPlan } from './plan.ts';
import type { OrgRecord, Sent, Values } from './row.ts';
import { sameValue } from './values.ts';

/**
 * What a read-back says about a write without answer.
 *
 * `applied`: its effect is there. A request is applied once, so nothing more can come of it.
 * `not applied`: its effect is not there, and Salesforce can no longer apply it. It is sent again.
 * `overwritten`: every field shows a value that is neither what we sent nor what was there before. It may have been
 *   applied and replaced by someone who saw it, so it is not sent again.
 * `gone`: the record it was to change has been deleted.
 * `open`: no effect is to be seen, and Salesforce may still apply it.
 */
export type Verdict = 'applied' | 'not applied' | 'overwritten' | 'gone' | 'open';

export interface Evidence {
  readonly sent: Sent;
  readonly found: OrgRecord | null;
  /** The read began after Salesforce's last chance to apply the write. */
  readonly final: boolean;
  readonly clockSkewMs: number;
}

export function decideLost(plan: MappingPlan, evidence: Evidence): Verdict {
  const { sent, found, final } = evidence;
  switch (sent.op) {
    case 'delete':
      if (found === null || found.deleted) return 'applied';
      return final ? 'not applied' : 'open';
    case 'insert':
      if (found === null) return final ? 'not applied' : 'open';
      if (shows(plan, sent, found.values) || isMadeSince(evidence)) return 'applied';
      if (!final) return 'open';
      // A deleted record that shows nothing of ours is an earlier one of the same external id.
      return found.deleted ? 'not applied' : 'overwritten';
    case 'update':
      if (found === null || found.deleted) return 'gone';
      if (shows(plan, sent, found.values)) return 'applied';
      if (!final) return 'open';
      return showsBefore(plan, sent, found.values) ? 'not applied' : 'overwritten';
    default:
      return unreachable(sent.op);
  }
}

/** The key is ours and so is the record, if it is no older than the intent; an older one had its key from someone else. */
function isMadeSince({ sent, found, clockSkewMs }: Evidence): boolean {
  return found?.createdAt !== undefined && found.createdAt >= sent.at - clockSkewMs;
}

/** Some field holds what we sent and not what was there before. Salesforce writes a record whole, so one is enough. */
function shows({ fields }: MappingPlan, sent: Sent, values: Values | null): boolean {
  if (values === null) return false;
  const told = fields.filter(({ column }) => Object.hasOwn(sent.values, column));
  if (told.length === 0) return true;
  return told.some(({ column, kind }) => {
    const mine = sent.values[column] ?? null;
    const base = sent.bases[column];
    const theirs = values[column];
    if (theirs === undefined || !sameValue(kind, theirs, mine)) return false;
    return base === undefined || !sameValue(kind, base, mine);
  });
}

/** Some field still holds what was there before. Where nobody knows what that was, what is there counts as it. */
function showsBefore({ fields }: MappingPlan, sent: Sent, values: Values): boolean {
  return fields.some(({ column, kind }) => {
    if (!Object.hasOwn(sent.values, column)) return false;
    const base = sent.bases[column];
    const theirs = values[column];
    return theirs !== undefined && (base === undefined || sameValue(kind, theirs, base));
  });
}
