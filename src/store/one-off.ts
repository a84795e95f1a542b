import { z } from 'zod';

import { DEFAULT_SIZE } from '../core/dyno-size.ts';
import { findRow, manyRows, run, type Sql } from './sql.ts';

/** A dyno that runs one command to its end: a release phase, a postdeploy script, `heroku run`. */
export interface OneOff {
  readonly id: string;
  readonly appId: string;
  readonly releaseId: string;
  /** The first part of its name: `release` of `release.4711`. */
  readonly type: string;
  readonly number: number;
  readonly command: string;
}

/** Asks for a one-off dyno; the dyno manager starts it. One of that id that was asked for before is not asked for again. */
export async function insertOneOff(sql: Sql, dyno: OneOff): Promise<void> {
  const { id, appId, releaseId, type, number, command } = dyno;
  const name = `${type}.${number}`;
  await run(sql, INSERT_ONE_OFF, [id, appId, releaseId, type, number, name, DEFAULT_SIZE, command]);
}

const INSERT_ONE_OFF = `/* insertOneOff */
insert into dynos (id, app_id, release_id, type, number, name, size, command, state, one_off)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'starting', true)
on conflict (id) do nothing`;

const State = z.object({ name: z.string(), state: z.string(), exit_code: z.int().nullable() });

/** How far a one-off dyno has come: its status once it has ended. Undefined when there is none. */
export async function findOneOff(
  sql: Sql,
  id: string,
): Promise<{ readonly name: string; readonly status: number | undefined } | undefined> {
  const row = await findRow(sql, State, [
    '/* findOneOff */ select name, state, exit_code from dynos where id = $1',
    [id],
  ]);
  if (row === undefined) return undefined;
  // Ended without a status: it was killed before anybody could see it end.
  return { name: row.name, status: row.state === 'down' ? (row.exit_code ?? 137) : undefined };
}

const Pending = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  version: z.int(),
  command: z.string(),
});

/** The releases whose release phase has not ended, with its command. */
export async function listPendingReleases(
  sql: Sql,
): Promise<readonly Readonly<z.infer<typeof Pending>>[]> {
  return manyRows(sql, Pending, [LIST_PENDING_RELEASES, []]);
}

const LIST_PENDING_RELEASES = `/* listPendingReleases */
select releases.id, releases.app_id, releases.version, slugs.process_types ->> 'release' as command
  from releases
  join slugs on slugs.id = releases.slug_id
  join apps on apps.id = releases.app_id
 where releases.status = 'pending' and apps.destroying_at is null
 order by releases.created_at`;
