import { present } from '../../src/kit/assert.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { findId18 } from '../store/record-id.ts';
import { findByKey, good, keyText } from './checks.ts';
import { createDrafts } from './create.ts';
import { failed, getWrittenObject, refusalOf, saved, type Dml } from './dml.ts';
import { notWritable, readDrafts, type Draft } from './draft.ts';
import type { InputRecord, SaveResult } from './engine.ts';
import { updateDrafts } from './update.ts';

export interface UpsertTarget {
  readonly object: string;
  readonly externalIdField: string;
  readonly updateOnly?: boolean;
}

/** Updates the records whose key is known and creates the others. */
export async function upsertRecords(
  dml: Dml,
  target: UpsertTarget,
  records: readonly InputRecord[],
): Promise<readonly SaveResult[]> {
  const { object, visible } = getWrittenObject(dml, target.object, 'updateable');
  const key = getKey(dml, visible, target.externalIdField);
  const drafts = readDrafts(records, {
    schema: dml.visible,
    object: visible,
    context: dml.context,
    writing: 'createable',
    allowed: [key.name],
  });
  if (key.type === 'id') matchById(object, drafts);
  else await matchByKey(dml, { object, key }, drafts);
  const existing = drafts.filter(({ id }) => id !== null);
  const fresh = drafts.filter(({ id }) => id === null);
  for (const draft of good(existing)) draft.error = refusalOf(visible, 'updateable');
  for (const draft of good(fresh)) draft.error = refusalOf(visible, 'createable');
  refuseUnwritable(visible, key, existing);
  if (target.updateOnly === true) {
    for (const draft of good(fresh)) draft.error = keyNotFound(key, String(draft.values[key.name]));
  }
  // The key itself is not written to a record that has it: Salesforce keeps the letters it was created with.
  for (const draft of existing) delete draft.values[key.name];
  await updateDrafts(dml, object, existing);
  await createDrafts(dml, object, fresh);
  // Of a record that was refused, created tells what would have become of it.
  const created = new Set(fresh);
  return drafts.map((draft): SaveResult => {
    if (draft.error === undefined) return saved(present(draft.id, 'id'), created.has(draft));
    return {
      ...failed(created.has(draft) ? null : draft.id, draft.error),
      created: created.has(draft),
    };
  });
}

function getKey(dml: Dml, object: ObjectDef, name: string): FieldDef {
  const key = dml.visible.findField(object, name);
  if (key === undefined || !(key.externalId || key.idLookup)) throw keyUnusable(name);
  return key;
}

export function keyUnusable(name: string): SalesforceError {
  return new SalesforceError(
    'NOT_FOUND',
    `Provided external ID field does not exist or is not accessible: ${name}`,
  );
}

function keyNotFound(key: FieldDef, value: string): SalesforceError {
  return new SalesforceError(
    'NOT_FOUND',
    `The requested resource does not exist: ${key.name} ${value}`,
    { fields: [] },
  );
}

function matchById(object: ObjectDef, drafts: readonly Draft[]): void {
  const seen = new Set<string>();
  for (const draft of good(drafts)) {
    if (draft.id === null) continue;
    const id = findId18(draft.id);
    if (id === undefined || id.slice(0, 3) !== object.keyPrefix) {
      draft.error = new SalesforceError(
        'MALFORMED_ID',
        `${object.label} ID: id value of incorrect type: ${draft.id}`,
        {
          fields: ['Id'],
        },
      );
    } else if (seen.has(id)) draft.error = duplicateKey(id);
    else {
      seen.add(id);
      draft.id = id;
    }
  }
}

/**
 * Finds the records by key. Two upserts of one key at the same time would both create: the advisory locks, held to the
 * end of the transaction and taken in the keys' order, make the second wait and find the first one's record.
 */
async function matchByKey(
  dml: Dml,
  { object, key }: { readonly object: ObjectDef; readonly key: FieldDef },
  drafts: readonly Draft[],
): Promise<void> {
  const first = new Map<string, Draft>();
  for (const draft of good(drafts)) {
    const value = draft.values[key.name];
    draft.id = null;
    if (value === null || value === undefined) {
      draft.error = new SalesforceError('MISSING_ARGUMENT', `${key.name} not specified`, {
        fields: [],
      });
      continue;
    }
    const text = keyText(key, String(value));
    if (first.has(text)) draft.error = duplicateKey(String(value));
    else first.set(text, draft);
  }
  if (first.size === 0) return;
  await dml.client.query(LOCK_KEYS, [
    [...first.keys()].map((text) => `${object.name}.${key.name}=${text}`),
  ]);
  const found = await findByKey(dml, object, key, [...first.keys()]);
  for (const [text, draft] of first) {
    const ids = found.get(text) ?? [];
    const [id] = ids;
    if (ids.length > 1) draft.error = notUnique(ids);
    else if (id !== undefined) draft.id = id;
  }
}

const LOCK_KEYS = `/* lockKeys */
select pg_advisory_xact_lock(hash)
  from (select distinct hashtextextended(key, 0) as hash from unnest($1::text[]) as key order by 1) as keys`;

function duplicateKey(value: string): SalesforceError {
  return new SalesforceError('DUPLICATE_VALUE', `Duplicate external id specified: ${value}`, {
    fields: [],
  });
}

function notUnique(ids: readonly string[]): SalesforceError {
  return new SalesforceError(
    'DUPLICATE_EXTERNAL_ID',
    `More than one record found for external id field: [${ids.join(', ')}]`,
    { fields: [] },
  );
}

/** The drafts were read as for creating; on a record that exists some of those fields may not be changed. */
function refuseUnwritable(object: ObjectDef, key: FieldDef, drafts: readonly Draft[]): void {
  const fixed = object.fields
    .filter((field) => !field.updateable && field.name !== key.name)
    .map(({ name }) => name);
  for (const draft of good(drafts)) {
    const refused = fixed.filter((name) => draft.values[name] !== undefined);
    if (refused.length > 0) draft.error = notWritable(refused);
  }
}
