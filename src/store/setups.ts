import { z } from 'zod';

import { findRow, getRow, run, Time, type Sql } from './sql.ts';

const Postdeploy = z.object({ exit_code: z.int(), output: z.string() });

/** An app made from a source with an app.json: its add-ons, config vars, build, formation and postdeploy script. */
export const Setup = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  app_name: z.string(),
  user_id: z.uuid(),
  source_url: z.string(),
  source_checksum: z.string().nullable(),
  source_version: z.string().nullable(),
  overrides_sealed: z.string(),
  status: z.enum(['pending', 'succeeded', 'failed']),
  failure_message: z.string().nullable(),
  manifest_errors: z.array(z.string()),
  build_id: z.uuid().nullable(),
  postdeploy: Postdeploy.nullable(),
  success_url: z.string().nullable(),
  created_at: Time,
  updated_at: Time,
});
export type Setup = Readonly<z.infer<typeof Setup>>;

const SELECT = `select setups.id, setups.app_id, apps.name as app_name, setups.user_id, setups.source_url,
       setups.source_checksum, setups.source_version, setups.overrides_sealed, setups.status, setups.failure_message,
       setups.manifest_errors, setups.build_id, setups.postdeploy, setups.success_url, setups.created_at,
       setups.updated_at
  from app_setups as setups join apps on apps.id = setups.app_id`;

export interface NewSetup {
  readonly id: string;
  readonly appId: string;
  readonly userId: string;
  readonly sourceUrl: string;
  readonly sourceChecksum: string | null;
  readonly sourceVersion: string | null;
  readonly overridesSealed: string;
}

export async function insertSetup(sql: Sql, setup: NewSetup): Promise<Setup> {
  await run(sql, INSERT_SETUP, [
    setup.id,
    setup.appId,
    setup.userId,
    setup.sourceUrl,
    setup.sourceChecksum,
    setup.sourceVersion,
    setup.overridesSealed,
  ]);
  return getSetup(sql, setup.id);
}

const INSERT_SETUP = `/* insertSetup */
insert into app_setups (id, app_id, user_id, source_url, source_checksum, source_version, overrides_sealed, status)
values ($1, $2, $3, $4, $5, $6, $7, 'pending')
on conflict do nothing`;

async function getSetup(sql: Sql, id: string): Promise<Setup> {
  return getRow(sql, Setup, [`/* getSetup */ ${SELECT} where setups.id = $1`, [id]]);
}

export async function findSetup(sql: Sql, id: string): Promise<Setup | undefined> {
  return findRow(sql, Setup, [`/* findSetup */ ${SELECT} where setups.id::text = $1`, [id]]);
}

/** Takes the oldest setup that nobody works on and holds it for `leaseMs`. */
export async function claimSetup(sql: Sql, leaseMs: number): Promise<Setup | undefined> {
  const claimed = await findRow(sql, z.object({ id: z.uuid() }), [CLAIM_SETUP, [leaseMs]]);
  return claimed === undefined ? undefined : getSetup(sql, claimed.id);
}

const CLAIM_SETUP = `/* claimSetup */
with waiting as (
  select id from app_setups
   where status = 'pending' and (leased_until is null or leased_until < now())
   order by created_at
   limit 1
     for update skip locked
)
update app_setups set leased_until = now() + $1 * interval '1 millisecond'
  from waiting
 where app_setups.id = waiting.id
returning app_setups.id`;

/** Lets go of a setup whose next step waits for something, until a moment from now. */
export async function restSetup(sql: Sql, id: string, restMs: number): Promise<void> {
  await run(
    sql,
    `/* restSetup */ update app_setups set leased_until = now() + $2 * interval '1 millisecond' where id = $1`,
    [id, restMs],
  );
}

export async function setSetupBuild(
  sql: Sql,
  id: string,
  link: { readonly buildId: string; readonly successUrl: string | null },
): Promise<void> {
  await run(
    sql,
    '/* setSetupBuild */ update app_setups set build_id = $2, success_url = $3, updated_at = now() where id = $1',
    [id, link.buildId, link.successUrl],
  );
}

export interface SetupResult {
  readonly status: 'succeeded' | 'failed';
  readonly failureMessage?: string;
  readonly manifestErrors?: readonly string[];
  readonly postdeploy?: z.infer<typeof Postdeploy>;
}

export async function settleSetup(sql: Sql, id: string, result: SetupResult): Promise<void> {
  await run(sql, SETTLE_SETUP, [
    id,
    result.status,
    result.failureMessage ?? null,
    JSON.stringify(result.manifestErrors ?? []),
    result.postdeploy === undefined ? null : JSON.stringify(result.postdeploy),
  ]);
}

const SETTLE_SETUP = `/* settleSetup */
update app_setups
   set status = $2, failure_message = $3, manifest_errors = $4, postdeploy = $5, leased_until = null, updated_at = now()
 where id = $1 and status = 'pending'`;
