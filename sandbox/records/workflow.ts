import { z } from 'zod';

import { formulaText, joinFormulas } from '../criteria/formula-text.ts';
import { compileFormula } from '../formula/compile.ts';
import { KINDS, withJoins } from '../formula/formula-field.ts';
import { FormulaProblem } from '../formula/problem.ts';
import { overChanges, ruleSql, storedSql } from '../formula/rules.ts';
import { forReader, PRIOR, ROW } from '../formula/template.ts';
import { Workflow, type FieldUpdate } from '../process/definition.ts';
import { findPerson } from '../process/find-person.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName } from '../store/layout.ts';
import { good } from './checks.ts';
import { coerce, type StoredValue } from './coerce.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';
import { byColumn } from './validation.ts';
import { ownerOf, type TaskOf } from './workflow-tasks.ts';

/**
 * Workflow rules run when records are saved, after the validation rules, which are not asked again: their field updates
 * are laid over what is written, so the record is written once and told of once. A field update that says so has the
 * other rules asked again.
 */

type Rule = Workflow['rules'][number];

/** Salesforce: rules are asked again at most five times. */
const ROUNDS_MAX = 5;

/** The active rules of an object; undefined when there are none, which is what it costs most objects to know. */
export async function readRules(dml: Dml, object: ObjectDef): Promise<Workflow | undefined> {
  if (dml.context.workflow === false) return undefined;
  const { rows } = await dml.client.query(READ_RULES, [object.name]);
  const workflow = z.array(z.object({ definition: Workflow })).parse(rows)[0]?.definition;
  return workflow?.rules.some(({ active }) => active) === true ? workflow : undefined;
}

const READ_RULES = `/* readRules */
select definition from workflow_definitions where object = $1`;

/** The fields that rules may change: what an update must know of the record before. */
export function workflowReads(
  object: ObjectDef,
  workflow: Workflow | undefined,
): readonly string[] {
  return (workflow?.fieldUpdates ?? []).flatMap(
    ({ field }) =>
      object.fields.find(({ name }) => name.toLowerCase() === field.toLowerCase())?.name ?? [],
  );
}

/** Changes the drafts as the rules say; resolves to the tasks to be made once the records are written. */
export async function runWorkflow(
  dml: Dml,
  object: ObjectDef,
  {
    drafts,
    creating,
    workflow,
  }: {
    readonly drafts: readonly Draft[];
    readonly creating: boolean;
    readonly workflow: Workflow | undefined;
  },
): Promise<readonly TaskOf[]> {
  if (workflow === undefined) return [];
  const tasks: TaskOf[] = [];
  const done = new Set<string>();
  let left = good(drafts);
  for (let round = 0; round < ROUNDS_MAX && left.length > 0; round += 1) {
    const rules = workflow.rules.filter(
      ({ active, triggerType }) => active && (creating || triggerType !== 'onCreateOnly'),
    );
    const met = await ask(dml, object, { drafts: left, rules, creating, workflow });
    const again = new Set<Draft>();
    for (const { draft, rule, values } of met) {
      const key = `${draft.index} ${rule.fullName}`;
      if (done.has(key)) continue;
      done.add(key);
      for (const { name, type } of rule.actions) {
        if (type === 'Task') {
          const task = workflow.tasks.find(({ fullName }) => fullName === name);
          if (task !== undefined) tasks.push({ draft, task, ownerId: await ownerOf(dml, task) });
        }
        const update = workflow.fieldUpdates.find(({ fullName }) => fullName === name);
        if (type !== 'FieldUpdate' || update === undefined) continue;
        if (await apply(dml, object, { draft, update, computed: values[name] }))
          if (update.reevaluateOnChange) again.add(draft);
      }
    }
    left = [...again].filter(({ error }) => error === undefined);
  }
  return tasks;
}

interface Met {
  readonly draft: Draft;
  readonly rule: Rule;
  /** What the rule's formula updates make, by their name. */
  readonly values: Readonly<Record<string, unknown>>;
}

const AskedRow = z.object({
  at: z.number(),
  met: z.array(z.number()),
  values: z.record(z.string(), z.unknown()),
});

/** Asks all rules of all records in one statement. */
async function ask(
  dml: Dml,
  object: ObjectDef,
  {
    drafts,
    rules,
    creating,
    workflow,
  }: {
    readonly drafts: readonly Draft[];
    readonly rules: readonly Rule[];
    readonly creating: boolean;
    readonly workflow: Workflow;
  },
): Promise<readonly Met[]> {
  const conditions = rules.map((rule, at) => {
    const sql = conditionOf(dml, object, rule);
    if (sql === undefined) return 'null::integer';
    const fresh =
      creating || rule.triggerType === 'onAllChanges'
        ? sql
        : `(${sql}) and not (${sql.replaceAll(ROW, PRIOR)})`;
    return `case when ${fresh} then ${at} end`;
  });
  const values = workflow.fieldUpdates.flatMap((update) => {
    const sql = formulaOf(dml, object, update);
    return sql === undefined ? [] : [`${quoted(update.fullName)}, ${sql}`];
  });
  const columns = `array_remove(array[${conditions.join(', ')}]::integer[], null) as met, jsonb_build_object(${values.join(', ')}) as values`;
  if (conditions.length === 0) return [];
  const { rows } = await dml.client.query(
    `/* askRules */ ${forReader(overChanges(object, columns, creating), { now: dml.now, userId: dml.userId })}`,
    [JSON.stringify(drafts.map((draft) => byColumn(object, draft)))],
  );
  return z
    .array(AskedRow)
    .parse(rows)
    .flatMap(({ at, met, values: computed }) => {
      const draft = drafts[at - 1];
      if (draft === undefined) return [];
      return met.flatMap((index): readonly Met[] => {
        const rule = rules[index];
        return rule === undefined ? [] : [{ draft, rule, values: computed }];
      });
    });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** What a rule refers to may be gone: then it meets nothing. */
function conditionOf(dml: Dml, object: ObjectDef, rule: Rule): string | undefined {
  try {
    const formula = rule.formula ?? '';
    return ruleSql(dml.schema, object, {
      name: rule.fullName,
      active: true,
      formula: formula === '' ? criteriaText(dml, object, rule) : formula,
      message: '',
      displayField: null,
    });
  } catch (error) {
    if (error instanceof FormulaProblem || error instanceof SalesforceError) return undefined;
    throw error;
  }
}

function criteriaText(dml: Dml, object: ObjectDef, rule: Rule): string {
  if (rule.criteriaItems.length === 0) return 'TRUE';
  const conditions = rule.criteriaItems.map(({ field: name, operation, value }) => {
    const path = name.startsWith(`${object.name}.`) ? name.slice(object.name.length + 1) : name;
    const field = dml.schema.findField(object, path);
    if (field === undefined) throw new FormulaProblem(`Field ${name} does not exist.`);
    return formulaText({ path: field.name, field, operator: operation, value: value ?? '' });
  });
  return joinFormulas(conditions, rule.booleanFilter ?? null);
}

/** The value a formula update sets, as the store takes it. */
function formulaOf(dml: Dml, object: ObjectDef, update: FieldUpdate): string | undefined {
  const field = dml.schema.findField(object, update.field);
  if (field === undefined || field.column === null) return undefined;
  if (update.operation === 'NextValue' || update.operation === 'PreviousValue')
    return `${ROW}.${columnName(field)}`;
  if (update.operation !== 'Formula') return undefined;
  try {
    const { value, joins } = compileFormula(update.formula ?? '', {
      schema: dml.schema,
      object,
      place: 'rule',
      blanksAreZero: true,
    });
    const kind = KINDS[field.type] ?? 'Text';
    const sql = kind === 'Text' ? `(${value.sql})::text` : value.sql;
    const faultless =
      value.fault === undefined ? sql : `(case when not (${value.fault}) then ${sql} end)`;
    return storedSql(field, withJoins(faultless, joins));
  } catch (error) {
    if (error instanceof FormulaProblem) return undefined;
    throw error;
  }
}

interface Applying {
  readonly draft: Draft;
  readonly update: FieldUpdate;
  readonly computed: unknown;
}

/** Sets a field of a draft; whether that changed anything. Updates of parents are told of when they are deployed. */
async function apply(dml: Dml, object: ObjectDef, of: Applying): Promise<boolean> {
  const { draft, update } = of;
  const field = dml.schema.findField(object, update.field);
  if (field === undefined || field.column === null || (update.targetObject ?? '') !== '')
    return false;
  try {
    const value = await newValue(dml, object, { ...of, field });
    if (value === undefined || draft.values[field.name] === value) return false;
    draft.values[field.name] = value;
    return true;
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    draft.error = error;
    return false;
  }
}

const Stored = z.union([z.string(), z.number(), z.boolean(), z.null()]);

async function newValue(
  dml: Dml,
  object: ObjectDef,
  { draft, update, computed, field }: Applying & { readonly field: FieldDef },
): Promise<StoredValue | undefined> {
  switch (update.operation) {
    case 'Null':
      return field.type === 'boolean' ? false : null;
    case 'Literal':
      return coerce(field, update.literalValue ?? null, { text: true, truncate: true });
    case 'Formula':
      return Stored.parse(computed ?? null);
    case 'LookupValue': {
      const wanted = update.lookupValue ?? '';
      if (field.name !== 'RecordTypeId')
        return findPerson(dml, update.lookupValueType ?? 'User', wanted);
      return object.recordTypes.find(({ developerName }) => developerName === wanted)?.id;
    }
    case 'NextValue':
    case 'PreviousValue':
    default: {
      const values = field.picklistValues.filter(({ active }) => active).map(({ value }) => value);
      const at = values.findIndex((value) => value === (draft.values[field.name] ?? computed));
      const next = update.operation === 'NextValue' ? at + 1 : at - 1;
      return values[Math.min(Math.max(next, 0), values.length - 1)];
    }
  }
}
