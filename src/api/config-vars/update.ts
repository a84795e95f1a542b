import { z } from 'zod';

import { describeConfigChange, faultOfConfigName } from '../../core/config-var.ts';
import { fault } from '../../faults.ts';
import { inTransaction } from '../../kit/transaction.ts';
import { CONFIG_BYTES_MAX } from '../../limits.ts';
import type { Platform } from '../../ports.ts';
import { lockApp } from '../../store/apps.ts';
import { readAttachedConfig } from '../../store/attachments.ts';
import {
  deleteConfigVar,
  readConfigVars,
  setConfigVar,
  type ConfigVars,
} from '../../store/config-vars.ts';
import { makeRelease } from '../../store/make-release.ts';
import type { Sql } from '../../store/sql.ts';
import type { User } from '../../store/users.ts';
import { appEndpoint, parseBody } from '../endpoint.ts';
import { readAllConfig } from './read.ts';

const ConfigChange = z.record(z.string(), z.string().nullable());
type ConfigChange = Readonly<z.infer<typeof ConfigChange>>;

export const configVarsUpdate = appEndpoint(
  { method: 'patch', path: '/apps/:app/config-vars', access: 'operate' },
  async (platform, { app, user, body }) => {
    const change = parseBody(ConfigChange, body);
    const config = await changeConfig(platform, { appId: app.id, user, change });
    return { body: config };
  },
);

/**
 * Changes config vars and makes the release that has them, in one transaction. What changes nothing makes no release.
 */
async function changeConfig(
  platform: Platform,
  {
    appId,
    user,
    change,
  }: { readonly appId: string; readonly user: User; readonly change: ConfigChange },
): Promise<ConfigVars> {
  for (const name of Object.keys(change)) {
    const reason = faultOfConfigName(name);
    if (reason !== undefined) throw fault('INVALID_PARAMS', reason);
    if (change[name]?.includes('\0') === true) {
      throw fault(
        'INVALID_PARAMS',
        `The value of ${name} has a NUL character, which no environment can hold.`,
      );
    }
  }
  const { pool, box } = platform;
  const { config, description } = await inTransaction(pool, async (client) => {
    await lockApp(client, appId);
    const effective = await keepEffective(client, platform, { appId, change });
    if (Object.keys(effective).length === 0) {
      return { config: await readAllConfig(client, platform, appId), description: undefined };
    }
    for (const [name, value] of Object.entries(effective)) {
      if (value === null) await deleteConfigVar(client, appId, name);
      else await setConfigVar(client, box, { appId, name, value });
    }
    const config = await readAllConfig(client, platform, appId);
    if (Buffer.byteLength(JSON.stringify(config)) > CONFIG_BYTES_MAX) {
      throw fault(
        'INVALID_PARAMS',
        `All config vars of an app together may have ${CONFIG_BYTES_MAX / 1_024} KB. Keep large values elsewhere.`,
      );
    }
    const description = describeConfigChange(effective);
    await makeRelease(client, box, { appId, userId: user.id, description });
    return { config, description };
  });
  if (description !== undefined) platform.tell(appId, `${description} by user ${user.email}`);
  return config;
}

/** What of the change is one. @throws Fault INVALID_PARAMS when it would overwrite an add-on's value */
async function keepEffective(
  sql: Sql,
  { box }: Platform,
  { appId, change }: { readonly appId: string; readonly change: ConfigChange },
): Promise<ConfigChange> {
  const own = await readConfigVars(sql, box, appId);
  const attached = await readAttachedConfig(sql, box, appId);
  const taken = Object.keys(change).filter(
    (name) => name in attached && change[name] !== attached[name],
  );
  if (taken.length > 0) {
    throw fault(
      'INVALID_PARAMS',
      `Cannot overwrite attachment values ${taken.join(', ')}. Detach the add-on first.`,
    );
  }
  return Object.fromEntries(
    Object.entries(change).filter(
      ([name, value]) => !(name in attached) && (own[name] ?? null) !== value,
    ),
  );
}
