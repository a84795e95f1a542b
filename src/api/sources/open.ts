import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';

import type { Platform } from '../../ports.ts';
import { findSource, type Source } from '../../store/sources.ts';
import { hashToken } from '../../store/users.ts';
import { found } from '../endpoint.ts';

/** The source whose URL that is. */
export async function openSource(
  { pool }: Platform,
  { id = '', key = '' }: Readonly<Record<string, string>>,
): Promise<Source> {
  const source = await findSource(pool, id);
  const right = source !== undefined && timingSafeEqual(source.key_hash, hashToken(key));
  return found(right ? source : undefined, 'source');
}

export function sourceFile(home: string, id: string): string {
  return join(home, 'sources', id);
}
