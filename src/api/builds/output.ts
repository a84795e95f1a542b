import { once } from 'node:events';
import { open } from 'node:fs/promises';

import { codeOf } from '../../kit/fault.ts';
import { OUTPUT_POLL_MS } from '../../limits.ts';
import type { Platform } from '../../ports.ts';
import { findBuildByOutputKey, getBuild, type Build } from '../../store/builds.ts';
import { buildOutputFile } from '../../store/build-files.ts';
import { found, keyEndpoint, type StreamCall } from '../endpoint.ts';

/** A build's output from its first line until it has ended. */
export const buildOutput = keyEndpoint(
  { method: 'get', path: '/streams/builds/:key' },
  async (platform, stream) => {
    const build = found(
      await findBuildByOutputKey(platform.pool, stream.params['key'] ?? ''),
      'build',
    );
    stream.response.writeHead(200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    stream.response.flushHeaders();
    await follow(platform, build, stream);
    stream.response.end();
  },
);

async function follow(
  { pool, clock, home }: Platform,
  { id }: Build,
  { response, signal }: StreamCall,
): Promise<void> {
  const file = buildOutputFile(home, id);
  let position = 0;
  while (!signal.aborted) {
    // The state is read before the file: what was written before the end is not missed.
    const ended = (await getBuild(pool, id)).status !== 'pending';
    for await (const chunk of readFrom(file, position)) {
      position += chunk.length;
      if (!response.write(chunk)) await once(response, 'drain', { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    if (ended) return;
    await clock.sleep(OUTPUT_POLL_MS, signal);
  }
}

async function* readFrom(file: string, position: number): AsyncGenerator<Buffer> {
  try {
    await using handle = await open(file, 'r');
    const chunks: AsyncIterable<Buffer> = handle.createReadStream({
      start: position,
      autoClose: false,
    });
    yield* chunks;
  } catch (error) {
    // Not begun yet.
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
