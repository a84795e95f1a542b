import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { create } from 'tar';
import { z } from 'zod';

import { systemClock } from '../kit/clock.ts';
import { fault } from './faults.ts';
import type { ApiClient } from './api-client.ts';

const POLL_MS = 250;
const DEPLOY_TIMEOUT_MS = 600_000;
const UPLOAD_TIMEOUT_MS = 120_000;
const LEFT_OUT = new Set(['node_modules', '.git']);
const OUTPUT_LINES = 25;

const Source = z.object({ source_blob: z.object({ get_url: z.string(), put_url: z.string() }) });
const Setup = z.object({
  id: z.string(),
  status: z.enum(['pending', 'succeeded', 'failed']),
  failure_message: z.string().nullish(),
  build: z.object({ id: z.string().nullish(), output_stream_url: z.string().nullish() }).nullish(),
});
const Build = z.object({
  id: z.string(),
  status: z.enum(['pending', 'succeeded', 'failed']),
  output_stream_url: z.string().nullish(),
});

export interface Deploy {
  readonly app: string;
  readonly folder: string;
  /** What the folder holds, as `folderVersion` tells; becomes the slug's commit. */
  readonly version: string;
}

/** A name for what a folder holds: changes when any file of it changes. */
export async function folderVersion(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await filesOf(folder)) {
    hash
      .update(`${relative(folder, file)}\0`)
      .update(await readFile(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 40);
}

/** Sets a new app up from a folder: its app.json names the add-ons and config vars (Platform API, app-setups). */
export async function setUpApp(api: ApiClient, { app, folder, version }: Deploy): Promise<void> {
  const url = await upload(api, folder);
  const { id } = await api.send('/app-setups', {
    method: 'POST',
    body: { app: { name: app }, source_blob: { url, version } },
    answer: Setup,
  });
  const setup = await settled(() => api.send(`/app-setups/${id}`, { answer: Setup }));
  if (setup.status === 'failed') {
    const output = await buildOutput(setup.build?.output_stream_url);
    throw fault(
      'DEPLOY_FAILED',
      `${app} could not be set up: ${setup.failure_message ?? 'the build failed'}\n${output}`,
    );
  }
}

/** Builds and releases a folder to an app that exists (Platform API, builds). */
export async function buildApp(api: ApiClient, { app, folder, version }: Deploy): Promise<void> {
  const url = await upload(api, folder);
  const { id } = await api.send(`/apps/${app}/builds`, {
    method: 'POST',
    body: { source_blob: { url, version } },
    answer: Build,
  });
  const build = await settled(() => api.send(`/apps/${app}/builds/${id}`, { answer: Build }));
  if (build.status === 'failed') {
    throw fault(
      'DEPLOY_FAILED',
      `${app} could not be built:\n${await buildOutput(build.output_stream_url)}`,
    );
  }
}

async function upload(api: ApiClient, folder: string): Promise<string> {
  const { source_blob: blob } = await api.send('/sources', { method: 'POST', answer: Source });
  const names = (await filesOf(folder)).map((file) => relative(folder, file));
  const archive = await buffer(create({ cwd: folder, gzip: true, portable: true }, names));
  const response = await fetch(blob.put_url, {
    method: 'PUT',
    body: new Uint8Array(archive),
    signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
  });
  if (!response.ok)
    throw fault('DEPLOY_FAILED', `the source could not be uploaded (${response.status})`);
  return blob.get_url;
}

async function settled<T extends { readonly status: string }>(look: () => Promise<T>): Promise<T> {
  const deadline = systemClock.now() + DEPLOY_TIMEOUT_MS;
  for (;;) {
    const found = await look();
    if (found.status !== 'pending') return found;
    if (systemClock.now() > deadline)
      throw fault('DEPLOY_FAILED', 'the build did not end in ten minutes');
    await systemClock.sleep(POLL_MS);
  }
}

async function buildOutput(url: string | null | undefined): Promise<string> {
  if (url === null || url === undefined) return '';
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  const text = (await response?.text().catch(() => '')) ?? '';
  return text.trimEnd().split('\n').slice(-OUTPUT_LINES).join('\n');
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of (await readdir(folder)).toSorted()) {
    const file = join(folder, name);
    const kind = await lstat(file);
    if (LEFT_OUT.has(name)) continue;
    if (kind.isDirectory()) found.push(...(await filesOf(file)));
    else if (kind.isFile()) found.push(file);
  }
  return found;
}
