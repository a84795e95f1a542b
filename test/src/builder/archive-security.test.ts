import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { create, Header } from 'tar';

import { runOurProgram } from '../../../src/builder/our-program.ts';

let folder: string;
let target: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landbridge-archive-'));
  target = join(folder, 'target');
  await mkdir(target);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Entry {
  readonly path: string;
  readonly type?: 'File' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'Directory' | 'FIFO';
  readonly linkpath?: string;
  readonly body?: string;
}

/** An archive no honest tool would make. */
async function forge(entries: readonly Entry[]): Promise<string> {
  const blocks: Buffer[] = [];
  for (const { path, type = 'File', linkpath, body = '' } of entries) {
    const block = Buffer.alloc(512);
    new Header({
      path,
      type,
      mode: 0o644,
      size: type === 'File' ? Buffer.byteLength(body) : 0,
      mtime: new Date(0),
      ...(linkpath === undefined ? {} : { linkpath }),
    }).encode(block, 0);
    blocks.push(block);
    if (type === 'File') {
      const content = Buffer.alloc(Math.ceil(Buffer.byteLength(body) / 512) * 512);
      content.write(body);
      blocks.push(content);
    }
  }
  blocks.push(Buffer.alloc(1_024));
  const file = join(folder, 'forged.tgz');
  await writeFile(file, gzipSync(Buffer.concat(blocks)));
  return file;
}

async function unpack(archive: string, { bytes = 1_000_000, files = 100 } = {}): Promise<string> {
  return runOurProgram('unpack-source', {
    args: [archive, target, String(bytes), String(files)],
    cwd: folder,
    signal: AbortSignal.timeout(20_000),
  });
}

const ok: Entry = { path: 'package.json', body: '{}' };

describe('an archive is refused, and nothing of it written, when it has', () => {
  test.each<[string, Entry[], RegExp]>([
    ['an absolute path', [{ path: '/tmp/landbridge-evil', body: 'x' }], /absolute path/],
    ['a path with ..', [{ path: '../evil', body: 'x' }], /leads out/],
    ['a path with .. in its middle', [{ path: 'a/../../evil', body: 'x' }], /leads out/],
    ['a link to an absolute path', [{ path: 'l', type: 'SymbolicLink', linkpath: '/etc' }], /link/],
    ['a link that leads out', [{ path: 'a/l', type: 'SymbolicLink', linkpath: '../../x' }], /link/],
    [
      'a link and a file through it',
      [
        { path: 'l', type: 'SymbolicLink', linkpath: '../target-2' },
        { path: 'l/evil', body: 'x' },
      ],
      /link/,
    ],
    [
      'a hard link to the outside',
      [{ path: 'h', type: 'Link', linkpath: '../../etc/passwd' }],
      /link/,
    ],
    [
      'a hard link to an absolute path',
      [{ path: 'h', type: 'Link', linkpath: '/etc/passwd' }],
      /link/,
    ],
    ['a device', [{ path: 'dev', type: 'CharacterDevice' }], /CharacterDevice/],
    ['a pipe', [{ path: 'pipe', type: 'FIFO' }], /FIFO/],
  ])('%s', async (_, entries, reason) => {
    await expect(unpack(await forge([ok, ...entries]))).rejects.toThrow(reason);
    expect(await readdir(target)).toEqual([]);
  });

  test('a link that leads out of the one folder everything is in', async () => {
    const archive = await forge([
      { path: 'top/package.json', body: '{}' },
      { path: 'top/l', type: 'SymbolicLink', linkpath: '../other' },
    ]);
    await expect(unpack(archive)).rejects.toThrow(/link/);
    expect(await readdir(target)).toEqual([]);
  });

  test('more bytes than allowed, however small it is packed', async () => {
    const bomb = await forge([{ path: 'zeros', body: '0'.repeat(3_000_000) }]);
    await expect(unpack(bomb)).rejects.toThrow(/more than 1000000 bytes/);
    expect(await readdir(target)).toEqual([]);
  });

  test('more files than allowed', async () => {
    const many = Array.from({ length: 101 }, (_, index) => ({ path: `f${index}`, body: 'x' }));
    await expect(unpack(await forge(many))).rejects.toThrow(/more than 100 files/);
  });

  test('nothing in it, or is no archive, or is cut off', async () => {
    await writeFile(join(folder, 'text.tgz'), 'this is no archive');
    await expect(unpack(join(folder, 'text.tgz'))).rejects.toThrow(/archive/);
    const whole = await readFile(await forge([{ path: 'big', body: 'x'.repeat(50_000) }]));
    await writeFile(join(folder, 'cut.tgz'), whole.subarray(0, whole.length / 2));
    await expect(unpack(join(folder, 'cut.tgz'))).rejects.toThrow(/cannot be unpacked/);
  });
});

test('links within the source are kept', async () => {
  const archive = await forge([
    ok,
    { path: 'sub/l', type: 'SymbolicLink', linkpath: '../package.json' },
  ]);
  await unpack(archive);
  expect(await readFile(join(target, 'sub/l'), 'utf8')).toBe('{}');
});

test('the one folder that a code host puts around everything is left out', async () => {
  await unpack(
    await forge([
      { path: 'repo-abc/package.json', body: '{}' },
      { path: 'repo-abc/src/a.js', body: '1' },
    ]),
  );
  expect((await readdir(target)).toSorted()).toEqual(['package.json', 'src']);
});

test('the same files make the same slug, whatever their times and the order they were written in', async () => {
  const digests: string[] = [];
  for (const names of [
    ['a', 'b', 'c'],
    ['c', 'a', 'b'],
  ]) {
    const app = await mkdtemp(join(folder, 'app-'));
    for (const name of names) await writeFile(join(app, name), `content of ${name}`);
    await symlink('a', join(app, 'link'));
    const args = [app, join(folder, 'slug'), '1000000', '-1'];
    const said = await runOurProgram('pack-slug', {
      args,
      cwd: app,
      signal: AbortSignal.timeout(20_000),
    });
    digests.push(said);
  }
  expect(digests[0]).toBe(digests[1]);
});

test('a slug with a file of somebody else is refused', async () => {
  const app = await mkdtemp(join(folder, 'app-'));
  await writeFile(join(app, 'a'), 'x');
  const args = [app, join(folder, 'slug'), '1000000', '199999'];
  await expect(
    runOurProgram('pack-slug', { args, cwd: app, signal: AbortSignal.timeout(20_000) }),
  ).rejects.toThrow(/not its own/);
});

test('the app.json of a source is found in its root or in the one folder around it', async () => {
  const source = join(folder, 'source');
  await mkdir(join(source, 'top/deep'), { recursive: true });
  await writeFile(join(source, 'top/app.json'), '{"name":"outer"}');
  await writeFile(join(source, 'top/deep/app.json'), '{"name":"inner"}');
  const file = join(folder, 'source.tgz');
  await create({ cwd: source, gzip: true, file }, ['top']);
  const signal = AbortSignal.timeout(20_000);
  expect(await runOurProgram('read-app-json', { args: [file, '1000'], cwd: folder, signal })).toBe(
    '{"name":"outer"}',
  );
});
