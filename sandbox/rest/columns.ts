import type { Column, CompiledQuery } from '../soql/compiled.ts';

/** Apex's names of the field types, as `columns=true` gives them. */
const APEX_TYPES: Readonly<Record<string, string>> = {
  id: 'Id',
  reference: 'Id',
  boolean: 'Boolean',
  int: 'Integer',
  long: 'Long',
  double: 'Double',
  currency: 'Double',
  percent: 'Double',
  date: 'Date',
  datetime: 'Datetime',
  time: 'Time',
  base64: 'Blob',
  address: 'System.Address',
  location: 'System.Location',
};

const NUMBERS: ReadonlySet<string> = new Set(['int', 'long', 'double', 'currency', 'percent']);
const TEXTS: ReadonlySet<string> = new Set([
  'string',
  'textarea',
  'email',
  'phone',
  'url',
  'picklist',
  'multipicklist',
  'combobox',
]);

/** The answer to `?columns=true`: what the query selects, without running it. The `sf` command line needs it. */
export function columnMetadata(compiled: CompiledQuery): Readonly<Record<string, unknown>> {
  return {
    columnMetadata: compiled.columns.map(describeColumn),
    entityName: compiled.object.name,
    groupBy: compiled.kind === 'aggregate',
    idSelected: compiled.columns.some(
      (column) => column.kind === 'field' && column.field.type === 'id',
    ),
    keyPrefix: compiled.object.keyPrefix,
  };
}

function describeColumn(column: Column): Readonly<Record<string, unknown>> {
  switch (column.kind) {
    case 'field':
      return {
        ...base(column.name, column.field.type),
        custom: column.field.custom,
        displayName: column.field.name,
        insertable: column.field.createable,
        updatable: column.field.updateable,
      };
    case 'expression':
      return { ...base(column.name, column.type), aggregate: column.aggregate };
    case 'children':
    case 'parent':
    case 'typeof':
    default:
      return {
        ...base(column.name, 'parent'),
        aggregate: column.kind === 'children',
        apexType: null,
        foreignKeyName: column.kind === 'parent' ? column.name : null,
        joinColumns: column.columns.map(describeColumn),
      };
  }
}

function base(name: string, type: string): Readonly<Record<string, unknown>> {
  return {
    aggregate: false,
    apexType: APEX_TYPES[type] ?? 'String',
    booleanType: type === 'boolean',
    columnName: name,
    custom: false,
    displayName: name,
    foreignKeyName: null,
    insertable: false,
    joinColumns: [],
    numberType: NUMBERS.has(type),
    textType: TEXTS.has(type),
    updatable: false,
  };
}
