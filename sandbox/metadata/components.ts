import type pg from 'pg';
import { z } from 'zod';

/** A file of a package that this org keeps and does not act by. A component may have several. */
export interface Component {
  readonly type: string;
  readonly fullName: string;
  /** Its path in a package: `classes/Thing.cls`. */
  readonly fileName: string;
  readonly body: Buffer;
}

const ComponentRow = z
  .object({
    type: z.string(),
    full_name: z.string(),
    file_name: z.string(),
    body: z.instanceof(Buffer),
    modified_at: z.date(),
  })
  .transform((row) => ({
    type: row.type,
    fullName: row.full_name,
    fileName: row.file_name,
    body: row.body,
    modifiedAt: row.modified_at,
  }));

/** Resolves to what became of it: a component that comes again as it was is not changed. */
export async function keepComponent(
  client: pg.ClientBase,
  component: Component,
  now: Date,
): Promise<'created' | 'changed' | 'same'> {
  const { rows } = await client.query(KEEP_COMPONENT, [
    component.type,
    component.fullName,
    component.fileName,
    component.body,
    now,
  ]);
  const [row] = z.array(z.object({ created: z.boolean() })).parse(rows);
  if (row === undefined) return 'same';
  return row.created ? 'created' : 'changed';
}

const KEEP_COMPONENT = `/* keepComponent */
insert into metadata_components (type, full_name, file_name, body, modified_at) values ($1, $2, $3, $4, $5)
on conflict (file_name) do update set body = excluded.body, modified_at = excluded.modified_at
 where metadata_components.body <> excluded.body
returning xmax = 0 as created`;

/** Resolves to whether there was one. */
export async function dropComponent(
  client: pg.ClientBase,
  type: string,
  fullName: string,
): Promise<boolean> {
  const { rowCount } = await client.query(DROP_COMPONENT, [type, fullName]);
  return (rowCount ?? 0) > 0;
}

const DROP_COMPONENT = `/* dropComponent */
delete from metadata_components where type = $1 and full_name = $2`;

export async function findComponents(
  pool: pg.Pool,
  type: string,
): Promise<readonly (Component & { readonly modifiedAt: Date })[]> {
  const { rows } = await pool.query(FIND_COMPONENTS, [type]);
  return z.array(ComponentRow).parse(rows);
}

const FIND_COMPONENTS = `/* findComponents */
select type, full_name, file_name, body, modified_at from metadata_components where type = $1 order by full_name, file_name`;
