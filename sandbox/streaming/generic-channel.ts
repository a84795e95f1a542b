import type { Request, Response } from 'express';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Cometd } from './cometd.ts';
import { PUSH_EVENTS_MAX, PUSH_PAYLOAD_CHARS_MAX } from './limits.ts';
import type { Publisher } from './publisher.ts';

const Push = z.object({
  pushEvents: z
    .array(
      z.object({
        payload: z.string(),
        userIds: z.array(z.string()).optional(),
      }),
    )
    .min(1),
});

/** POST /sobjects/StreamingChannel/{id}/push: events of a generic channel, made by hand. */
export function pushToChannel(
  org: Pick<Org, 'pool'>,
  { publisher, cometd }: { readonly publisher: Publisher; readonly cometd: Cometd },
) {
  return async (request: Request, response: Response): Promise<void> => {
    const channel = await findChannelName(org, String(request.params['id']));
    const push = Push.safeParse(request.body);
    if (!push.success) {
      throw new SalesforceError(
        'JSON_PARSER_ERROR',
        'The body must be { "pushEvents": [ { "payload": "…", "userIds": [] } ] }',
      );
    }
    const { pushEvents } = push.data;
    if (pushEvents.length > PUSH_EVENTS_MAX) {
      throw new SalesforceError('LIMIT_EXCEEDED', `A push holds at most ${PUSH_EVENTS_MAX} events`);
    }
    for (const { payload } of pushEvents) {
      if (payload.length > PUSH_PAYLOAD_CHARS_MAX) {
        throw new SalesforceError(
          'STRING_TOO_LONG',
          `payload: data value too large (max length=${PUSH_PAYLOAD_CHARS_MAX})`,
          {
            fields: ['payload'],
          },
        );
      }
    }
    await publisher.publish(
      pushEvents.map(({ payload, userIds = [] }) => ({
        kind: 'generic',
        topic: channel,
        body: { payload },
        audience: userIds.length === 0 ? null : userIds,
      })),
    );
    const online = cometd.usersOn(channel);
    response.json(pushEvents.map(({ userIds = [] }) => fanOut(userIds, online)));
  };
}

/** Who of the users an event names was there to get it. Of events for everybody nobody is counted: −1. */
function fanOut(userIds: readonly string[], online: ReadonlySet<string>): object {
  if (userIds.length === 0) return { fanoutCount: -1, userOnlineStatus: {} };
  const isOnline = (id: string): boolean =>
    [...online].some((one) => one.slice(0, 15) === id.slice(0, 15));
  return {
    fanoutCount: userIds.filter(isOnline).length,
    userOnlineStatus: Object.fromEntries(userIds.map((id) => [id, isOnline(id)])),
  };
}

async function findChannelName({ pool }: Pick<Org, 'pool'>, id: string): Promise<string> {
  const { rows } = await pool.query(
    '/* findChannelName */ select name from org.streamingchannel where left(id, 15) = left($1, 15) and not isdeleted',
    [id],
  );
  const [row] = z.array(z.object({ name: z.string() })).parse(rows);
  if (row === undefined)
    throw new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
  return row.name;
}
