import type { ServerMessage } from 'cometd-nodejs-server';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { findChannel, type Channel } from './channels.ts';
import type { EventFeed } from './feed.ts';
import * as refusals from './refusal.ts';
import { findReplayStart, invalidReplayId, REPLAY_NEW } from './replay.ts';

/** Where a subscription begins. */
export interface Start {
  readonly channel: Channel;
  /** The number of the event before its first. */
  readonly after: number;
}

type Seen = Pick<Org, 'pool' | 'schema' | 'settings'>;

const ReplayExtension = z.object({ replay: z.record(z.string(), z.unknown()) });

/** The channel that a message subscribes to, and where it asks to begin; or why there is no such place. */
export async function findStart(
  of: {
    readonly org: Pick<Org, 'pool' | 'injector'>;
    readonly feed: EventFeed;
    /** The org as the subscriber may see it. */
    readonly seen: Seen;
  },
  message: ServerMessage,
  name: string,
): Promise<Start | refusals.Refusal> {
  const channel = await findChannel(of.seen, name);
  if (channel === undefined) return refusals.channelMissing(name);
  const replayId = ReplayExtension.safeParse(message.ext).data?.replay[name] ?? REPLAY_NEW;
  const after =
    typeof replayId === 'number'
      ? await findReplayStart({ ...of.org, feed: of.feed }, channel, replayId)
      : undefined;
  return after === undefined
    ? { error: invalidReplayId(replayId), reconnect: 'retry' }
    : { channel, after };
}
