import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, storedTable } from '../store/layout.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';

/** Records as they were before an update, by id. */
type Before = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

const RefusedRow = z.object({ id: z.string(), readable: z.boolean() });

/**
 * Which of some records the caller may not edit, delete or give away, though he may such records: one he cannot see is
 * not there for him. Asks the database only when sharing restricts him at all.
 */
export async function refusedRows(
  dml: Dml,
  object: ObjectDef,
  ids: readonly string[],
  level: 'edit' | 'delete' | 'transfer',
): Promise<ReadonlyMap<string, SalesforceError>> {
  const rows = dml.visible.findObject(object.name)?.rows;
  const rule = rows?.[level];
  if (rule === undefined || ids.length === 0) return new Map();
  const { rows: found } = await dml.client.query(
    `/* refusedRows */ select "id", (${rows?.read ?? 'true'}) is true as readable from ${storedTable(object)} as record where "id" = any($1::text[]) and (${rule}) is not true`,
    [ids],
  );
  return new Map(
    z
      .array(RefusedRow)
      .parse(found)
      .map(({ id, readable }) => [id, readable ? insufficient() : invalidReference()]),
  );
}

function insufficient(): SalesforceError {
  return new SalesforceError(
    'INSUFFICIENT_ACCESS_OR_READONLY',
    'insufficient access rights on object id',
    { fields: [] },
  );
}

function invalidReference(): SalesforceError {
  return new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', {
    fields: [],
  });
}

/** A record named by another one, which its caller may not see. */
export function hidden(id: string): SalesforceError {
  return new SalesforceError(
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    `insufficient access rights on cross-reference id: ${id.slice(0, 15)}`,
    { fields: [] },
  );
}

const IdRow = z.object({ id: z.string() });

/** Refuses references to records that the caller may not see, and to masters that he may not edit. */
export async function checkParentAccess(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
  fields: readonly FieldDef[],
): Promise<void> {
  const masters = dml.visible.findObject(object.name)?.rows?.masters ?? [];
  for (const field of fields) {
    for (const name of field.referenceTo) {
      const rows = dml.visible.findObject(name)?.rows;
      const parent = dml.schema.findObject(name);
      const rule = masters.includes(field.name) ? rows?.edit : rows?.read;
      if (rule === undefined || parent?.keyPrefix === undefined) continue;
      const named = drafts.filter(({ error, values }) => {
        const id = values[field.name];
        return (
          error === undefined && typeof id === 'string' && id.startsWith(parent.keyPrefix ?? '')
        );
      });
      if (named.length === 0) continue;
      const { rows: found } = await dml.client.query(
        `/* checkParentAccess */ select "id" from ${storedTable(parent)} as record where "id" = any($1::text[]) and (${rule}) is not true`,
        [named.map(({ values }) => values[field.name])],
      );
      const refused = new Set(
        z
          .array(IdRow)
          .parse(found)
          .map(({ id }) => id),
      );
      for (const draft of named) {
        const id = String(draft.values[field.name]);
        if (!refused.has(id)) continue;
        draft.error = hidden(id);
      }
    }
  }
}

function newOwners(drafts: readonly Draft[], before: Before | undefined): readonly Draft[] {
  return drafts.filter(({ id, values }) => {
    const owner = values['OwnerId'];
    return typeof owner === 'string' && owner !== before?.get(id ?? '')?.['OwnerId'];
  });
}

const QueueRow = z.object({ id: z.string() });

/** Who may give a record away, and to which queues records of its object may go. */
export async function checkOwners(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
  before: Before | undefined,
): Promise<void> {
  const given = newOwners(drafts, before);
  if (before !== undefined) {
    const ids = given.map(({ id }) => present(id, 'id'));
    const refused = await refusedRows(dml, object, ids, 'transfer');
    for (const draft of given) draft.error = refused.get(draft.id ?? '');
  }
  const queued = given.filter(
    ({ error, values }) => error === undefined && String(values['OwnerId']).startsWith('00G'),
  );
  if (queued.length === 0) return;
  const { rows } = await dml.client.query(
    '/* queuesOf */ select queueid as id from org.queuesobject where sobjecttype = $1 and queueid = any($2)',
    [object.name, queued.map(({ values }) => values['OwnerId'])],
  );
  const queues = new Set(
    z
      .array(QueueRow)
      .parse(rows)
      .map(({ id }) => id),
  );
  for (const draft of queued) {
    if (queues.has(String(draft.values['OwnerId']))) continue;
    draft.error = new SalesforceError(
      'INVALID_OPERATION',
      'Queue not associated with this SObject type',
      { fields: ['OwnerId'] },
    );
  }
}

/** What somebody has shared by hand is the old owner's gift: it ends with his ownership. */
export async function dropManualShares(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
  before: Before,
): Promise<void> {
  const ids = newOwners(drafts, before).map(({ id }) => present(id, 'id'));
  if (ids.length === 0) return;
  for (const { childSObject, field, relationshipName } of dml.schema.childRelationships(object)) {
    const share = relationshipName === 'Shares' ? dml.schema.findObject(childSObject) : undefined;
    const parent = share === undefined ? undefined : dml.schema.findField(share, field);
    if (share === undefined || parent === undefined) continue;
    await dml.client.query(
      `/* dropManualShares */ delete from ${storedTable(share)} where ${columnName(parent)} = any($1::text[]) and rowcause = 'Manual'`,
      [ids],
    );
  }
}
