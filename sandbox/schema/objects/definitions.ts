import {
  READ_ONLY,
  READ_ONLY_OBJECT,
  SYSTEM,
  area,
  complexValue,
  datetime,
  defineObject,
  flag,
  id,
  int,
  text,
} from '../define.ts';
import type { FieldDef } from '../field.ts';
import type { ObjectDef } from '../schema.ts';
import { EVENT_DEFINITIONS } from './event-definitions.ts';

/** What the org's own schema looks like as records, for queries: filled from the schema when it is asked for. */
const LISTED = {
  ...READ_ONLY_OBJECT,
  replicateable: false,
  retrieveable: false,
} as const;

const named = (name: string, length = 255): FieldDef => text(name, length, name, READ_ONLY);
const flags = (...names: readonly string[]): readonly FieldDef[] =>
  names.map((name) => flag(name, name, SYSTEM));

/** The id of a standard object or field is its name, as in Salesforce; so `EntityDefinitionId = 'Account'` works. */
export const ENTITY_DEFINITION = defineObject({
  name: 'EntityDefinition',
  label: 'Entity Definition',
  labelPlural: 'Entity Definitions',
  keyPrefix: '4ie',
  flags: LISTED,
  fields: [
    id('Entity Definition ID'),
    named('DurableId'),
    text('QualifiedApiName', 255, 'Qualified API Name', { ...READ_ONLY, nameField: true }),
    named('NamespacePrefix', 15),
    named('DeveloperName', 80),
    named('MasterLabel', 80),
    named('Label', 80),
    named('PluralLabel', 80),
    named('KeyPrefix', 3),
    named('DeploymentStatus', 40),
    named('InternalSharingModel', 40),
    named('ExternalSharingModel', 40),
    ...flags(
      'IsApexTriggerable',
      'IsCompactLayoutable',
      'IsCustomizable',
      'IsCustomSetting',
      'IsDeprecatedAndHidden',
      'IsEverCreatable',
      'IsEverDeletable',
      'IsEverUpdatable',
      'IsFeedEnabled',
      'IsIdEnabled',
      'IsInterface',
      'IsLayoutable',
      'IsMruEnabled',
      'IsQueryable',
      'IsReplicateable',
      'IsRetrieveable',
      'IsSearchLayoutable',
      'IsSearchable',
      'IsTriggerable',
      'IsWorkflowEnabled',
    ),
    datetime('LastModifiedDate', 'Last Modified Date', READ_ONLY),
  ],
});

const ENTITY = {
  ...READ_ONLY,
  relationshipName: 'EntityDefinition',
  referenceTo: ['EntityDefinition'],
} as const;

export const FIELD_DEFINITION = defineObject({
  name: 'FieldDefinition',
  label: 'Field Definition',
  labelPlural: 'Field Definitions',
  keyPrefix: '4fe',
  flags: LISTED,
  fields: [
    id('Field Definition ID'),
    named('DurableId'),
    text('QualifiedApiName', 255, 'Qualified API Name', { ...READ_ONLY, nameField: true }),
    text('EntityDefinitionId', 255, 'Entity Definition ID', {
      ...ENTITY,
      children: 'Fields',
      polymorphicForeignKey: false,
    }),
    named('NamespacePrefix', 15),
    named('DeveloperName', 80),
    named('MasterLabel', 80),
    named('Label', 80),
    named('DataType'),
    named('ValueTypeId', 40),
    named('ExtraTypeInfo', 40),
    named('RelationshipName', 80),
    named('Description', 1_000),
    int('Length', 'Length', READ_ONLY),
    int('Precision', 'Precision', READ_ONLY),
    int('Scale', 'Scale', READ_ONLY),
    ...flags(
      'IsApiFilterable',
      'IsApiGroupable',
      'IsApiSortable',
      'IsCalculated',
      'IsCompound',
      'IsHighScaleNumber',
      'IsHtmlFormatted',
      'IsIndexed',
      'IsNameField',
      'IsNillable',
      'IsPolymorphicForeignKey',
      'IsSearchPrefilterable',
    ),
    datetime('LastModifiedDate', 'Last Modified Date', READ_ONLY),
  ],
});

export const CUSTOM_OBJECT = defineObject({
  name: 'CustomObject',
  label: 'Custom Object',
  labelPlural: 'Custom Objects',
  keyPrefix: '01I',
  flags: LISTED,
  fields: [
    id('Custom Object ID'),
    text('DeveloperName', 80, 'Developer Name', { ...READ_ONLY, nameField: true }),
    named('NamespacePrefix', 15),
    named('Description', 1_000),
    named('SharingModel', 40),
    named('CustomSettingsType', 40),
    datetime('CreatedDate', 'Created Date', READ_ONLY),
    datetime('LastModifiedDate', 'Last Modified Date', READ_ONLY),
  ],
});

export const CUSTOM_FIELD = defineObject({
  name: 'CustomField',
  label: 'Custom Field',
  labelPlural: 'Custom Fields',
  keyPrefix: '00N',
  flags: LISTED,
  fields: [
    id('Custom Field ID'),
    text('DeveloperName', 80, 'Developer Name', { ...READ_ONLY, nameField: true }),
    named('NamespacePrefix', 15),
    text('TableEnumOrId', 255, 'Object Name', READ_ONLY),
    text('EntityDefinitionId', 255, 'Entity Definition ID', ENTITY),
    named('FullName'),
    complexValue('Metadata', 'Metadata'),
    area('Description', 1_000, 'Description', READ_ONLY),
    area('InlineHelpText', 510, 'Help Text', READ_ONLY),
    named('RelationshipLabel', 80),
    int('Length', 'Length', READ_ONLY),
    int('Precision', 'Precision', READ_ONLY),
    int('Scale', 'Scale', READ_ONLY),
    datetime('CreatedDate', 'Created Date', READ_ONLY),
    datetime('LastModifiedDate', 'Last Modified Date', READ_ONLY),
  ],
});

export const VALIDATION_RULE = defineObject({
  name: 'ValidationRule',
  label: 'Validation Rule',
  labelPlural: 'Validation Rules',
  keyPrefix: '03d',
  flags: LISTED,
  fields: [
    id('Validation Rule ID'),
    text('ValidationName', 40, 'Rule Name', { ...READ_ONLY, nameField: true }),
    named('NamespacePrefix', 15),
    text('EntityDefinitionId', 255, 'Entity Definition ID', ENTITY),
    named('FullName'),
    complexValue('Metadata', 'Metadata'),
    flags('Active'),
    area('Description', 1_000, 'Description', READ_ONLY),
    named('ErrorDisplayField', 80),
    area('ErrorMessage', 255, 'Error Message', READ_ONLY),
    datetime('CreatedDate', 'Created Date', READ_ONLY),
    datetime('LastModifiedDate', 'Last Modified Date', READ_ONLY),
  ],
});

export const DEFINITIONS: readonly ObjectDef[] = [
  CUSTOM_FIELD,
  CUSTOM_OBJECT,
  ENTITY_DEFINITION,
  FIELD_DEFINITION,
  VALIDATION_RULE,
  ...EVENT_DEFINITIONS,
];
