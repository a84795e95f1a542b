import { randomBytes } from 'node:crypto';

import { z } from 'zod';

import { requestAddon } from '../addons/request-addon.ts';
import { parseAppJson, planEnvironment, type AppJson } from '../core/app-json.ts';
import { faultOfConfigName } from '../core/config-var.ts';
import { findDynoSize } from '../core/dyno-size.ts';
import { present } from '../kit/assert.ts';
import { inTransaction } from '../kit/transaction.ts';
import {
  APP_JSON_BYTES_MAX,
  POSTDEPLOY_OUTPUT_BYTES_MAX,
  POSTDEPLOY_TIMEOUT_MS,
  RELEASE_PHASE_POLL_MS,
  SETUP_ADDONS_TIMEOUT_MS,
} from '../limits.ts';
import type { Platform } from '../ports.ts';
import { findAddon, type Addon } from '../store/addons.ts';
import { getApp, lockApp } from '../store/apps.ts';
import { getBuild, insertBuild, type Build } from '../store/builds.ts';
import { openConfig, readConfigVars, setConfigVar } from '../store/config-vars.ts';
import { findFormation, setFormation } from '../store/formation.ts';
import { makeRelease } from '../store/make-release.ts';
import { findOneOff, insertOneOff } from '../store/one-off.ts';
import { getRelease, type Release } from '../store/releases.ts';
import { setSetupBuild, type Setup, type SetupResult } from '../store/setups.ts';
import { stableId } from '../store/stable-id.ts';
import { fetchSource } from './fetch-source.ts';
import { runOurProgram } from './our-program.ts';

/**
 * Sets an app up from its app.json: config vars and add-ons, then the build, then formation and the postdeploy script.
 *
 * Every step can be done again: config vars that are there stay, add-ons, build and script have ids made from the
 * setup's. So a setup whose platform was killed anywhere is simply done from its beginning, and finds what it did.
 */
export async function setUpApp(
  platform: Platform,
  setup: Setup,
  signal: AbortSignal,
): Promise<SetupResult> {
  const text = await readAppJson(platform, setup, signal);
  const reading = text === '' ? parseAppJson('{}') : parseAppJson(text);
  if ('faults' in reading) {
    return {
      status: 'failed',
      failureMessage: 'app.json cannot be used.',
      manifestErrors: reading.faults,
    };
  }
  const { appJson } = reading;
  const refusal = await prepare(platform, setup, appJson);
  if (refusal !== undefined) return refusal;
  const waiting = await awaitAddons(platform, { setup, appJson, signal });
  if (waiting !== undefined) return { status: 'failed', failureMessage: waiting };
  const build = await buildIt(platform, { setup, appJson, signal });
  if (build.status === 'failed') return { status: 'failed', failureMessage: 'Build failed' };
  await scale(platform, setup, appJson);
  const release = await awaitRelease(platform, build, signal);
  if (release.status === 'failed') {
    return { status: 'failed', failureMessage: 'The release command failed' };
  }
  return runPostdeploy(platform, { setup, appJson, signal, releaseId: release.id });
}

async function readAppJson(platform: Platform, setup: Setup, signal: AbortSignal): Promise<string> {
  const archive = await fetchSource(platform, {
    url: setup.source_url,
    checksum: setup.source_checksum,
  });
  return runOurProgram('read-app-json', {
    args: [archive, String(APP_JSON_BYTES_MAX)],
    cwd: platform.home,
    signal,
  });
}

/** Config vars, the wish for the add-ons and one release, together: all of it or, when app.json is refused, nothing. */
async function prepare(
  platform: Platform,
  setup: Setup,
  appJson: AppJson,
): Promise<SetupResult | undefined> {
  const { pool, box } = platform;
  const overrides = openConfig(box, setup.app_id, setup.overrides_sealed);
  const given = parseStrings(overrides['env']);
  return inTransaction(pool, async (client): Promise<SetupResult | undefined> => {
    await lockApp(client, setup.app_id);
    const present = await readConfigVars(client, box, setup.app_id);
    const { config, missing } = planEnvironment(appJson, { ...given, ...present }, () =>
      randomBytes(32).toString('hex'),
    );
    const faults = [
      ...missing.map((name) => `app.json env.${name}: required, and no value was given`),
      ...Object.keys(config).flatMap((name) => faultOfConfigName(name) ?? []),
      ...(appJson.image === undefined
        ? []
        : ['app.json image: Landbridge builds from source, not in an image']),
    ];
    if (faults.length > 0) {
      return {
        status: 'failed',
        failureMessage: 'app.json cannot be used.',
        manifestErrors: faults,
      };
    }
    const fresh = Object.entries(config).filter(([name, value]) => present[name] !== value);
    for (const [name, value] of fresh)
      await setConfigVar(client, box, { appId: setup.app_id, name, value });
    const app = { id: setup.app_id, name: setup.app_name };
    for (const [index, { plan, as, options }] of appJson.addons.entries()) {
      await requestAddon(client, platform, { id: addonId(setup, index), app, plan, as, options });
    }
    if (fresh.length > 0) {
      await makeRelease(client, box, {
        appId: setup.app_id,
        userId: setup.user_id,
        description: `Set ${fresh.map(([name]) => name).join(', ')} config vars`.slice(0, 200),
      });
    }
    return undefined;
  });
}

function parseStrings(text: string | undefined): Readonly<Record<string, string>> {
  const raw: unknown = JSON.parse(text ?? '{}');
  if (typeof raw !== 'object' || raw === null) return {};
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, String(value)]));
}

function addonId({ id }: Setup, index: number): string {
  return stableId('app setup', id, 'addon', String(index));
}

interface Work {
  readonly setup: Setup;
  readonly appJson: AppJson;
  readonly signal: AbortSignal;
}

/** Waits until all add-ons are there, so that the first release of the code has their config vars. Resolves to why not. */
async function awaitAddons(
  { pool, clock }: Platform,
  { setup, appJson, signal }: Work,
): Promise<string | undefined> {
  const deadline = clock.now() + SETUP_ADDONS_TIMEOUT_MS;
  for (const [index, { plan }] of appJson.addons.entries()) {
    for (;;) {
      const addon: Addon | undefined = await findAddon(pool, addonId(setup, index));
      if (addon === undefined) return `The add-on ${plan} was refused. The app's log says why.`;
      if (addon.state === 'provisioned') break;
      if (clock.now() > deadline) {
        return `The add-on ${plan} is not there yet: ${addon.failure ?? 'its provider is still at work'}. It comes by itself; deploy the app again then.`;
      }
      await clock.sleep(RELEASE_PHASE_POLL_MS, signal);
      signal.throwIfAborted();
    }
  }
  return undefined;
}

async function buildIt(
  { pool, box, clock, addresses }: Platform,
  { setup, appJson, signal }: Work,
): Promise<Build> {
  const id = stableId('app setup', setup.id, 'build');
  const overrides = openConfig(box, setup.app_id, setup.overrides_sealed);
  const overridden = z
    .array(z.object({ url: z.string() }))
    .parse(JSON.parse(overrides['buildpacks'] ?? '[]'));
  const app = await getApp(pool, setup.app_id);
  await insertBuild(pool, {
    id,
    appId: setup.app_id,
    userId: setup.user_id,
    sourceUrl: setup.source_url,
    sourceVersion: setup.source_version,
    sourceChecksum: setup.source_checksum,
    sourceVersionDescription: null,
    buildpacks: overridden.length > 0 ? overridden : appJson.buildpacks,
    outputKey: randomBytes(24).toString('base64url'),
  });
  await setSetupBuild(pool, setup.id, {
    buildId: id,
    successUrl: successUrl(appJson, addresses.webUrl(app.name)),
  });
  for (;;) {
    const build = await getBuild(pool, id);
    if (build.status !== 'pending') return build;
    await clock.sleep(RELEASE_PHASE_POLL_MS, signal);
    signal.throwIfAborted();
  }
}

/** The build's release, once its release phase has ended. */
async function awaitRelease(
  { pool, clock }: Platform,
  build: Build,
  signal: AbortSignal,
): Promise<Release> {
  const id = present(build.release_id, 'the release of a build that succeeded');
  for (;;) {
    const release = await getRelease(pool, id);
    if (release.status !== 'pending') return release;
    await clock.sleep(RELEASE_PHASE_POLL_MS, signal);
    signal.throwIfAborted();
  }
}

/** A path is one of the new app. */
function successUrl({ success_url: wanted }: AppJson, webUrl: string): string | null {
  if (wanted === undefined) return null;
  return URL.canParse(wanted, webUrl) ? new URL(wanted, webUrl).toString() : null;
}

/** The formation that app.json asks for, of the process types that the slug has. */
async function scale({ pool }: Platform, setup: Setup, appJson: AppJson): Promise<void> {
  const wanted = Object.entries(appJson.formation);
  await inTransaction(pool, async (client) => {
    await lockApp(client, setup.app_id);
    for (const [type, { quantity, size }] of wanted) {
      const present = await findFormation(client, setup.app_id, type);
      if (present === undefined) continue;
      await setFormation(client, {
        appId: setup.app_id,
        type,
        quantity: quantity ?? present.quantity,
        size: size === undefined ? present.size : (findDynoSize(size)?.name ?? present.size),
      });
    }
  });
}

/** Runs the postdeploy script in a one-off dyno. When it fails the setup has failed, and the app stays. */
async function runPostdeploy(
  { pool, clock, readLines }: Platform,
  { setup, appJson, signal, releaseId }: Work & { readonly releaseId: string },
): Promise<SetupResult> {
  const script = appJson.scripts.postdeploy;
  if (script === undefined) return { status: 'succeeded' };
  const id = stableId('app setup', setup.id, 'postdeploy');
  await insertOneOff(pool, {
    id,
    appId: setup.app_id,
    releaseId,
    type: 'postdeploy',
    number: 1,
    command: typeof script === 'string' ? script : script.command,
  });
  const deadline = clock.now() + POSTDEPLOY_TIMEOUT_MS;
  for (;;) {
    const dyno = await findOneOff(pool, id);
    const status = dyno === undefined || clock.now() > deadline ? 137 : dyno.status;
    if (status !== undefined) {
      const lines = await readLines(setup.app_id, dyno?.name ?? 'postdeploy.1');
      const output = lines.join('\n').slice(-POSTDEPLOY_OUTPUT_BYTES_MAX);
      const postdeploy = { exit_code: status, output };
      if (status === 0) return { status: 'succeeded', postdeploy };
      return {
        status: 'failed',
        failureMessage: `The postdeploy script ended with status ${status}.`,
        postdeploy,
      };
    }
    await clock.sleep(RELEASE_PHASE_POLL_MS, signal);
    signal.throwIfAborted();
  }
}
