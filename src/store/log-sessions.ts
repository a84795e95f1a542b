import { z } from 'zod';

import { findRow, run, Time, type Sql } from './sql.ts';

/** A stream of an app's log lines that somebody asked for. */
export const LogSession = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  lines: z.int(),
  tail: z.boolean(),
  source: z.string().nullable(),
  dyno: z.string().nullable(),
  created_at: Time,
});
export type LogSession = Readonly<z.infer<typeof LogSession>>;

export interface NewLogSession {
  readonly id: string;
  readonly appId: string;
  readonly keyHash: Buffer;
  readonly lines: number;
  readonly tail: boolean;
  readonly source: string | null;
  readonly dyno: string | null;
}

export async function insertLogSession(sql: Sql, session: NewLogSession): Promise<void> {
  const { id, appId, keyHash, lines, tail, source, dyno } = session;
  await run(sql, INSERT_LOG_SESSION, [id, appId, keyHash, lines, tail, source, dyno]);
}

const INSERT_LOG_SESSION = `/* insertLogSession */
with old as (delete from log_sessions where created_at < now() - interval '1 day')
insert into log_sessions (id, app_id, key_hash, lines, tail, source, dyno)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing`;

/** The session of that id, when the key's hash is its own and it is not older than `lifeMs`. */
export async function findLogSession(
  sql: Sql,
  id: string,
  proof: { readonly keyHash: Buffer; readonly lifeMs: number },
): Promise<LogSession | undefined> {
  return findRow(sql, LogSession, [FIND_LOG_SESSION, [id, proof.keyHash, proof.lifeMs]]);
}

const FIND_LOG_SESSION = `/* findLogSession */
select id, app_id, lines, tail, source, dyno, created_at
  from log_sessions
 where id::text = $1 and key_hash = $2 and created_at > now() - $3 * interval '1 millisecond'`;
