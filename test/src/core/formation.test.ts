import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { DYNO_STATES, nextDynoState } from '../../../src/core/dyno-state.ts';
import { planFormation, type Slotted, type Wanted } from '../../../src/core/formation.ts';

const NOW = 1_000_000;
const web: Wanted = { type: 'web', quantity: 1, size: 'Basic', releaseId: 'new' };
const clock: Wanted = { ...web, type: 'clock' };

function dyno(more: Partial<Slotted>): Slotted {
  return {
    id: 'a',
    type: 'web',
    number: 1,
    size: 'Basic',
    releaseId: 'new',
    state: 'up',
    asked: undefined,
    crashes: 0,
    startAfter: 0,
    cycleAt: NOW * 2,
    ...more,
  };
}

const brief = (wanted: readonly Wanted[], dynos: readonly Slotted[]) => {
  const { start, stop, forget } = planFormation(wanted, dynos, NOW);
  return {
    start: start.map(
      ({ wanted: { type }, number, crashes }) => `${type}.${number} after ${crashes} crashes`,
    ),
    stop: stop.map(({ id, reason }) => `${id} ${reason}`),
    forget,
  };
};

describe('planning a formation', () => {
  test('a web dyno of a new release starts while the old one serves, and the old one stops once the new one is up', () => {
    const old = dyno({ id: 'old', releaseId: 'old' });
    expect(brief([web], [old])).toEqual({ start: ['web.1 after 0 crashes'], stop: [], forget: [] });
    expect(brief([web], [old, dyno({ id: 'new', state: 'starting' })])).toEqual({
      start: [],
      stop: [],
      forget: [],
    });
    expect(brief([web], [old, dyno({ id: 'new' })])).toEqual({
      start: [],
      stop: ['old replaced'],
      forget: [],
    });
  });

  test('a new release that crashes leaves the old one serving and is tried again later', () => {
    const old = dyno({ id: 'old', releaseId: 'old' });
    const crashed = dyno({ id: 'new', state: 'crashed', crashes: 2, startAfter: NOW + 500 });
    expect(planFormation([web], [old, crashed], NOW)).toEqual({
      start: [],
      stop: [],
      forget: [],
      nextAt: NOW + 500,
    });
    expect(brief([web], [old, { ...crashed, startAfter: NOW }])).toEqual({
      start: ['web.1 after 2 crashes'],
      stop: [],
      forget: ['new'],
    });
  });

  test('another process type never runs twice: the old one ends before the new one starts', () => {
    const old = dyno({ id: 'old', type: 'clock', releaseId: 'old' });
    expect(brief([clock], [old])).toEqual({ start: [], stop: ['old replaced'], forget: [] });
    expect(brief([clock], [{ ...old, state: 'stopping' }])).toEqual({
      start: [],
      stop: [],
      forget: [],
    });
    expect(brief([clock], [{ ...old, state: 'down' }])).toEqual({
      start: ['clock.1 after 0 crashes'],
      stop: [],
      forget: ['old'],
    });
  });

  test('a new release starts without waiting for the backoff of the crashed old one', () => {
    const old = dyno({
      id: 'old',
      releaseId: 'old',
      state: 'crashed',
      crashes: 9,
      startAfter: NOW * 2,
    });
    expect(brief([web], [old])).toEqual({
      start: ['web.1 after 0 crashes'],
      stop: [],
      forget: ['old'],
    });
  });

  test('a restart of a web dyno overlaps, a stop does not, and both are started again', () => {
    expect(brief([web], [dyno({ asked: 'restart' })])).toEqual({
      start: ['web.1 after 0 crashes'],
      stop: [],
      forget: [],
    });
    expect(brief([web], [dyno({ asked: 'stop' })])).toEqual({
      start: ['web.1 after 0 crashes'],
      stop: ['a asked'],
      forget: [],
    });
  });

  test('a dyno whose day is over is replaced', () => {
    const tired = dyno({ cycleAt: NOW });
    expect(brief([web], [tired, dyno({ id: 'b' })])).toEqual({
      start: [],
      stop: ['a cycled'],
      forget: [],
    });
  });

  test('scaling down stops the slots above, and an app without formation stops everything', () => {
    const three = [1, 2, 3].map((number) => dyno({ id: `w${number}`, number }));
    expect(brief([{ ...web, quantity: 2 }], three).stop).toEqual(['w3 scaled down']);
    expect(brief([], three).stop).toHaveLength(3);
  });

  test('from any state the formation is reached, then nothing is done any more, and no clock ever runs twice', () => {
    const anyDyno = fc.record({
      type: fc.constantFrom('web', 'clock', 'gone'),
      number: fc.integer({ min: 1, max: 3 }),
      releaseId: fc.constantFrom('old', 'older', 'new'),
      size: fc.constantFrom('Basic', 'Eco'),
      state: fc.constantFrom(...DYNO_STATES.filter((state) => state !== 'idle')),
      asked: fc.constantFrom(undefined, 'restart' as const, 'stop' as const),
      cycleAt: fc.constantFrom(NOW, NOW * 2),
    });
    fc.assert(
      fc.property(
        fc.array(anyDyno, { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        (found, choices) => {
          let dynos = found.map((one, index) => dyno({ ...one, id: `d${index}` }));
          const before = clocksPerSlot(dynos);
          const wanted = [{ ...web, quantity: 2 }, clock];
          for (let turn = 0; ; turn += 1) {
            const plan = planFormation(wanted, dynos, NOW);
            const moved = plan.start.length + plan.stop.length + plan.forget.length;
            const restless = dynos.filter(
              ({ state }) => state === 'starting' || state === 'stopping',
            );
            if (moved === 0 && restless.length === 0) break;
            expect(turn).toBeLessThan(100);
            dynos = dynos.filter(({ id }) => !plan.forget.includes(id));
            dynos = dynos.map((one) =>
              plan.stop.some(({ id }) => id === one.id)
                ? { ...one, state: nextDynoState(one.state, 'stop') }
                : one,
            );
            dynos.push(
              ...plan.start.map(({ wanted: { type, size, releaseId }, number, crashes }, index) =>
                dyno({
                  id: `t${turn}-${index}`,
                  type,
                  size,
                  releaseId,
                  number,
                  crashes,
                  state: 'starting',
                }),
              ),
            );
            expect(clocksPerSlot(dynos)).toBeLessThanOrEqual(Math.max(1, before));
            // The world moves one dyno on, in any order.
            const pending = dynos.filter(
              ({ state }) => state === 'starting' || state === 'stopping',
            );
            const chosen = pending[(choices.next().value ?? 0) % Math.max(1, pending.length)];
            dynos = dynos.map((one) =>
              one === chosen
                ? {
                    ...one,
                    state: nextDynoState(one.state, one.state === 'starting' ? 'bound' : 'exited'),
                  }
                : one,
            );
          }
          const up = dynos.map(({ type, number, releaseId, size, state }) =>
            [type, number, releaseId, size, state].join(' '),
          );
          expect(up.toSorted((a, b) => a.localeCompare(b))).toEqual([
            'clock 1 new Basic up',
            'web 1 new Basic up',
            'web 2 new Basic up',
          ]);
        },
      ),
    );
  });
});

/** The most living dynos of the type `clock` that share a slot. */
function clocksPerSlot(dynos: readonly Slotted[]): number {
  const living = dynos.filter(
    ({ type, state }) => type === 'clock' && ['starting', 'up', 'stopping'].includes(state),
  );
  return Math.max(
    0,
    ...[...Map.groupBy(living, ({ number }) => number).values()].map(({ length }) => length),
  );
}
