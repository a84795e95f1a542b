import type pg from 'pg';

import { inTransaction } from '../../src/kit/transaction.ts';
import { definitionFaults } from '../formula/check-definitions.ts';
import type { Org } from '../org.ts';
import { fillNewSummaries } from '../records/fill-summaries.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { ensureStatuses } from '../seed/statuses.ts';
import { columnName, columnType, tableName } from '../store/layout.ts';
import {
  addIndexes,
  dropIndexes,
  dropNameView,
  ensureTables,
  renameTable,
} from '../store/tables.ts';
import { readDefinitions, saveDefinitions, schemaOf, type Definitions } from './custom-store.ts';
import type { FieldDef } from './field.ts';
import { partsOf } from './part.ts';
import { syncPartRecords } from './part-store.ts';
import type { ObjectDef, Schema } from './schema.ts';

/** The definitions while they are being changed. */
export interface SchemaDraft extends Definitions {
  /** Objects that got another name: new lower-case name → old one. Their records stay. */
  readonly renamed: Map<string, string>;
}

/**
 * Changes what administrators have added: definitions, tables and columns in one transaction, under a lock that puts
 * concurrent changes in a row. Only when it has committed does the org show the new schema; a crash before leaves
 * nothing, one after is found at the next start. `work` edits the draft, or throws to refuse; `also` writes what must be
 * true together with the change, and may still refuse all of it.
 */
export async function changeSchema<T>(
  org: Org,
  work: (draft: SchemaDraft, before: Schema) => T,
  also: (client: pg.ClientBase, answer: T, after: Schema) => Promise<void> = async () => {},
): Promise<T> {
  const { result, schema } = await inTransaction(org.pool, async (client) => {
    await client.query('lock table custom_objects, custom_fields in exclusive mode');
    const before = await readDefinitions(client);
    const draft: SchemaDraft = {
      objects: new Map(before.objects),
      fields: new Map(before.fields),
      parts: new Map(before.parts),
      renamed: new Map(),
    };
    const oldSchema = schemaOf(before);
    const answer = work(draft, oldSchema);
    const newSchema = schemaOf(draft);
    checkReferences(newSchema);
    checkDefinitions(oldSchema, newSchema);
    await saveDefinitions(client, before, draft);
    await changeTables(client, { from: oldSchema, to: newSchema, renamed: draft.renamed });
    const reader = { now: new Date(org.clock.now()), userId: org.adminUserId };
    await fillNewSummaries(client, { before: oldSchema, after: newSchema }, reader);
    await syncPartRecords(
      client,
      { before: before.parts, after: draft.parts },
      { userId: org.adminUserId, now: new Date(org.clock.now()) },
    );
    if (valueSetsOf(before) !== valueSetsOf(draft))
      await ensureStatuses({ client, schema: newSchema, ...reader }, true);
    await also(client, answer, newSchema);
    return { result: answer, schema: newSchema };
  });
  org.replaceSchema(schema);
  return result;
}

/** Formulas, default values, summaries and validation rules are what they can be. */
function checkDefinitions(before: Schema, after: Schema): void {
  const [fault] = definitionFaults(before, after);
  if (fault === undefined) return;
  throw new SalesforceError('FIELD_INTEGRITY_EXCEPTION', fault.problem, {
    fields: [fault.type === 'CustomField' ? 'Metadata' : 'errorConditionFormula'],
  });
}

/** The values of standard picklists, to see whether they were changed. */
function valueSetsOf({ parts }: Definitions): string {
  return JSON.stringify(partsOf(parts, 'StandardValueSet'));
}

/** Every reference of an added field leads to an object that is there. */
function checkReferences(schema: Schema): void {
  for (const object of schema.objects) {
    for (const field of object.fields) {
      if (!field.custom || field.type !== 'reference') continue;
      // Metadata may name a field of an object by its particle; there is no such object to look up in.
      const missing = field.referenceTo.find(
        (name) => name !== 'EntityParticle' && schema.findObject(name) === undefined,
      );
      if (missing === undefined && field.referenceTo.length > 0) continue;
      throw new SalesforceError(
        'INVALID_INPUT',
        `${object.name}.${field.name}: referenceTo must name an object of this org: ${missing ?? ''}`,
        { fields: ['referenceTo'] },
      );
    }
  }
}

interface Change {
  readonly from: Schema;
  readonly to: Schema;
  readonly renamed: ReadonlyMap<string, string>;
}

async function changeTables(client: pg.ClientBase, { from, to, renamed }: Change): Promise<void> {
  // Views hold on to the columns they read; the one of polymorphic parents is made again at the end.
  await dropNameView(client, from.objects);
  const renamedFrom = new Set(renamed.values());
  for (const object of from.objects) {
    const kept =
      to.findObject(object.name) !== undefined || renamedFrom.has(object.name.toLowerCase());
    if (!kept && !object.isView) await client.query(`drop table ${tableName(object)}`);
  }
  for (const object of to.objects) {
    const oldName = renamed.get(object.name.toLowerCase());
    const old = from.findObject(oldName ?? object.name);
    if (old === undefined || object.isView) continue;
    if (oldName !== undefined) await renameTable(client, old, object);
    await changeColumns(client, old, object);
  }
  await ensureTables(client, to.objects, { viewDropped: true });
}

async function changeColumns(client: pg.ClientBase, from: ObjectDef, to: ObjectDef): Promise<void> {
  for (const old of from.fields) {
    if (!old.custom || old.column === null) continue;
    const field = to.fields.find(({ column }) => column === old.column);
    if (field === undefined) {
      await client.query(`alter table ${tableName(to)} drop column ${columnName(old)}`);
      continue;
    }
    checkType(to, old, field);
    if (
      old.unique === field.unique &&
      old.externalId === field.externalId &&
      old.caseSensitive === field.caseSensitive
    )
      continue;
    await dropIndexes(client, to, old);
    await addIndexes(client, to, field).catch((cause: unknown) => {
      throw isDuplicate(cause)
        ? new SalesforceError(
            'FIELD_INTEGRITY_EXCEPTION',
            `${to.name}.${field.name}: cannot be made unique: two records have the same value`,
            { fields: ['unique'], cause },
          )
        : cause;
    });
  }
}

function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;
}

/** PostgreSQL: unique_violation */
const UNIQUE_VIOLATION = '23505';

/** Text stays text; a change that would have to convert what is stored is refused, as most are in Salesforce. */
function checkType(object: ObjectDef, old: FieldDef, field: FieldDef): void {
  if (columnType(old) === columnType(field)) return;
  throw new SalesforceError(
    'FIELD_INTEGRITY_EXCEPTION',
    `${object.name}.${field.name}: cannot change the field type from ${old.type} to ${field.type}`,
    { fields: ['type'] },
  );
}
