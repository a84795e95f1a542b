/**
 * The life of one start of a process. A crashed dyno is not revived: its slot gets a new start.
 *
 * ```
 *             bound                 idled
 *  starting ─────────► up ─────────────────► idle
 *     │                │ exited               │ woken: its slot gets a new start
 *     │ exited,        ▼                      ▼
 *     └─boot timed out─► crashed             down
 *  any of these, told to stop ─► stopping ─ exited ─► down
 * ```
 */
export const DYNO_STATES = ['starting', 'up', 'idle', 'stopping', 'crashed', 'down'] as const;
export type DynoState = (typeof DYNO_STATES)[number];

export const DYNO_EVENTS = ['bound', 'boot timed out', 'exited', 'stop', 'idled', 'woken'] as const;
export type DynoEvent = (typeof DYNO_EVENTS)[number];

/** Total: an event that means nothing in a state leaves it as it is (a dyno may bind its port while it is stopped). */
export function nextDynoState(state: DynoState, event: DynoEvent): DynoState {
  return TRANSITIONS[state][event] ?? state;
}

/** Whether processes of it may exist. */
export function isRunning(state: DynoState): boolean {
  return state === 'starting' || state === 'up' || state === 'stopping';
}

const TRANSITIONS: Readonly<Record<DynoState, Readonly<Partial<Record<DynoEvent, DynoState>>>>> = {
  starting: { bound: 'up', 'boot timed out': 'crashed', exited: 'crashed', stop: 'stopping' },
  up: { exited: 'crashed', stop: 'stopping', idled: 'idle' },
  idle: { stop: 'down', woken: 'down' },
  stopping: { exited: 'down' },
  crashed: { stop: 'down' },
  down: {},
};
