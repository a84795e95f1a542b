import type pg from 'pg';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { recordId } from '../store/record-id.ts';

const PREFIX = { deploy: '0Af', retrieve: '09S' } as const;

export interface MetadataJob {
  readonly id: string;
  readonly result: Readonly<Record<string, unknown>>;
  readonly zip: Buffer | null;
}

const JobRow = z.object({
  id: z.string(),
  result: z.record(z.string(), z.unknown()),
  zip: z.instanceof(Buffer).nullable(),
});

export async function nextJobId(
  client: pg.ClientBase | pg.Pool,
  kind: keyof typeof PREFIX,
): Promise<string> {
  const { rows } = await client.query(
    `/* nextJobId */ select nextval('record_number')::text as number`,
  );
  const [row] = z.tuple([z.object({ number: z.string() })]).parse(rows);
  return recordId(PREFIX[kind], BigInt(row.number));
}

export async function saveJob(
  org: Pick<Org, 'pool' | 'clock'>,
  kind: keyof typeof PREFIX,
  job: MetadataJob,
): Promise<void> {
  await org.pool.query(SAVE_JOB, [
    job.id,
    kind,
    JSON.stringify(job.result),
    job.zip,
    new Date(org.clock.now()),
  ]);
}

const SAVE_JOB = `/* saveMetadataJob */
insert into metadata_jobs (id, kind, result, zip, created_at) values ($1, $2, $3, $4, $5)`;

/** A deploy or retrieve of this org, by its 15 or 18 characters. */
export async function getJob(
  org: Pick<Org, 'pool'>,
  kind: keyof typeof PREFIX,
  id: string,
): Promise<MetadataJob> {
  const { rows } = await org.pool.query(FIND_JOB, [kind, id.slice(0, 15)]);
  const [row] = z.array(JobRow).parse(rows);
  if (row !== undefined) return row;
  throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', `invalid cross reference id: ${id}`);
}

const FIND_JOB = `/* findMetadataJob */
select id, result, zip from metadata_jobs where kind = $1 and left(id, 15) = $2`;

export interface Component {
  readonly type: string;
  readonly fullName: string;
  readonly fileName: string;
  readonly body: Buffer;
}

const ComponentRow = z
  .object({
    type: z.string(),
    full_name: z.string(),
    file_name: z.string(),
    body: z.instanceof(Buffer),
  })
  .transform((row): Component => ({
    type: row.type,
    fullName: row.full_name,
    fileName: row.file_name,
    body: row.body,
  }));

/** Keeps a component this org does not act by. Resolves whether it is new. */
export async function keepComponent(
  org: Pick<Org, 'pool' | 'clock'>,
  component: Component,
): Promise<boolean> {
  const { rows } = await org.pool.query(KEEP_COMPONENT, [
    component.type,
    component.fullName,
    component.fileName,
    component.body,
    new Date(org.clock.now()),
  ]);
  return z.tuple([z.object({ created: z.boolean() })]).parse(rows)[0].created;
}

const KEEP_COMPONENT = `/* keepComponent */
insert into metadata_components (type, full_name, file_name, body, modified_at) values ($1, $2, $3, $4, $5)
on conflict (type, full_name) do update set file_name = excluded.file_name, body = excluded.body, modified_at = excluded.modified_at
returning xmax = 0 as created`;

export async function findComponents(
  org: Pick<Org, 'pool'>,
  type: string,
): Promise<readonly Component[]> {
  const { rows } = await org.pool.query(FIND_COMPONENTS, [type]);
  return z.array(ComponentRow).parse(rows);
}

const FIND_COMPONENTS = `/* findComponents */
select type, full_name, file_name, body from metadata_components where type = $1 order by full_name`;
