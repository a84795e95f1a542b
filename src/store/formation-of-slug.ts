import { DEFAULT_SIZE } from '../core/dyno-size.ts';
import { lockApp } from './apps.ts';
import { addFormation, deleteFormationExcept } from './formation.ts';
import type { Slug } from './slugs.ts';
import type { Sql } from './sql.ts';

/**
 * Makes the app's formation have the process types of a slug. As on Heroku a new app's first `web` gets one dyno and
 * every other type none; types that stay keep their scale, and types that are gone lose theirs.
 */
export async function setFormationOfSlug(
  sql: Sql,
  slug: Pick<Slug, 'app_id' | 'process_types'>,
): Promise<void> {
  await lockApp(sql, slug.app_id);
  const types = Object.keys(slug.process_types);
  await deleteFormationExcept(sql, slug.app_id, types);
  for (const type of types) {
    await addFormation(sql, {
      appId: slug.app_id,
      type,
      quantity: type === 'web' ? 1 : 0,
      size: DEFAULT_SIZE,
    });
  }
}
