import { z } from 'zod';

import { fault } from '../../faults.ts';
import { inTransaction } from '../../kit/transaction.ts';
import { setFormationOfSlug } from '../../store/formation-of-slug.ts';
import { makeRelease } from '../../store/make-release.ts';
import { findRelease } from '../../store/releases.ts';
import { restoreConfig } from '../../store/restore-config.ts';
import { findSlug } from '../../store/slugs.ts';
import { appEndpoint, found, parseBody, type AppCall } from '../endpoint.ts';
import type { Platform } from '../../ports.ts';
import { releaseBody } from './body.ts';

const NewRelease = z.object({
  slug: z.string().optional(),
  release: z.string().optional(),
  description: z.string().max(200).optional(),
});

/** A new release of a slug the app has, or (with `release`) one that is as an earlier release was. */
export const releaseCreate = appEndpoint(
  { method: 'post', path: '/apps/:app/releases', access: 'operate' },
  async (platform, call) => {
    const { slug, release, description } = parseBody(NewRelease, call.body);
    const made =
      release !== undefined
        ? await rollBack(platform, call, release)
        : slug !== undefined
          ? await releaseSlug(platform, call, { slug, description: description ?? 'Deploy' })
          : undefined;
    if (made === undefined) {
      throw fault('INVALID_PARAMS', 'Name what to release: a slug, or a release to go back to.');
    }
    return { status: 201, body: releaseBody(platform, call.app, made) };
  },
);

async function releaseSlug(
  { pool, box }: Platform,
  { app, user }: AppCall,
  wanted: { readonly slug: string; readonly description: string },
) {
  const slug = found(await findSlug(pool, app.id, wanted.slug), 'slug');
  return inTransaction(pool, async (client) => {
    await setFormationOfSlug(client, slug);
    return makeRelease(client, box, {
      appId: app.id,
      userId: user.id,
      description: wanted.description,
      slugId: slug.id,
    });
  });
}

/** Slug and config vars of the earlier release; the add-ons, and what is in their databases, stay as they are now. */
async function rollBack(platform: Platform, { app, user }: AppCall, identity: string) {
  const { pool, box } = platform;
  const target = found(await findRelease(pool, app.id, identity), 'release');
  const slug = target.slug_id === null ? undefined : await findSlug(pool, app.id, target.slug_id);
  if (target.status !== 'succeeded' || slug === undefined) {
    throw fault(
      'INVALID_PARAMS',
      `v${target.version} cannot be rolled back to: it ${slug === undefined ? 'has no code' : 'did not succeed'}. See the list of releases for one that can.`,
    );
  }
  const made = await inTransaction(pool, async (client) => {
    await restoreConfig(client, box, target);
    await setFormationOfSlug(client, slug);
    return makeRelease(client, box, {
      appId: app.id,
      userId: user.id,
      description: `Rollback to v${target.version}`,
      slugId: slug.id,
    });
  });
  platform.tell(app.id, `Rollback to v${target.version} by user ${user.email}`);
  return made;
}
