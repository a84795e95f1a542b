import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { compileField, isFormula } from './formula-field.ts';
import { lookupFilterRule } from './lookup-filter.ts';
import { FormulaProblem } from './problem.ts';
import { defaultSql, ruleSql } from './rules.ts';
import { checkSummary } from './summary.ts';

/** A definition that cannot be, and why. */
export interface DefinitionFault {
  readonly type: 'CustomField' | 'ValidationRule';
  readonly fullName: string;
  readonly problem: string;
}

/**
 * What a change of the schema leaves broken that was not broken before: formulas, default values, summaries and
 * validation rules that are new and cannot be, and those that refer to something the change takes away.
 */
export function definitionFaults(before: Schema, after: Schema): readonly DefinitionFault[] {
  const faults = faultsOf(after);
  if (faults.length === 0) return faults;
  const known = new Set(faultsOf(before).map((fault) => faultKey(before, fault)));
  return faults
    .filter((fault) => !known.has(faultKey(after, fault)))
    .map((fault) => (isOlder(before, after, fault) ? inUse(fault) : fault));
}

/** It was all right before and is the same still: what it refers to is being taken away. */
function isOlder(before: Schema, after: Schema, fault: DefinitionFault): boolean {
  const [objectName = ''] = fault.fullName.split('.');
  if (before.findObject(objectName) === undefined) return false;
  return faultKey(before, fault) === faultKey(after, fault);
}

function inUse(fault: DefinitionFault): DefinitionFault {
  const problem = `This custom field is referenced elsewhere in Salesforce. : ${fault.fullName} - ${fault.problem}`;
  return { ...fault, problem };
}

/** A fault that was there before, of the very same text, is not this change's. */
function faultKey(schema: Schema, { type, fullName, problem }: DefinitionFault): string {
  const [objectName = '', name = ''] = fullName.split('.');
  const object = schema.findObject(objectName);
  const field = object === undefined ? undefined : schema.findField(object, name);
  const rule = object?.validationRules.find((one) => one.name === name);
  const text =
    type === 'CustomField'
      ? [
          field?.calculatedFormula,
          field?.defaultValueFormula,
          JSON.stringify([field?.summary, field?.lookupFilter]),
        ]
      : [rule?.formula];
  return [type, fullName.toLowerCase(), problem, ...text].join('\0');
}

function faultsOf(schema: Schema): readonly DefinitionFault[] {
  return schema.objects.flatMap((object) => [
    ...object.fields.flatMap((field) =>
      tried('CustomField', `${object.name}.${field.name}`, () => {
        checkFieldDefinition(schema, object, field);
      }),
    ),
    ...object.validationRules.flatMap((rule) =>
      tried('ValidationRule', `${object.name}.${rule.name}`, () => {
        ruleSql(schema, object, rule);
        const { displayField } = rule;
        if (displayField !== null && schema.findField(object, displayField) === undefined)
          throw new FormulaProblem(`Invalid error display field: ${displayField}`);
      }),
    ),
  ]);
}

function checkFieldDefinition(schema: Schema, object: ObjectDef, field: FieldDef): void {
  if (isFormula(field)) compileField(schema, object, field);
  if (field.defaultValueFormula !== null && field.column !== null) defaultSql(schema, field);
  const filter =
    field.lookupFilter === undefined ? undefined : lookupFilterRule(schema, object, field);
  if (filter !== undefined) ruleSql(schema, object, filter);
  if (field.summary !== null) checkSummary(schema, object, field.summary);
}

function tried(
  type: DefinitionFault['type'],
  fullName: string,
  work: () => void,
): readonly DefinitionFault[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof FormulaProblem)) throw error;
    return [{ type, fullName, problem: error.message }];
  }
}
