import pg from 'pg';
import { z } from 'zod';

import { DATABASE_CONNECTIONS_MAX } from '../../limits.ts';
import type { Platform } from '../../ports.ts';
import { openAddonConfig, type Addon } from '../../store/addons.ts';
import { accountEndpoint, time } from '../endpoint.ts';
import { authorizeDatabase } from './find.ts';

const Figures = z.object({
  version: z.string(),
  bytes: z.coerce.number(),
  tables: z.coerce.number(),
  connections: z.coerce.number(),
});

/** What `heroku pg:info` shows of a database. */
export const databaseInfo = accountEndpoint(
  { method: 'get', path: '/client/v11/databases/:database' },
  async (platform, call) => {
    const addon = await authorizeDatabase(platform, call, 'view');
    const figures = addon.state === 'provisioned' ? await measure(platform, addon) : undefined;
    const info: readonly (readonly [string, string])[] = [
      ['Plan', addon.plan.split(':')[1] ?? addon.plan],
      ['Status', figures === undefined ? 'Unavailable' : 'Available'],
      ['Connections', `${figures?.connections ?? 0}/${DATABASE_CONNECTIONS_MAX}`],
      ['PG Version', figures?.version ?? 'unknown'],
      ['Created', time(addon.created_at)],
      ['Data Size', `${((figures?.bytes ?? 0) / 1_048_576).toFixed(1)} MB`],
      ['Tables', String(figures?.tables ?? 0)],
    ];
    return {
      body: {
        addon_id: addon.id,
        name: addon.name,
        plan: addon.plan,
        resource_url: null,
        waiting: addon.state !== 'provisioned',
        info: info.map(([name, value]) => ({ name, values: [value], resolve_db_name: false })),
      },
    };
  },
);

/** Asked as the app itself: what it may not see is not shown. Undefined when the database does not answer. */
async function measure(
  { box }: Platform,
  addon: Addon,
): Promise<z.infer<typeof Figures> | undefined> {
  const client = new pg.Client({
    connectionString: openAddonConfig(box, addon)['URL'],
    connectionTimeoutMillis: 5_000,
    statement_timeout: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(MEASURE);
    return Figures.parse(rows[0]);
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const MEASURE = `/* measure */
select current_setting('server_version') as version,
       pg_database_size(current_database()) as bytes,
       (select count(*) from pg_stat_user_tables) as tables,
       (select count(*) from pg_stat_activity where datname = current_database()) as connections`;
