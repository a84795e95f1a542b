import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { Clock } from '../../../src/kit/clock.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { openLogHub, type LogHub } from '../../../src/logs/hub.ts';
import { formatLogLine, parseLogLine } from '../../../src/logs/log-line.ts';
import { streamLog, type LogSession } from '../../../src/logs/stream.ts';
import { until } from '../../support/until.ts';

const APP = '00000000-0000-4000-8000-00000000000a';
const still: Clock = { now: () => Date.UTC(2025, 0, 1), sleep: systemClock.sleep };

let folder: string;
let hub: LogHub;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landbridge-logs-'));
  hub = await openLogHub({ folder, clock: still, log: silentLog });
});

afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function write(text: string, process = 'web.1', source: 'app' | 'heroku' = 'app'): void {
  hub.write({ appId: APP, source, process, text });
}

const recent = async (): Promise<readonly string[]> => (await hub.recent(APP)).map(formatLogLine);

describe('the log hub', () => {
  test('writes lines as Heroku does, in order within a millisecond', async () => {
    write('first');
    write('State changed from starting to up', 'web.1', 'heroku');
    expect(await recent()).toEqual([
      '2025-01-01T00:00:00.000000+00:00 app[web.1]: first',
      '2025-01-01T00:00:00.000001+00:00 heroku[web.1]: State changed from starting to up',
    ]);
  });

  test('remembers the last 1,500 lines of each app, through a restart and beyond the size of its files', async () => {
    const long = 'x'.repeat(1_000);
    for (let line = 0; line < 4_000; line += 1) write(`${line} ${long}`);
    hub.write({
      appId: APP.replace('a', 'b'),
      source: 'app',
      process: 'web.1',
      text: 'another app',
    });
    const before = await recent();
    expect(before).toHaveLength(1_500);
    expect(before.at(-1)).toContain(': 3999 x');
    await hub[Symbol.asyncDispose]();
    const sizes = await Promise.all(
      ['', '.1'].map(async (end) =>
        stat(join(folder, `${APP}.log${end}`)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(8 * 1_048_576);
    hub = await openLogHub({ folder, clock: systemClock, log: silentLog });
    write('after');
    const after = await recent();
    expect(after.at(-1)).toMatch(/app\[web\.1\]: after$/);
    expect(after.at(-2)).toBe(before.at(-1));
    expect(after.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(after);
  });

  test('splits several lines, keeps control characters from breaking them, and cuts long ones at a character', async () => {
    write(`one\ntwo\r\0end\n${'é'.repeat(6_000)}`);
    const texts = (await hub.recent(APP)).map(({ text }) => text);
    expect(texts.slice(0, 2)).toEqual(['one', 'two  end']);
    expect(texts[2]).toBe('é'.repeat(5_000));
  });

  test('any line is read back as it was written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e15 }),
        fc.constantFrom('app' as const, 'heroku' as const),
        fc.stringMatching(/^[a-z]{1,9}\.\d$/),
        fc.string({ unit: 'grapheme' }).filter((text) => !/[\n\r\0]/.test(text)),
        (at, source, process, text) => {
          const line = { at, source, process, text };
          expect(parseLogLine(formatLogLine(line))).toEqual(line);
        },
      ),
    );
  });
});

describe('a log stream', () => {
  let server: http.Server;
  let url: string;
  let session: LogSession;

  beforeEach(async () => {
    session = { appId: APP, lines: 100, tail: false, source: null, dyno: null };
    server = http.createServer((_request, response) => {
      void streamLog({ hub, clock: systemClock }, session, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${address === null || typeof address === 'string' ? 0 : address.port}/`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
  });

  const events = (text: string): readonly string[] =>
    [...text.matchAll(/^id: \d+\ndata: \S+ (.*)\n\n/gm)].map(([, line = '']) => line);

  test('gives the last lines that pass the filter, and ends', async () => {
    for (const text of ['a', 'b', 'c']) write(text);
    write('d', 'worker.1');
    write('e', 'router', 'heroku');
    session = { ...session, lines: 2, dyno: 'web' };
    expect(events(await (await fetch(url)).text())).toEqual(['app[web.1]: b', 'app[web.1]: c']);
    session = { ...session, lines: 100, dyno: null, source: 'heroku' };
    expect(events(await (await fetch(url)).text())).toEqual(['heroku[router]: e']);
  });

  test('goes on with new lines, none lost and none twice, however they fall', async () => {
    session = { ...session, tail: true, lines: 1_500 };
    for (let line = 0; line < 50; line += 1) write(`early ${line}`);
    const pending = fetch(url);
    // While the stream is being opened.
    for (let line = 50; line < 100; line += 1) {
      write(`early ${line}`);
      await new Promise(setImmediate);
    }
    const reply = await pending;
    expect(reply.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    let text = '';
    const reading = (async () => {
      for await (const chunk of reply.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    write('last');
    await until(() => (text.includes('last') ? true : undefined), { what: 'the last line' });
    expect(events(text)).toEqual([
      ...Array.from({ length: 100 }, (_, line) => `app[web.1]: early ${line}`),
      'app[web.1]: last',
    ]);
    server.closeAllConnections();
    await reading;
  });

  test('drops lines that a slow reader does not take, and says how many (L11)', async () => {
    session = { ...session, tail: true, lines: 0 };
    const request = http.get(url);
    const [reply]: http.IncomingMessage[] = await once(request, 'response');
    if (reply === undefined) throw new TypeError('no reply');
    let text = '';
    reply.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(
      () => {
        write('open?');
        return text.includes('open?') ? true : undefined;
      },
      { what: 'the open stream' },
    );
    const long = 'x'.repeat(9_000);
    // All in one turn of the event loop: nothing is read meanwhile.
    for (let line = 0; line < 2_000; line += 1) write(`${line} ${long}`);
    const [, dropped] = await until(
      () => {
        write('still there?');
        return (
          /L11 \(Tail buffer overflow\) -> This tail session dropped (\d+) messages since 2025-01-01/.exec(
            text,
          ) ?? undefined
        );
      },
      { what: 'the L11 line' },
    );
    const shown = [...text.matchAll(/: \d+ x/g)].length;
    expect(Number(dropped) + shown).toBeGreaterThanOrEqual(2_000);
    expect(shown).toBeGreaterThan(50);
    request.destroy();
  });
});
