import type { StepContext } from './step-types.ts';

/**
 * The mechanisms that keep both sides right. Each is needed: the laws switch them off one at a time, and each absence
 * is caught. Nothing but the laws does that: production calls `step`, which has them all.
 */
export interface Mechanisms {
  /** The base of a merge comes from the log. Without: whatever Salesforce shows replaces what waits. */
  readonly base: boolean;
  /** A row is closed to reads that began before its last write ended. */
  readonly fence: boolean;
  /** A lost answer is decided by reading back. Without: the write is simply sent again. */
  readonly ambiguity: boolean;
  /** "Not applied" is believed only once Salesforce can no longer apply it. */
  readonly quarantine: boolean;
  /** A create can be found again: by its external id, or by searching for it. */
  readonly identity: boolean;
}

export const ALL_MECHANISMS: Mechanisms = {
  base: true,
  fence: true,
  ambiguity: true,
  quarantine: true,
  identity: true,
};

export interface Rules {
  readonly context: StepContext;
  readonly mechanisms: Mechanisms;
}
