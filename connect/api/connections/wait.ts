import type { ConnectionLife } from '../../connection-life.ts';
import { WAIT_POLL_MS, WAIT_TIMEOUT_MS } from '../../limits.ts';
import { connectionFor } from '../authorize.ts';
import type { Endpoint } from '../context.ts';
import { stateOf } from '../shapes.ts';

/**
 * Answers once everything that was committed on either side before the question has arrived on the other: 200, or 202
 * with what is still waited for when that takes too long.
 */
export const waitUntilSynced: Endpoint = {
  method: 'get',
  path: '/api/v3/connections/:id/wait',
  async handle({ clock, ...api }, request) {
    const { life } = await connectionFor({ clock, ...api }, request);
    const asked = clock.now();
    life.wake();
    for (;;) {
      const waiting = await unsynced(life, asked);
      if (waiting.length === 0 && life.state === 'IDLE') {
        return { status: 200, body: { synced: true, waiting_for: [] } };
      }
      if (clock.now() - asked > WAIT_TIMEOUT_MS || request.destroyed) {
        return {
          status: 202,
          body: { synced: false, state: life.state, waiting_for: waiting },
        };
      }
      await clock.sleep(WAIT_POLL_MS);
    }
  },
};

async function unsynced(
  life: ConnectionLife,
  asked: number,
): Promise<readonly { readonly object_name: string; readonly reason: string }[]> {
  const { opened } = life;
  if (opened === undefined)
    return [{ object_name: '*', reason: `the connection is ${life.state}` }];
  const reasons = await Promise.all(
    opened.plan.planned.map(async ({ stored, table }) => {
      const { state, description, status } = stateOf(life, stored);
      const reason = (text: string) => ({ object_name: stored.objectName, reason: text });
      if (state !== 'DATA_SYNCED') return reason(`${state}: ${description}`);
      if ((status?.times.sfPoll ?? 0) < asked) return reason('Salesforce is being read');
      const { pending, unsynced: open } = await opened.database.countRows(table.table.name);
      if (pending > 0) return reason(`${pending} changes wait to be sent`);
      return open > 0 ? reason(`${open} writes wait for their answer`) : undefined;
    }),
  );
  return [
    ...reasons.filter((reason) => reason !== undefined),
    ...opened.plan.unplanned.map(({ stored, message }) => ({
      object_name: stored.objectName,
      reason: `BAD_CONFIG: ${message}`,
    })),
  ];
}
