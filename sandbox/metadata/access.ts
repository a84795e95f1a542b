import { z } from 'zod';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Session } from '../session.ts';

/** Only who may change the org itself may see or change its metadata through these APIs. */
export async function assertMayCustomize(org: Pick<Org, 'pool'>, session: Session): Promise<void> {
  const { rows } = await org.pool.query(MAY_CUSTOMIZE, [session.profileId]);
  const [profile] = z.array(z.object({ may: z.boolean() })).parse(rows);
  if (profile?.may === true) return;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS',
    'use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions',
  );
}

const MAY_CUSTOMIZE = `/* mayCustomize */
select permissionsmodifymetadata or permissionsmodifyalldata as may from org.profile where id = $1`;
