import { z } from 'zod';

import { findRow, manyRows, run, Time, type Sql } from './sql.ts';

/** One start of a process, as the dyno manager wrote it down. */
export const Dyno = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  release_id: z.uuid(),
  release_version: z.int(),
  type: z.string(),
  number: z.int(),
  /** `web.1` */
  name: z.string(),
  size: z.string(),
  command: z.string(),
  state: z.string(),
  port: z.int().nullable(),
  handle: z.unknown(),
  asked: z.enum(['restart', 'stop']).nullable(),
  one_off: z.boolean(),
  env_sealed: z.string().nullable(),
  exit_code: z.int().nullable(),
  crashes: z.int(),
  start_after: Time.nullable(),
  cycle_at: Time.nullable(),
  started_at: Time.nullable(),
  created_at: Time,
  updated_at: Time,
});
export type Dyno = Readonly<z.infer<typeof Dyno>>;

const COLUMNS = `dynos.id, dynos.app_id, dynos.release_id, releases.version as release_version, dynos.type, dynos.number,
       dynos.name, dynos.size, dynos.command, dynos.state, dynos.port, dynos.handle, dynos.asked, dynos.one_off,
       dynos.env_sealed, dynos.exit_code, dynos.crashes, dynos.start_after, dynos.cycle_at, dynos.started_at,
       dynos.created_at, dynos.updated_at`;

/** Every dyno there is, of every app. */
export async function listAllDynos(sql: Sql): Promise<readonly Dyno[]> {
  return manyRows(sql, Dyno, [LIST_ALL_DYNOS, []]);
}

const LIST_ALL_DYNOS = `/* listAllDynos */
select ${COLUMNS} from dynos join releases on releases.id = dynos.release_id
 order by dynos.app_id, dynos.type, dynos.number, dynos.created_at`;

export async function listDynos(sql: Sql, appId: string): Promise<readonly Dyno[]> {
  return manyRows(sql, Dyno, [LIST_DYNOS, [appId]]);
}

const LIST_DYNOS = `/* listDynos */
select ${COLUMNS} from dynos join releases on releases.id = dynos.release_id
 where dynos.app_id = $1
 order by dynos.type, dynos.number, dynos.created_at`;

/** A dyno of the app by its id or name; of two with one name (a release is being switched) the newer. */
export async function findDyno(
  sql: Sql,
  appId: string,
  identity: string,
): Promise<Dyno | undefined> {
  return findRow(sql, Dyno, [FIND_DYNO, [appId, identity]]);
}

const FIND_DYNO = `/* findDyno */
select ${COLUMNS} from dynos join releases on releases.id = dynos.release_id
 where dynos.app_id = $1 and (dynos.id::text = $2 or dynos.name = $2)
 order by dynos.created_at desc
 limit 1`;

/** Asks the dyno manager to restart or stop dynos of an app: one by name or id, all of a type, or all. */
export async function askDynos(
  sql: Sql,
  ask: {
    readonly appId: string;
    readonly asked: 'restart' | 'stop';
    readonly identity?: string;
    readonly type?: string;
  },
): Promise<number> {
  return run(sql, ASK_DYNOS, [ask.appId, ask.asked, ask.identity ?? null, ask.type ?? null]);
}

const ASK_DYNOS = `/* askDynos */
update dynos
   set asked = $2, updated_at = now()
 where app_id = $1
   and ($3::text is null or id::text = $3 or name = $3)
   and ($4::text is null or type = $4)`;
