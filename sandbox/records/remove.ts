import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import { CASCADE_LEVELS_MAX } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, tableName } from '../store/layout.ts';
import { findId18 } from '../store/record-id.ts';
import { DELETION_COLUMN } from '../store/tables.ts';
import { failed, saved, type Dml } from './dml.ts';
import type { SaveResult } from './engine.ts';
import type { NewJournalEntry } from './events.ts';
import { journal, journalCreated } from './journal-records.ts';
import { lockRows } from './lock.ts';

interface Target {
  readonly given: string;
  readonly id: string | null;
  readonly object: ObjectDef | undefined;
  error: SalesforceError | undefined;
}

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
  for (const { id, object, error } of targets) {
    if (error !== undefined || id === null || object === undefined) continue;
    const target = targets.find((candidate) => candidate.id === id);
    await dml.client.query('savepoint deletion');
    try {
      await deleteOne(dml, object, { ids: [id], key: randomUUID(), hard, level: 0 });
    } catch (thrown) {
      if (!(thrown instanceof SalesforceError) || target === undefined) throw thrown;
      await dml.client.query('rollback to savepoint deletion');
      target.error = thrown;
    }
    await dml.client.query('release savepoint deletion');
  }
  return results(targets);
}

function results(targets: readonly Target[]): readonly SaveResult[] {
  return targets.map(({ given, id, error }) =>
    error === undefined && id !== null
      ? saved(id, false)
      : failed(
          id ?? given,
          error ?? new SalesforceError('MALFORMED_ID', `malformed id ${given}`, { fields: [] }),
        ),
  );
}

function readTargets(
  dml: Dml,
  ids: readonly string[],
  may: 'deletable' | 'undeletable',
): readonly Target[] {
  const seen = new Set<string>();
  return ids.map((given): Target => {
    const id = findId18(given.trim()) ?? null;
    const object = id === null ? undefined : dml.schema.findObjectOfId(id);
    if (id === null)
      return {
        given,
        id,
        object,
        error: new SalesforceError('MALFORMED_ID', `malformed id ${given}`, { fields: [] }),
      };
    if (object === undefined) return { given, id, object, error: invalidReference() };
    if (seen.has(id))
      return {
        given,
        id,
        object,
        error: new SalesforceError('DUPLICATE_VALUE', `duplicate id in list: ${id}`, {
          fields: [],
        }),
      };
    seen.add(id);
    if (!object.flags[may]) return { given, id, object, error: notSupported(object, may) };
    return { given, id, object, error: undefined };
  });
}

function notSupported(object: ObjectDef, may: 'deletable' | 'undeletable'): SalesforceError {
  return new SalesforceError(
    'INVALID_TYPE_FOR_OPERATION',
    `entity type ${object.name} does not support ${may === 'deletable' ? 'delete' : 'undelete'}`,
    { fields: [] },
  );
}

function invalidReference(): SalesforceError {
  return new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', {
    fields: [],
  });
}

async function lockTargets(
  dml: Dml,
  targets: readonly Target[],
  gone: (deleted: boolean) => boolean,
): Promise<void> {
  for (const object of new Set(targets.map((target) => target.object))) {
    if (object === undefined) continue;
    const own = targets.filter((target) => target.object === object && target.error === undefined);
    const rows = await lockRows(
      dml,
      object,
      own.flatMap(({ id }) => id ?? []),
      'update',
    );
    for (const target of own) {
      const row = rows.get(target.id ?? '');
      if (row === undefined) target.error = invalidReference();
      else if (row instanceof SalesforceError) target.error = row;
      else if (gone(row.deleted))
        target.error = new SalesforceError('ENTITY_IS_DELETED', 'entity is deleted', {
          fields: [],
        });
    }
  }
}

interface Deletion {
  readonly ids: readonly string[];
  readonly key: string;
  readonly hard: boolean;
  readonly level: number;
}

/** Deletes records of one object with their children, level by level. */
async function deleteOne(dml: Dml, object: ObjectDef, deletion: Deletion): Promise<void> {
  const { ids, key, hard, level } = deletion;
  if (ids.length === 0) return;
  if (level > CASCADE_LEVELS_MAX) {
    throw new SalesforceError('DELETE_FAILED', 'the record has children on too many levels', {
      fields: [],
    });
  }
  for (const { child, field } of childrenOf(dml, object)) {
    const children = await findChildren(dml, child, field, ids);
    if (children.length === 0) continue;
    if (field.onParentDelete === 'cascade')
      await deleteOne(dml, child, { ids: children, key, hard, level: level + 1 });
    else if (field.onParentDelete === 'restrict')
      throw await restricted(dml, object, child, children);
    else await clearReference(dml, child, field, children);
  }
  // A record of an object without a recycle bin is gone for good.
  if (hard || !object.fields.some(({ name }) => name === 'IsDeleted')) {
    await dml.client.query(
      `/* deleteRows */ with gone as (delete from ${tableName(object)} where "id" = any($1::text[]) returning "id")
insert into hard_deletions (entity, record_id, deleted_at) select $2, "id", $3 from gone on conflict do nothing`,
      [ids, object.name, dml.stamp],
    );
  } else {
    await dml.client.query(
      `/* deleteRows */ update ${tableName(object)} set "isdeleted" = true, ${quoteName(DELETION_COLUMN)} = $2${stamps(object)} where "id" = any($1::text[]) ${STAMPED}`,
      [ids, key, dml.stamp, dml.userId],
    );
  }
  await journal(
    dml,
    ids.map((id): NewJournalEntry => ({
      entity: object.name,
      record_id: id,
      change_type: 'DELETE',
      changed_fields: [],
      record: {},
      previous: {},
    })),
  );
}

/** Sets the stamps an object has, from parameters 3 (the stamp) and 4 (the user); STAMPED uses both where it has none. */
function stamps(object: ObjectDef): string {
  const has = (name: string): boolean => object.fields.some((field) => field.name === name);
  return [
    has('SystemModstamp') ? `, "systemmodstamp" = greatest("systemmodstamp", $3::timestamptz)` : '',
    has('LastModifiedDate')
      ? `, "lastmodifieddate" = greatest("lastmodifieddate", $3::timestamptz)`
      : '',
    has('LastModifiedById') ? `, "lastmodifiedbyid" = $4::text` : '',
  ].join('');
}

/** PostgreSQL must know the type of every parameter, also of those an object's stamps do not use. */
const STAMPED = 'and $3::timestamptz is not null and $4::text is not null';

function childrenOf(dml: Dml, object: ObjectDef): readonly { child: ObjectDef; field: FieldDef }[] {
  return dml.schema.childRelationships(object).flatMap(({ childSObject, field: name }) => {
    const child = dml.schema.findObject(childSObject);
    const field = child === undefined ? undefined : dml.schema.findField(child, name);
    // Who owns, made or changed records is no child's parent: users and groups with records cannot be deleted.
    if (
      child === undefined ||
      field === undefined ||
      field.column === null ||
      field.childRelationshipName === null
    )
      return [];
    return [{ child, field }];
  });
}

const IdRow = z.object({ id: z.string() });

async function findChildren(
  dml: Dml,
  child: ObjectDef,
  field: FieldDef,
  ids: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await dml.client.query(
    `/* findChildren */ select "id" as id from ${tableName(child)} where ${columnName(field)} = any($1::text[]) and not "isdeleted" order by "id" for update`,
    [ids],
  );
  return z
    .array(IdRow)
    .parse(rows)
    .map(({ id }) => id);
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

const DeletionRow = z.object({ key: z.string().nullable() });

/** Brings records back from the recycle bin, with what was deleted along with them. */
export async function undeleteRecords(
  dml: Dml,
  ids: readonly string[],
): Promise<readonly SaveResult[]> {
  const targets = readTargets(dml, ids, 'undeletable');
  await lockTargets(dml, targets, () => false);
  for (const target of targets) {
    if (target.error !== undefined || target.object === undefined) continue;
    const { rows } = await dml.client.query(
      `/* deletionKey */ select ${quoteName(DELETION_COLUMN)} as key from ${tableName(target.object)} where "id" = $1 and "isdeleted"`,
      [target.id],
    );
    const key = z.array(DeletionRow).parse(rows)[0]?.key;
    if (key === undefined || key === null) {
      target.error = new SalesforceError('UNDELETE_FAILED', 'Entity is not in the recycle bin', {
        fields: [],
      });
    } else await undeleteAll(dml, key);
  }
  return results(targets);
}

async function undeleteAll(dml: Dml, key: string): Promise<void> {
  for (const object of dml.schema.objects) {
    if (
      object.isView ||
      !object.undeletable ||
      !object.fields.some(({ name }) => name === 'IsDeleted')
    )
      continue;
    const { rows } = await dml.client.query(
      `/* undeleteRows */ update ${tableName(object)} set "isdeleted" = false, ${quoteName(DELETION_COLUMN)} = null${stamps(object)} where ${quoteName(DELETION_COLUMN)} = $1::text and $2::text is null ${STAMPED} returning "id" as id`,
      [key, null, dml.stamp, dml.userId],
    );
    await journalCreated(
      dml,
      object,
      z
        .array(IdRow)
        .parse(rows)
        .map(({ id }) => id),
      'UNDELETE',
    );
  }
}
