import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { housekeepingLoop } from '../../../src/builder/housekeeping.ts';
import { until } from '../../support/until.ts';
import { makeBusy } from '../support/busy-app.ts';
import { clientOf } from '../support/client.ts';
import { createTestPlatform } from '../support/test-platform.ts';

test('what no row refers to goes once it is old; what is young or referred to stays', async () => {
  await using world = await createTestPlatform();
  const { platform } = world;
  const client = clientOf(world.api, await world.account('owner@example.com'));
  await client.post('/apps', { name: 'kept' }).expect(201);
  const { buildId, appId } = await makeBusy(platform, 'kept');
  const slugs = join(platform.home, 'slugs');
  const builds = join(platform.home, 'builds');
  const caches = join(platform.home, 'cache', 'apps');
  const old = new Date(Date.now() - 2 * 3_600_000);
  const put = async (folder: string, name: string, at: Date): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), 'x');
    await utimes(join(folder, name), at, at);
  };
  await put(slugs, '0'.repeat(64), old);
  await put(slugs, '1'.repeat(64), old);
  await put(slugs, '2'.repeat(64), new Date());
  await put(builds, `${buildId}.log`, old);
  await put(builds, 'gone.log', old);
  await put(caches, appId, old);
  await put(caches, 'gone', old);
  const stop = new AbortController();
  const running = housekeepingLoop(platform).run(stop.signal);
  await until(async () => (await readdir(caches)).length === 1 || undefined, { what: 'the sweep' });
  stop.abort();
  await running;
  expect((await readdir(slugs)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    '0'.repeat(64),
    '2'.repeat(64),
  ]);
  expect(await readdir(builds)).toEqual([`${buildId}.log`]);
  expect(await readdir(caches)).toEqual([appId]);
});
