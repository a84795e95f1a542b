import type { Platform } from '../../ports.ts';
import { readAttachedConfig } from '../../store/attachments.ts';
import { readConfigVars, type ConfigVars } from '../../store/config-vars.ts';
import type { Sql } from '../../store/sql.ts';

/** All config vars of an app as they are now: those people set and those of its add-ons. */
export async function readAllConfig(
  sql: Sql,
  { box }: Pick<Platform, 'box'>,
  appId: string,
): Promise<ConfigVars> {
  const own = await readConfigVars(sql, box, appId);
  const attached = await readAttachedConfig(sql, box, appId);
  return { ...own, ...attached };
}
