import { expect, test } from '@jest/globals';

import { parseProcfile } from '../../../src/core/procfile.ts';

test('a Procfile’s lines are types and commands, whatever its line ends', () => {
  expect(
    parseProcfile('\uFEFFweb: node a.js --x=1:2\r\n\r\n# note\nclock-1:   run it  \n'),
  ).toEqual({
    types: { web: 'node a.js --x=1:2', 'clock-1': 'run it' },
  });
  expect(parseProcfile('')).toEqual({ types: {} });
});

test('every line that declares nothing is told with its number', () => {
  const read = parseProcfile('web: a\nno declaration\nweb: b\nempty:\n');
  expect(read).toEqual({
    faults: [
      'Procfile line 2: expected "type: command", found "no declaration"',
      'Procfile line 3: web is declared twice',
      'Procfile line 4: expected "type: command", found "empty:"',
    ],
  });
});
