import { createHash, randomUUID } from 'node:crypto';
import {
  chmod,
  copyFile,
  constants,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';

import { c as pack } from 'tar';

import type { DynoSpec, Slug } from '../../src/dynos/driver.ts';

/** A folder that every user may enter, removed at the end. */
export interface Workshop extends AsyncDisposable {
  readonly folder: string;
  /** A folder that holds a `node` which every user may run. */
  readonly nodeFolder: string;
  makeSlug(files: Readonly<Record<string, string>>): Promise<Slug>;
  spec(slug: Slug, command: string, more?: Partial<DynoSpec>): DynoSpec;
}

export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'landbridge-dynos-'));
  await chmod(folder, 0o755);
  const nodeFolder = join(folder, 'bin');
  await mkdir(nodeFolder, { mode: 0o755 });
  await copyFile(process.execPath, join(nodeFolder, 'node'), constants.COPYFILE_FICLONE);
  await chmod(join(nodeFolder, 'node'), 0o755);
  return {
    folder,
    nodeFolder,
    makeSlug: (files) => makeSlug(folder, files),
    spec: (slug, command, more = {}) => ({
      id: randomUUID(),
      appId: '00000000-0000-4000-8000-000000000001',
      name: 'web.1',
      releaseVersion: 1,
      slug,
      command,
      port: undefined,
      memoryBytes: 512 * 1_048_576,
      ...more,
      environment: { PATH: `${nodeFolder}:/usr/bin:/bin`, ...more.environment },
    }),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeSlug(folder: string, files: Readonly<Record<string, string>>): Promise<Slug> {
  const source = await mkdtemp(join(folder, 'source-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), text);
  }
  const file = `${source}.tar.zst`;
  await pipeline(
    pack({ cwd: source, portable: true }, ['.']),
    createZstdCompress(),
    createWriteStream(file),
  );
  return {
    file,
    digest: createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  };
}

/** Answers with what it is; other paths do what the router's tests need. */
export const HELLO_APP = {
  'server.js': `
    const http = require('node:http');
    const server = http.createServer((req, res) => res.end(process.env.GREETING + ' from ' + process.env.DYNO + ' ' + process.pid + '\\n'));
    server.listen(process.env.PORT, '0.0.0.0', () => console.log('listening on ' + process.env.PORT));
    process.on('SIGTERM', () => { console.log('bye'); server.close(() => process.exit(0)); server.closeIdleConnections(); });
  `,
} as const;
