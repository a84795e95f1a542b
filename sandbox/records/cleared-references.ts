import { z } from 'zod';

import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, storedTable } from '../store/layout.ts';
import type { Dml } from './dml.ts';
import { journal } from './journal-records.ts';
import { stamps, STAMPED } from './target.ts';

/** A lookup that is about to be emptied, since the record it leads to is deleted. */
export interface ClearedReference {
  readonly recordId: string;
  readonly parentId: string;
  /** Of the deletion that takes the parent. */
  readonly deletion: string;
}

/** Remembers lookups for the time their parents lie in the recycle bin. */
export async function keepReferences(
  dml: Dml,
  { child, field }: { readonly child: ObjectDef; readonly field: FieldDef },
  references: readonly ClearedReference[],
): Promise<void> {
  await dml.client.query(KEEP_REFERENCES, [
    child.name,
    field.name,
    references.map(({ deletion }) => deletion),
    references.map(({ recordId }) => recordId),
    references.map(({ parentId }) => parentId),
  ]);
}

const KEEP_REFERENCES = `/* keepReferences */
insert into cleared_references (deletion, entity, field, record_id, parent_id)
select deletion, $1, $2, record_id, parent_id
  from unnest($3::text[], $4::text[], $5::text[]) as reference(deletion, record_id, parent_id)`;

/** What is gone for good is nobody's parent again. */
export async function forgetReferences(dml: Dml, parents: readonly string[]): Promise<void> {
  await dml.client.query(FORGET_REFERENCES, [parents]);
}

const FORGET_REFERENCES = `/* forgetReferences */
delete from cleared_references where parent_id = any($1::text[])`;

const ReferenceRow = z.object({ entity: z.string(), field: z.string() });
const RestoredRow = z.object({ id: z.string(), parent: z.string() });

/** Gives a deletion's lookups back, but those that lead elsewhere by now. */
export async function restoreReferences(dml: Dml, deletion: string): Promise<void> {
  const { rows } = await dml.client.query(FIND_REFERENCES, [deletion]);
  for (const { entity, field: name } of z.array(ReferenceRow).parse(rows)) {
    const child = dml.schema.findObject(entity);
    const field = child === undefined ? undefined : dml.schema.findField(child, name);
    if (child === undefined || field === undefined || field.column === null) continue;
    const restored = await dml.client.query(
      `/* restoreReferences */ update ${storedTable(child)} set ${columnName(field)} = reference.parent_id${stamps(child)}
  from cleared_references as reference
 where reference.deletion = $1::text and reference.entity = ${quoteLiteral(child.name)} and reference.field = $2::text
   and ${storedTable(child)}."id" = reference.record_id and ${columnName(field)} is null and not "isdeleted" ${STAMPED}
returning ${storedTable(child)}."id" as id, reference.parent_id as parent`,
      [deletion, name, dml.stamp, dml.userId],
    );
    await journal(
      dml,
      z
        .array(RestoredRow)
        .parse(restored.rows)
        .map(({ id, parent }) => ({
          entity: child.name,
          record_id: id,
          change_type: 'UPDATE' as const,
          changed_fields: [field.name, 'LastModifiedDate'],
          record: {
            [field.name]: parent,
            LastModifiedDate: dml.stamp.toISOString().replace('Z', '+0000'),
          },
          previous: { [field.name]: null },
        })),
    );
  }
  await dml.client.query(DROP_REFERENCES, [deletion]);
}

const FIND_REFERENCES = `/* findReferences */
select distinct entity, field from cleared_references where deletion = $1 order by entity, field`;

const DROP_REFERENCES = `/* dropReferences */
delete from cleared_references where deletion = $1`;
