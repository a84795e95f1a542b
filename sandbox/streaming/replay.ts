import type pg from 'pg';

import type { Injector } from '../injector.ts';
import type { Channel } from './channels.ts';
import type { EventFeed } from './feed.ts';
import { readState } from './store.ts';

export const REPLAY_NEW = -1;
export const REPLAY_ALL = -2;

/**
 * The number after which a subscription begins: −1 means only what is delivered from now on, −2 all that is kept, N what
 * came after N. Undefined when N is none of the numbers that can still be replayed from.
 */
export async function findReplayStart(
  {
    pool,
    feed,
    injector,
  }: { readonly pool: pg.Pool; readonly feed: EventFeed; readonly injector: Injector },
  channel: Pick<Channel, 'name' | 'highVolume'>,
  replayId: number,
): Promise<number | undefined> {
  if (replayId === REPLAY_NEW) return feed.head;
  const state = await readState(pool);
  const oldest = channel.highVolume ? state.prunedHighVolume : state.prunedStandard;
  if (replayId === REPLAY_ALL) return oldest;
  if (injector.take({ point: 'replay', subject: channel.name })?.kind === 'expire')
    return undefined;
  return Number.isSafeInteger(replayId) && replayId >= oldest && replayId <= feed.head
    ? replayId
    : undefined;
}

export function invalidReplayId(replayId: unknown): string {
  return `400::The replayId {${String(replayId)}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`;
}
