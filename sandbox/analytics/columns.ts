import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import type { ReportType } from './report-types.ts';

/** A column of a report: what it is called there, and where its value is. */
export interface Column {
  readonly name: string;
  readonly label: string;
  readonly field: FieldDef;
  /** In SOQL: `Account.Name`. */
  readonly path: string;
  /** The id of the record whose name the column shows; null for other columns. */
  readonly idPath: string | null;
  readonly entityColumnName: string;
}

/** @throws SalesforceError naming a column this org does not know */
export function getColumn(schema: Schema, type: ReportType, name: string): Column {
  const path = pathOf(schema, type, name);
  const found = path === undefined ? undefined : follow(schema, type.object, path);
  if (path === undefined || found === undefined) {
    throw new SalesforceError(
      'BAD_REQUEST',
      `The column ${name} of report type ${type.name} is unknown to the sandbox org`,
    );
  }
  const { object, field, steps } = found;
  const ids = [...steps, 'Id'].join('.');
  return {
    name,
    field,
    label: labelOf(schema, type, { path, field, object }),
    path,
    idPath: field.nameField ? ids : field.type === 'reference' ? path : null,
    entityColumnName: path,
  };
}

function labelOf(
  schema: Schema,
  { object: base }: ReportType,
  { path, field, object }: { path: string; field: FieldDef; object: ObjectDef },
): string {
  const [first = '', ...rest] = path.split('.');
  if (rest.length === 0) return field.label;
  const reference = schema.findReference(base, first);
  if (object.name === 'User' || object.isView)
    return (reference?.label ?? first).replace(/ ID$/, '');
  return field.label.startsWith(object.label) ? field.label : `${object.label}: ${field.label}`;
}

function pathOf(schema: Schema, { object, columns }: ReportType, name: string): string | undefined {
  const listed = columns[name.toUpperCase()];
  if (listed !== undefined) return listed;
  const plain = schema.findField(object, name);
  if (plain !== undefined) return plain.name;
  const [head = '', ...tail] = name.split(/[.$]/);
  if (tail.length > 0) return qualified(schema, object, head, tail.join('.'));
  const words = name.replaceAll('_', '').toLowerCase();
  return object.fields.find((field) => field.name.toLowerCase() === words)?.name;
}

/** `Contact.Level__c` of the object itself, or `Account.Region__c` of a parent, by the object's or the relationship's name. */
function qualified(
  schema: Schema,
  object: ObjectDef,
  head: string,
  tail: string,
): string | undefined {
  if (head.toLowerCase() === object.name.toLowerCase()) return tail;
  const direct = schema.findReference(object, head);
  if (direct !== undefined) return `${direct.relationshipName ?? head}.${tail}`;
  const reference = object.fields.find(
    ({ referenceTo, relationshipName }) =>
      relationshipName !== null &&
      referenceTo.length === 1 &&
      referenceTo[0]?.toLowerCase() === head.toLowerCase(),
  );
  return reference === undefined ? undefined : `${reference.relationshipName ?? head}.${tail}`;
}

function follow(
  schema: Schema,
  base: ObjectDef,
  path: string,
):
  | { readonly object: ObjectDef; readonly field: FieldDef; readonly steps: readonly string[] }
  | undefined {
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let object: ObjectDef | undefined = base;
  for (const step of steps)
    object = object === undefined ? undefined : schema.findParent(object, step);
  const field = object === undefined ? undefined : schema.findField(object, last);
  return object === undefined || field === undefined ? undefined : { object, field, steps };
}

/** All columns of a type, by the object they are of: the record's own fields, and its parents' names. */
export function columnsOfType(schema: Schema, type: ReportType): readonly Column[] {
  const listed = Object.keys(type.columns);
  const paths = new Set(Object.values(type.columns));
  const own = type.object.fields.filter(({ name, column }) => column !== null && !paths.has(name));
  const names = [
    ...listed,
    ...own.map(({ name, custom }) => (custom ? `${type.object.name}.${name}` : snake(name))),
  ];
  return names.flatMap((name) => {
    try {
      return [getColumn(schema, type, name)];
    } catch (error) {
      // A listed column of a field the caller may not see.
      if (error instanceof SalesforceError) return [];
      throw error;
    }
  });
}

function snake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}
