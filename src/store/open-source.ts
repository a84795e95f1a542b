import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';

import { findSource, type Source } from './sources.ts';
import type { Sql } from './sql.ts';
import { hashToken } from './users.ts';

/** The source of that id, when the key is its own. */
export async function openSource(
  sql: Sql,
  { id = '', key = '' }: Readonly<Record<string, string>>,
): Promise<Source | undefined> {
  const source = await findSource(sql, id);
  if (source === undefined) return undefined;
  return timingSafeEqual(source.key_hash, hashToken(key)) ? source : undefined;
}

/** Where an uploaded source is kept. */
export function sourceFile(home: string, id: string): string {
  return join(home, 'sources', id);
}
