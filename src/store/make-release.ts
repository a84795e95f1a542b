import { randomBytes, randomUUID } from 'node:crypto';

import type { SecretBox } from '../kit/secret-box.ts';
import { listAddonsOf } from './addons.ts';
import { lockApp } from './apps.ts';
import { readAttachedConfig } from './attachments.ts';
import { readConfigVars, sealConfig } from './config-vars.ts';
import { findCurrentRelease, insertRelease, type Release } from './releases.ts';
import { findSlug } from './slugs.ts';
import type { Sql } from './sql.ts';

/** The process type that runs before a release becomes the current one. */
const RELEASE_PHASE = 'release';

export interface Cause {
  readonly appId: string;
  readonly userId: string;
  readonly description: string;
  /** The slug of the new release; without it that of the current one stays. */
  readonly slugId?: string;
  /** Releases made because an add-on changed its values skip the release phase, as Heroku's do. */
  readonly skipReleasePhase?: boolean;
}

/**
 * Makes the app's next release out of what is true in this transaction: config vars, attachments, slug.
 *
 * The app's row is locked first, so of two changes at once the second one's release contains the first; and the change
 * and its release are committed together, so no crash leaves a config var that no release knows.
 */
export async function makeRelease(sql: Sql, box: SecretBox, cause: Cause): Promise<Release> {
  const { appId, userId, description } = cause;
  await lockApp(sql, appId);
  const slugId = cause.slugId ?? (await findCurrentRelease(sql, appId))?.slug_id ?? null;
  const slug = slugId === null ? undefined : await findSlug(sql, appId, slugId);
  const own = await readConfigVars(sql, box, appId);
  const attached = await readAttachedConfig(sql, box, appId);
  const addons = await listAddonsOf(sql, appId);
  const hasPhase =
    cause.skipReleasePhase !== true && slug?.process_types[RELEASE_PHASE] !== undefined;
  return insertRelease(sql, {
    id: randomUUID(),
    appId,
    slugId,
    configSealed: sealConfig(box, appId, { ...own, ...attached }),
    addonConfigNames: Object.keys(attached),
    addonPlans: addons.map((addon) => addon.plan),
    description,
    userId,
    status: hasPhase ? 'pending' : 'succeeded',
    outputKey: hasPhase ? randomBytes(24).toString('base64url') : null,
  });
}
