import { assertApiEnabled } from '../access/views.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Session } from '../session.ts';

/** Only who may change the org itself may see or change its metadata through these APIs. */
export async function assertMayCustomize(
  org: Pick<Org, 'seenBy'>,
  session: Session,
): Promise<void> {
  const seen = await org.seenBy(session);
  assertApiEnabled(seen);
  const { permissions } = seen;
  if (permissions.has('ModifyMetadata') || permissions.has('ModifyAllData')) return;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS',
    'use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions',
  );
}
