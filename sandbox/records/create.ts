import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { recordId } from '../store/record-id.ts';
import { insertRows, type StoredRecord } from '../store/rows.ts';
import { sequenceName } from '../store/tables.ts';
import { behaviourOf } from './behaviours.ts';
import { checkReferences, checkRequired, checkUnique, good, resolveParents } from './checks.ts';
import type { StoredValue } from './coerce.ts';
import { fillInCurrencies } from './currencies.ts';
import { failed, getWrittenObject, injected, refusalOf, saved, type Dml } from './dml.ts';
import { readDrafts, type Draft } from './draft.ts';
import { checkPicklists, defaultFor, fillInRecordTypes } from './record-types.ts';
import type { InputRecord, SaveResult } from './engine.ts';
import { journalCreated } from './journal-records.ts';
import { checkOwners } from './row-access.ts';
import { lockMasters, summarize } from './summaries.ts';
import { checkRules, fillInDefaults } from './validation.ts';
import { taskRecords } from './workflow-tasks.ts';
import { readRules, runWorkflow } from './workflow.ts';

/** Creates records of one object. */
export async function createRecords(
  dml: Dml,
  objectName: string,
  records: readonly InputRecord[],
): Promise<readonly SaveResult[]> {
  const { object, visible } = getWrittenObject(dml, objectName, 'createable');
  const denied = refusalOf(visible, 'createable');
  if (denied !== undefined) return records.map(() => failed(null, denied));
  const drafts = readDrafts(records, {
    schema: dml.visible,
    object: visible,
    context: dml.context,
    writing: 'createable',
  });
  for (const draft of good(drafts)) {
    if (draft.id !== null) {
      draft.error = new SalesforceError(
        'INVALID_FIELD_FOR_INSERT_UPDATE',
        'cannot specify Id in an insert call',
        {
          fields: ['Id'],
        },
      );
    }
  }
  await createDrafts(dml, object, drafts);
  if (object.publishedImmediately === true) dml.undoable = false;
  return drafts.map((draft) =>
    draft.error === undefined ? createdOf(object, draft) : failed(null, draft.error),
  );
}

function createdOf(object: ObjectDef, { id, values }: Draft): SaveResult {
  const result = saved(present(id, 'id'), true);
  const { EventUuid: eventUuid } = values;
  const isEvent = object.publishedImmediately !== undefined && typeof eventUuid === 'string';
  return isEvent ? { ...result, eventUuid } : result;
}

/** Fills in, checks and inserts the good ones of the drafts; the others get or keep their error. */
export async function createDrafts(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
): Promise<void> {
  await resolveParents(dml, drafts);
  await numberRecords(dml, object, drafts);
  fillInRecordTypes(dml, object, drafts);
  await fillInCurrencies(dml, object, drafts);
  await fillInDefaults(dml, object, drafts);
  for (const draft of good(drafts)) fillIn(dml, object, draft);
  const behaviour = behaviourOf(object);
  await behaviour.beforeCreate?.(dml, good(drafts), createRows);
  checkRequired(object, drafts, true);
  checkPicklists(object, drafts);
  await checkReferences(dml, object, drafts);
  await checkOwners(dml, object, good(drafts), undefined);
  await checkRules(dml, object, { drafts, creating: true });
  const workflow = good(drafts).length === 0 ? undefined : await readRules(dml, object);
  const tasks = await runWorkflow(dml, object, { drafts, creating: true, workflow });
  await checkUnique(dml, object, drafts);
  for (const draft of good(drafts)) draft.error = injected(dml, 'create', object);
  const masters = await lockMasters(dml, object, { drafts });
  const accepted = good(drafts);
  await giveIds(dml, object, accepted);
  await insertRows(
    dml.client,
    { object, fields: fieldsOf(object, accepted) },
    accepted.map(({ values }) => values),
  );
  await journalCreated(
    dml,
    object,
    accepted.map(({ id }) => present(id, 'id')),
    'CREATE',
  );
  await summarize(dml, masters);
  await behaviour.afterCreate?.(dml, accepted, createRows);
  await createRows(dml, 'Task', taskRecords(dml, object, tasks));
}

/** The fields that at least one of the records has a value for. */
function fieldsOf(object: ObjectDef, drafts: readonly Draft[]): readonly FieldDef[] {
  const given = new Set(drafts.flatMap(({ values }) => Object.keys(values)));
  return object.fields.filter(
    ({ name, column, generated }) => given.has(name) && column !== null && generated === null,
  );
}

/** Defaults, owner, and who made it when. */
function fillIn(dml: Dml, object: ObjectDef, { values }: Draft): void {
  for (const field of object.fields) {
    if (field.column === null || field.generated !== null) continue;
    const system = systemValue(field.name, dml);
    if (system !== undefined) values[field.name] = system;
    else if (
      values[field.name] === undefined ||
      (values[field.name] === null && field.defaultedOnCreate)
    ) {
      if (field.name === 'OwnerId') values['OwnerId'] = dml.userId;
      else {
        const byDefault = defaultFor(object, field, values);
        if (field.type === 'boolean' || byDefault !== null) values[field.name] = byDefault;
      }
    }
  }
}

function systemValue(name: string, { stamp, userId }: Dml): StoredValue | undefined {
  switch (name) {
    case 'CreatedDate':
    case 'LastModifiedDate':
    case 'SystemModstamp':
      return stamp.toISOString();
    case 'CreatedById':
    case 'LastModifiedById':
      return userId;
    default:
      return undefined;
  }
}

const NumberRow = z.object({ number: z.string() });

async function giveIds(dml: Dml, object: ObjectDef, drafts: readonly Draft[]): Promise<void> {
  const numbers = await nextNumbers(dml, 'record_number', drafts.length);
  for (const [index, draft] of drafts.entries()) {
    draft.id = recordId(
      present(object.keyPrefix, `key prefix of ${object.name}`),
      present(numbers[index], 'number'),
    );
    draft.values['Id'] = draft.id;
  }
}

async function numberRecords(dml: Dml, object: ObjectDef, drafts: readonly Draft[]): Promise<void> {
  const accepted = good(drafts);
  for (const field of object.fields.filter(({ autoNumber }) => autoNumber)) {
    const numbers = await nextNumbers(dml, sequenceName(object, field), accepted.length);
    for (const [index, draft] of accepted.entries()) {
      draft.values[field.name] = displayNumber(field, present(numbers[index], 'number'), dml.now);
    }
  }
}

/** `C-{0000}` and 7 → `C-0007`; `{YYYY}`, `{MM}` and `{DD}` are the day's. */
function displayNumber(field: FieldDef, number: bigint, now: Date): string {
  const [year = '', month = '', day = ''] = now.toISOString().slice(0, 10).split('-');
  return (field.displayFormat ?? '{0}')
    .replace('{YYYY}', year)
    .replace('{MM}', month)
    .replace('{DD}', day)
    .replace(/\{(0+)\}/, (_, zeros: string) => number.toString().padStart(zeros.length, '0'));
}

/** Numbers given once are never given again, whatever becomes of the transaction: gaps are as in Salesforce. */
async function nextNumbers(dml: Dml, sequence: string, count: number): Promise<readonly bigint[]> {
  if (count === 0) return [];
  const { rows } = await dml.client.query(NEXT_NUMBERS, [sequence, count]);
  return z
    .array(NumberRow)
    .parse(rows)
    .map(({ number }) => BigInt(number));
}

const NEXT_NUMBERS = `/* nextNumbers */
select nextval($1::regclass)::text as number from generate_series(1, $2)`;

/**
 * Creates records the org itself brings about (the document of a file's first version): also read-only fields may be
 * set. A value that is refused is a defect of ours. Resolves to the ids.
 */
export async function createRows(
  dml: Dml,
  objectName: string,
  records: readonly StoredRecord[],
): Promise<readonly string[]> {
  if (records.length === 0) return [];
  const object = present(dml.schema.findObject(objectName), objectName);
  const drafts = records.map((values, index): Draft => ({
    index,
    id: null,
    values: { ...values },
    parents: [],
    error: undefined,
  }));
  await createDrafts(dml, object, drafts);
  return drafts.map(({ id, error }) => {
    if (error !== undefined) throw error;
    return present(id, 'id');
  });
}
