import type pg from 'pg';
import { z } from 'zod';

type Database = pg.Pool | pg.ClientBase;

/** The channel of all change events, which every org has. */
export const STANDARD_CHANNEL = 'ChangeEvents';

/** A custom channel: `Sales__chn` carries the events of its members. */
const EventChannel = z.object({
  id: z.string(),
  name: z.string(),
  label: z.string(),
  kind: z.enum(['data', 'event']),
});
export type EventChannel = Readonly<z.infer<typeof EventChannel>>;

/** One object's events on a channel, perhaps not all, perhaps with more fields. */
const ChannelMember = z.object({
  id: z.string(),
  fullName: z.string(),
  channel: z.string(),
  /** `AccountChangeEvent`, `Order__e` */
  selectedEntity: z.string(),
  filterExpression: z.string().nullable(),
  enrichedFields: z.array(z.string()),
});
export type ChannelMember = Readonly<z.infer<typeof ChannelMember>>;

const SELECT_CHANNEL = `select id, name, label, kind from event_channels`;
const SELECT_MEMBER = `select id, full_name as "fullName", channel, selected_entity as "selectedEntity",
       filter_expression as "filterExpression", enriched_fields as "enrichedFields"
  from event_channel_members`;

export async function listChannels(db: Database): Promise<readonly EventChannel[]> {
  const { rows } = await db.query(`/* listEventChannels */ ${SELECT_CHANNEL} order by name`);
  return z.array(EventChannel).parse(rows);
}

export async function findCustomChannel(
  db: Database,
  name: string,
): Promise<EventChannel | undefined> {
  const { rows } = await db.query(`/* findEventChannel */ ${SELECT_CHANNEL} where name = $1`, [
    name,
  ]);
  return z.array(EventChannel).parse(rows)[0];
}

export async function listMembers(db: Database): Promise<readonly ChannelMember[]> {
  const { rows } = await db.query(`/* listChannelMembers */ ${SELECT_MEMBER} order by full_name`);
  return z.array(ChannelMember).parse(rows);
}

export async function findMembers(
  db: Database,
  channel: string,
): Promise<readonly ChannelMember[]> {
  const { rows } = await db.query(
    `/* findChannelMembers */ ${SELECT_MEMBER} where channel = $1 order by full_name`,
    [channel],
  );
  return z.array(ChannelMember).parse(rows);
}

/** The change events that are on any channel: `AccountChangeEvent`. */
export async function findSelectedEntities(db: Database): Promise<ReadonlySet<string>> {
  const { rows } = await db.query(FIND_SELECTED_ENTITIES);
  return new Set(
    z
      .array(z.object({ entity: z.string() }))
      .parse(rows)
      .map(({ entity }) => entity),
  );
}

const FIND_SELECTED_ENTITIES = `/* findSelectedEntities */
select distinct selected_entity as entity from event_channel_members where selected_entity like '%ChangeEvent'`;

/** Resolves to false when there is one of this name already. */
export async function insertChannel(
  db: Database,
  channel: EventChannel,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(INSERT_CHANNEL, [
    channel.name,
    channel.id,
    channel.label,
    channel.kind,
    now,
  ]);
  return rowCount === 1;
}

const INSERT_CHANNEL = `/* insertEventChannel */
insert into event_channels (name, id, label, kind, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing`;

export async function renameChannel(db: Database, name: string, label: string): Promise<void> {
  await db.query('/* renameEventChannel */ update event_channels set label = $2 where name = $1', [
    name,
    label,
  ]);
}

/** Resolves to false when there is one of this name, or of this object on this channel, already. */
export async function insertMember(
  db: Database,
  member: ChannelMember,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await db.query(INSERT_MEMBER, [
    member.fullName,
    member.id,
    member.channel,
    member.selectedEntity,
    member.filterExpression,
    member.enrichedFields,
    now,
  ]);
  return rowCount === 1;
}

const INSERT_MEMBER = `/* insertEventChannelMember */
insert into event_channel_members
  (full_name, id, channel, selected_entity, filter_expression, enriched_fields, created_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`;

export async function updateMember(db: Database, member: ChannelMember): Promise<void> {
  await db.query(
    `/* updateEventChannelMember */
update event_channel_members set filter_expression = $2, enriched_fields = $3 where full_name = $1`,
    [member.fullName, member.filterExpression, member.enrichedFields],
  );
}

/** Removes a channel, with its members. */
export async function deleteChannel(db: Database, name: string): Promise<void> {
  await db.query(DELETE_CHANNEL, [name]);
}

const DELETE_CHANNEL = `/* deleteEventChannel */
with channel as (delete from event_channels where name = $1)
delete from event_channel_members where channel = $1`;

export async function deleteMember(db: Database, fullName: string): Promise<void> {
  await db.query(
    '/* deleteChannelMember */ delete from event_channel_members where full_name = $1',
    [fullName],
  );
}
