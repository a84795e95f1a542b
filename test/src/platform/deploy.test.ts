import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { RealPlatform } from '../support/real-platform.ts';

const Made = z.object({ id: z.string(), status: z.string().optional() });
const Build = z.object({ status: z.string(), output_stream_url: z.string() });

const Slugged = z.object({ slug: z.object({ id: z.string() }) });
const Blob = z.object({ blob: z.object({ url: z.string() }), size: z.int() });

let platform: RealPlatform;
let folder: string;

beforeAll(async () => {
  platform = await RealPlatform.start();
  folder = await mkdtemp(join(tmpdir(), 'landbridge-test-app-'));
}, 60_000);

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const SERVER = `
import http from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
const look = (path: string) => { try { return readdirSync(path).length; } catch (error) { return (error as NodeJS.ErrnoException).code; } };
http.createServer((request, response) => {
  response.end(JSON.stringify({ greeting: process.env.GREETING, secrets: Object.keys(process.env).filter((name) => /KEY|PASSWORD|TOKEN|DATABASE/.test(name)), built: readFileSync('built', 'utf8'), home: look(process.env.LOOK_AT ?? '/nowhere') }));
}).listen(Number(process.env.PORT));
`;

async function writeApp(build: string): Promise<void> {
  await writeFile(join(folder, 'server.ts'), SERVER);
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'app',
      private: true,
      type: 'module',
      engines: { node: '24.x' },
      scripts: { start: 'node --no-warnings server.ts', build },
    }),
  );
}

async function queue(app: string): Promise<string> {
  const url = await platform.upload(folder);
  const made = await platform.ask('POST', `/apps/${app}/builds`, { source_blob: { url } });
  expect(made.status).toBe(201);
  return Made.parse(JSON.parse(made.text)).id;
}

async function settled(app: string, id: string): Promise<z.infer<typeof Build>> {
  return until(
    async () => {
      const { text } = await platform.ask('GET', `/apps/${app}/builds/${id}`);
      const build = Build.parse(JSON.parse(text));
      return build.status === 'pending' ? undefined : build;
    },
    { what: 'the build to end', timeoutMs: 90_000, everyMs: 200 },
  );
}

async function outputOf({ output_stream_url: url }: z.infer<typeof Build>): Promise<string> {
  return (await platform.ask('GET', new URL(url).pathname)).text;
}

test('a folder becomes a running app: built as nobody, with its config vars and none of ours', async () => {
  await platform.ask('POST', '/apps', { name: 'first' });
  await platform.ask('PATCH', '/apps/first/config-vars', { GREETING: 'hello' });
  await writeApp('env > built');
  const build = await settled('first', await queue('first'));
  const output = await outputOf(build);
  expect([build.status, output]).toEqual(['succeeded', expect.stringContaining('Released v3')]);
  expect(output).toMatch(
    /^-----> Building on the Heroku-24 stack\n-----> Using buildpack: heroku\/nodejs\n/,
  );
  const answer = await until(
    async () => {
      const reply = await platform.visit('first');
      return reply.status === 200
        ? z.record(z.string(), z.unknown()).parse(JSON.parse(reply.text))
        : undefined;
    },
    { what: 'the app to answer', timeoutMs: 60_000 },
  );
  expect(answer).toMatchObject({ greeting: 'hello', secrets: [] });
  const environment = z.string().parse(answer['built']);
  expect(environment).toContain('GREETING=hello');
  expect(environment).not.toMatch(/a-key-of-the-test|LANDBRIDGE_API|DATABASE_URL/);
  const { slug } = Slugged.parse(
    JSON.parse((await platform.ask('GET', '/apps/first/releases/3')).text),
  );
  const { blob, size } = Blob.parse(
    JSON.parse((await platform.ask('GET', `/apps/first/slugs/${slug.id}`)).text),
  );
  const archive = await platform.ask('GET', new URL(blob.url).pathname);
  expect([archive.status, archive.headers['content-length']]).toEqual([200, String(size)]);
}, 180_000);

test('a platform killed during a build finishes it after its next start, and what ran still runs', async () => {
  await platform.ask('POST', '/apps', { name: 'second' });
  await writeApp("node -e 'setTimeout(() => {}, 4000)' && echo done > built");
  const id = await queue('second');
  await until(
    async () => {
      const { text } = await platform.ask('GET', `/apps/second/builds/${id}`);
      return (await outputOf(Build.parse(JSON.parse(text)))).includes('Running build') || undefined;
    },
    { what: 'the build script to run', timeoutMs: 60_000 },
  ).catch((error: unknown) => {
    throw new Error(platform.said, { cause: error });
  });
  await platform.kill();
  expect((await platform.visit('first').catch(() => undefined))?.status).not.toBe(200);
  await platform.startProcess();
  expect((await platform.visit('first')).status).toBe(200);
  expect((await settled('second', id)).status).toBe('succeeded');
  const releases = z
    .array(z.object({ version: z.int(), slug: z.unknown() }))
    .parse(JSON.parse((await platform.ask('GET', '/apps/second/releases')).text));
  expect(releases.filter(({ slug }) => slug !== null)).toHaveLength(1);
}, 180_000);

test('a failed build says why, and the app runs on as it was', async () => {
  await writeApp('echo this goes wrong >&2; exit 3');
  const build = await settled('first', await queue('first'));
  const output = await outputOf(build);
  expect(build.status).toBe('failed');
  expect(output).toContain('this goes wrong');
  expect(output).toContain(' !     npm run build failed with status 3.');
  expect((await platform.visit('first')).status).toBe(200);
}, 120_000);

const Setup = z.object({
  status: z.string(),
  failure_message: z.string().nullable(),
  postdeploy: z.unknown(),
  resolved_success_url: z.string().nullable(),
});

test('an app is set up from its app.json: config vars, database, release phase, postdeploy', async () => {
  await writeApp('echo x > built');
  await writeFile(join(folder, 'Procfile'), 'web: npm start\nrelease: test "$PASS" = yes\n');
  await writeFile(
    join(folder, 'app.json'),
    JSON.stringify({
      env: { PASS: 'no', SECRET: { generator: 'secret' }, ASKED: { description: 'given below' } },
      addons: [{ plan: 'heroku-postgresql:essential-0', as: 'MAIN' }],
      formation: { web: { quantity: 0 } },
      scripts: { postdeploy: 'echo "seeded $DYNO" && test -n "$MAIN_URL"' },
      success_url: '/welcome',
    }),
  );
  const url = await platform.upload(folder);
  const body = {
    app: { name: 'third' },
    source_blob: { url },
    overrides: { env: { PASS: 'yes', ASKED: 'x' } },
  };
  const made = await platform.ask('POST', '/app-setups', body);
  const { id } = Made.parse(JSON.parse(made.text));
  const setup = await until(
    async () => {
      const found = Setup.parse(JSON.parse((await platform.ask('GET', `/app-setups/${id}`)).text));
      return found.status === 'pending' ? undefined : found;
    },
    { what: 'the setup', timeoutMs: 90_000, everyMs: 200 },
  );
  expect(setup).toMatchObject({
    status: 'succeeded',
    failure_message: null,
    postdeploy: { exit_code: 0, output: 'seeded postdeploy.1' },
    resolved_success_url: `http://third.localhost:${platform.appsPort}/welcome`,
  });
  const config = JSON.parse((await platform.ask('GET', '/apps/third/config-vars')).text);
  expect(config).toEqual({
    PASS: 'yes',
    ASKED: 'x',
    SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
    MAIN_URL: expect.stringMatching(/^postgres:\/\//),
  });
}, 120_000);

test('a release whose release phase fails does not run', async () => {
  expect(await newestRelease('third')).toMatchObject({
    version: 4,
    status: 'succeeded',
    current: true,
  });
  await platform.ask('PATCH', '/apps/third/config-vars', { PASS: 'no' });
  expect(await newestRelease('third')).toMatchObject({
    version: 5,
    status: 'failed',
    current: false,
  });
}, 60_000);

const Releases = z.array(z.object({ status: z.string(), current: z.boolean(), version: z.int() }));

async function newestRelease(app: string): Promise<z.infer<typeof Releases>[number]> {
  return until(
    async () => {
      const { text } = await platform.ask('GET', `/apps/${app}/releases`);
      const newest = Releases.parse(JSON.parse(text)).at(-1);
      return newest?.status === 'pending' ? undefined : newest;
    },
    { what: 'the release phase to end', timeoutMs: 60_000 },
  );
}

test('it stops in order within ten seconds', async () => {
  const begun = Date.now();
  await platform[Symbol.asyncDispose]();
  expect(Date.now() - begun).toBeLessThan(10_000);
  expect(platform.said).toContain('platform stopping');
}, 30_000);
