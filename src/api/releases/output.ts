import { RELEASE_PHASE_POLL_MS } from '../../limits.ts';
import { findOneOff } from '../../store/one-off.ts';
import { findReleaseByOutputKey, getRelease } from '../../store/releases.ts';
import { releaseDynoId } from '../../store/release-dyno.ts';
import { found, keyEndpoint } from '../endpoint.ts';

/** What a release phase says, until it has ended. 404 while it has not begun: clients ask again. */
export const releaseOutput = keyEndpoint(
  { method: 'get', path: '/streams/releases/:key' },
  async ({ pool, clock, readLines }, { params, response, signal }) => {
    const release = found(await findReleaseByOutputKey(pool, params['key'] ?? ''), 'release');
    const dyno = found(await findOneOff(pool, releaseDynoId(release.id)), 'release output');
    response.writeHead(200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
    });
    response.flushHeaders();
    let sent = 0;
    while (!signal.aborted) {
      // The state is read before the lines: what was said before the end is not missed.
      const ended = (await getRelease(pool, release.id)).status !== 'pending';
      const lines = await readLines(release.app_id, dyno.name);
      for (const line of lines.slice(sent)) response.write(`${line}\n`);
      sent = Math.max(sent, lines.length);
      if (ended) break;
      await clock.sleep(RELEASE_PHASE_POLL_MS, signal);
    }
    response.end();
  },
);
