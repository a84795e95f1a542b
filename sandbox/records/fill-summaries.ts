import type pg from 'pg';
import { z } from 'zod';

import type { Reader } from '../formula/template.ts';
import { SUMMARY_FILL_PARENTS } from '../limits.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import { summariesOver, summaryFill, type SummaryGroup } from './summaries.ts';

/** Computes the sums over an object's records for every parent: after records came to be without the record engine. */
export async function fillSummariesOver(
  client: pg.ClientBase,
  schema: Schema,
  { child, reader }: { readonly child: ObjectDef; readonly reader: Reader },
): Promise<void> {
  for (const group of summariesOver(schema, child)) await fill(client, schema, { group, reader });
}

/** Computes the sums of fields that a change of the schema has made or changed. No stamp moves, as in Salesforce. */
export async function fillNewSummaries(
  client: pg.ClientBase,
  { before, after }: { readonly before: Schema; readonly after: Schema },
  reader: Reader,
): Promise<void> {
  for (const child of after.objects) {
    for (const group of summariesOver(after, child)) {
      const fresh = group.fields.some((field) => isNew(before, group.parent, field));
      if (fresh) await fill(client, after, { group, reader });
    }
  }
}

function isNew(before: Schema, parent: ObjectDef, field: FieldDef): boolean {
  const object = before.findObject(parent.name);
  const old = object === undefined ? undefined : before.findField(object, field.name);
  return JSON.stringify(old?.summary) !== JSON.stringify(field.summary);
}

const IdRow = z.object({ id: z.string() });

/** So many parents a statement: a child's rows are found by its reference's index, not by reading all of them at once. */
async function fill(
  client: pg.ClientBase,
  schema: Schema,
  { group, reader }: { readonly group: SummaryGroup; readonly reader: Reader },
): Promise<void> {
  const statement = summaryFill(schema, group, reader);
  if (statement === undefined) return;
  for (let last = ''; ;) {
    const { rows } = await client.query(
      `/* fillSummaries */ select "id" as id from ${tableName(group.parent)} where "id" > $1 order by "id" limit ${SUMMARY_FILL_PARENTS}`,
      [last],
    );
    const ids = z
      .array(IdRow)
      .parse(rows)
      .map(({ id }) => id);
    const end = ids.at(-1);
    if (end === undefined) return;
    await client.query(statement, [ids]);
    last = end;
  }
}
