import { findCurrentRelease } from '../../store/releases.ts';
import { findSlug, type ProcessTypes } from '../../store/slugs.ts';
import type { Sql } from '../../store/sql.ts';

/** The process types of what runs now; none before the first deploy. */
export async function readProcessTypes(sql: Sql, appId: string): Promise<ProcessTypes> {
  const slugId = (await findCurrentRelease(sql, appId))?.slug_id ?? null;
  if (slugId === null) return {};
  return (await findSlug(sql, appId, slugId))?.process_types ?? {};
}
