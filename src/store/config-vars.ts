import { z } from 'zod';

import type { SecretBox } from '../kit/secret-box.ts';
import { manyRows, run, type Sql } from './sql.ts';

/** `{"NAME": "value"}` */
export const ConfigVars = z.record(z.string(), z.string());
export type ConfigVars = Readonly<z.infer<typeof ConfigVars>>;

/** A release's config vars as they are kept: JSON, sealed so that only this app's rows open it. */
export function sealConfig(box: SecretBox, appId: string, config: ConfigVars): string {
  return box.seal(JSON.stringify(config), `${appId}|config`);
}

/** @throws Fault SECRET_UNREADABLE */
export function openConfig(box: SecretBox, appId: string, sealed: string): ConfigVars {
  return ConfigVars.parse(JSON.parse(box.open(sealed, `${appId}|config`)));
}

const Row = z.object({ name: z.string(), value_sealed: z.string() });

/** The config vars people set (those of add-ons are derived), by name. */
export async function readConfigVars(sql: Sql, box: SecretBox, appId: string): Promise<ConfigVars> {
  const rows = await manyRows(sql, Row, [READ_CONFIG_VARS, [appId]]);
  return Object.fromEntries(
    rows.map(({ name, value_sealed }) => [name, box.open(value_sealed, ownerOf(appId, name))]),
  );
}

const READ_CONFIG_VARS = `/* readConfigVars */
select name, value_sealed from config_vars where app_id = $1 order by name`;

export async function setConfigVar(
  sql: Sql,
  box: SecretBox,
  variable: { readonly appId: string; readonly name: string; readonly value: string },
): Promise<void> {
  const { appId, name, value } = variable;
  await run(sql, SET_CONFIG_VAR, [appId, name, box.seal(value, ownerOf(appId, name))]);
}

const SET_CONFIG_VAR = `/* setConfigVar */
insert into config_vars (app_id, name, value_sealed) values ($1, $2, $3)
on conflict (app_id, name) do update set value_sealed = excluded.value_sealed, updated_at = now()`;

export async function deleteConfigVar(sql: Sql, appId: string, name: string): Promise<void> {
  await run(sql, '/* deleteConfigVar */ delete from config_vars where app_id = $1 and name = $2', [
    appId,
    name,
  ]);
}

/** Removes all config vars people set: the first step of a rollback. */
export async function clearConfigVars(sql: Sql, appId: string): Promise<void> {
  await run(sql, '/* clearConfigVars */ delete from config_vars where app_id = $1', [appId]);
}

function ownerOf(appId: string, name: string): string {
  return `${appId}|config|${name}`;
}
