import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { DynoDriver, DynoSpec } from '../../src/dynos/driver.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { HELLO_APP, openWorkshop, type Workshop } from './hello-slug.ts';

export interface DriverFactory {
  readonly name: string;
  /** Opens the driver on a home; a second call on the same home is a new process of ours after a crash. */
  open(home: string): Promise<DynoDriver>;
}

const never = new AbortController().signal;

/** What every driver must do, whatever the engine below it. */
export function testDynoDriver({ name, open }: DriverFactory): void {
  describe(`a dyno driver: ${name}`, () => {
    let workshop: Workshop;
    let driver: DynoDriver;

    beforeAll(async () => {
      workshop = await openWorkshop();
      driver = await open(workshop.folder);
    });

    afterAll(async () => {
      for (const { id } of await driver.list()) {
        await driver.stop(id, 0);
        await driver.remove(id);
      }
      await driver[Symbol.asyncDispose]();
      await workshop[Symbol.asyncDispose]();
    });

    async function output(id: string): Promise<readonly string[]> {
      const lines: string[] = [];
      for await (const batch of driver.logs(id, never)) lines.push(...batch.lines);
      return lines;
    }

    async function ran(
      files: Readonly<Record<string, string>>,
      command: string,
      more: Partial<DynoSpec> = {},
    ) {
      const spec = workshop.spec(await workshop.makeSlug(files), command, more);
      await driver.start(spec);
      const exit = await driver.ended(spec.id, never);
      return { spec, exit, lines: await output(spec.id) };
    }

    test('runs a web dyno that serves on its port, and stops it in order with SIGTERM', async () => {
      const port = await freePort();
      const slug = await workshop.makeSlug(HELLO_APP);
      const spec = workshop.spec(slug, 'node server.js', {
        port,
        environment: { GREETING: 'hi', DYNO: 'web.1' },
      });
      await driver.start(spec);
      const text = await until(() => fetchText(port), { what: 'an answer' });
      expect(text).toMatch(/^hi from web\.1 \d+\n$/);
      expect(await driver.stop(spec.id, 10_000)).toEqual({ status: 0, killed: false });
      expect(await output(spec.id)).toEqual([`listening on ${port}`, 'bye']);
    });

    test('starts an id once, however often it is asked to', async () => {
      const port = await freePort();
      const slug = await workshop.makeSlug(HELLO_APP);
      const spec = workshop.spec(slug, 'node server.js', { port });
      await Promise.all([driver.start(spec), driver.start(spec)]);
      const first = await until(() => fetchText(port), { what: 'an answer' });
      await driver.start(spec);
      expect(await fetchText(port)).toBe(first);
      await driver.stop(spec.id, 10_000);
      await driver.start(spec);
      expect((await driver.list()).find(({ id }) => id === spec.id)?.exit).toEqual({
        status: 0,
        killed: false,
      });
    });

    test('sources profile scripts in order, then .profile, then runs the whole command line', async () => {
      const { exit, lines } = await ran(
        {
          '.profile.d/10-first.sh': 'export TRACE=first',
          '.profile.d/20-second.sh': 'export TRACE="$TRACE second"',
          '.profile': 'export TRACE="$TRACE profile"',
        },
        `A='x y' && echo "$TRACE: $A $SETTING" && cd "$HOME" && test -w . && test -z "$(pwd | grep -v app$)"`,
        { environment: { SETTING: "it's $HOME `set`" } },
      );
      expect(exit).toEqual({ status: 0, killed: false });
      expect(lines).toEqual(["first second profile: x y it's $HOME `set`"]);
    });

    test('gives a dyno its own environment and nothing of ours', async () => {
      const { lines } = await ran({ a: '' }, 'env', { environment: { ONLY: 'this' } });
      const names = lines.map((line) => line.split('=')[0]);
      expect(names).toEqual(expect.arrayContaining(['HOME', 'LANG', 'ONLY', 'PATH', 'TMPDIR']));
      expect(names).not.toEqual(expect.arrayContaining(['NODE_OPTIONS']));
      expect(names.filter((name) => /^(LANDBRIDGE_TEST|npm_|JEST)/.test(name ?? ''))).toEqual([]);
    });

    test('tells how a dyno ended: its status, or its signal as a shell does', async () => {
      expect((await ran({ a: '' }, 'exit 3')).exit).toEqual({ status: 3, killed: false });
      expect((await ran({ a: '' }, 'kill -KILL $$')).exit).toEqual({ status: 137, killed: false });
      expect((await ran({ a: '' }, 'no-such-program')).exit).toEqual({
        status: 127,
        killed: false,
      });
    });

    test('kills what ignores SIGTERM after the grace, with all its descendants', async () => {
      const slug = await workshop.makeSlug({ a: '' });
      const spec = workshop.spec(
        slug,
        `trap '' TERM; (trap '' TERM; setsid sleep 600 & sleep 600) & echo ready; wait; sleep 600`,
      );
      await driver.start(spec);
      await until(async () => ((await driver.stats(spec.id)).processes >= 4 ? true : undefined), {
        what: 'the processes',
      });
      expect(await driver.stop(spec.id, 200)).toEqual({ status: 137, killed: true });
      expect(await driver.stats(spec.id)).toMatchObject({ processes: 0 });
    });

    test('kills at once where there is no grace', async () => {
      const spec = workshop.spec(
        await workshop.makeSlug({ a: '' }),
        `trap 'echo asked' TERM; echo ready; while :; do sleep 0.05; done`,
      );
      await driver.start(spec);
      for await (const { lines } of driver.logs(spec.id, never)) if (lines.length > 0) break;
      expect(await driver.stop(spec.id, 0)).toEqual({ status: 137, killed: true });
      expect(await output(spec.id)).toEqual(['ready']);
    });

    test('ends what a dyno leaves in the background when its main process is gone', async () => {
      const { spec, exit } = await ran({ a: '' }, 'setsid sleep 600 & sleep 600 & exit 5');
      expect(exit).toEqual({ status: 5, killed: false });
      expect(await driver.stats(spec.id)).toMatchObject({ processes: 0 });
    });

    test('gives each dyno a copy of its own of the slug', async () => {
      const slug = await workshop.makeSlug({ 'counter.txt': 'x' });
      for (let round = 0; round < 2; round += 1) {
        const spec = workshop.spec(slug, 'echo y >> counter.txt; wc -l < counter.txt');
        await driver.start(spec);
        await driver.ended(spec.id, never);
        expect((await output(spec.id)).map((line) => line.trim())).toEqual(['1']);
      }
    });

    test('pauses and resumes a dyno', async () => {
      const port = await freePort();
      const spec = workshop.spec(await workshop.makeSlug(HELLO_APP), 'node server.js', { port });
      await driver.start(spec);
      await until(() => fetchText(port), { what: 'an answer' });
      await driver.pause(spec.id);
      await expect(fetchText(port, 300)).rejects.toThrow(/abort|timeout/i);
      await driver.resume(spec.id);
      expect(await fetchText(port)).toMatch(/from/);
      await driver.stop(spec.id, 0);
    });

    test('runs a program beside the dyno, as its user and in its folder', async () => {
      const spec = workshop.spec(await workshop.makeSlug({ note: 'here' }), 'id -u; sleep 600');
      await driver.start(spec);
      for await (const { lines } of driver.logs(spec.id, never)) if (lines.length > 0) break;
      let said = '';
      const status = await driver.exec(spec.id, {
        argv: ['/bin/bash', '-c', 'id -u; cat note; exit 4'],
        environment: {},
        signal: never,
        onOutput: (chunk) => (said += chunk.toString()),
      });
      expect(status).toBe(4);
      await driver.stop(spec.id, 1_000);
      expect(said).toBe(`${(await output(spec.id))[0]}\nhere`);
    });

    test('knows after a crash of ours what runs, what ended meanwhile and with what status', async () => {
      const port = await freePort();
      const slug = await workshop.makeSlug(HELLO_APP);
      const running = workshop.spec(slug, 'node server.js', {
        port,
        name: 'web.7',
        releaseVersion: 12,
      });
      const ending = workshop.spec(
        slug,
        'while [ ! -e "$TMPDIR/end" ]; do sleep 0.02; done; echo done; exit 9',
      );
      await driver.start(running);
      await driver.start(ending);
      const before = await until(() => fetchText(port), { what: 'an answer' });
      await driver[Symbol.asyncDispose]();
      driver = await open(workshop.folder);
      await driver.exec(ending.id, {
        argv: ['/bin/bash', '-c', 'touch "$TMPDIR/end"'],
        environment: {},
        signal: never,
        onOutput: () => undefined,
      });
      expect(await driver.ended(ending.id, never)).toEqual({ status: 9, killed: false });
      expect(await output(ending.id)).toEqual(['done']);
      const { id, appId, name: dynoName, releaseVersion } = running;
      expect(await driver.list()).toContainEqual({
        id,
        appId,
        name: dynoName,
        releaseVersion,
        port,
        exit: undefined,
      });
      expect(await fetchText(port)).toBe(before);
      expect(await driver.stop(running.id, 10_000)).toEqual({ status: 0, killed: false });
    });

    test('loses no line of a dyno that writes much', async () => {
      const { lines } = await ran(
        { a: '' },
        `awk 'BEGIN { for (i = 0; i < 200000; i++) print "line number " i " of a chatty app" }'`,
      );
      expect(lines).toHaveLength(200_000);
      expect(lines.at(-1)).toBe('line number 199999 of a chatty app');
      expect(new Set(lines).size).toBe(200_000);
    });

    test('cuts lines that are too long without breaking a character, and gives the last one without its end', async () => {
      const { lines } = await ran(
        { a: '' },
        `for i in $(seq 6000); do printf 'é→'; done; printf end`,
      );
      expect(lines.join('')).toBe(`${'é→'.repeat(6_000)}end`);
      expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(10_000);
    });

    test('forgets a removed dyno', async () => {
      const { spec } = await ran({ a: '' }, 'true');
      await driver.remove(spec.id);
      await driver.remove(spec.id);
      expect((await driver.list()).map(({ id }) => id)).not.toContain(spec.id);
    });
  });
}

async function fetchText(port: number, timeoutMs = 5_000): Promise<string> {
  const reply = await fetch(`http://127.0.0.1:${port}/`, {
    signal: AbortSignal.timeout(timeoutMs),
  });
  return reply.text();
}
