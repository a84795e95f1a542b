import { z } from 'zod';

import { defaultsSql, ruleCheck, type RuleCheck, type ValidationRule } from '../formula/rules.ts';
import { forReader } from '../formula/template.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { good } from './checks.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';

const FailedRow = z.object({ at: z.number(), failed: z.array(z.number()) });

/** Refuses the records that an active validation rule refuses, with an error for each such rule. */
export async function checkRules(
  dml: Dml,
  object: ObjectDef,
  { drafts, creating }: { readonly drafts: readonly Draft[]; readonly creating: boolean },
): Promise<void> {
  const check = ruleCheck(dml.schema, object);
  const candidates = good(drafts);
  if (check === undefined || candidates.length === 0) return;
  const { rows } = await dml.client.query(
    forReader(creating ? check.ofNew : check.ofChanged, { now: dml.now, userId: dml.userId }),
    [JSON.stringify(candidates.map((draft) => byColumn(object, draft)))],
  );
  for (const { at, failed } of z.array(FailedRow).parse(rows)) {
    const draft = candidates[at - 1];
    if (draft !== undefined) draft.error = refusal(check, failed);
  }
}

export function byColumn(
  object: ObjectDef,
  { id, values }: Draft,
): Readonly<Record<string, unknown>> {
  const written = object.fields.flatMap(({ name, column, type }) =>
    column === null || type === 'base64' || values[name] === undefined
      ? []
      : [[column, values[name]] as const],
  );
  return { ...Object.fromEntries(written), ...(id === null ? {} : { id }) };
}

function refusal({ rules }: RuleCheck, failed: readonly number[]): SalesforceError | undefined {
  const [first, ...others] = failed.flatMap((at) => rules[at] ?? []);
  if (first === undefined) return undefined;
  return ruleError(
    first,
    others.map((rule) => ruleError(rule, [])),
  );
}

function ruleError(
  { message, displayField, errorCode }: ValidationRule,
  others: readonly SalesforceError[],
): SalesforceError {
  return new SalesforceError(errorCode ?? 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message, {
    fields: displayField === null ? [] : [displayField],
    others,
  });
}

const Defaults = z.tuple([
  z.object({
    defaults: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
]);

const STATEMENTS = new WeakMap<Schema, Map<string, string | undefined>>();

/** Gives new records the values their fields have by formula, where the caller said nothing of the field. */
export async function fillInDefaults(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
): Promise<void> {
  const known = STATEMENTS.get(dml.schema) ?? new Map<string, string | undefined>();
  STATEMENTS.set(dml.schema, known);
  if (!known.has(object.name)) known.set(object.name, defaultsSql(dml.schema, object));
  const statement = known.get(object.name);
  if (statement === undefined || good(drafts).length === 0) return;
  const { rows } = await dml.client.query(
    forReader(statement, { now: dml.now, userId: dml.userId }),
  );
  const [{ defaults }] = Defaults.parse(rows);
  for (const { values } of good(drafts)) {
    for (const [name, value] of Object.entries(defaults)) {
      if (values[name] === undefined) values[name] = value;
    }
  }
}
