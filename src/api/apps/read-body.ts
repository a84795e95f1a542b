import type { Platform } from '../../ports.ts';
import type { App } from '../../store/apps.ts';
import { findCurrentRelease } from '../../store/releases.ts';
import { findSlug } from '../../store/slugs.ts';
import { appBody } from './body.ts';

/** The app as the API shows it, with what its current slug says. */
export async function readAppBody(
  platform: Platform,
  app: App,
): Promise<Readonly<Record<string, unknown>>> {
  const release = await findCurrentRelease(platform.pool, app.id);
  const slugId = release?.slug_id ?? null;
  const slug = slugId === null ? undefined : await findSlug(platform.pool, app.id, slugId);
  return appBody(platform, app, {
    slugBytes: slug?.size ?? null,
    buildpack: slug?.buildpack ?? null,
  });
}
