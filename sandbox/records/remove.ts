import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import { CASCADE_LEVELS_MAX } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, tableName } from '../store/layout.ts';
import { DELETION_COLUMN } from '../store/tables.ts';
import { behaviourOf } from './behaviours.ts';
import { forgetReferences, keepReferences } from './cleared-references.ts';
import { injected, type Dml } from './dml.ts';
import type { SaveResult } from './engine.ts';
import type { NewJournalEntry } from './events.ts';
import { journal } from './journal-records.ts';
import { findMasters, summarize } from './summaries.ts';
import { lockTargets, readTargets, results, stamps, STAMPED, type Target } from './target.ts';

/**
 * Deletes records and what belongs to them. All that goes with one record carries one deletion key, by which undelete
 * brings it back together.
 */
export async function deleteRecords(
  dml: Dml,
  ids: readonly string[],
  hard: boolean,
): Promise<readonly SaveResult[]> {
  const targets = readTargets(dml, ids, 'deletable');
  await lockTargets(dml, targets, (deleted) => deleted && !hard);
  for (const target of targets) {
    if (target.error === undefined && target.object !== undefined) {
      target.error = injected(dml, 'delete', target.object, target.id);
    }
  }
  const accepted = targets.filter(({ error }) => error === undefined);
  for (const object of new Set(accepted.map((target) => target.object))) {
    if (object === undefined) continue;
    const own = accepted.filter((target) => target.object === object);
    // All at once; when one of them may not be deleted, one by one, to see which.
    if ((await attempt(dml, object, own, hard)) === undefined || own.length === 1) continue;
    for (const target of own) {
      target.error = undefined;
      await attempt(dml, object, [target], hard);
    }
  }
  return results(targets);
}

/** Deletes the targets, or none of them and says why. */
async function attempt(
  dml: Dml,
  object: ObjectDef,
  targets: readonly Target[],
  hard: boolean,
): Promise<SalesforceError | undefined> {
  await dml.client.query('savepoint deletion');
  try {
    await behaviourOf(object).beforeDelete?.(
      dml,
      targets.flatMap(({ id }) => id ?? []),
    );
    const keys = new Map(targets.map(({ id }) => [id ?? '', randomUUID()]));
    await deleteLevel(dml, object, { keys, hard, level: 0, going: new Set() });
    await dml.client.query('release savepoint deletion');
    return undefined;
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    await dml.client.query('rollback to savepoint deletion; release savepoint deletion');
    for (const target of targets) target.error = error;
    return error;
  }
}

interface Deletion {
  /** Which records go, each with the key of the deletion that takes it. */
  readonly keys: ReadonlyMap<string, string>;
  readonly hard: boolean;
  readonly level: number;
  /** What of the levels above goes as well: its sums need not follow. */
  readonly going: ReadonlySet<string>;
}

/** Deletes records of one object with their children, level by level. */
async function deleteLevel(dml: Dml, object: ObjectDef, deletion: Deletion): Promise<void> {
  const { keys, hard, level } = deletion;
  const ids = [...keys.keys()];
  if (ids.length === 0) return;
  if (level > CASCADE_LEVELS_MAX) {
    throw new SalesforceError('DELETE_FAILED', 'the record has children on too many levels', {
      fields: [],
    });
  }
  for (const { child, field } of childrenOf(dml, object)) {
    const children = await findChildren(dml, child, field, ids);
    const childIds = [...children.keys()].filter((id) => child !== object || !keys.has(id));
    if (childIds.length === 0) continue;
    if (field.onParentDelete === 'restrict') throw await restricted(dml, object, child, childIds);
    if (field.onParentDelete === 'clear') {
      await clearReference(dml, child, field, childIds);
      if (!hard) {
        const references = childIds.map((recordId) => {
          const parentId = children.get(recordId) ?? '';
          return { recordId, parentId, deletion: keys.get(parentId) ?? '' };
        });
        await keepReferences(dml, { child, field }, references);
      }
    } else {
      const childKeys = new Map(childIds.map((id) => [id, keys.get(children.get(id) ?? '') ?? '']));
      await deleteLevel(dml, child, {
        keys: childKeys,
        hard,
        level: level + 1,
        going: new Set([...deletion.going, ...ids]),
      });
    }
  }
  const masters = await findMasters(dml, object, ids, deletion.going);
  if (hard) await forgetReferences(dml, ids);
  let told: readonly string[] = ids;
  // A record of an object without a recycle bin is gone for good.
  if (hard || !object.fields.some(({ name }) => name === 'IsDeleted')) {
    const { rows } = await dml.client.query(
      `/* deleteRows */ with gone as (delete from ${tableName(object)} where "id" = any($1::text[]) returning "id", "isdeleted"),
told as (insert into hard_deletions (entity, record_id, deleted_at) select $2, "id", $3 from gone on conflict do nothing)
select "id" as id from gone where not "isdeleted"`,
      [ids, object.name, dml.stamp],
    );
    // Of a record that lay in the recycle bin its deletion has been told.
    const fresh = new Set(
      z
        .array(z.object({ id: z.string() }))
        .parse(rows)
        .map(({ id }) => id),
    );
    told = ids.filter((id) => fresh.has(id));
  } else {
    await dml.client.query(
      `/* deleteRows */ update ${tableName(object)} set "isdeleted" = true, ${quoteName(DELETION_COLUMN)} = deletion.key${stamps(object)}
  from unnest($1::text[], $2::text[]) as deletion(id, key)
 where ${tableName(object)}."id" = deletion.id ${STAMPED}`,
      [ids, [...keys.values()], dml.stamp, dml.userId],
    );
  }
  await journal(
    dml,
    told.map((id): NewJournalEntry => ({
      entity: object.name,
      record_id: id,
      change_type: 'DELETE',
      changed_fields: [],
      record: {},
      previous: {},
    })),
  );
  await summarize(dml, masters);
}

function childrenOf(dml: Dml, object: ObjectDef): readonly { child: ObjectDef; field: FieldDef }[] {
  return dml.schema.childRelationships(object).flatMap(({ childSObject, field: name }) => {
    const child = dml.schema.findObject(childSObject);
    const field = child === undefined ? undefined : dml.schema.findField(child, name);
    // Who owns, made or changed records is no child's parent: users and groups with records cannot be deleted.
    if (
      child === undefined ||
      child.isView ||
      field === undefined ||
      field.column === null ||
      (field.childRelationshipName === null && field.onParentDelete === 'clear')
    )
      return [];
    return [{ child, field }];
  });
}

const IdRow = z.object({ id: z.string() });

const ChildRow = z.object({ id: z.string(), parent: z.string() });

/** The children of several records: each child's id, and its parent's. */
async function findChildren(
  dml: Dml,
  child: ObjectDef,
  field: FieldDef,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await dml.client.query(
    `/* findChildren */ select "id" as id, ${columnName(field)} as parent from ${tableName(child)} where ${columnName(field)} = any($1::text[]) and not "isdeleted" order by "id" for update`,
    [ids],
  );
  return new Map(
    z
      .array(ChildRow)
      .parse(rows)
      .map(({ id, parent }) => [id, parent]),
  );
}

async function restricted(
  dml: Dml,
  object: ObjectDef,
  child: ObjectDef,
  ids: readonly string[],
): Promise<SalesforceError> {
  const name = dml.schema.findNameField(child);
  const { rows } = await dml.client.query(
    `/* restricted */ select ${name === undefined ? '"id"' : columnName(name)}::text as id from ${tableName(child)} where "id" = any($1::text[]) order by 1 limit 10`,
    [ids],
  );
  const names = z
    .array(IdRow)
    .parse(rows)
    .map(({ id }) => id);
  return new SalesforceError(
    'DELETE_FAILED',
    `Your attempt to delete ${object.label} could not be completed because it is associated with the following ${child.labelPlural.toLowerCase()}.: ${names.join(', ')}\n`,
    { fields: [] },
  );
}

async function clearReference(
  dml: Dml,
  child: ObjectDef,
  field: FieldDef,
  ids: readonly string[],
): Promise<void> {
  await dml.client.query(
    `/* clearReference */ update ${tableName(child)} set ${columnName(field)} = null${stamps(child)} where "id" = any($1::text[]) and $2::text is not null ${STAMPED}`,
    [ids, field.name, dml.stamp, dml.userId],
  );
  await journal(
    dml,
    ids.map((id): NewJournalEntry => ({
      entity: child.name,
      record_id: id,
      change_type: 'UPDATE',
      changed_fields: [field.name, 'LastModifiedDate'],
      record: {
        [field.name]: null,
        LastModifiedDate: dml.stamp.toISOString().replace('Z', '+0000'),
      },
      previous: {},
    })),
  );
}
