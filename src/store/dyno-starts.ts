import { z } from 'zod';

import type { DynoState } from '../core/dyno-state.ts';
import { ProcessTypes } from './slugs.ts';
import { findRow, run, type Sql } from './sql.ts';

/** What the dyno manager writes of a start. Times are milliseconds since the Unix epoch. */
export interface WrittenDyno {
  readonly id: string;
  readonly appId: string;
  readonly releaseId: string;
  readonly type: string;
  readonly number: number;
  readonly name: string;
  readonly size: string;
  readonly command: string;
  readonly state: DynoState;
  readonly port: number | undefined;
  readonly crashes: number;
  readonly startAfter: number;
  readonly cycleAt: number;
  readonly startedAt: number;
  readonly exitCode: number | undefined;
}

export async function insertDyno(sql: Sql, dyno: WrittenDyno): Promise<void> {
  const { id, appId, releaseId, type, number, name, size, command, state } = dyno;
  await run(sql, INSERT_DYNO, [
    id,
    appId,
    releaseId,
    type,
    number,
    name,
    size,
    command,
    state,
    dyno.port ?? null,
    dyno.crashes,
    dyno.cycleAt / 1_000,
    dyno.startedAt / 1_000,
  ]);
}

const INSERT_DYNO = `/* insertDyno */
insert into dynos (id, app_id, release_id, type, number, name, size, command, state, port, crashes, cycle_at, started_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, to_timestamp($12), to_timestamp($13))`;

/** Writes down how far it has come; nothing happens when its app, and the row with it, is gone. */
export async function updateDyno(sql: Sql, dyno: WrittenDyno): Promise<void> {
  const { id, state, port, crashes, exitCode, startAfter, startedAt } = dyno;
  await run(sql, UPDATE_DYNO, [
    id,
    state,
    port ?? null,
    crashes,
    exitCode ?? null,
    startAfter / 1_000,
    startedAt / 1_000,
  ]);
}

const UPDATE_DYNO = `/* updateDyno */
update dynos
   set state = $2,
       port = $3,
       crashes = $4,
       exit_code = $5,
       start_after = to_timestamp($6),
       started_at = to_timestamp($7),
       updated_at = now()
 where id = $1`;

export async function deleteDyno(sql: Sql, id: string): Promise<void> {
  await run(sql, '/* deleteDyno */ delete from dynos where id = $1', [id]);
}

/** Removes one-off dynos that ended before that time. */
export async function deleteEndedOneOffs(sql: Sql, before: number): Promise<void> {
  await run(sql, DELETE_ENDED_ONE_OFFS, [before / 1_000]);
}

const DELETE_ENDED_ONE_OFFS = `/* deleteEndedOneOffs */
delete from dynos where one_off and state = 'down' and updated_at < to_timestamp($1)`;

const Launch = z.object({
  app_id: z.uuid(),
  app_name: z.string(),
  config_sealed: z.string(),
  sha256: z.string(),
  process_types: ProcessTypes,
  env_sealed: z.string().nullable(),
});
export type Launch = Readonly<z.infer<typeof Launch>>;

/** What a dyno's release runs, with the settings of both. */
export async function findLaunch(sql: Sql, dynoId: string): Promise<Launch | undefined> {
  return findRow(sql, Launch, [FIND_LAUNCH, [dynoId]]);
}

const FIND_LAUNCH = `/* findLaunch */
select dynos.app_id, apps.name as app_name, releases.config_sealed, slugs.sha256, slugs.process_types, dynos.env_sealed
  from dynos
  join apps on apps.id = dynos.app_id
  join releases on releases.id = dynos.release_id
  join slugs on slugs.id = releases.slug_id
 where dynos.id = $1`;
