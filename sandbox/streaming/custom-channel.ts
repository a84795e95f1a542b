import type { Request, Response } from 'express';
import type pg from 'pg';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { metadataId } from '../schema/add-custom.ts';
import { findChangedObject } from './change-event.ts';

/** The channel of all change events, which every org has. */
const STANDARD_CHANNEL = 'ChangeEvents';

const NewChannel = z.object({
  FullName: z.string().regex(/^[A-Za-z]\w*__chn$/),
  Metadata: z.object({ channelType: z.enum(['data', 'event']), label: z.string().min(1) }),
});

const NewMember = z.object({
  FullName: z.string().min(1).max(80),
  Metadata: z.object({ eventChannel: z.string(), selectedEntity: z.string() }),
});

type ChannelOrg = Pick<Org, 'pool' | 'schema' | 'clock'>;

/** POST /tooling/sobjects/PlatformEventChannel */
export function createChannel(org: ChannelOrg) {
  return async (request: Request, response: Response): Promise<void> => {
    const { FullName: name, Metadata: metadata } = parse(NewChannel, request.body);
    const id = metadataId('0YL', name);
    const { rowCount } = await org.pool.query(INSERT_CHANNEL, [
      name,
      id,
      metadata.label,
      metadata.channelType,
      new Date(org.clock.now()),
    ]);
    if (rowCount === 0) throw duplicate(name);
    response.status(201).json({ id, success: true, errors: [], warnings: [], infos: [] });
  };
}

const INSERT_CHANNEL = `/* insertEventChannel */
insert into event_channels (name, id, label, kind, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`;

/** POST /tooling/sobjects/PlatformEventChannelMember: a channel carries the events of one more object. */
export function createMember(org: ChannelOrg) {
  return async (request: Request, response: Response): Promise<void> => {
    const { FullName: name, Metadata: metadata } = parse(NewMember, request.body);
    const kind = await kindOf(org.pool, metadata.eventChannel);
    if (kind === undefined)
      throw invalid(`The event channel ${metadata.eventChannel} does not exist`);
    if (!exists(org, kind, metadata.selectedEntity)) {
      throw invalid(
        `The selected entity ${metadata.selectedEntity} has no events for this channel`,
      );
    }
    const id = metadataId('0v8', name);
    const { rowCount } = await org.pool.query(INSERT_MEMBER, [
      name,
      id,
      metadata.eventChannel,
      metadata.selectedEntity,
      new Date(org.clock.now()),
    ]);
    if (rowCount === 0) throw duplicate(name);
    response.status(201).json({ id, success: true, errors: [], warnings: [], infos: [] });
  };
}

const INSERT_MEMBER = `/* insertEventChannelMember */
insert into event_channel_members (full_name, id, channel, selected_entity, created_at)
values ($1, $2, $3, $4, $5) on conflict do nothing`;

/** DELETE of a channel, with its members, or of a member. */
export function deleteChannelOrMember(org: Pick<Org, 'pool'>) {
  return async (request: Request, response: Response): Promise<void> => {
    const { rows } = await org.pool.query(DELETE_CHANNEL_OR_MEMBER, [
      String(request.params['id']).slice(0, 15),
    ]);
    if (z.object({ count: z.coerce.number() }).parse(rows[0]).count === 0) {
      throw new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
    }
    response.status(204).end();
  };
}

const DELETE_CHANNEL_OR_MEMBER = `/* deleteEventChannelOrMember */
with channel as (
  delete from event_channels where left(id, 15) = $1 returning name
), member as (
  delete from event_channel_members
   where left(id, 15) = $1 or channel in (select name from channel)
  returning full_name
)
select (select count(*) from channel) + (select count(*) from member) as count`;

/** The channels of its members' events: `Sales__chn` → `/data/AccountChangeEvent`, …; undefined when there is no such channel. */
export async function findCustomTopics(
  pool: pg.Pool,
  channel: { readonly name: string; readonly kind: 'data' | 'event' },
): Promise<readonly string[] | undefined> {
  if ((await kindOf(pool, channel.name)) !== channel.kind) return undefined;
  const { rows } = await pool.query(
    '/* findChannelMembers */ select selected_entity as entity from event_channel_members where channel = $1',
    [channel.name],
  );
  return z
    .array(z.object({ entity: z.string() }))
    .parse(rows)
    .map(({ entity }) => `/${channel.kind}/${entity}`);
}

async function kindOf(pool: pg.Pool, name: string): Promise<'data' | 'event' | undefined> {
  if (name === STANDARD_CHANNEL) return 'data';
  const { rows } = await pool.query(
    '/* findEventChannel */ select kind from event_channels where name = $1',
    [name],
  );
  return z.array(z.object({ kind: z.enum(['data', 'event']) })).parse(rows)[0]?.kind;
}

function exists({ schema }: Pick<Org, 'schema'>, kind: 'data' | 'event', entity: string): boolean {
  if (kind === 'data') return findChangedObject(schema(), entity) !== undefined;
  return entity.endsWith('__e') && schema().findObject(entity)?.name === entity;
}

function parse<T>(shape: z.ZodType<T>, body: unknown): T {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SalesforceError('FIELD_INTEGRITY_EXCEPTION', faults.join('; '));
}

function invalid(message: string): SalesforceError {
  return new SalesforceError('FIELD_INTEGRITY_EXCEPTION', message, { fields: ['Metadata'] });
}

function duplicate(name: string): SalesforceError {
  return new SalesforceError('DUPLICATE_DEVELOPER_NAME', `The name ${name} is in use already`, {
    fields: ['FullName'],
  });
}
