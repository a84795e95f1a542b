import { unreachable } from '../../src/kit/assert.ts';
import type { RowState } from './row.ts';
import { ALL_MECHANISMS, type Mechanisms, type Rules } from './rules.ts';
import * as push from './step-push.ts';
import * as read from './step-read.ts';
import type { Effect, RowEvent, StepContext } from './step-types.ts';

/**
 * The engine: what to do about one row, given all that is known of it under its lock and what has just happened.
 * Pure and total. The rows' states, the events and their meanings are in SPEC.md.
 */
export function step(context: StepContext, state: RowState, event: RowEvent): readonly Effect[] {
  return decide({ context, mechanisms: ALL_MECHANISMS }, state, event);
}

export type Step = typeof step;

/** For the laws only: an engine that lacks a mechanism, to show that its absence is noticed. */
export function stepWithout(...missing: readonly (keyof Mechanisms)[]): Step {
  const off = Object.fromEntries(missing.map((name) => [name, false]));
  const mechanisms = { ...ALL_MECHANISMS, ...off };
  return (context, state, event) => decide({ context, mechanisms }, state, event);
}

function decide(rules: Rules, state: RowState, event: RowEvent): readonly Effect[] {
  switch (event.kind) {
    case 'claimed':
      return push.claimed(rules, state);
    case 'accepted':
      return push.accepted(rules, state, event);
    case 'refused':
      return push.refused(rules, state, event);
    case 'unsent':
      return push.unsent(rules, state, event);
    case 'answerLost':
      return state.sync.sent?.attempt === event.attempt ? push.lost(rules, state) : [];
    case 'crashed':
      return push.lost(rules, state);
    case 'pulled':
      return read.pulled(rules, state, event);
    case 'readBack':
      return read.readBack(rules, state, event);
    case 'searched':
      return read.searched(rules, state, event);
    case 'readBackFailed':
      return read.readBackFailed(rules, state);
    case 'resolved':
      return push.resolved(rules, state, event);
    default:
      return unreachable(event);
  }
}
