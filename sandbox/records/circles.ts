import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, storedTable } from '../store/layout.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';

/** References by which records of one object form a tree: no record may stand above itself. */
const TREES: Readonly<Record<string, string>> = {
  Account: 'ParentId',
  Asset: 'ParentId',
  Campaign: 'ParentId',
  Case: 'ParentId',
  Contact: 'ReportsToId',
  User: 'ManagerId',
};

/**
 * Refuses records that would come to stand above themselves, through others of the same call as well. Two calls at the
 * same time may still close a circle between them; readers of trees stop where a record comes up again.
 */
export async function checkCircles(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
): Promise<void> {
  const field = object.fields.find(({ name }) => name === TREES[object.name]);
  if (field === undefined) return;
  const moved = drafts.filter(
    ({ id, values }) => id !== null && typeof values[field.name] === 'string',
  );
  if (moved.length === 0) return;
  const column = columnName(field);
  const { rows } = await dml.client.query(
    `/* findCircles */
with recursive moved(id, parent) as (
  select id collate "C", parent collate "C" from unnest($1::text[], $2::text[]) as item(id, parent)
),
way(id, above) as (
  select id, parent from moved
  union
  select way.id, case when moved.id is not null then moved.parent else record.${column} end
    from way
    left join moved on moved.id = way.above
    left join ${storedTable(object)} as record on record."id" = way.above
   where way.above is not null and way.above <> way.id
)
select distinct id from way where above = id`,
    [moved.map(({ id }) => id), moved.map(({ values }) => values[field.name])],
  );
  const circles = new Set(
    z
      .array(z.object({ id: z.string() }))
      .parse(rows)
      .map(({ id }) => id),
  );
  for (const draft of moved) {
    if (circles.has(draft.id ?? ''))
      draft.error = new SalesforceError(
        'CIRCULAR_DEPENDENCY',
        'attempt to violate hierarchy constraints',
        { fields: [] },
      );
  }
}
