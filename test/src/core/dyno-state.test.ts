import { readFile } from 'node:fs/promises';

import { describe, expect, test } from '@jest/globals';

import {
  DYNO_EVENTS,
  DYNO_STATES,
  nextDynoState,
  type DynoEvent,
  type DynoState,
} from '../../../src/core/dyno-state.ts';

/** Every cell: what a dyno is after an event. A forgotten one does not compile. */
const EXPECTED: Record<DynoState, Record<DynoEvent, DynoState>> = {
  starting: {
    bound: 'up',
    'boot timed out': 'crashed',
    exited: 'crashed',
    stop: 'stopping',
    idled: 'starting',
    woken: 'starting',
  },
  up: {
    bound: 'up',
    'boot timed out': 'up',
    exited: 'crashed',
    stop: 'stopping',
    idled: 'idle',
    woken: 'up',
  },
  idle: {
    bound: 'idle',
    'boot timed out': 'idle',
    exited: 'idle',
    stop: 'down',
    idled: 'idle',
    woken: 'down',
  },
  stopping: {
    bound: 'stopping',
    'boot timed out': 'stopping',
    exited: 'down',
    stop: 'stopping',
    idled: 'stopping',
    woken: 'stopping',
  },
  crashed: {
    bound: 'crashed',
    'boot timed out': 'crashed',
    exited: 'crashed',
    stop: 'down',
    idled: 'crashed',
    woken: 'crashed',
  },
  down: {
    bound: 'down',
    'boot timed out': 'down',
    exited: 'down',
    stop: 'down',
    idled: 'down',
    woken: 'down',
  },
};

describe('the life of a dyno', () => {
  for (const state of DYNO_STATES) {
    for (const event of DYNO_EVENTS) {
      const after = EXPECTED[state][event];
      test(`${state}, ${event}: ${after}`, () => {
        expect(nextDynoState(state, event)).toBe(after);
      });
    }
  }

  test('is written down in SPEC.md as it is', async () => {
    const spec = (await readFile('src/dynos/SPEC.md', 'utf8')).replaceAll(/ +\|/g, ' |');
    const table = DYNO_STATES.map((state) => {
      const cells = DYNO_EVENTS.map((event) => {
        const after = EXPECTED[state][event];
        return after === state ? '–' : after;
      });
      return `| ${[state, ...cells].join(' | ')} |`;
    });
    expect(spec).toContain(`| state | ${DYNO_EVENTS.join(' | ')} |`);
    expect(spec).toContain(table.join('\n'));
  });
});
