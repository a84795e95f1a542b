import { z } from 'zod';

import type { Database } from './apps.ts';

export interface SealedKey {
  readonly kid: string;
  readonly sealed: string;
}

/** The newest first. */
export async function readSigningKeys(db: Database): Promise<readonly SealedKey[]> {
  const { rows } = await db.query(
    '/* readSigningKeys */ select kid, sealed from oauth_signing_keys order by created_at desc, kid',
  );
  return z.array(z.object({ kid: z.string(), sealed: z.string() })).parse(rows);
}

export async function insertSigningKey(db: Database, key: SealedKey, now: Date): Promise<void> {
  await db.query(
    '/* insertSigningKey */ insert into oauth_signing_keys (kid, sealed, created_at) values ($1, $2, $3) on conflict do nothing',
    [key.kid, key.sealed, now],
  );
}
