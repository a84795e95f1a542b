import type { Clock } from '../../src/kit/clock.ts';
import type { DelayRange, Settings } from '../settings.ts';

const SECOND_MS = 1_000;

/** A moment between the two, by chance. */
function within({ minMs, maxMs }: DelayRange, chance: () => number): number {
  return minMs + Math.floor(chance() * (maxMs - minMs + 1));
}

/**
 * The SystemModstamp of a change. In Salesforce a transaction stamps its rows and commits later, so a row becomes
 * visible some seconds after its stamp: whoever polls "changed since the newest stamp I have seen" misses it. Here the
 * row is visible at its commit and the stamp lies back by the same delay; to a reader that is the same thing, and every
 * reader, a query with any filter included, sees whole records at any time.
 *
 * Stamps are whole seconds.
 */
export function changeStamp(
  clock: Clock,
  settings: Pick<Settings, 'visibilityDelay'>,
  chance: () => number = Math.random,
): Date {
  const moment = clock.now() - within(settings.visibilityDelay, chance);
  return new Date(Math.floor(moment / SECOND_MS) * SECOND_MS);
}

/** The end of the time in which no row can any more appear: what getUpdated answers as latestDateCovered. */
export function settledUntil(clock: Clock, settings: Pick<Settings, 'visibilityDelay'>): Date {
  const moment = clock.now() - settings.visibilityDelay.maxMs;
  return new Date(Math.floor(moment / SECOND_MS) * SECOND_MS);
}
