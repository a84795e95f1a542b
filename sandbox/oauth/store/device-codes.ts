import { z } from 'zod';

import { EXPIRED_ROWS_REMOVED_MAX } from '../limits.ts';
import type { Database } from './apps.ts';

export async function insertDeviceCode(
  db: Database,
  code: {
    readonly hash: Buffer;
    readonly userCode: string;
    readonly clientId: string;
    readonly scopes: readonly string[];
    readonly expiresAt: Date;
  },
): Promise<void> {
  await db.query(INSERT_DEVICE_CODE, [
    code.hash,
    code.userCode,
    code.clientId,
    code.scopes,
    code.expiresAt,
    EXPIRED_ROWS_REMOVED_MAX,
  ]);
}

const INSERT_DEVICE_CODE = `/* insertDeviceCode */
with expired as (
  delete from oauth_device_codes
   where device_code_hash in (select device_code_hash from oauth_device_codes
                               where expires_at < $5::timestamptz - interval '1 day'
                               order by expires_at limit $6 for update skip locked)
)
insert into oauth_device_codes (device_code_hash, user_code, client_id, scopes, expires_at) values ($1, $2, $3, $4, $5)`;

/** The row stays locked: two polls at once do not both get tokens. */
export async function findDeviceCode(db: Database, hash: Buffer): Promise<DeviceCode | undefined> {
  const { rows } = await db.query(
    `/* findDeviceCode */ ${SELECT_DEVICE_CODE} where device_code_hash = $1 for update`,
    [hash],
  );
  return z.array(DeviceCode).parse(rows)[0];
}

export async function findPendingDevice(
  db: Database,
  userCode: string,
  now: Date,
): Promise<DeviceCode | undefined> {
  const { rows } = await db.query(
    `/* findPendingDevice */ ${SELECT_DEVICE_CODE} where user_code = $1 and state = 'pending' and expires_at > $2`,
    [userCode, now],
  );
  return z.array(DeviceCode).parse(rows)[0];
}

const SELECT_DEVICE_CODE = `
select client_id as "clientId", scopes, state, user_id as "userId", polled_at as "polledAt", expires_at as "expiresAt"
  from oauth_device_codes`;

export async function markDeviceCode(
  db: Database,
  hash: Buffer,
  mark: { readonly state: DeviceCode['state']; readonly polledAt: Date },
): Promise<void> {
  await db.query(
    '/* markDeviceCode */ update oauth_device_codes set state = $2, polled_at = $3 where device_code_hash = $1',
    [hash, mark.state, mark.polledAt],
  );
}

/** The user's decision. Resolves to whether it was still open. */
export async function decideDevice(
  db: Database,
  userCode: string,
  decision: { readonly state: 'approved' | 'denied'; readonly userId: string; readonly now: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `/* decideDevice */ update oauth_device_codes set state = $2, user_id = $3
 where user_code = $1 and state = 'pending' and expires_at > $4`,
    [userCode, decision.state, decision.userId, decision.now],
  );
  return rowCount === 1;
}

const DeviceCode = z.object({
  clientId: z.string(),
  scopes: z.array(z.string()),
  state: z.enum(['pending', 'approved', 'denied', 'used']),
  userId: z.string().nullable(),
  polledAt: z.date().nullable(),
  expiresAt: z.date(),
});
export type DeviceCode = Readonly<z.infer<typeof DeviceCode>>;
