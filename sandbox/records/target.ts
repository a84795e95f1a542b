import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { findId18 } from '../store/record-id.ts';
import { failed, refusalOf, saved, type Dml } from './dml.ts';
import type { SaveResult } from './engine.ts';
import { lockRows } from './lock.ts';
import { lockedRecords } from './locked-records.ts';
import { refusedRows } from './row-access.ts';

/** A record to be deleted or brought back, as its caller named it. */
export interface Target {
  readonly given: string;
  readonly id: string | null;
  readonly object: ObjectDef | undefined;
  error: SalesforceError | undefined;
}

export function results(targets: readonly Target[]): readonly SaveResult[] {
  return targets.map(({ given, id, error }) =>
    error === undefined && id !== null
      ? saved(id, false)
      : failed(
          id ?? given,
          error ?? new SalesforceError('MALFORMED_ID', `malformed id ${given}`, { fields: [] }),
        ),
  );
}

export function readTargets(
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
    const visible = object === undefined ? undefined : dml.visible.findObject(object.name);
    if (object === undefined || visible === undefined)
      return { given, id, object, error: invalidReference() };
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
    return { given, id, object, error: refusalOf(visible, may) };
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

export async function lockTargets(
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
    const refused = new Map([
      ...(await refusedRows(dml, object, [...rows.keys()], 'delete')),
      ...(await lockedRecords(dml, [...rows.keys()])),
    ]);
    for (const target of own) {
      const row = rows.get(target.id ?? '');
      const refusal = refused.get(target.id ?? '');
      if (row === undefined) target.error = invalidReference();
      else if (refusal !== undefined) target.error = refusal;
      else if (row instanceof SalesforceError) target.error = row;
      else if (gone(row.deleted))
        target.error = new SalesforceError('ENTITY_IS_DELETED', 'entity is deleted', {
          fields: [],
        });
    }
  }
}

/** Sets the stamps an object has, from parameters 3 (the stamp) and 4 (the user); STAMPED uses both where it has none. */
export function stamps(object: ObjectDef): string {
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
export const STAMPED = 'and $3::timestamptz is not null and $4::text is not null';
