import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { quoteName } from '../../src/kit/identifiers.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import { jsonColumns } from '../store/record-json.ts';
import { findId18 } from '../store/record-id.ts';
import { updateRows, type StoredRecord } from '../store/rows.ts';
import { behaviourOf } from './behaviours.ts';
import { checkReferences, checkRequired, checkUnique, good, resolveParents } from './checks.ts';
import { checkCircles } from './circles.ts';
import { createRows } from './create.ts';
import type { StoredValue } from './coerce.ts';
import { failed, getWrittenObject, injected, refusalOf, saved, type Dml } from './dml.ts';
import { readDrafts, type Draft } from './draft.ts';
import type { InputRecord, SaveResult } from './engine.ts';
import type { NewJournalEntry } from './events.ts';
import { journal } from './journal-records.ts';
import { lockRows } from './lock.ts';
import { lockedRecords } from './locked-records.ts';
import { checkOwners, dropManualShares, refusedRows } from './row-access.ts';
import { checkPicklists, checkRecordTypes, picklistReads } from './record-types.ts';
import { lockMasters, summarize, summaryReads } from './summaries.ts';
import { checkRules } from './validation.ts';
import { taskRecords } from './workflow-tasks.ts';
import { readRules, runWorkflow, workflowReads } from './workflow.ts';

/** Updates records of one object; each carries its Id. */
export async function updateRecords(
  dml: Dml,
  objectName: string,
  records: readonly InputRecord[],
): Promise<readonly SaveResult[]> {
  const { object, visible } = getWrittenObject(dml, objectName, 'updateable');
  const denied = refusalOf(visible, 'updateable');
  const drafts = readDrafts(records, {
    schema: dml.visible,
    object: visible,
    context: dml.context,
    writing: 'updateable',
  });
  for (const draft of drafts) draft.error = denied ?? draft.error;
  checkIds(object, drafts);
  await updateDrafts(dml, object, drafts);
  return drafts.map((draft) =>
    draft.error === undefined
      ? saved(present(draft.id, 'id'), false)
      : failed(draft.id, draft.error),
  );
}

function checkIds(object: ObjectDef, drafts: readonly Draft[]): void {
  const seen = new Set<string>();
  for (const draft of good(drafts)) {
    if (draft.id === null) {
      draft.error = new SalesforceError('MISSING_ARGUMENT', 'Id not specified in an update call', {
        fields: [],
      });
      continue;
    }
    const id = findId18(draft.id);
    if (id === undefined || id.slice(0, 3) !== object.keyPrefix) {
      draft.error = new SalesforceError(
        'MALFORMED_ID',
        `${object.label} ID: id value of incorrect type: ${draft.id}`,
        {
          fields: ['Id'],
        },
      );
    } else if (seen.has(id)) {
      draft.error = new SalesforceError('DUPLICATE_VALUE', `duplicate id in list: ${id}`, {
        fields: ['Id'],
      });
    } else {
      seen.add(id);
      draft.id = id;
    }
  }
}

/** Locks, checks and writes the good ones of the drafts, whose ids are 18 characters. */
export async function updateDrafts(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
): Promise<void> {
  await lockDrafts(dml, object, drafts);
  await resolveParents(dml, drafts);
  checkRequired(object, drafts, false);
  const behaviour = behaviourOf(object);
  const workflow = good(drafts).length === 0 ? undefined : await readRules(dml, object);
  const read = new Set([
    ...good(drafts).flatMap(({ values }) => Object.keys(values)),
    ...(behaviour.reads ?? []),
    ...picklistReads(object),
    ...summaryReads(dml.schema, object),
    ...workflowReads(object, workflow),
    ...(workflow === undefined ? [] : ['OwnerId']),
    ...SYSTEM_FIELDS,
  ]);
  const before = await readBefore(dml, object, good(drafts), read);
  checkRecordTypes(dml, object, drafts);
  checkPicklists(object, drafts, before);
  await behaviour.beforeUpdate?.(dml, good(drafts), before);
  await checkReferences(dml, object, drafts);
  await checkCircles(dml, object, good(drafts));
  await checkOwners(dml, object, good(drafts), before);
  await checkRules(dml, object, { drafts, creating: false });
  const tasks = await runWorkflow(dml, object, { drafts, creating: false, workflow });
  await checkUnique(dml, object, drafts);
  for (const draft of good(drafts)) draft.error = injected(dml, 'update', object, draft.id);
  const masters = await lockMasters(dml, object, { drafts, before });
  const accepted = good(drafts);
  for (const draft of accepted) stampDraft(dml, object, draft, before.get(present(draft.id, 'id')));
  for (const group of byFields(accepted)) {
    const names = new Set(Object.keys(group[0]?.values ?? {}));
    const fields = object.fields.filter(({ name }) => names.has(name));
    await updateRows(
      dml.client,
      { object, fields },
      group.map(({ id, values }): StoredRecord => ({ ...values, Id: id })),
    );
  }
  await journal(
    dml,
    accepted.map((draft) => changeEntry(object, draft, before.get(present(draft.id, 'id')) ?? {})),
  );
  await dropManualShares(dml, object, accepted, before);
  await summarize(dml, masters);
  await behaviour.afterUpdate?.(dml, accepted, before);
  await createRows(dml, 'Task', taskRecords(dml, object, tasks));
}

/** What the org itself changes along with a record. A value that is refused refuses all of the call. */
export async function updateMirrored(
  dml: Dml,
  objectName: string,
  records: readonly StoredRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const object = present(dml.schema.findObject(objectName), objectName);
  const drafts = records.map(({ Id: id, ...values }, index): Draft => ({
    index,
    id: String(id),
    values,
    parents: [],
    error: undefined,
    mirrored: true,
  }));
  await updateDrafts(dml, object, drafts);
  for (const { error } of drafts) if (error !== undefined) throw error;
}

async function lockDrafts(dml: Dml, object: ObjectDef, drafts: readonly Draft[]): Promise<void> {
  const locked = await lockRows(
    dml,
    object,
    good(drafts).map(({ id }) => present(id, 'id')),
    'no key update',
  );
  // Judged when the row is ours: nobody can give it to somebody else meanwhile.
  const refused = new Map([
    ...(await refusedRows(dml, object, [...locked.keys()], 'edit')),
    ...(await lockedRecords(dml, [...locked.keys()])),
  ]);
  for (const draft of good(drafts)) {
    const row = locked.get(present(draft.id, 'id'));
    const refusal = refused.get(present(draft.id, 'id'));
    if (refusal !== undefined) draft.error = refusal;
    else if (row === undefined) {
      draft.error = new SalesforceError(
        'INVALID_CROSS_REFERENCE_KEY',
        'invalid cross reference id',
        { fields: [] },
      );
    } else if (row instanceof SalesforceError) draft.error = row;
    else if (row.deleted)
      draft.error = new SalesforceError('ENTITY_IS_DELETED', 'entity is deleted', { fields: [] });
  }
}

const SYSTEM_FIELDS = ['LastModifiedDate', 'LastModifiedById', 'SystemModstamp'] as const;

/** A record's values before the change, by field name, as REST writes them. */
type Before = Readonly<Record<string, unknown>>;

const BeforeRow = z.object({ id: z.string(), record: z.record(z.string(), z.unknown()) });

async function readBefore(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Before>> {
  const fields = object.fields.filter(({ name, column }) => names.has(name) && column !== null);
  if (drafts.length === 0 || fields.length === 0) return new Map();
  const { rows } = await dml.client.query(
    `/* readBefore */ select item.${quoteName('_id')} as id, to_jsonb(item) as record
  from (select "id" as "_id", ${jsonColumns(object, fields, 'record')} from ${tableName(object)} as record where "id" = any($1::text[])) as item`,
    [drafts.map(({ id }) => id)],
  );
  return new Map(
    z
      .array(BeforeRow)
      .parse(rows)
      .map(({ id, record }) => [id, record]),
  );
}

/** A stamp never goes back: the record may have been written by a transaction that stamped later. */
function stampDraft(
  dml: Dml,
  object: ObjectDef,
  { values }: Draft,
  before: Before | undefined,
): void {
  const stamp = dml.stamp.toISOString();
  for (const name of ['LastModifiedDate', 'SystemModstamp'] as const) {
    if (!object.fields.some((field) => field.name === name)) continue;
    const old = before?.[name];
    const oldText = typeof old === 'string' ? old.replace('+0000', 'Z') : '';
    values[name] = oldText > stamp ? oldText : stamp;
  }
  if (object.fields.some(({ name }) => name === 'LastModifiedById'))
    values['LastModifiedById'] = dml.userId;
}

function byFields(drafts: readonly Draft[]): readonly Draft[][] {
  const groups = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const key = Object.keys(draft.values).toSorted().join(' ');
    const group = groups.get(key) ?? [];
    group.push(draft);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A stored value as REST writes it. */
function restValue(field: FieldDef, value: StoredValue): StoredValue {
  if (typeof value !== 'string') return value;
  if (field.type === 'datetime') return value.replace(/Z$/, '+0000');
  if (field.type === 'time') return `${value}Z`;
  return value;
}

function changeEntry(object: ObjectDef, { id, values }: Draft, before: Before): NewJournalEntry {
  const changed: string[] = [];
  const record: Record<string, StoredValue> = {};
  const previous: Record<string, StoredValue> = {};
  for (const field of object.fields) {
    const value = values[field.name];
    if (value === undefined || field.name === 'SystemModstamp' || field.type === 'base64') continue;
    const now = restValue(field, value);
    const old = stored(before[field.name]);
    if (now === old && field.name !== 'LastModifiedDate') continue;
    changed.push(field.name);
    record[field.name] = now;
    previous[field.name] = old;
  }
  return {
    entity: object.name,
    record_id: present(id, 'id'),
    change_type: 'UPDATE',
    changed_fields: changed,
    record,
    previous,
  };
}

function stored(value: unknown): StoredValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : null;
}
