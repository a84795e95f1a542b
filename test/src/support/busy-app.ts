import { randomUUID } from 'node:crypto';

import { recordProvisioned } from '../../../src/addons/addon-loop.ts';
import { requestAddon } from '../../../src/addons/request-addon.ts';
import { inTransaction } from '../../../src/kit/transaction.ts';
import type { Platform } from '../../../src/ports.ts';
import { findApp } from '../../../src/store/apps.ts';
import { insertBuild } from '../../../src/store/builds.ts';
import { setFormationOfSlug } from '../../../src/store/formation-of-slug.ts';
import { makeRelease } from '../../../src/store/make-release.ts';
import { insertOneOff } from '../../../src/store/one-off.ts';
import { insertSetup } from '../../../src/store/setups.ts';
import { sealConfig } from '../../../src/store/config-vars.ts';
import { insertSlug } from '../../../src/store/slugs.ts';

export interface BusyApp {
  readonly appId: string;
  readonly slugId: string;
  readonly releaseId: string;
  readonly buildId: string;
  readonly setupId: string;
  readonly addonId: string;
  readonly addonName: string;
}

/** Gives an app one of everything, as if it had been deployed. */
export async function makeBusy(platform: Platform, name: string): Promise<BusyApp> {
  const { pool, box } = platform;
  const app = await findApp(pool, name);
  if (app === undefined) throw new Error(`no app ${name}`);
  const slug = await insertSlug(pool, {
    id: randomUUID(),
    app_id: app.id,
    sha256: '0'.repeat(64),
    size: 1_234,
    process_types: { web: 'node server.js', worker: 'node worker.js' },
    stack: app.stack,
    commit: 'abcdef0',
    commit_description: null,
    buildpack: 'Node.js',
  });
  await setFormationOfSlug(pool, slug);
  const release = await inTransaction(pool, async (client) =>
    makeRelease(client, box, {
      appId: app.id,
      userId: app.owner_id,
      description: 'Deploy abcdef0',
      slugId: slug.id,
    }),
  );
  const addon = await inTransaction(pool, async (client) =>
    requestAddon(client, platform, { id: randomUUID(), app, plan: 'heroku-postgresql' }),
  );
  await recordProvisioned(platform, addon, {
    providerId: 'd1',
    message: 'there it is',
    config: { URL: `postgres://u:secret@localhost/${name}` },
  });
  const source = { sourceUrl: 'http://localhost/x', sourceVersion: 'v1', sourceChecksum: null };
  const build = await insertBuild(pool, {
    id: randomUUID(),
    appId: app.id,
    userId: app.owner_id,
    ...source,
    sourceVersionDescription: null,
    buildpacks: [],
    outputKey: randomUUID(),
  });
  const setup = await insertSetup(pool, {
    id: randomUUID(),
    appId: app.id,
    userId: app.owner_id,
    ...source,
    overridesSealed: sealConfig(box, app.id, {}),
  });
  await insertOneOff(pool, {
    id: randomUUID(),
    appId: app.id,
    releaseId: release.id,
    type: 'run',
    number: 1,
    command: 'true',
  });
  return {
    appId: app.id,
    slugId: slug.id,
    releaseId: release.id,
    buildId: build.id,
    setupId: setup.id,
    addonId: addon.id,
    addonName: addon.name,
  };
}
