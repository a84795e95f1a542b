import type { Request } from 'express';

import type { Org } from '../org.ts';
import { sessionOf } from '../session.ts';
import type { Job } from './job.ts';

/** A job is its maker's: its files hold what he may see. Who may see all data may look at everyone's. */
export async function isSeenJob(
  org: Org,
  request: Request,
  job: Pick<Job, 'created_by'>,
): Promise<boolean> {
  const session = sessionOf(request);
  if (job.created_by === session.userId) return true;
  const { permissions } = await org.seenBy(session);
  return permissions.has('ModifyAllData');
}
