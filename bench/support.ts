import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

import { z } from 'zod';

import { ApiClient } from '../src/cli/api-client.ts';
import { OrgClient } from '../test/support/org-client.ts';
import { startLandbridge, type Landbridge } from '../test/support/landbridge.ts';
import { until } from '../test/support/until.ts';

export interface Rig extends AsyncDisposable {
  readonly landbridge: Landbridge;
  readonly api: ApiClient;
  readonly org: OrgClient;
  readonly orgUrl: string;
  readonly orgToken: string;
  readonly databaseUrl: string;
  /** The superuser's URL of a database of the embedded server. */
  adminUrl(database: string): string;
}

const Secrets = z.object({ postgresPassword: z.string() });

/** A whole Landbridge, as `npm start` makes it, with the org's admin API on. */
export async function startRig(environment: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const landbridge = await startLandbridge({
    environment: { LANDBRIDGE_ORG_ADMIN: 'on', ...environment },
  });
  const variables = await landbridge.variables();
  const orgUrl = present(variables, 'SF_ORG_INSTANCE_URL');
  const orgToken = present(variables, 'SF_ACCESS_TOKEN');
  const secrets = Secrets.parse(
    JSON.parse(readFileSync(`${landbridge.home}/secrets.json`, 'utf8')),
  );
  return {
    landbridge,
    api: new ApiClient(present(variables, 'HEROKU_HOST'), present(variables, 'HEROKU_API_KEY')),
    org: new OrgClient(orgUrl, orgToken),
    orgUrl,
    orgToken,
    databaseUrl: present(variables, 'DATABASE_URL'),
    adminUrl: (database) =>
      `postgres://postgres:${secrets.postgresPassword}@localhost:${landbridge.ports.postgres}/${database}`,
    [Symbol.asyncDispose]: () => landbridge[Symbol.asyncDispose](),
  };
}

function present(variables: Readonly<Record<string, string>>, name: string): string {
  const value = variables[name];
  if (value === undefined) throw new Error(`the env file has no ${name}`);
  return value;
}

/** Makes `count` more contacts in the org. */
export async function seedContacts({ orgUrl, orgToken }: Rig, count: number): Promise<void> {
  const response = await fetch(new URL('/admin/seed', orgUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${orgToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ object: 'Contact', count, seed: 7 }),
  });
  if (!response.ok) throw new Error(`seeding failed: ${await response.text()}`);
}

const Named = z.object({ name: z.string() });
const Search = z.object({ results: z.array(z.object({ id: z.string() })) });

/** An app with a database and an authorized connection of its own; resolves to its name, connection and DATABASE_URL. */
export async function makeConnectedApp({
  api,
  orgUrl,
}: Rig): Promise<{ connection: string; databaseUrl: string }> {
  const { name } = await api.send('/apps', { method: 'POST', body: {}, answer: Named });
  for (const plan of ['heroku-postgresql', 'herokuconnect']) {
    await api.send(`/apps/${name}/addons`, { method: 'POST', body: { plan }, answer: z.unknown() });
  }
  const databaseUrl = await until(
    async () =>
      (await api.send(`/apps/${name}/config-vars`, { answer: z.record(z.string(), z.string()) }))[
        'DATABASE_URL'
      ],
    { what: 'the database', timeoutMs: 30_000 },
  );
  const id = await until(
    async () => (await api.send(`/connections?app=${name}`, { answer: Search })).results[0]?.id,
    { what: 'the connection', timeoutMs: 30_000 },
  );
  const connection = `/api/v3/connections/${id}`;
  await api.send(connection, {
    method: 'PATCH',
    body: { db_key: 'DATABASE_URL', schema_name: 'salesforce' },
    answer: z.unknown(),
  });
  await api.send(`${connection}/actions/authorize`, {
    method: 'POST',
    body: { grant: 'client_credentials', login_url: orgUrl },
    answer: z.unknown(),
  });
  return { connection, databaseUrl };
}

/** The pid of one of the services. */
export function servicePid({ landbridge }: Rig, program: string): number {
  const { stdout } = spawnSync('ps', ['axeww', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const line = stdout
    .split('\n')
    .find((one) => one.includes(`/${program}`) && one.includes(landbridge.home));
  if (line === undefined) throw new Error(`no process of ${program}`);
  return Number.parseInt(line, 10);
}

/** Resident memory now and at its highest, in bytes (Linux). */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { now: kilobytes('VmRSS') * 1_024, peak: kilobytes('VmHWM') * 1_024 };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
