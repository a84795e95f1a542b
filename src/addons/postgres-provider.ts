import { randomBytes } from 'node:crypto';

import pg from 'pg';

import { codeOf } from '../kit/fault.ts';
import { quoteLiteral, quoteName } from '../kit/identifiers.ts';
import { DATABASE_CONNECTIONS_MAX } from '../limits.ts';
import type { Addon } from '../store/addons.ts';
import type { AddonProvider, Given } from './provider.ts';

const DUPLICATE_DATABASE = '42P04';
const DUPLICATE_OBJECT = '42710';
/** Two sessions at once: `create extension` and `create role` can meet on the catalog's own unique index. */
const UNIQUE_VIOLATION = '23505';

/**
 * A database and a role of the app's own on the server whose superuser's URL is `adminUrl`.
 *
 * Both are named after the add-on, so provisioning again after a crash meets what is there: it sets a new password and
 * goes on, and the only password anybody was ever told is the one that is stored with the add-on at the end.
 * A new role is no superuser and cannot make roles or databases; and only it may connect to its database.
 */
export function postgresProvider(adminUrl: string): AddonProvider {
  return {
    service: 'heroku-postgresql',
    provision: async (addon) => provision(adminUrl, addon),
    changePlan: async () => undefined,
    deprovision: async (addon) => {
      await withClient(adminUrl, async (admin) => {
        const { database, role } = namesOf(addon);
        await admin.query(`drop database if exists ${quoteName(database)} with (force)`);
        if (await roleExists(admin, role)) {
          await admin.query(`drop role ${quoteName(role)}`);
        }
      });
    },
  };
}

async function provision(adminUrl: string, addon: Addon): Promise<Given> {
  const { database, role } = namesOf(addon);
  const password = randomBytes(32).toString('hex');
  await withClient(adminUrl, async (admin) => {
    await ignoring(DUPLICATE_OBJECT, admin.query(`create role ${quoteName(role)} login`));
    // An administrator who is no superuser must be a member to make the role own something.
    await admin.query(`grant ${quoteName(role)} to current_user`).catch(() => undefined);
    await admin.query(
      `alter role ${quoteName(role)} with login connection limit ${DATABASE_CONNECTIONS_MAX}
         password ${quoteLiteral(password)}`,
    );
    await ignoring(
      DUPLICATE_DATABASE,
      admin.query(`create database ${quoteName(database)} owner ${quoteName(role)}`),
    );
    await admin.query(`revoke all on database ${quoteName(database)} from public`);
    await admin.query(`grant all on database ${quoteName(database)} to ${quoteName(role)}`);
  });
  await withClient(urlOf(adminUrl, { database }), async (inside) => {
    await inside.query(`create extension if not exists hstore with schema public`);
  });
  return {
    providerId: database,
    message: null,
    config: { URL: urlOf(adminUrl, { database, user: role, password }) },
  };
}

/** Names that nobody else's add-on has: the whole id is in them. */
export function namesOf(addon: Pick<Addon, 'id'>): {
  readonly database: string;
  readonly role: string;
} {
  const id = addon.id.replaceAll('-', '');
  return { database: `d${id}`, role: `u${id}` };
}

async function roleExists(admin: pg.Client, role: string): Promise<boolean> {
  const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role]);
  return rowCount === 1;
}

function urlOf(
  adminUrl: string,
  part: { readonly database: string; readonly user?: string; readonly password?: string },
): string {
  const url = new URL(adminUrl);
  // Clients of Heroku know a database by this form only.
  url.protocol = 'postgres:';
  url.pathname = `/${part.database}`;
  if (part.user !== undefined) {
    url.username = part.user;
    url.search = '';
  }
  if (part.password !== undefined) url.password = part.password;
  return url.toString();
}

async function ignoring(code: string, query: Promise<unknown>): Promise<void> {
  try {
    await query;
  } catch (error) {
    const met = codeOf(error);
    if (met !== code && met !== UNIQUE_VIOLATION) throw error;
  }
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
