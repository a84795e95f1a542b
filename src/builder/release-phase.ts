import { Loop } from '../kit/loop.ts';
import { RELEASE_PHASE_POLL_MS, WORK_BACKOFF, WORK_POLL_MS } from '../limits.ts';
import type { Platform } from '../ports.ts';
import { findOneOff, insertOneOff, listPendingReleases } from '../store/one-off.ts';
import { settleRelease } from '../store/releases.ts';
import { releaseDynoId } from '../store/release-dyno.ts';

/**
 * Runs `release:` of the Procfile before a release becomes the current one.
 *
 * The dyno's id comes from the release's, so a platform that was killed finds the dyno it started, which ran on, and
 * takes its status. The command runs again only if the machine lost the dyno itself; Heroku too promises no more.
 */
export function releasePhaseLoop(platform: Platform): Loop {
  const { pool, clock, log, tell } = platform;
  return new Loop({
    name: 'release phases',
    clock,
    log,
    backoff: WORK_BACKOFF,
    turn: async () => {
      const pending = await listPendingReleases(pool);
      for (const { id, app_id: appId, version, command } of pending) {
        const dyno = await findOneOff(pool, releaseDynoId(id));
        if (dyno === undefined) {
          const number = 1_000 + (version % 9_000);
          const type = 'release';
          await insertOneOff(pool, {
            id: releaseDynoId(id),
            appId,
            releaseId: id,
            type,
            number,
            command,
          });
          tell(appId, `Running release v${version} commands`);
        } else if (dyno.status !== undefined) {
          const status = dyno.status === 0 ? 'succeeded' : 'failed';
          if (await settleRelease(pool, id, status)) {
            tell(appId, `Release v${version} command ${status} (status ${dyno.status})`);
            log.info({ appId, version, status: dyno.status }, 'release phase ended');
          }
        }
      }
      return pending.length > 0 ? RELEASE_PHASE_POLL_MS : WORK_POLL_MS;
    },
  });
}
