import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { step } from '../../../connect/core/step.ts';
import { applied, contextOf, EVENTS, nameOf, STATES } from './row-states.ts';
import { TABLE } from './step-table.ts';

const CONTEXT = contextOf();

describe('each state with each event', () => {
  for (const [name, state] of Object.entries(STATES)) {
    test(`${name} is as the table says`, () => {
      const cells = Object.entries(EVENTS).map(([kind, event]) => {
        const effects = step(CONTEXT, state, event);
        const after = nameOf(applied(state, effects));
        return [kind, [after, ...effects.map((effect) => effect.kind)].join(' ')];
      });
      expect(nameOf(state)).toBe(name);
      expect(Object.fromEntries(cells)).toEqual(
        Object.entries(TABLE).find(([row]) => row === name)?.[1],
      );
    });
  }
});

test('SPEC.md shows the same table', () => {
  const spec = readFileSync(new URL('../../../connect/SPEC.md', import.meta.url), 'utf8');
  const rows = Object.entries(TABLE).flatMap(([state, events]) =>
    Object.entries(events)
      .filter(([, cell]) => cell !== state)
      .map(([event, cell]) => {
        const [after = '', ...effects] = cell.split(' ');
        return `| ${state} | ${event} | ${after} | ${effects.join(', ')} |`;
      }),
  );
  const states: readonly string[] = Object.keys(TABLE);
  const lines = spec.split('\n').map((line) => line.replaceAll(/ +/g, ' '));
  // Rows of four columns that begin with a state are this table's.
  const shown = lines.filter((line) => {
    const [, state = '', ...cells] = line.split('|');
    return cells.length === 4 && states.includes(state.trim());
  });
  expect(shown).toEqual(rows);
});

test('every test that SPEC.md names exists', () => {
  const spec = readFileSync(new URL('../../../connect/SPEC.md', import.meta.url), 'utf8');
  const named = [...spec.matchAll(/`(test\/[\w/.-]+)` “([^”]+)”/g)];
  expect(named.length).toBeGreaterThan(15);
  for (const [, path = '', name = ''] of named) {
    const source = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
    expect(`${path}: ${source.includes(name)}: ${name}`).toBe(`${path}: true: ${name}`);
  }
});
