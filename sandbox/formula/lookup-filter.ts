import { formulaText, joinFormulas } from '../criteria/formula-text.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef, LookupFilter } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { FormulaProblem } from './problem.ts';
import type { ValidationRule } from './rules.ts';

/**
 * Which records a lookup may lead to. A filter is asked as a validation rule of its own: of new records, and when the
 * lookup, or a field of the record that the filter compares with, is changed.
 */

const DEFAULT_MESSAGE = 'Value does not exist or does not match filter criteria.';

/** @throws FormulaProblem */
export function lookupFilterRule(
  schema: Schema,
  object: ObjectDef,
  field: FieldDef,
): ValidationRule | undefined {
  const { lookupFilter: filter } = field;
  if (filter?.active !== true || filter.isOptional) return undefined;
  const relationship = field.relationshipName ?? '';
  const source = sourceFields(schema, object, filter);
  const conditions = filter.filterItems.map((item) => {
    const path = pathOf(item.field, { schema, object, field });
    if (item.valueField !== null) {
      const other = pathOf(item.valueField, { schema, object, field });
      return `IF(${comparison(item.operation, shown(path), shown(other))}, TRUE, FALSE)`;
    }
    if (path.field.name === 'RecordTypeId') {
      const type = path.text.replace(/RecordTypeId$/, 'RecordType');
      const value = item.value;
      const named = ['Name', 'DeveloperName'].map((name) =>
        formulaText({
          path: `${type}.${name}`,
          field: { ...path.field, type: 'string' },
          operator: 'equals',
          value,
        }),
      );
      const either = `OR(${named.join(', ')})`;
      return /^not/i.test(item.operation) ? `NOT(${either})` : either;
    }
    try {
      return formulaText({
        path: path.text,
        field: path.field,
        operator: item.operation,
        value: item.value,
      });
    } catch (cause) {
      if (cause instanceof SalesforceError) throw new FormulaProblem(cause.message, { cause });
      throw cause;
    }
  });
  const changed = ['ISNEW()', ...[field.name, ...source].map((name) => `ISCHANGED(${name})`)];
  return {
    name: `${relationship} filter`,
    active: true,
    formula: `AND(NOT(ISBLANK(${field.name})), OR(${changed.join(', ')}), NOT(${joinFormulas(conditions, filter.booleanFilter)}))`,
    message: filter.errorMessage ?? DEFAULT_MESSAGE,
    displayField: field.name,
    errorCode: 'FIELD_FILTER_VALIDATION_EXCEPTION',
  };
}

/** The fields of the record itself that the filter compares with: what describe calls controlling. */
function sourceFields(schema: Schema, object: ObjectDef, filter: LookupFilter): readonly string[] {
  const names = filter.filterItems
    .flatMap(({ field, valueField }) => [field, valueField ?? ''])
    .filter((name) => name.startsWith(SOURCE))
    .map((name) => name.slice(SOURCE.length));
  return names.flatMap((name) => schema.findField(object, name)?.name ?? []);
}

const SOURCE = '$Source.';

interface Path {
  readonly text: string;
  readonly field: FieldDef;
}

/** `Account.Industry`, of the record looked up; `$Source.Region__c`, of the one that looks up; `$User.Id`. */
function pathOf(
  name: string,
  { schema, object, field }: { schema: Schema; object: ObjectDef; field: FieldDef },
): Path {
  if (name.startsWith(SOURCE)) {
    const path = name.slice(SOURCE.length);
    return { text: path, field: find(schema, object, path.split('.')) };
  }
  if (name.startsWith('$')) {
    const [global = '', path = ''] = name.slice(1).split('.');
    const holder = schema.findObject(global === 'UserRole' ? 'UserRole' : global);
    if (holder === undefined) throw unknown(name);
    return { text: name, field: find(schema, holder, [path]) };
  }
  const [first = '', ...rest] = name.split('.');
  const target = schema.findObject(field.referenceTo[0] ?? '');
  if (
    target === undefined ||
    first.toLowerCase() !== target.name.toLowerCase() ||
    rest.length === 0
  )
    throw unknown(name);
  return {
    text: `${field.relationshipName ?? ''}.${rest.join('.')}`,
    field: find(schema, target, rest),
  };
}

function find(schema: Schema, object: ObjectDef, path: readonly string[]): FieldDef {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    const found = schema.findField(object, name);
    if (found === undefined) throw unknown(name);
    return found;
  }
  const reference = schema.findReference(object, name);
  const parent = schema.findObject(reference?.referenceTo[0] ?? '');
  if (parent === undefined) throw unknown(name);
  return find(schema, parent, rest);
}

function shown({ text, field }: Path): string {
  return field.type === 'picklist' ? `TEXT(${text})` : text;
}

const SIGNS: Readonly<Record<string, string>> = {
  equals: '=',
  notequal: '<>',
  lessthan: '<',
  greaterthan: '>',
  lessorequal: '<=',
  greaterorequal: '>=',
};

function comparison(operation: string, left: string, right: string): string {
  const sign = SIGNS[operation.toLowerCase()];
  if (sign !== undefined) return `${left} ${sign} ${right}`;
  if (/^contains$/i.test(operation)) return `CONTAINS(${left}, ${right})`;
  if (/^startsWith$/i.test(operation)) return `BEGINS(${left}, ${right})`;
  throw new FormulaProblem(`The sandbox org does not compare two fields by ${operation}`);
}

function unknown(name: string): FormulaProblem {
  return new FormulaProblem(`Field ${name} does not exist. Check spelling.`);
}
