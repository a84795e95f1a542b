import type pg from 'pg';
import { z } from 'zod';

type Database = pg.Pool | pg.ClientBase;

/** A subscription of the Pub/Sub API whose place the org remembers. */
const ManagedSubscription = z.object({
  id: z.string(),
  developerName: z.string(),
  label: z.string(),
  topic: z.string(),
  defaultReplay: z.enum(['LATEST', 'EARLIEST']),
  errorRecoveryReplay: z.enum(['LATEST', 'EARLIEST']),
  state: z.enum(['RUN', 'STOP']),
  committedReplayId: z.coerce.number().nullable(),
});
export type ManagedSubscription = Readonly<z.infer<typeof ManagedSubscription>>;

const SELECT = `select id, developer_name as "developerName", label, topic, default_replay as "defaultReplay",
       error_recovery_replay as "errorRecoveryReplay", state, committed_replay_id as "committedReplayId"
  from managed_event_subscriptions`;

export async function listManaged(db: Database): Promise<readonly ManagedSubscription[]> {
  const { rows } = await db.query(`/* listManaged */ ${SELECT} order by developer_name`);
  return rows.map((row) => parse(row));
}

export async function findManaged(
  db: Database,
  by: { readonly id: string } | { readonly developerName: string },
): Promise<ManagedSubscription | undefined> {
  const { rows } =
    'id' in by
      ? await db.query(`/* findManaged */ ${SELECT} where left(id, 15) = left($1, 15)`, [by.id])
      : await db.query(`/* findManaged */ ${SELECT} where developer_name = $1`, [by.developerName]);
  return z.array(ManagedSubscription).parse(rows.map((row) => parse(row)))[0];
}

/** `null` would be coerced to the number 0. */
function parse(row: unknown): ManagedSubscription {
  return ManagedSubscription.extend({
    committedReplayId: z.string().transform(Number).nullable(),
  }).parse(row);
}

/** Writes a subscription down anew; where its subscriber has come to stays. */
export async function putManaged(
  db: Database,
  of: Omit<ManagedSubscription, 'committedReplayId'>,
  now: Date,
): Promise<void> {
  await db.query(PUT_MANAGED, [
    of.developerName,
    of.id,
    of.label,
    of.topic,
    of.defaultReplay,
    of.errorRecoveryReplay,
    of.state,
    now,
  ]);
}

const PUT_MANAGED = `/* putManaged */
insert into managed_event_subscriptions
  (developer_name, id, label, topic, default_replay, error_recovery_replay, state, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (developer_name) do update
  set label = excluded.label, topic = excluded.topic, default_replay = excluded.default_replay,
      error_recovery_replay = excluded.error_recovery_replay, state = excluded.state`;

export async function deleteManaged(db: Database, developerName: string): Promise<void> {
  await db.query(
    '/* deleteManaged */ delete from managed_event_subscriptions where developer_name = $1',
    [developerName],
  );
}

/** Remembers that a subscriber has worked off everything up to an event; never goes back. Resolves to whether it did. */
export async function commitReplayId(
  db: Database,
  developerName: string,
  replayId: number,
): Promise<boolean> {
  const { rowCount } = await db.query(COMMIT_REPLAY_ID, [developerName, replayId]);
  return rowCount === 1;
}

const COMMIT_REPLAY_ID = `/* commitReplayId */
update managed_event_subscriptions set committed_replay_id = $2
 where developer_name = $1 and coalesce(committed_replay_id, 0) <= $2`;
