import { z } from 'zod';

import type { SecretBox } from '../kit/secret-box.ts';
import { ConfigVars } from './config-vars.ts';
import { findRow, getRow, manyRows, run, Time, type Sql } from './sql.ts';

/**
 * ```
 *   provisioning ──► provisioned ──► deprovisioning ──► (row gone)
 *        └──────────────────────────────▲
 * ```
 */
const AddonState = z.enum(['provisioning', 'provisioned', 'deprovisioning']);

export const Addon = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  app_name: z.string(),
  service: z.string(),
  /** The plan's full name: `heroku-postgresql:essential-0`. */
  plan: z.string(),
  name: z.string(),
  options: z.record(z.string(), z.unknown()),
  state: AddonState,
  provider_id: z.string().nullable(),
  provision_message: z.string().nullable(),
  config_sealed: z.string().nullable(),
  failure: z.string().nullable(),
  attempts: z.int(),
  created_at: Time,
  updated_at: Time,
});
export type Addon = Readonly<z.infer<typeof Addon>>;

const COLUMNS = `addons.id, addons.app_id, split_part(apps.name, ' ', 1) as app_name, addons.service, addons.plan,
       addons.name, addons.options, addons.state, addons.provider_id, addons.provision_message, addons.config_sealed,
       addons.failure, addons.attempts, addons.created_at, addons.updated_at`;

/** `{"URL": "postgres://..."}`: an add-on's values by the ends of their config vars' names. */
export function sealAddonConfig(box: SecretBox, addonId: string, config: ConfigVars): string {
  return box.seal(JSON.stringify(config), `${addonId}|addon`);
}

export function openAddonConfig(
  box: SecretBox,
  addon: Pick<Addon, 'id' | 'config_sealed'>,
): ConfigVars {
  if (addon.config_sealed === null) return {};
  return ConfigVars.parse(JSON.parse(box.open(addon.config_sealed, `${addon.id}|addon`)));
}

export interface NewAddon {
  readonly id: string;
  readonly appId: string;
  readonly service: string;
  readonly plan: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Writes down that an add-on is wanted. False when its id or name is there already. */
export async function insertAddon(sql: Sql, addon: NewAddon): Promise<boolean> {
  const { id, appId, service, plan, name, options } = addon;
  return (
    (await run(sql, INSERT_ADDON, [id, appId, service, plan, name, JSON.stringify(options)])) === 1
  );
}

const INSERT_ADDON = `/* insertAddon */
insert into addons (id, app_id, service, plan, name, options, state)
values ($1, $2, $3, $4, $5, $6, 'provisioning')
on conflict do nothing`;

export async function getAddon(sql: Sql, id: string): Promise<Addon> {
  return getRow(sql, Addon, [GET_ADDON, [id]]);
}

const GET_ADDON = `/* getAddon */
select ${COLUMNS} from addons join apps on apps.id = addons.app_id where addons.id = $1`;

/** An add-on by its id or name. */
export async function findAddon(sql: Sql, identity: string): Promise<Addon | undefined> {
  return findRow(sql, Addon, [FIND_ADDON, [identity]]);
}

const FIND_ADDON = `/* findAddon */
select ${COLUMNS} from addons join apps on apps.id = addons.app_id
 where (addons.id::text = $1 or addons.name = $1) and addons.state <> 'deprovisioning'`;

/** The add-ons an app owns or has attached. */
export async function listAddonsOf(sql: Sql, appId: string): Promise<readonly Addon[]> {
  return manyRows(sql, Addon, [LIST_ADDONS_OF, [appId]]);
}

const LIST_ADDONS_OF = `/* listAddonsOf */
select ${COLUMNS} from addons join apps on apps.id = addons.app_id
 where addons.state <> 'deprovisioning'
   and (addons.app_id = $1
        or exists (select from addon_attachments where addon_attachments.addon_id = addons.id
                      and addon_attachments.app_id = $1))
 order by addons.created_at, addons.id`;

/** The add-ons of all apps the user owns or works on. */
export async function listAddonsOfUser(sql: Sql, userId: string): Promise<readonly Addon[]> {
  return manyRows(sql, Addon, [LIST_ADDONS_OF_USER, [userId]]);
}

const LIST_ADDONS_OF_USER = `/* listAddonsOfUser */
select ${COLUMNS} from addons join apps on apps.id = addons.app_id
 where addons.state <> 'deprovisioning'
   and apps.destroying_at is null
   and (apps.owner_id = $1
        or exists (select from collaborators where collaborators.app_id = apps.id and collaborators.user_id = $1))
 order by addons.created_at, addons.id`;

/** Whether the app owns or has attached an add-on of the service. */
export async function hasAddonOf(sql: Sql, appId: string, service: string): Promise<boolean> {
  const addons = await listAddonsOf(sql, appId);
  return addons.some((addon) => addon.service === service);
}

/** Add-ons of an app that still exist, whatever their state: what its destruction waits for. */
export async function countAddonsOwnedBy(sql: Sql, appId: string): Promise<number> {
  const row = await getRow(sql, z.object({ count: z.coerce.number() }), [
    '/* countAddonsOwnedBy */ select count(*) from addons where app_id = $1',
    [appId],
  ]);
  return row.count;
}

/** Add-ons that a provider has to be asked about now. */
export async function listUnsettledAddons(sql: Sql): Promise<readonly Addon[]> {
  return manyRows(sql, Addon, [LIST_UNSETTLED_ADDONS, []]);
}

const LIST_UNSETTLED_ADDONS = `/* listUnsettledAddons */
select ${COLUMNS} from addons join apps on apps.id = addons.app_id
 where addons.state <> 'provisioned' and addons.try_after <= now()
 order by addons.created_at`;

export interface Provisioned {
  readonly providerId: string;
  readonly message: string | null;
  readonly configSealed: string;
}

/** Writes down what the provider gave. False when the add-on is not being provisioned (any more). */
export async function settleProvisioned(
  sql: Sql,
  id: string,
  given: Provisioned,
): Promise<boolean> {
  const { providerId, message, configSealed } = given;
  return (await run(sql, SETTLE_PROVISIONED, [id, providerId, message, configSealed])) === 1;
}

const SETTLE_PROVISIONED = `/* settleProvisioned */
update addons
   set state = 'provisioned', provider_id = $2, provision_message = $3, config_sealed = $4,
       failure = null, attempts = 0, updated_at = now()
 where id = $1 and state = 'provisioning'`;

export async function setAddonPlan(sql: Sql, id: string, plan: string): Promise<void> {
  await run(
    sql,
    '/* setAddonPlan */ update addons set plan = $2, updated_at = now() where id = $1',
    [id, plan],
  );
}

/** Asks for the add-on's end. Its name is free at once. */
export async function markDeprovisioning(sql: Sql, id: string): Promise<void> {
  await run(sql, MARK_DEPROVISIONING, [id]);
}

const MARK_DEPROVISIONING = `/* markDeprovisioning */
update addons
   set state = 'deprovisioning', name = name || ' ' || id, failure = null, attempts = 0, try_after = now(),
       updated_at = now()
 where id = $1 and state <> 'deprovisioning'`;

/** Notes that the provider could not be reached or refused, and when to try again. */
export async function noteAddonFailure(
  sql: Sql,
  id: string,
  failure: { readonly message: string; readonly delayMs: number },
): Promise<void> {
  await run(sql, NOTE_ADDON_FAILURE, [id, failure.message, failure.delayMs]);
}

const NOTE_ADDON_FAILURE = `/* noteAddonFailure */
update addons
   set failure = $2, attempts = attempts + 1, try_after = now() + $3 * interval '1 millisecond', updated_at = now()
 where id = $1`;

export async function deleteAddon(sql: Sql, id: string): Promise<void> {
  await run(sql, '/* deleteAddon */ delete from addons where id = $1', [id]);
}

/** Asks for the end of all add-ons an app owns. */
export async function markAddonsOfAppDeprovisioning(sql: Sql, appId: string): Promise<void> {
  await run(sql, MARK_ADDONS_OF_APP_DEPROVISIONING, [appId]);
}

const MARK_ADDONS_OF_APP_DEPROVISIONING = `/* markAddonsOfAppDeprovisioning */
update addons
   set state = 'deprovisioning', name = name || ' ' || id, failure = null, attempts = 0, try_after = now(),
       updated_at = now()
 where app_id = $1 and state <> 'deprovisioning'`;

/** Renames an add-on. False when the name is taken. */
export async function renameAddon(sql: Sql, id: string, name: string): Promise<boolean> {
  return (await run(sql, RENAME_ADDON, [id, name])) === 1;
}

const RENAME_ADDON = `/* renameAddon */
update addons set name = $2, updated_at = now()
 where id = $1 and not exists (select from addons as other where other.name = $2 and other.id <> $1)`;

/**
 * Asks the provider to provision an add-on again, which gives it new values (a database: a new password). As with a new
 * add-on the row is the intent, so a crash between the new password and its release is made good by the next turn.
 */
export async function markReprovisioning(sql: Sql, id: string): Promise<void> {
  await run(sql, MARK_REPROVISIONING, [id]);
}

const MARK_REPROVISIONING = `/* markReprovisioning */
update addons set state = 'provisioning', attempts = 0, try_after = now(), updated_at = now()
 where id = $1 and state = 'provisioned'`;
