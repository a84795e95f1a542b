import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { freePort } from '../support/free-port.ts';
import { spawnLandbridge } from '../support/landbridge.ts';

async function refusal(environment: Readonly<Record<string, string>>): Promise<string> {
  await using landbridge = await spawnLandbridge({ environment });
  const [code] = await once(landbridge.process, 'exit');
  expect(code).toBe(1);
  return landbridge.output();
}

describe('npm start says in one sentence', () => {
  test('that a port is taken, which, and what to do', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const said = await refusal({ LANDBRIDGE_APPS_PORT: port });
    taken.close();
    expect(said).toContain(
      `port ${port} for apps (LANDBRIDGE_APPS_PORT) is taken by another program. Free it, or set the variable to another port.`,
    );
  });

  test('that its home cannot be written, and what to do', async () => {
    const said = await refusal({ LANDBRIDGE_HOME: '/dev/null/landbridge' });
    expect(said).toContain(
      'The folder /dev/null/landbridge cannot be written (ENOTDIR). Give yourself write access to it, or set LANDBRIDGE_HOME to another folder.',
    );
  });

  test('that a variable is wrong, and which', async () => {
    const said = await refusal({ LANDBRIDGE_PORT: 'five', LANDBRIDGE_PG_PORT: '70000' });
    expect(said).toContain('LANDBRIDGE_PORT');
    expect(said).toContain('LANDBRIDGE_PG_PORT');
  });

  test('that the npm registry is away', async () => {
    const root = join(import.meta.dirname, '..', '..');
    const { cp, mkdtemp, rm } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const clone = await mkdtemp(join(tmpdir(), 'landbridge-clone-'));
    await cp(join(root, 'src', 'cli', 'install.mjs'), join(clone, 'src', 'cli', 'install.mjs'), {
      recursive: true,
    });
    for (const file of ['package.json', 'package-lock.json'])
      await cp(join(root, file), join(clone, file));
    const away = `http://127.0.0.1:${await freePort()}/`;
    const child = spawn(process.execPath, [join(clone, 'src', 'cli', 'install.mjs')], {
      env: {
        PATH: process.env['PATH'],
        HOME: clone,
        npm_config_registry: away,
        npm_config_cache: join(clone, 'cache'),
      },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(60_000) });
    await rm(clone, { recursive: true, force: true });
    expect(code).toBe(1);
    expect(said).toContain('the npm registry cannot be reached');
  }, 120_000);
});
