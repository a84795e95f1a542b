import { expect, test } from '@jest/globals';

import { parseAppJson, planEnvironment } from '../../../src/core/app-json.ts';

test('an app.json is read in all the forms that Heroku documents', () => {
  const read = parseAppJson(
    JSON.stringify({
      name: 'x',
      keywords: ['ignored'],
      env: { A: 'plain', B: { value: 'b' }, C: { generator: 'secret' }, D: { required: false } },
      addons: ['heroku-postgresql', { plan: 'herokuconnect:demo', as: 'HC', options: { a: 1 } }],
      formation: { web: { quantity: 2, size: 'standard-1x' } },
      scripts: { postdeploy: 'node seed.js' },
    }),
  );
  expect(read).toMatchObject({
    appJson: {
      addons: [
        { plan: 'heroku-postgresql', options: {} },
        { plan: 'herokuconnect:demo', as: 'HC', options: { a: 1 } },
      ],
      formation: { web: { quantity: 2 } },
      scripts: { postdeploy: 'node seed.js' },
    },
  });
});

test('every fault of an app.json is told with its place', () => {
  expect(parseAppJson('{')).toMatchObject({ faults: [expect.stringContaining('is not JSON')] });
  const read = parseAppJson('{"env": {"A": 1}, "formation": {"web": {"quantity": -1}}}');
  expect(read).toMatchObject({
    faults: [
      expect.stringContaining('app.json env.A'),
      expect.stringContaining('app.json formation.web.quantity'),
    ],
  });
});

test('a new app’s config vars are the caller’s first, then app.json’s; a missing required one is named', () => {
  const read = parseAppJson(
    '{"env": {"GIVEN": "x", "FIXED": {"value": "f"}, "MADE": {"generator": "secret"}, "ASKED": {}, "FREE": {"required": false}}}',
  );
  if ('faults' in read) throw new Error(read.faults.join());
  expect(planEnvironment(read.appJson, { GIVEN: 'mine' }, () => 'random')).toEqual({
    config: { GIVEN: 'mine', FIXED: 'f', MADE: 'random' },
    missing: ['ASKED'],
  });
});
