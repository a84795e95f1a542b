import type { Permission } from '../../core/permission.ts';
import type { Platform } from '../../ports.ts';
import { openAddonConfig, type Addon } from '../../store/addons.ts';
import { authorizeAddon, foundAddon } from '../addons/find.ts';
import { param, type Call } from '../endpoint.ts';

/** The database add-on of the path, for one who may do that with the app that owns it. */
export async function authorizeDatabase(
  platform: Platform,
  call: Call,
  permission: Permission,
): Promise<Addon> {
  const wanted = { identity: param(call, 'database'), permission };
  const { addon } = await authorizeAddon(platform, call.user, wanted);
  return foundAddon(addon.service === 'heroku-postgresql' ? addon : undefined);
}

/** How its only credential opens a database. */
export function credentialBody(
  { box }: Pick<Platform, 'box'>,
  addon: Addon,
): Readonly<Record<string, unknown>> {
  const url = new URL(openAddonConfig(box, addon)['URL'] ?? 'postgres://localhost');
  const ready = addon.state === 'provisioned';
  return {
    uuid: addon.id,
    name: 'default',
    state: ready ? 'active' : 'rotating',
    database: url.pathname.slice(1),
    host: url.hostname,
    port: Number(url.port || 5_432),
    credentials: [
      {
        user: url.username,
        password: decodeURIComponent(url.password),
        state: ready ? 'active' : 'rotating',
        connections: null,
      },
    ],
  };
}
