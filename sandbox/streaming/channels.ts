import { z } from 'zod';

import type { Org } from '../org.ts';
import { parseQuery } from '../soql/parse.ts';
import type { Allotment } from '../usage.ts';
import { findChangedObject } from './changed-object.ts';
import { shapeOf, type Shape } from './channel-shape.ts';
import {
  findCustomChannel,
  findMembers,
  findSelectedEntities,
  STANDARD_CHANNEL,
} from './channel-store.ts';
import type { EventFilter } from './event.ts';

/** A channel that exists: what it carries, and for how long that is kept. */
export interface Channel {
  readonly name: string;
  readonly filter: EventFilter;
  /** What it makes of the events it carries. */
  readonly shape?: Shape;
  readonly highVolume: boolean;
  /** What its deliveries are counted as. */
  readonly allotment: Allotment;
}

type ChannelOrg = Pick<Org, 'pool' | 'schema'> & {
  readonly settings: Pick<Org['settings'], 'changeDataCapture'>;
};

/** The channel of this name; undefined when the org has none. Names are matched as Salesforce does, case and all. */
export async function findChannel(org: ChannelOrg, name: string): Promise<Channel | undefined> {
  const [, root, rest] = /^\/(data|event|topic|u)\/(.+)$/.exec(name) ?? [];
  if (root === undefined || rest === undefined) return undefined;
  switch (root) {
    case 'data':
    case 'event':
      return rest.endsWith('__chn')
        ? findCustom(org, name, { rest, root })
        : root === 'data'
          ? findChangeChannel(org, name, rest)
          : findEventChannel(org, name, rest);
    case 'topic':
      return (await isVisibleTopic(org, rest))
        ? kept24Hours(name, 'DailyDurableStreamingApiEvents')
        : undefined;
    default:
      return (await exists(org, FIND_STREAMING_CHANNEL, name))
        ? kept24Hours(name, 'DailyDurableGenericStreamingApiEvents')
        : undefined;
  }
}

function kept24Hours(name: string, allotment: Allotment): Channel {
  return { name, filter: { topics: [name] }, highVolume: false, allotment };
}

function kept72Hours(name: string, filter: EventFilter, shape?: Shape): Channel {
  return {
    name,
    filter,
    ...(shape === undefined ? {} : { shape }),
    highVolume: true,
    allotment: 'DailyDeliveredPlatformEvents',
  };
}

async function findCustom(
  org: ChannelOrg,
  name: string,
  { rest, root }: { readonly rest: string; readonly root: 'data' | 'event' },
): Promise<Channel | undefined> {
  const custom = await findCustomChannel(org.pool, rest);
  if (custom?.kind !== root) return undefined;
  const members = await findMembers(org.pool, rest);
  const topics = members.map(({ selectedEntity }) => `/${root}/${selectedEntity}`);
  return kept72Hours(name, { topics }, shapeOf({ pool: org.pool, schema: org.schema() }, members));
}

async function findChangeChannel(
  org: ChannelOrg,
  name: string,
  eventName: string,
): Promise<Channel | undefined> {
  if (eventName !== STANDARD_CHANNEL) {
    const object = findChangedObject(org.schema(), eventName);
    const silent =
      org.settings.changeDataCapture === 'selected' &&
      !(await findSelectedEntities(org.pool)).has(eventName);
    return object === undefined || silent ? undefined : kept72Hours(name, { topics: [name] });
  }
  const members = await findMembers(org.pool, STANDARD_CHANNEL);
  const filter: EventFilter =
    org.settings.changeDataCapture === 'all'
      ? { kind: 'change' }
      : { topics: members.map(({ selectedEntity }) => `/data/${selectedEntity}`) };
  return kept72Hours(name, filter, shapeOf({ pool: org.pool, schema: org.schema() }, members));
}

function findEventChannel(org: ChannelOrg, name: string, eventName: string): Channel | undefined {
  const object = eventName.endsWith('__e') ? org.schema().findObject(eventName) : undefined;
  return object === undefined
    ? undefined
    : kept72Hours(name, { topics: [`/event/${object.name}`] });
}

/** A PushTopic on an object that the subscriber may not read does not exist for him. */
async function isVisibleTopic(
  { pool, schema }: Pick<ChannelOrg, 'pool' | 'schema'>,
  name: string,
): Promise<boolean> {
  const { rows } = await pool.query(FIND_TOPIC, [name]);
  const [topic] = z.array(z.object({ query: z.string() })).parse(rows);
  if (topic === undefined) return false;
  const [from] = parseQuery(topic.query).from;
  return from !== undefined && schema().findObject(from.path.names[0].text) !== undefined;
}

async function exists(
  { pool }: Pick<ChannelOrg, 'pool'>,
  statement: string,
  name: string,
): Promise<boolean> {
  const { rows } = await pool.query(statement, [name]);
  return z.array(z.unknown()).parse(rows).length > 0;
}

const FIND_TOPIC = `/* findTopic */
select query from org.pushtopic where name = $1 and isactive and not isdeleted`;

const FIND_STREAMING_CHANNEL = `/* findStreamingChannel */
select from org.streamingchannel where name = $1 and not isdeleted`;
