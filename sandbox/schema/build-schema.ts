import { withFormulas } from '../formula/formula-field.ts';
import { withSummaryTypes } from '../formula/summary-type.ts';
import type { ValidationRule } from '../formula/rules.ts';
import type { FieldOfObject } from './custom-store.ts';
import { customField } from './custom.ts';
import { customObject } from './custom-object.ts';
import { customShares } from './custom-shares.ts';
import type { CustomField, CustomObject } from './custom-definition.ts';
import { lookup } from './define.ts';
import { withFeatures } from './features.ts';
import type { FieldDef } from './field.ts';
import type { Parts } from './part.ts';
import { dependentOn } from './picklists.ts';
import { validationRulesOf } from './validation-rules.ts';
import { recordTypesOf, type RecordType } from './record-types.ts';
import { Schema, type ObjectDef } from './schema.ts';
import { withStandardValues } from './standard-values.ts';

/** What administrators have added. */
export interface Additions {
  readonly objects: readonly CustomObject[];
  readonly fields: readonly FieldOfObject[];
  readonly parts: Parts;
}

/** The standard objects, and what administrators have added to them and behind them. */
export function buildSchema(standard: readonly ObjectDef[], additions: Additions): Schema {
  const { objects, fields, parts } = additions;
  const added = new Map<string, CustomField[]>();
  for (const { object, definition } of fields) {
    const list = added.get(object.toLowerCase()) ?? [];
    list.push(definition);
    added.set(object.toLowerCase(), list);
  }
  const recordTypes = recordTypesOf(parts);
  const rules = validationRulesOf(parts);
  const all = [...withStandardValues(standard, parts), ...objects.map(customObject)];
  const shaped = all.map((object) =>
    whole(object, {
      customs: added.get(object.name.toLowerCase()) ?? [],
      recordTypes: recordTypes.get(object.name.toLowerCase()) ?? [],
      validationRules: rules.get(object.name.toLowerCase()) ?? [],
      parts,
    }),
  );
  const featured = withFeatures(shaped, parts);
  const schema = new Schema([...featured, ...customShares(featured, objects)]);
  return withFormulas(withSummaryTypes(schema));
}

interface More {
  readonly customs: readonly CustomField[];
  readonly recordTypes: readonly RecordType[];
  readonly validationRules: readonly ValidationRule[];
  readonly parts: Parts;
}

function whole(object: ObjectDef, more: More): ObjectDef {
  const { customs, recordTypes, validationRules, parts } = more;
  if (customs.length === 0 && recordTypes.length === 0 && validationRules.length === 0)
    return object;
  const fields = [
    ...object.fields,
    ...(recordTypes.length > 0 && !object.fields.some(({ name }) => name === 'RecordTypeId')
      ? [RECORD_TYPE_ID]
      : []),
    ...customs.flatMap((definition) => customField(definition, parts)),
  ];
  return { ...object, recordTypes, validationRules, fields: withDependencies(fields, customs) };
}

/** An object without record types of its own has no such field. */
const RECORD_TYPE_ID = lookup('RecordTypeId', 'Record Type ID', ['RecordType'], {
  permissionable: false,
  searchPrefilterable: false,
});

/** The controlling field may be any of the object's, one added later too. */
function withDependencies(
  fields: readonly FieldDef[],
  customs: readonly CustomField[],
): readonly FieldDef[] {
  const dependent = new Map(
    customs.flatMap((definition) => {
      const controller = definition.valueSet?.controllingField ?? undefined;
      return controller === undefined ? [] : [[definition.fullName, { controller, definition }]];
    }),
  );
  if (dependent.size === 0) return fields;
  return fields.map((field) => {
    const dependency = dependent.get(field.name);
    const controller = fields.find(
      ({ name }) => name.toLowerCase() === dependency?.controller.toLowerCase(),
    );
    return dependency === undefined || controller === undefined
      ? field
      : dependentOn(field, controller, dependency.definition);
  });
}
