import { z } from 'zod';

import { systemClock } from '../kit/clock.ts';
import { fault } from './faults.ts';
import type { ApiClient } from './api-client.ts';

const POLL_MS = 100;
const SYNC_TIMEOUT_MS = 180_000;

const Search = z.object({ results: z.array(z.object({ id: z.string() })) });
const Connection = z.object({
  id: z.string(),
  state: z.string(),
  schema_name: z.string().nullish(),
  db_key: z.string().nullish(),
  sf_info: z.object({ organization_id: z.string().nullish() }).nullish(),
  mappings: z.array(
    z.object({
      object_name: z.string(),
      state: z.string(),
      state_description: z.string().nullish(),
    }),
  ),
});
type Connection = z.infer<typeof Connection>;

export interface ConnectOptions {
  readonly app: string;
  /** A connection export (Heroku Connect's own format). */
  readonly mappings: unknown;
  readonly orgUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Points the app's connection at its database, authorizes the org, imports the mappings and waits for the first load. */
export async function connectOrg(api: ApiClient, options: ConnectOptions): Promise<void> {
  const { results } = await api.send(`/connections?app=${options.app}`, { answer: Search });
  const id = results[0]?.id;
  if (id === undefined) {
    throw fault(
      'CONNECTION_FAILED',
      `The app ${options.app} has no Connect add-on. Add it: heroku addons:create herokuconnect -a ${options.app}`,
    );
  }
  const path = `/api/v3/connections/${id}`;
  const look = (): Promise<Connection> => api.send(`${path}?deep=true`, { answer: Connection });
  const found = await look();
  if (found.db_key !== 'DATABASE_URL' || found.schema_name !== 'salesforce') {
    await api.send(path, {
      method: 'PATCH',
      body: { db_key: 'DATABASE_URL', schema_name: 'salesforce' },
      answer: z.unknown(),
    });
  }
  await authorize(api, path, options);
  const waiting = (connection: Connection): boolean =>
    connection.mappings.length === 0 ||
    connection.mappings.some(({ state }) => state !== 'DATA_SYNCED');
  if (found.mappings.length === 0) {
    await api.send(`${path}/actions/import`, {
      method: 'POST',
      body: options.mappings,
      answer: z.unknown(),
    });
  }
  const deadline = systemClock.now() + SYNC_TIMEOUT_MS;
  for (let now = await look(); waiting(now); now = await look()) {
    if (systemClock.now() > deadline) throw notSynced(now);
    await systemClock.sleep(POLL_MS);
  }
}

async function authorize(api: ApiClient, path: string, options: ConnectOptions): Promise<void> {
  await api.send(`${path}/actions/authorize`, {
    method: 'POST',
    body: {
      grant: 'client_credentials',
      login_url: options.orgUrl,
    },
    answer: z.unknown(),
  });
}

function notSynced({ state, mappings }: Connection): Error {
  const words = mappings.map(
    (mapping) => `${mapping.object_name}: ${mapping.state} (${mapping.state_description ?? ''})`,
  );
  return fault(
    'CONNECTION_FAILED',
    `The connection is ${state} and its mappings are not in sync after ${SYNC_TIMEOUT_MS / 1_000} s: ${words.join('; ')}. See logs/connect.log.`,
  );
}
