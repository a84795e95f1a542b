import { readFile, mkdtemp, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { openAuthority } from '../../src/kit/authority.ts';
import { listenDual } from '../../src/kit/dual-port.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landbridge-tls-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('one port', () => {
  test('speaks plain HTTP and verified TLS, by the first byte', async () => {
    const authority = await openAuthority(folder);
    const leaf = await authority.issue(['localhost', 'api.localhost', '127.0.0.1', '::1']);
    const answer: http.RequestListener = (request, response) => {
      response.end(`${'encrypted' in request.socket ? 'tls' : 'plain'} ${request.url ?? ''}`);
    };
    const plain = http.createServer(answer);
    const secure = https.createServer({ cert: leaf.cert, key: leaf.key }, answer);
    await using listening = await listenDual(
      { plain, secure },
      { port: 0, host: '127.0.0.1', drainMs: 100, what: 'test', variable: 'X' },
    );
    const ca = await readFile(authority.caFile, 'utf8');
    const get = (url: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const client = url.startsWith('https') ? https : http;
        client
          .get(url, { ca, agent: false }, (response) => {
            response.setEncoding('utf8');
            let text = '';
            response.on('data', (chunk: string) => (text += chunk));
            response.on('end', () => {
              resolve(text);
            });
          })
          .on('error', reject);
      });
    expect(await get(`http://127.0.0.1:${listening.port}/a`)).toBe('plain /a');
    expect(await get(`https://127.0.0.1:${listening.port}/b`)).toBe('tls /b');
    expect(await get(`https://localhost:${listening.port}/c`)).toBe('tls /c');
    await expect(
      new Promise((_, reject) => {
        https.get(`https://127.0.0.1:${listening.port}/`, { agent: false }).on('error', reject);
      }),
    ).rejects.toThrow(/certificate/);
  });

  test('keeps its authority over starts, the key readable by its owner only', async () => {
    const before = await readFile(join(folder, 'ca.crt'), 'utf8');
    await openAuthority(folder);
    expect(await readFile(join(folder, 'ca.crt'), 'utf8')).toBe(before);
    expect((await stat(join(folder, 'ca.key'))).mode & 0o777).toBe(0o600);
  });
});
