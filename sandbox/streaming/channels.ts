import { z } from 'zod';

import type { Org } from '../org.ts';
import { parseQuery } from '../soql/parse.ts';
import { findChangedObject } from './change-event.ts';
import { findCustomTopics } from './custom-channel.ts';
import type { EventFilter } from './event.ts';

/** A channel that exists: what it carries, and for how long that is kept. */
export interface Channel {
  readonly name: string;
  readonly filter: EventFilter;
  readonly highVolume: boolean;
}

type ChannelOrg = Pick<Org, 'pool' | 'schema'>;

/** The channel of this name; undefined when the org has none. Names are matched as Salesforce does, case and all. */
export async function findChannel(org: ChannelOrg, name: string): Promise<Channel | undefined> {
  const [, root, rest] = /^\/(data|event|topic|u)\/(.+)$/.exec(name) ?? [];
  if (root === undefined || rest === undefined) return undefined;
  if ((root === 'data' || root === 'event') && rest.endsWith('__chn')) {
    const topics = await findCustomTopics(org.pool, { name: rest, kind: root });
    return topics === undefined ? undefined : { name, filter: { topics }, highVolume: true };
  }
  switch (root) {
    case 'data':
      return findChangeChannel(org, name, rest);
    case 'event': {
      const object = rest.endsWith('__e') ? org.schema().findObject(rest) : undefined;
      return object === undefined
        ? undefined
        : { name, filter: { topics: [`/event/${object.name}`] }, highVolume: true };
    }
    case 'topic':
      return (await isVisibleTopic(org, rest))
        ? { name, filter: { topics: [name] }, highVolume: false }
        : undefined;
    default:
      return (await exists(org, FIND_STREAMING_CHANNEL, name))
        ? { name, filter: { topics: [name] }, highVolume: false }
        : undefined;
  }
}

function findChangeChannel(org: ChannelOrg, name: string, eventName: string): Channel | undefined {
  if (eventName === 'ChangeEvents') return { name, filter: { kind: 'change' }, highVolume: true };
  const object = findChangedObject(org.schema(), eventName);
  return object === undefined ? undefined : { name, filter: { topics: [name] }, highVolume: true };
}

/** A PushTopic on an object that the subscriber may not read does not exist for him. */
async function isVisibleTopic({ pool, schema }: ChannelOrg, name: string): Promise<boolean> {
  const { rows } = await pool.query(FIND_TOPIC, [name]);
  const [topic] = z.array(z.object({ query: z.string() })).parse(rows);
  if (topic === undefined) return false;
  const [from] = parseQuery(topic.query).from;
  return from !== undefined && schema().findObject(from.path.names[0].text) !== undefined;
}

async function exists({ pool }: ChannelOrg, statement: string, name: string): Promise<boolean> {
  const { rows } = await pool.query(statement, [name]);
  return z.array(z.unknown()).parse(rows).length > 0;
}

const FIND_TOPIC = `/* findTopic */
select query from org.pushtopic where name = $1 and isactive and not isdeleted`;

const FIND_STREAMING_CHANNEL = `/* findStreamingChannel */
select from org.streamingchannel where name = $1 and not isdeleted`;
