import type pg from 'pg';
import { z } from 'zod';

import { fault } from '../faults.ts';
import { DDL_LOCK_TIMEOUT_MS } from '../limits.ts';
import { fingerprintOf, isAsBefore, noteFingerprint } from './fingerprint.ts';
import { ownObjects } from './own-tables.ts';
import { onSurface, schemaNames, type SchemaNames } from './schema-names.ts';
import { GET_XMLBINARY, systemObjects } from './system-tables.ts';

/** The schema's fixed objects, made where they are missing; holds the schema's lock until the transaction ends. */
export async function prepareSchema(
  client: pg.ClientBase,
  schema: string,
  organizationId: string | undefined,
): Promise<SchemaNames> {
  await client.query(`set local lock_timeout = ${DDL_LOCK_TIMEOUT_MS}`);
  // "if not exists" says in a notice what was there; the log of the server is not the place for it.
  await client.query(`set local client_min_messages = warning`);
  await client.query(`/* lockSchema */ select pg_advisory_xact_lock(hashtextextended($1, 0))`, [
    `landbridge ${schema}`,
  ]);
  await client.query('create extension if not exists hstore with schema public');
  const names = schemaNames(schema, await getHstoreSchema(client));
  await makeFixedObjects(client, names);
  if (organizationId !== undefined) {
    await client.query(writeMeta(names), [organizationId]);
  }
  return names;
}

async function makeFixedObjects(client: pg.ClientBase, names: SchemaNames): Promise<void> {
  const statements = [...systemObjects(names), ...ownObjects(names)];
  const made = {
    name: '',
    fingerprint: fingerprintOf([GET_XMLBINARY, ...statements]),
    relations: FIXED_TABLES.map((table) => onSurface(names, table)),
  };
  if (await isAsBefore(client, names, made)) return;
  await makeCaptureSwitch(client);
  for (const statement of statements) await client.query(statement);
  await noteFingerprint(client, names, made);
}

const FIXED_TABLES = ['_hcmeta', '_sf_event_log', '_trigger_log', '_trigger_log_archive'] as const;

export async function getHstoreSchema(client: pg.ClientBase | pg.Pool): Promise<string> {
  const { rows } = await client.query(`/* getHstoreSchema */
select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
 where e.extname = 'hstore'`);
  const [row] = z.array(z.object({ schema: z.string() })).parse(rows);
  if (row === undefined) {
    throw fault(
      'DATABASE_REFUSED',
      'The database has no extension hstore. Create it, then try again.',
    );
  }
  return row.schema;
}

/** A function of that name made by somebody else (a database that was Heroku Connect's) does the same, and is left alone. */
async function makeCaptureSwitch(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query(`/* findCaptureSwitch */
select pg_has_role(current_user, proowner, 'usage') as "replaceable"
  from pg_proc where oid = to_regprocedure('public.get_xmlbinary()')`);
  const [row] = z.array(z.object({ replaceable: z.boolean() })).parse(rows);
  if (row === undefined || row.replaceable) await client.query(GET_XMLBINARY);
}

const writeMeta = (names: SchemaNames): string => `/* writeMeta */
insert into ${onSurface(names, '_hcmeta')} (hcver, org_id, details)
select 1, $1::text, 'landbridge'
 where not exists (select 1 from ${onSurface(names, '_hcmeta')} where org_id = $1::text)`;
