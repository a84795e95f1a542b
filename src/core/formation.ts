import type { DynoState } from './dyno-state.ts';

/** What should run of one process type of one app. */
export interface Wanted {
  readonly type: string;
  readonly quantity: number;
  readonly size: string;
  readonly releaseId: string;
}

/** One start, as far as the plan needs it. */
export interface Slotted {
  readonly id: string;
  readonly type: string;
  /** The slot: 1 of web.1. */
  readonly number: number;
  readonly size: string;
  readonly releaseId: string;
  readonly state: DynoState;
  readonly asked: 'restart' | 'stop' | undefined;
  readonly crashes: number;
  /** A crashed dyno's slot is started again at this time. */
  readonly startAfter: number;
  /** When its day is over. */
  readonly cycleAt: number;
}

export type StopReason = 'replaced' | 'scaled down' | 'asked' | 'cycled';

export interface Plan {
  readonly start: readonly {
    readonly wanted: Wanted;
    readonly number: number;
    readonly crashes: number;
  }[];
  readonly stop: readonly { readonly id: string; readonly reason: StopReason }[];
  /** Ended starts that nothing needs any more. */
  readonly forget: readonly string[];
  /** When to look again, if nothing happens before. */
  readonly nextAt: number;
}

/** The type that the router sends requests to. */
export const WEB = 'web';

/**
 * What to do so that the formation of the current release runs.
 *
 * A web slot is switched by starting its new dyno first, and stopping the old one when the new one is up: no request is
 * lost, and a release that does not start leaves the old one serving. Other slots stop the old one first, because a
 * clock or a queue's only worker must not run twice.
 */
export function planFormation(
  wanted: readonly Wanted[],
  dynos: readonly Slotted[],
  now: number,
): Plan {
  const plans = [
    ...wanted.flatMap((type) =>
      Array.from({ length: type.quantity }, (_, index) => {
        const number = index + 1;
        const slot = dynos.filter((dyno) => dyno.type === type.type && dyno.number === number);
        return planSlot({ wanted: type, number, slot, now });
      }),
    ),
    planRest(wanted, dynos),
  ];
  return {
    start: plans.flatMap(({ start }) => start),
    stop: plans.flatMap(({ stop }) => stop),
    forget: plans.flatMap(({ forget }) => forget),
    nextAt: Math.min(Number.POSITIVE_INFINITY, ...plans.map(({ nextAt }) => nextAt)),
  };
}

interface Slot {
  readonly wanted: Wanted;
  readonly number: number;
  readonly slot: readonly Slotted[];
  readonly now: number;
}

function planSlot({ wanted, number, slot, now }: Slot): Plan {
  const living = slot.filter(({ state }) => state === 'starting' || state === 'up');
  const ended = slot.filter(({ state }) => state === 'crashed' || state === 'down');
  const fresh = slot.filter((dyno) => isFresh(dyno, wanted, now));
  const running = fresh.find(({ state }) => state !== 'crashed');
  const crashed = fresh.find(({ state }) => state === 'crashed');
  const start = [{ wanted, number, crashes: crashed?.crashes ?? 0 }];
  if (running !== undefined) {
    const stale = living.filter((dyno) => dyno !== running);
    // Of two old releases the one that never came up is of no use to anybody.
    const stop =
      running.state === 'starting' ? stale.filter(({ state }) => state === 'starting') : stale;
    return {
      ...NOTHING,
      stop: stop.map((dyno) => ({ id: dyno.id, reason: reasonOf(dyno, now) })),
      forget: ended.map(({ id }) => id),
      nextAt: running.cycleAt,
    };
  }
  if (crashed !== undefined && now < crashed.startAfter) {
    return { ...NOTHING, nextAt: crashed.startAfter };
  }
  const overlap = wanted.type === WEB;
  const gone = living.filter(
    ({ asked, state }) => !overlap || asked === 'stop' || state === 'starting',
  );
  const blocked = !overlap && slot.some(({ state }) => state !== 'crashed' && state !== 'down');
  return {
    start: blocked ? [] : start,
    stop: gone.map((dyno) => ({ id: dyno.id, reason: reasonOf(dyno, now) })),
    forget: blocked ? [] : ended.map(({ id }) => id),
    nextAt: Number.POSITIVE_INFINITY,
  };
}

/** Whether it is what is wanted: then it stays, or, crashed, counts for the time of the next try. */
function isFresh(dyno: Slotted, wanted: Wanted, now: number): boolean {
  return (
    dyno.releaseId === wanted.releaseId &&
    dyno.size === wanted.size &&
    dyno.asked === undefined &&
    dyno.cycleAt > now &&
    (dyno.state === 'starting' || dyno.state === 'up' || dyno.state === 'crashed')
  );
}

/** Slots that are not wanted (any more). */
function planRest(wanted: readonly Wanted[], dynos: readonly Slotted[]): Plan {
  const rest = dynos.filter(
    ({ type, number }) => number > (wanted.find((one) => one.type === type)?.quantity ?? 0),
  );
  return {
    ...NOTHING,
    stop: rest
      .filter(({ state }) => state === 'starting' || state === 'up')
      .map(({ id }) => ({ id, reason: 'scaled down' })),
    forget: rest.filter(({ state }) => state === 'crashed' || state === 'down').map(({ id }) => id),
  };
}

function reasonOf({ asked, cycleAt }: Slotted, now: number): StopReason {
  if (asked !== undefined) return 'asked';
  return cycleAt <= now ? 'cycled' : 'replaced';
}

const NOTHING: Plan = { start: [], stop: [], forget: [], nextAt: Number.POSITIVE_INFINITY };
