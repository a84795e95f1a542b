import type { IncomingMessage } from 'node:http';

import type pg from 'pg';

type Database = Pick<pg.Pool, 'query'>;

export interface LoginRange {
  readonly startAddress: string;
  readonly endAddress: string;
}

/** Where a request comes from; an IPv4 address as itself, also on a socket of both kinds. */
export function addressOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? '0.0.0.0').replace(/^::ffff:/, '');
}

/** Whether users of a profile may log in from an address: from any one, unless the profile has ranges. */
export async function mayLogInFrom(
  db: Database,
  profileId: string,
  address: string,
): Promise<boolean> {
  const { rowCount } = await db.query(REFUSES, [profileId, address]);
  return rowCount === 0;
}

const REFUSES = `/* mayLogInFrom */
select 1 from profile_login_ranges where profile_id = $1
having count(*) > 0 and not bool_or($2::inet between start_address and end_address)`;

/** What a deployed profile says of addresses takes the place of what was said before, in the deploy's transaction. */
export async function replaceLoginRanges(
  db: Database,
  profileId: string,
  ranges: readonly LoginRange[],
): Promise<void> {
  await db.query('/* dropLoginRanges */ delete from profile_login_ranges where profile_id = $1', [
    profileId,
  ]);
  await db.query(
    `/* keepLoginRanges */ insert into profile_login_ranges (profile_id, start_address, end_address)
     select $1, first::inet, last::inet from unnest($2::text[], $3::text[]) as range(first, last)`,
    [
      profileId,
      ranges.map(({ startAddress }) => startAddress),
      ranges.map(({ endAddress }) => endAddress),
    ],
  );
}
