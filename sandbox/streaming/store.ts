import type pg from 'pg';
import { z } from 'zod';

import { JournalEntry } from '../records/events.ts';
import { StreamEvent, type EventFilter, type EventKind, type NewEvent } from './event.ts';

type Database = pg.Pool | pg.ClientBase;

/** The numbering's state; the row stays locked to the transaction's end, so there is one publisher at a time. */
export async function lockState(client: pg.ClientBase): Promise<StreamState> {
  const { rows } = await client.query(`${SELECT_STATE} for update`);
  return StreamState.parse(rows[0]);
}

export async function readState(db: Database): Promise<StreamState> {
  const { rows } = await db.query(SELECT_STATE);
  return StreamState.parse(rows[0]);
}

const SELECT_STATE = `/* streamState */
select last_replay_id as "lastReplayId",
       case when isfinite(last_deliver_at) then last_deliver_at end as "lastDeliverAt",
       pruned_standard as "prunedStandard", pruned_high_volume as "prunedHighVolume",
       last_commit_number as "lastCommitNumber", last_transaction_key as "lastTransactionKey"
  from stream_state`;

/**
 * Takes the oldest journal entries out of the journal. An entry's id is drawn while its record is locked, so of two
 * changes of one record the earlier has the lower id; an entry of a slow transaction shows up when that has committed
 * and is taken then. Nothing is skipped, since what has been taken is what is gone.
 */
export async function takeJournal(
  client: pg.ClientBase,
  limit: number,
): Promise<readonly JournalEntry[]> {
  const { rows } = await client.query(TAKE_JOURNAL, [limit]);
  return z
    .array(JournalEntry)
    .parse(rows)
    .toSorted((a, b) => Number(a.id) - Number(b.id));
}

const TAKE_JOURNAL = `/* takeJournal */
delete from change_journal
 where id in (select id from change_journal order by id limit $1)
returning id::text, xid::text, transaction_key, sequence_number, entity, record_id, change_type, changed_fields,
          record, previous, origin, user_id, changed_at`;

export interface NumberedEvent extends NewEvent {
  readonly replayId: number;
  readonly uuid: string;
  readonly createdAt: Date;
  readonly deliverAt: Date;
}

export async function insertEvents(
  client: pg.ClientBase,
  events: readonly NumberedEvent[],
): Promise<void> {
  await client.query(INSERT_EVENTS, [
    JSON.stringify(
      events.map((event) => ({
        replay_id: event.replayId,
        kind: event.kind,
        topic: event.topic,
        uuid: event.uuid,
        body: event.body,
        audience: event.audience,
        created_at: event.createdAt.toISOString(),
        deliver_at: event.deliverAt.toISOString(),
      })),
    ),
  ]);
}

const INSERT_EVENTS = `/* insertEvents */
insert into stream_events (replay_id, kind, topic, uuid, body, audience, created_at, deliver_at)
select replay_id, kind, topic, uuid, body, audience, created_at, deliver_at
  from json_to_recordset($1::json)
       as (replay_id bigint, kind text, topic text, uuid uuid, body json, audience text[],
           created_at timestamptz, deliver_at timestamptz)`;

export async function saveNumbering(
  client: pg.ClientBase,
  last: { readonly replayId: number; readonly deliverAt: Date },
): Promise<void> {
  await client.query(
    '/* saveNumbering */ update stream_state set last_replay_id = $1, last_deliver_at = $2',
    [last.replayId, last.deliverAt],
  );
}

export async function saveLastCommit(
  client: pg.ClientBase,
  last: { readonly number: number; readonly transactionKey: string },
): Promise<void> {
  await client.query(
    '/* saveLastCommit */ update stream_state set last_commit_number = $1, last_transaction_key = $2',
    [last.number, last.transactionKey],
  );
}

/** The next events after `head` that are due, in order; stops at the first that is not. `nextDueAt` is when that one is. */
export async function readDue(
  db: Database,
  after: number,
  due: { readonly by: Date; readonly farFuture: Date; readonly limit: number },
): Promise<{ readonly events: readonly StreamEvent[]; readonly nextDueAt: Date | undefined }> {
  const { rows } = await db.query(READ_DUE, [after, due.limit]);
  const candidates = z.array(StreamEvent.extend({ deliverAt: z.date() })).parse(rows);
  const waiting = candidates.findIndex(
    ({ deliverAt }) => deliverAt > due.by && deliverAt < due.farFuture,
  );
  return {
    events: waiting === -1 ? candidates : candidates.slice(0, waiting),
    nextDueAt: candidates[waiting]?.deliverAt,
  };
}

const EVENT_COLUMNS = `replay_id as "replayId", kind, topic, uuid, body, audience, created_at as "createdAt"`;

const READ_DUE = `/* readDue */
select ${EVENT_COLUMNS}, deliver_at as "deliverAt" from stream_events where replay_id > $1 order by replay_id limit $2`;

/** Events of a channel between two numbers, the first excluded. */
export async function readEvents(
  db: Database,
  filter: EventFilter,
  range: { readonly after: number; readonly through: number; readonly limit: number },
): Promise<readonly StreamEvent[]> {
  const { rows } =
    'kind' in filter
      ? await db.query(READ_EVENTS_OF_KIND, [range.after, range.through, range.limit, filter.kind])
      : await db.query(READ_EVENTS_OF_TOPICS, [
          range.after,
          range.through,
          range.limit,
          filter.topics,
        ]);
  return z.array(StreamEvent).parse(rows);
}

const READ_EVENTS_OF_KIND = `/* readEventsOfKind */
select ${EVENT_COLUMNS} from stream_events
 where kind = $4 and replay_id > $1 and replay_id <= $2 order by replay_id limit $3`;

const READ_EVENTS_OF_TOPICS = `/* readEventsOfTopics */
select ${EVENT_COLUMNS} from stream_events
 where topic = any($4) and replay_id > $1 and replay_id <= $2 order by replay_id limit $3`;

/** The newest event that was due at a time: where a restarted publisher goes on. */
export async function readHead(db: Database, by: Date): Promise<number> {
  const { rows } = await db.query(
    `/* readHead */
select greatest(coalesce((select max(replay_id) from stream_events where deliver_at <= $1), 0),
                (select greatest(pruned_standard, pruned_high_volume) from stream_state)) as head`,
    [by],
  );
  return z.object({ head: z.coerce.number() }).parse(rows[0]).head;
}

/** Removes events of these kinds from before `olderThan` and remembers up to where they are gone. */
export async function pruneEvents(
  client: pg.ClientBase,
  of: {
    readonly kinds: readonly EventKind[];
    readonly highVolume: boolean;
    readonly olderThan: Date;
    readonly limit: number;
  },
): Promise<number> {
  const column = of.highVolume ? 'pruned_high_volume' : 'pruned_standard';
  const { rows } = await client.query(
    `/* pruneEvents */
with gone as (
  delete from stream_events
   where replay_id in (select replay_id from stream_events
                        where kind = any($1) and created_at < $2 order by replay_id limit $3)
  returning replay_id
), state as (
  update stream_state set ${column} = greatest(${column}, (select max(replay_id) from gone))
   where exists (select from gone)
)
select count(*) as count from gone`,
    [of.kinds, of.olderThan, of.limit],
  );
  return z.object({ count: z.coerce.number() }).parse(rows[0]).count;
}

/** Remembers a schema that events are about to be written with. */
export async function insertSchema(
  client: Database,
  schema: { readonly id: string; readonly topic: string; readonly avro: unknown },
  now: Date,
): Promise<void> {
  await client.query(INSERT_SCHEMA, [schema.id, schema.topic, JSON.stringify(schema.avro), now]);
}

const INSERT_SCHEMA = `/* insertSchema */
insert into event_schemas (id, topic, schema, created_at) values ($1, $2, $3, $4) on conflict (id) do nothing`;

export async function findSchema(db: Database, id: string): Promise<StoredSchema | undefined> {
  const { rows } = await db.query(
    '/* findSchema */ select id, topic, schema as avro from event_schemas where id = $1',
    [id],
  );
  return z.array(StoredSchema).parse(rows)[0];
}

const StoredSchema = z.object({ id: z.string(), topic: z.string(), avro: z.json() });
export type StoredSchema = Readonly<z.infer<typeof StoredSchema>>;

const StreamState = z.object({
  lastReplayId: z.coerce.number(),
  lastDeliverAt: z.date().nullable(),
  prunedStandard: z.coerce.number(),
  prunedHighVolume: z.coerce.number(),
  lastCommitNumber: z.coerce.number(),
  lastTransactionKey: z.string(),
});
export type StreamState = Readonly<z.infer<typeof StreamState>>;
