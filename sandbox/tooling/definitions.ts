import type pg from 'pg';

import { inTransaction } from '../../src/kit/transaction.ts';
import { inOrder } from '../metadata/applied.ts';
import { shownPart } from '../metadata/parts.ts';
import type { Org } from '../org.ts';
import { metadataId } from '../schema/add-custom.ts';
import { readDefinitions, readTimes, type Definitions } from '../schema/custom-store.ts';
import type { FieldDef } from '../schema/field.ts';
import {
  CUSTOM_FIELD,
  CUSTOM_OBJECT,
  DEFINITIONS,
  ENTITY_DEFINITION,
  FIELD_DEFINITION,
  VALIDATION_RULE,
} from '../schema/objects/definitions.ts';
import { EVENT_DEFINITIONS } from '../schema/objects/event-definitions.ts';
import { partsOf } from '../schema/part.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import { DEFINITION_TYPES } from '../streaming/definitions.ts';

const NAMES: ReadonlySet<string> = new Set(DEFINITIONS.map(({ name }) => name));
const filled = new WeakMap<Org, Schema>();

/**
 * Writes the present schema into the tables that queries of it read, when it is not there yet. All of it in one
 * transaction: a query sees the old schema or the new one, never a part; after a crash it is simply written again.
 */
export async function fillDefinitions(org: Org, objectName: string): Promise<void> {
  if (!NAMES.has(objectName)) return;
  if (await fillEventDefinitions(org, objectName)) return;
  const schema = org.schema();
  if (filled.get(org) === schema) return;
  await inTransaction(org.pool, async (client) => {
    await client.query(`lock table ${tableName(ENTITY_DEFINITION)} in exclusive mode`);
    const definitions = await readDefinitions(client);
    const times = await readTimes(client);
    const objects = schema.objects.filter(({ isView }) => !isView);
    await replace(
      client,
      ENTITY_DEFINITION,
      objects.map((object) => entityRow(object, times)),
    );
    await replace(
      client,
      FIELD_DEFINITION,
      objects.flatMap((object) => object.fields.map((field) => fieldRow(object, field, times))),
    );
    await replace(client, CUSTOM_OBJECT, customObjectRows(definitions, times));
    await replace(client, CUSTOM_FIELD, customFieldRows(schema, definitions, times));
    await replace(client, VALIDATION_RULE, validationRuleRows(schema, definitions));
  });
  filled.set(org, schema);
}

/** The rows of channels, their members or managed subscriptions; resolves to whether it is one of those that was asked for. */
async function fillEventDefinitions(org: Org, objectName: string): Promise<boolean> {
  const object = EVENT_DEFINITIONS.find(({ name }) => name === objectName);
  const type = DEFINITION_TYPES.find((one) => one.type === objectName);
  if (object === undefined || type === undefined) return false;
  await inTransaction(org.pool, async (client) => {
    await client.query(`lock table ${tableName(object)} in exclusive mode`);
    const rows = (await type.list(client)).map(({ id, columns, metadata }) => ({
      Id: id,
      ...columns,
      Metadata: JSON.stringify(metadata),
    }));
    await replace(client, object, rows);
  });
  return true;
}

type Row = Readonly<Record<string, unknown>>;
type Times = ReadonlyMap<string, Date>;

async function replace(
  client: pg.ClientBase,
  object: ObjectDef,
  rows: readonly Row[],
): Promise<void> {
  const table = tableName(object);
  const columns = rows.map((row) =>
    Object.fromEntries([
      ['isdeleted', false],
      ...Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]),
    ]),
  );
  await client.query(`/* replaceDefinitions */ delete from ${table}`);
  await client.query(
    `/* replaceDefinitions */ insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1)`,
    [JSON.stringify(columns)],
  );
}

/** A standard object is known by its name, a custom one by an id of 15 characters. */
export function durableId({ name, custom }: Pick<ObjectDef, 'name' | 'custom'>): string {
  return custom ? metadataId('01I', name).slice(0, 15) : name;
}

function entityRow(object: ObjectDef, times: Times): Row {
  const { name, custom, label, labelPlural, keyPrefix, flags } = object;
  return {
    Id: durableId(object),
    DurableId: durableId(object),
    QualifiedApiName: name,
    DeveloperName: developerName(name),
    MasterLabel: label,
    Label: label,
    PluralLabel: labelPlural,
    KeyPrefix: keyPrefix,
    DeploymentStatus: custom ? 'Deployed' : null,
    InternalSharingModel: 'ReadWrite',
    ExternalSharingModel: 'Private',
    IsApexTriggerable: flags.triggerable,
    IsCompactLayoutable: flags.layoutable,
    IsCustomizable: custom || flags.layoutable,
    IsCustomSetting: flags.customSetting,
    IsDeprecatedAndHidden: false,
    IsEverCreatable: flags.createable,
    IsEverDeletable: flags.deletable,
    IsEverUpdatable: flags.updateable,
    IsFeedEnabled: flags.feedEnabled,
    IsIdEnabled: true,
    IsInterface: false,
    IsLayoutable: flags.layoutable,
    IsMruEnabled: flags.mruEnabled,
    IsQueryable: flags.queryable,
    IsReplicateable: flags.replicateable,
    IsRetrieveable: flags.retrieveable,
    IsSearchLayoutable: flags.searchable && flags.layoutable,
    IsSearchable: flags.searchable,
    IsTriggerable: flags.triggerable,
    IsWorkflowEnabled: flags.triggerable,
    LastModifiedDate: times.get(name.toLowerCase()) ?? null,
  };
}

function fieldRow(object: ObjectDef, field: FieldDef, times: Times): Row {
  const fullName = `${object.name}.${field.name}`;
  const own = field.custom ? metadataId('00N', fullName).slice(0, 15) : field.name;
  return {
    Id: `${durableId(object)}.${own}`,
    DurableId: `${durableId(object)}.${own}`,
    QualifiedApiName: field.name,
    EntityDefinitionId: durableId(object),
    DeveloperName: developerName(field.name),
    MasterLabel: field.label,
    Label: field.label,
    DataType: dataType(field),
    ValueTypeId: field.type,
    ExtraTypeInfo: field.extraTypeInfo,
    RelationshipName: field.relationshipName,
    Length: field.length,
    Precision: field.precision,
    Scale: field.scale,
    IsApiFilterable: field.filterable,
    IsApiGroupable: field.groupable,
    IsApiSortable: field.sortable,
    IsCalculated: field.calculated,
    IsCompound: field.components !== null,
    IsHighScaleNumber: field.highScaleNumber,
    IsHtmlFormatted: field.htmlFormatted,
    IsIndexed: field.unique || field.externalId || field.idLookup || field.type === 'reference',
    IsNameField: field.nameField,
    IsNillable: field.nillable,
    IsPolymorphicForeignKey: field.polymorphicForeignKey,
    IsSearchPrefilterable: field.searchPrefilterable,
    LastModifiedDate: times.get(fullName.toLowerCase()) ?? null,
  };
}

/** As Setup shows it: `Text(32)`, `Number(10, 2)`, `Lookup(Account)`. */
function dataType(field: FieldDef): string {
  const { type, unique, externalId, autoNumber, calculated } = field;
  const word = WORDS[type] ?? type;
  if (calculated) return `Formula (${word})`;
  const keys = [
    ...(externalId ? [' (External ID)'] : []),
    ...(unique ? [' (Unique Case Insensitive)'] : []),
  ];
  return `${autoNumber ? 'Auto Number' : `${word}${sizeOf(field)}`}${keys.join('')}`;
}

function sizeOf({ type, length, precision, scale, digits, referenceTo }: FieldDef): string {
  if (type === 'reference') return `(${referenceTo.join(',')})`;
  if (type === 'string' || type === 'textarea') return `(${length})`;
  if (type === 'int' || type === 'long') return `(${digits}, 0)`;
  const decimal = type === 'double' || type === 'currency' || type === 'percent';
  return decimal ? `(${precision - scale}, ${scale})` : '';
}

const WORDS: Readonly<Record<string, string>> = {
  id: 'Lookup()',
  reference: 'Lookup',
  string: 'Text',
  textarea: 'Text Area',
  int: 'Number',
  long: 'Number',
  picklist: 'Picklist',
  multipicklist: 'Picklist (Multi-Select)',
  boolean: 'Checkbox',
  double: 'Number',
  currency: 'Currency',
  percent: 'Percent',
  date: 'Date',
  datetime: 'Date/Time',
  time: 'Time',
  email: 'Email',
  phone: 'Phone',
  url: 'URL',
  address: 'Address',
  location: 'Geolocation',
  encryptedstring: 'Text (Encrypted)',
};

function customObjectRows({ objects }: Definitions, times: Times): readonly Row[] {
  return [...objects.values()].map((definition) => ({
    Id: metadataId('01I', definition.fullName),
    DeveloperName: developerName(definition.fullName),
    Description: definition['description'] ?? null,
    SharingModel: definition['sharingModel'] ?? null,
    CustomSettingsType: definition.customSettingsType ?? null,
    CreatedDate: times.get(definition.fullName.toLowerCase()) ?? null,
    LastModifiedDate: times.get(definition.fullName.toLowerCase()) ?? null,
  }));
}

function validationRuleRows(schema: Schema, { parts }: Definitions): readonly Row[] {
  return partsOf(parts, 'ValidationRule').map(({ fullName, definition }) => {
    const [objectName = '', name = ''] = fullName.split('.');
    const owner = schema.findObject(objectName);
    return {
      Id: metadataId('03d', fullName),
      ValidationName: name,
      EntityDefinitionId: owner === undefined ? objectName : durableId(owner),
      FullName: fullName,
      Metadata: metadataText(shownPart({ parts }, 'ValidationRule', fullName) ?? {}),
      Active: definition.active,
      Description: definition.description ?? null,
      ErrorDisplayField: definition.errorDisplayField ?? null,
      ErrorMessage: definition.errorMessage,
    };
  });
}

function customFieldRows(schema: Schema, { fields }: Definitions, times: Times): readonly Row[] {
  return [...fields.values()].map(({ object, definition }) => {
    const fullName = `${object}.${definition.fullName}`;
    const owner = schema.findObject(object);
    const table = owner === undefined ? object : durableId(owner);
    const made = times.get(fullName.toLowerCase()) ?? null;
    return {
      Id: metadataId('00N', fullName),
      DeveloperName: developerName(definition.fullName),
      TableEnumOrId: table,
      EntityDefinitionId: table,
      FullName: fullName,
      Metadata: metadataText(inOrder(definition)),
      Description: definition.description ?? null,
      InlineHelpText: definition.inlineHelpText ?? null,
      RelationshipLabel: definition.relationshipLabel ?? null,
      Length: definition.length ?? null,
      Precision: definition.precision ?? null,
      Scale: definition.scale ?? null,
      CreatedDate: made,
      LastModifiedDate: made,
    };
  });
}

/** The definition without its name, which stands beside it. */
function metadataText({ fullName: _name, ...metadata }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(metadata);
}

function developerName(name: string): string {
  return name.replace(/__[a-z]$/, '');
}
