import type { ValidationRule } from '../formula/rules.ts';
import { partsOf, type Parts } from './part.ts';

/** The validation rules of every object, by its lower-case name. */
export function validationRulesOf(parts: Parts): ReadonlyMap<string, readonly ValidationRule[]> {
  const byObject = new Map<string, ValidationRule[]>();
  for (const { fullName, definition } of partsOf(parts, 'ValidationRule')) {
    const [object = '', name = ''] = fullName.split('.');
    const list = byObject.get(object.toLowerCase()) ?? [];
    const { active, errorConditionFormula, errorMessage, errorDisplayField } = definition;
    const displayField = errorDisplayField ?? null;
    list.push({
      name,
      active,
      formula: errorConditionFormula,
      message: errorMessage,
      displayField,
    });
    byObject.set(object.toLowerCase(), list);
  }
  return byObject;
}
