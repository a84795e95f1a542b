import { findField, type Describes, type FieldDescribe, type ObjectDescribe } from './describe.ts';
import { columnType, type ColumnType, type TypeOptions } from './field-types.ts';
import { conflictRule, type Access, type ConflictRule, type MappingConfig } from './mapping.ts';
import { fitName } from './names.ts';

/** A column that mirrors something of a Salesforce record. The record's Id is not one: it is `sfid`, which every table has. */
export interface ColumnPlan {
  /** The key of the mapping's `fields`: a field's API name, or a relationship key such as `Account__Key__c`. */
  readonly field: string;
  readonly name: string;
  readonly type: ColumnType;
  /** How a query asks for it: `Email`, `Account.Key__c`. */
  readonly path: string;
  readonly createable: boolean;
  readonly updateable: boolean;
  /** Set where the column holds a parent's external id: writing it sets the lookup. */
  readonly reference: ReferencePlan | undefined;
  /** The objects a lookup leads to; parents are written before their children. */
  readonly parents: readonly string[];
}

interface ReferencePlan {
  /** The lookup's name as a nested object of a write: `Account`, `Parent__r`. */
  readonly relationship: string;
  /** The lookup field itself: `AccountId`. */
  readonly lookup: string;
  readonly externalId: string;
}

export interface IndexPlan {
  readonly name: string;
  readonly column: string;
  readonly unique: boolean;
}

/** The names of everything that belongs to one mapped table, as Heroku Connect gives them. */
export interface TableNames {
  readonly name: string;
  readonly sequence: string;
  readonly primaryKey: string;
  readonly loggerFunction: string;
  readonly loggerTrigger: string;
  readonly statusFunction: string;
  readonly statusTrigger: string;
  readonly keyFunction: string;
  readonly keyTrigger: string;
}

interface KeyPlan {
  readonly field: string;
  readonly column: string;
  /** True where a row the application inserts without a key is given one, which makes its creation repeatable. */
  readonly defaulted: boolean;
}

export interface TablePlan {
  readonly objectName: string;
  readonly keyPrefix: string | null;
  readonly access: Access;
  readonly conflict: ConflictRule;
  readonly table: TableNames;
  readonly columns: readonly ColumnPlan[];
  readonly indexes: readonly IndexPlan[];
  readonly key: KeyPlan | undefined;
  /** The column of the field by which changes are found; none: the object can only be loaded whole. */
  readonly changeColumn: ColumnPlan | undefined;
  readonly deletable: boolean;
  /** True where the object marks deleted records with IsDeleted. */
  readonly softDeletes: boolean;
}

export interface PlanFault {
  readonly code:
    'UNKNOWN_FIELD' | 'UNMAPPABLE_FIELD' | 'BAD_UPSERT_FIELD' | 'BAD_INDEX' | 'COLUMN_COLLISION';
  /** Where in the mapping's configuration. */
  readonly key: readonly string[];
  readonly message: string;
}

export interface PlanInput {
  readonly config: MappingConfig;
  readonly object: ObjectDescribe;
  readonly describes: Describes;
  readonly types: TypeOptions;
}

/** Columns that every table has besides the mapped ones; no field may take their names. */
const OWN_COLUMNS = ['id', 'sfid', '_hc_lastop', '_hc_err'] as const;
/** In the order of preference: SystemModstamp also moves when automation changes a record. */
const CHANGE_FIELDS = ['SystemModstamp', 'LastModifiedDate', 'CreatedDate'] as const;
/** A uuid without its dashes: what fits most external-id fields. */
const KEY_LENGTH = 32;

/** What a mapping becomes in PostgreSQL. With faults the plan is only good for finding more of them. */
export function planTable(input: PlanInput): TablePlan & { readonly faults: readonly PlanFault[] } {
  const { config, object } = input;
  const faults: PlanFault[] = [];
  const table = tableNames(object.name);
  const columns = planColumns(input, faults);
  const key = planKey(input, columns, faults);
  return {
    objectName: object.name,
    keyPrefix: object.keyPrefix,
    access: config.access,
    conflict: conflictRule(config),
    table,
    columns,
    indexes: planIndexes(table.name, { config, columns, key }, faults),
    key,
    changeColumn: CHANGE_FIELDS.map((name) => columns.find(({ field }) => field === name)).find(
      (column) => column !== undefined,
    ),
    deletable: object.deletable,
    softDeletes: findField(object, 'IsDeleted') !== undefined,
    faults,
  };
}

export function tableNames(objectName: string): TableNames {
  const table = fitName(objectName.toLowerCase());
  return {
    name: table,
    sequence: fitName(`${table}_id_seq`),
    primaryKey: fitName(`${table}_pkey`),
    loggerFunction: fitName(`hc_${table}_logger`),
    loggerTrigger: fitName(`hc_${table}_logtrigger`),
    statusFunction: fitName(`hc_${table}_status`),
    statusTrigger: fitName(`hc_${table}_status_trigger`),
    keyFunction: fitName(`hc_${table}_key`),
    keyTrigger: fitName(`hc_${table}_key_trigger`),
  };
}

function planColumns(input: PlanInput, faults: PlanFault[]): readonly ColumnPlan[] {
  const { config, object } = input;
  const columns = new Map<string, ColumnPlan>();
  const add = (key: string, column: ColumnPlan): void => {
    const other = columns.get(column.name);
    if (other === undefined && !OWN_COLUMNS.some((own) => own === column.name)) {
      columns.set(column.name, column);
      return;
    }
    const taker = other === undefined ? 'a column of every table' : `the field ${other.field}`;
    faults.push({
      code: 'COLUMN_COLLISION',
      key: ['fields', key],
      message: `${key} would be the column ${column.name}, which is ${taker}.`,
    });
  };
  for (const key of Object.keys(config.fields)) {
    if (key.toLowerCase() === 'id') continue;
    const column = planColumn(key, input);
    if ('code' in column) faults.push(column);
    else add(key, column);
  }
  const change = CHANGE_FIELDS.map((name) => findField(object, name)).find(
    (field) => field !== undefined,
  );
  // Without it changes could not be found, so it is there whether the file names it or not.
  if (change !== undefined && !columns.has(fitName(change.name.toLowerCase()))) {
    const column = planColumn(change.name, input);
    if (!('code' in column)) add(change.name, column);
  }
  return [...columns.values()];
}

function planColumn(key: string, input: PlanInput): ColumnPlan | PlanFault {
  const { object, types } = input;
  const field = findField(object, key);
  if (field === undefined) return planReference(key, input);
  const typed = columnType(field, types);
  if (!typed.mappable) {
    return { code: 'UNMAPPABLE_FIELD', key: ['fields', key], message: `${typed.why}.` };
  }
  return {
    field: field.name,
    name: fitName(field.name.toLowerCase()),
    type: typed.type,
    path: field.name,
    createable: field.createable,
    updateable: field.updateable,
    reference: undefined,
    parents: field.referenceTo,
  };
}

/** `Account__Key__c` is the external id Key__c of the record that AccountId leads to; `Parent__r__Key__c` likewise. */
function planReference(
  key: string,
  { object, describes, types }: PlanInput,
): ColumnPlan | PlanFault {
  for (const lookup of object.fields) {
    const { relationshipName: relationship } = lookup;
    if (relationship === null) continue;
    if (!key.toLowerCase().startsWith(`${relationship.toLowerCase()}__`)) continue;
    const externalId = findExternalId(lookup, key.slice(relationship.length + 2), describes);
    const typed = externalId === undefined ? undefined : columnType(externalId, types);
    if (externalId === undefined || typed?.mappable !== true) continue;
    return {
      field: key,
      name: fitName(`${relationship}__${externalId.name}`.toLowerCase()),
      type: typed.type,
      path: `${relationship}.${externalId.name}`,
      createable: lookup.createable,
      updateable: lookup.updateable,
      reference: { relationship, lookup: lookup.name, externalId: externalId.name },
      parents: lookup.referenceTo,
    };
  }
  return {
    code: 'UNKNOWN_FIELD',
    key: ['fields', key],
    message: `${object.name} has no field ${key}, or the connected Salesforce user may not see it.`,
  };
}

function findExternalId(
  lookup: FieldDescribe,
  name: string,
  describes: Describes,
): FieldDescribe | undefined {
  const [parentName] = lookup.referenceTo;
  if (parentName === undefined || lookup.referenceTo.length > 1) return undefined;
  const parent = describes.get(parentName.toLowerCase()) ?? undefined;
  const field = parent === undefined ? undefined : findField(parent, name);
  return field?.externalId === true || field?.idLookup === true ? field : undefined;
}

function planKey(
  { config, object }: PlanInput,
  columns: readonly ColumnPlan[],
  faults: PlanFault[],
): KeyPlan | undefined {
  const name = config.upsert_field ?? undefined;
  if (name === undefined) return undefined;
  const refuse = (message: string): undefined => {
    faults.push({ code: 'BAD_UPSERT_FIELD', key: ['upsert_field'], message });
    return undefined;
  };
  const field = findField(object, name);
  if (field === undefined) return refuse(`${object.name} has no field ${name}.`);
  if (!field.externalId && !(field.idLookup && field.name !== 'Id')) {
    return refuse(
      `${object.name}.${field.name} is not an external id: tick External ID in Salesforce, or choose another field.`,
    );
  }
  const column = columns.find((candidate) => candidate.field === field.name);
  if (column === undefined) {
    return refuse(`${field.name} is not among the mapped fields: add it to fields.`);
  }
  const holds = field.type === 'string' && field.length >= KEY_LENGTH && field.createable;
  return {
    field: field.name,
    column: column.name,
    defaulted:
      config.access === 'read_write' &&
      holds &&
      !field.autoNumber &&
      (config.landbridge?.key_default ?? true),
  };
}

interface Indexed {
  readonly config: MappingConfig;
  readonly columns: readonly ColumnPlan[];
  readonly key: KeyPlan | undefined;
}

/**
 * The unique index of `sfid`, by which records are found, and that of the upsert field are always there. A file without
 * `indexes` gets Heroku Connect's usual index of the change column; one that lists its indexes can leave it out, which
 * halves the cost of applying changes.
 */
function planIndexes(
  table: string,
  { config, columns, key }: Indexed,
  faults: PlanFault[],
): readonly IndexPlan[] {
  const listed: Readonly<Record<string, { readonly unique: boolean }>> = config.indexes ?? {
    SystemModstamp: { unique: false },
  };
  const indexes = new Map([['sfid', index(table, 'sfid', true)]]);
  for (const [name, { unique }] of Object.entries(listed)) {
    if (name.toLowerCase() === 'id') continue;
    const column = columns.find(({ field }) => field.toLowerCase() === name.toLowerCase());
    if (column !== undefined) indexes.set(column.name, index(table, column.name, unique));
    else if (config.indexes !== undefined) {
      faults.push({
        code: 'BAD_INDEX',
        key: ['indexes', name],
        message: `The index of ${name} has no column: ${name} is not among the mapped fields.`,
      });
    }
  }
  if (key !== undefined) indexes.set(key.column, index(table, key.column, true));
  return [...indexes.values()];
}

function index(table: string, column: string, unique: boolean): IndexPlan {
  return { name: fitName(`${unique ? 'hcu' : 'hc'}_idx_${table}_${column}`), column, unique };
}
