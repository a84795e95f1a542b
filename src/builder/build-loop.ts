import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { fault } from '../faults.ts';
import { present } from '../kit/assert.ts';
import { Fault, messageOf } from '../kit/fault.ts';
import { Loop } from '../kit/loop.ts';
import { inTransaction } from '../kit/transaction.ts';
import {
  BUILD_ATTEMPTS_MAX,
  BUILD_TIMEOUT_MS,
  BUILDS_AT_ONCE,
  LEASE_MS,
  WORK_BACKOFF,
  WORK_POLL_MS,
} from '../limits.ts';
import type { Platform } from '../ports.ts';
import { findApp, type App } from '../store/apps.ts';
import { readAttachedConfig } from '../store/attachments.ts';
import { buildOutputFile } from '../store/build-files.ts';
import { claimBuild, releaseBuild, renewBuild, settleBuild, type Build } from '../store/builds.ts';
import { readConfigVars } from '../store/config-vars.ts';
import { setFormationOfSlug } from '../store/formation-of-slug.ts';
import { makeRelease } from '../store/make-release.ts';
import type { Release } from '../store/releases.ts';
import { insertSlug, type NewSlug } from '../store/slugs.ts';
import { buildApp } from './build-app.ts';
import { removeBuildPlaces } from './build-place.ts';
import { BuildOutput } from './output.ts';
import type { Runtimes } from './runtimes.ts';

export interface Builder {
  readonly platform: Platform;
  readonly runtimes: Runtimes;
  readonly network: Readonly<Record<string, string>>;
}

/**
 * Builds what waits, a few at a time. A build is held by a lease in its row: a builder that dies stops renewing it, and
 * the next one starts the build over. What a build did until then is files that nobody refers to.
 */
export class BuildLoop {
  readonly #builder: Builder;
  readonly #free = Array.from({ length: BUILDS_AT_ONCE }, (_, slot) => slot);
  readonly #running = new Set<Promise<void>>();
  readonly #loop: Loop;

  constructor(builder: Builder) {
    this.#builder = builder;
    const { clock, log } = builder.platform;
    this.#loop = new Loop({
      name: 'builds',
      clock,
      log,
      backoff: WORK_BACKOFF,
      turn: async (signal) => this.#turn(signal),
    });
  }

  wake(): void {
    this.#loop.wake();
  }

  /** Runs until told to stop, and until the builds it then breaks off have ended. */
  async run(signal: AbortSignal): Promise<void> {
    await removeBuildPlaces(this.#builder.platform.home);
    await this.#loop.run(signal);
    await Promise.all(this.#running);
  }

  async #turn(signal: AbortSignal): Promise<number> {
    while (this.#free.length > 0 && !signal.aborted) {
      const build = await claimBuild(this.#builder.platform.pool, LEASE_MS);
      if (build === undefined) break;
      this.#start(build, signal);
    }
    return WORK_POLL_MS;
  }

  #start(build: Build, signal: AbortSignal): void {
    const slot = present(this.#free.pop(), 'a free slot');
    const work = runBuild(this.#builder, { build, slot, signal })
      .catch((error: unknown) => {
        // The lease runs out and the build is taken up again.
        this.#builder.platform.log.error({ buildId: build.id, err: error }, 'build broke off');
      })
      .finally(() => {
        this.#running.delete(work);
        this.#free.push(slot);
        this.#loop.wake();
      });
    this.#running.add(work);
  }
}

interface Turn {
  readonly build: Build;
  readonly slot: number;
  readonly signal: AbortSignal;
}

async function runBuild(builder: Builder, { build, slot, signal }: Turn): Promise<void> {
  const { platform } = builder;
  const { pool, log, home } = platform;
  const app = await findApp(pool, build.app_id);
  if (app === undefined) {
    await settleBuild(pool, build, { status: 'failed', failure: 'The app was destroyed.' });
    return;
  }
  if (build.attempts > BUILD_ATTEMPTS_MAX) {
    const failure = 'The platform stopped during this build, twice. Push again.';
    await settleBuild(pool, build, { status: 'failed', failure });
    return;
  }
  const file = buildOutputFile(home, build.id);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await using output = new BuildOutput(file);
  const ended = new AbortController();
  const lost = new AbortController();
  const renewing = keepLease(platform, build, { ended: ended.signal, lost });
  const late = AbortSignal.timeout(BUILD_TIMEOUT_MS);
  try {
    const slug = await buildApp(platform, {
      build,
      app,
      slot,
      output,
      config: {
        ...(await readConfigVars(pool, platform.box, app.id)),
        ...(await readAttachedConfig(pool, platform.box, app.id)),
      },
      runtimes: builder.runtimes,
      network: builder.network,
      registry: await builder.runtimes.registry(signal),
      signal: AbortSignal.any([signal, lost.signal, late]),
    });
    await deploy(platform, { build, app, slug, output });
  } catch (error) {
    if (signal.aborted) {
      // The platform stops: the build is not at fault, and the next start takes it up.
      await releaseBuild(pool, build);
      return;
    }
    if (lost.signal.aborted) return;
    await fail(platform, { build, output, error: late.aborted ? tooLong() : error });
    log.info({ buildId: build.id, appId: app.id }, 'build failed');
  } finally {
    ended.abort();
    await renewing;
  }
}

async function keepLease(
  { pool, clock, log }: Platform,
  { id, attempts }: Build,
  { ended, lost }: { readonly ended: AbortSignal; readonly lost: AbortController },
): Promise<void> {
  for (;;) {
    await clock.sleep(LEASE_MS / 3, ended);
    if (ended.aborted) return;
    try {
      if (await renewBuild(pool, { id, attempts, leaseMs: LEASE_MS })) continue;
      lost.abort(new Error('the build was called off or taken over'));
      return;
    } catch (error) {
      // The database is away for a moment; if it stays away the lease runs out and `deploy` finds that out.
      log.warn({ buildId: id, err: error }, 'build lease not renewed');
    }
  }
}

interface Deploy {
  readonly build: Build;
  readonly app: App;
  readonly slug: NewSlug;
  readonly output: BuildOutput;
}

/**
 * Slug, formation, release and the build's end are one transaction: a crash before its commit leaves a build that is
 * done again, one after it a release that runs. `settleBuild` is fenced by the attempt, so of two builders that both
 * believed to hold the build only one commits.
 */
async function deploy(platform: Platform, { build, app, slug, output }: Deploy): Promise<void> {
  const { pool, box, addresses, log } = platform;
  const release = await inTransaction(pool, async (client): Promise<Release> => {
    await insertSlug(client, slug);
    await setFormationOfSlug(client, slug);
    const made = await makeRelease(client, box, {
      appId: app.id,
      userId: build.user_id,
      description: describe(build),
      slugId: slug.id,
    });
    const mine = await settleBuild(client, build, {
      status: 'succeeded',
      slugId: slug.id,
      releaseId: made.id,
    });
    if (!mine) throw new Error('the build was called off or taken over');
    return made;
  });
  output.blank();
  output.heading('Launching...');
  output.line(`Released v${release.version}`);
  output.line(`${addresses.webUrl(app.name)} deployed to Landbridge`);
  output.blank();
  platform.tell(app.id, `Deploy ${shortVersion(build)} by user ${build.user_email}`);
  platform.tell(app.id, `Release v${release.version} created by user ${build.user_email}`);
  log.info({ buildId: build.id, appId: app.id, version: release.version }, 'build deployed');
}

function describe(build: Build): string {
  return `Deploy ${shortVersion(build)}`;
}

/** As `git` shows a commit: its first eight characters; without a version those of the build. */
function shortVersion({ source_version, id }: Build): string {
  return (source_version ?? id).slice(0, 8);
}

async function fail(
  { pool, log, tell }: Platform,
  {
    build,
    output,
    error,
  }: { readonly build: Build; readonly output: BuildOutput; readonly error: unknown },
): Promise<void> {
  const ours = !(error instanceof Fault);
  if (ours) log.error({ buildId: build.id, err: error }, 'build failed for a reason of ours');
  const text = ours
    ? `The platform could not build this (${messageOf(error)}). Its log has the details.`
    : error.message;
  output.blank();
  output.error(text);
  output.blank();
  output.error('Build failed');
  await output[Symbol.asyncDispose]();
  await settleBuild(pool, build, { status: 'failed', failure: text.slice(0, 2_000) });
  tell(build.app_id, 'Build failed -- check your build output');
}

function tooLong(): Error {
  return fault(
    'BUILD_FAILED',
    `The build took longer than ${BUILD_TIMEOUT_MS / 60_000} minutes and was stopped.`,
  );
}
