import pg from 'pg';

import { quoteLiteral, quoteName } from '../kit/identifiers.ts';

export interface ServiceDatabase {
  /** The database's name, and that of the role that owns it. */
  readonly name: string;
  readonly password: string;
}

/**
 * Makes a service's role and database where they are missing, and resolves to the service's own URL. The password is set
 * each time, so that a restored home and its server agree again. Nobody but the owner may connect.
 */
export async function openDatabase(
  adminUrl: string,
  { name, password }: ServiceDatabase,
): Promise<string> {
  const client = new pg.Client(adminUrl);
  await client.connect();
  try {
    const role = await client.query('select from pg_roles where rolname = $1', [name]);
    const verb = role.rowCount === 0 ? 'create' : 'alter';
    await client.query(`${verb} role ${quoteName(name)} login password ${quoteLiteral(password)}`);
    const database = await client.query('select from pg_database where datname = $1', [name]);
    if (database.rowCount === 0) {
      // A server of the user's own may make roles without its administrator being a superuser: then he must be a member.
      await client.query(`grant ${quoteName(name)} to current_user`).catch(() => undefined);
      await client.query(`create database ${quoteName(name)} owner ${quoteName(name)}`);
    }
    // The server's own databases too: an app's role has no business there.
    for (const closed of [name, 'postgres', 'template1']) {
      await client.query(`revoke connect on database ${quoteName(closed)} from public`);
    }
  } finally {
    await client.end();
  }
  const url = new URL(adminUrl);
  url.username = name;
  url.password = encodeURIComponent(password);
  url.pathname = `/${name}`;
  return url.toString();
}
