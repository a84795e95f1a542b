import type { Clock } from '../../src/kit/clock.ts';
import type { Log } from '../../src/kit/log.ts';
import type { StepLimits } from '../core/step-types.ts';
import type { MappingPlan } from '../core/plan.ts';
import type { Org, Store } from '../ports.ts';

/** What a mapping's loops need. */
export interface Sync {
  readonly plan: MappingPlan;
  readonly store: Store;
  readonly org: Org;
  readonly clock: Clock;
  readonly log: Log;
  readonly bounds: SyncBounds;
  /** How long to wait between two requests of writes, for the sake of the day's calls. */
  readonly lingerMs: () => number;
  readonly report: (report: SyncReport) => void;
}

/** The bounds of a mapping's loops; the values in use and their reasons are in limits.ts. */
export interface SyncBounds {
  readonly step: StepLimits;
  readonly claimRowsMax: number;
  readonly sendRecordsMax: number;
  readonly sendsAtOnceMax: number;
  readonly sendWithinMs: number;
  readonly pageRecordsMax: number;
  readonly readBackRecordsMax: number;
  readonly lookBackMs: number;
  readonly pollIntervalMs: number;
  readonly sweepLogMs: number;
  /** The least rest between two sweeps that hints ask for. */
  readonly hintRestMs: number;
  readonly readAgainRestMs: number;
  readonly jobPollMs: number;
  readonly deletedListIntervalMs: number;
  /** How far back the first list of a process reaches. */
  readonly deletedListFirstMs: number;
}

/** What a loop tells whoever watches over the mapping. */
export type SyncReport =
  | { readonly kind: 'loading'; readonly records: number }
  | { readonly kind: 'loadWaiting' }
  | { readonly kind: 'loaded'; readonly records: number }
  | { readonly kind: 'polling' }
  | { readonly kind: 'polled'; readonly records: number; readonly asOf: string }
  | { readonly kind: 'pushing'; readonly records: number }
  | {
      readonly kind: 'pushed';
      readonly accepted: number;
      readonly refused: number;
      readonly lost: number;
      readonly unsent: number;
    }
  /** A loop's turn failed; it is tried again after a backoff. */
  | { readonly kind: 'failed'; readonly loop: 'push' | 'read'; readonly error: unknown };
