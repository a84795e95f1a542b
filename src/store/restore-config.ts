import type { SecretBox } from '../kit/secret-box.ts';
import { lockApp } from './apps.ts';
import { clearConfigVars, openConfig, setConfigVar } from './config-vars.ts';
import { readReleaseConfig, type Release } from './releases.ts';
import type { Sql } from './sql.ts';

/** Sets the config vars people set to those of an earlier release. Values that came from add-ons are not restored. */
export async function restoreConfig(sql: Sql, box: SecretBox, target: Release): Promise<void> {
  const appId = target.app_id;
  await lockApp(sql, appId);
  const config = openConfig(box, appId, await readReleaseConfig(sql, target.id));
  await clearConfigVars(sql, appId);
  for (const [name, value] of Object.entries(config)) {
    if (target.addon_config_names.includes(name)) continue;
    await setConfigVar(sql, box, { appId, name, value });
  }
}
