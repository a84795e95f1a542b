import type { FieldDef, FieldDescribe } from '../schema/field.ts';
import { MASTER_RECORD_TYPE_ID } from '../schema/record-types.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { entryUrls, supportedScopes } from './describe-urls.ts';

/** What `describeGlobal` says of an object: 27 keys and its addresses. */
export function describeGlobalEntry(
  object: ObjectDef,
  base: string,
): Readonly<Record<string, unknown>> {
  const { flags } = object;
  return {
    activateable: flags.activateable,
    associateEntityType: null,
    associateParentEntity: null,
    createable: flags.createable,
    custom: object.custom,
    customSetting: flags.customSetting,
    deepCloneable: false,
    deletable: flags.deletable,
    deprecatedAndHidden: false,
    feedEnabled: flags.feedEnabled,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix: object.keyPrefix,
    label: object.label,
    labelPlural: object.labelPlural,
    layoutable: flags.layoutable,
    mergeable: flags.mergeable,
    mruEnabled: flags.mruEnabled,
    name: object.name,
    queryable: flags.queryable,
    replicateable: flags.replicateable,
    retrieveable: flags.retrieveable,
    searchable: flags.searchable,
    triggerable: flags.triggerable,
    undeletable: flags.undeletable,
    updateable: flags.updateable,
    urls: entryUrls(object, base),
  };
}

/** The whole `describe` of an object, in Salesforce's key order. */
export function describeObject(
  schema: Schema,
  object: ObjectDef,
  { base, instanceUrl }: { readonly base: string; readonly instanceUrl: string },
): Readonly<Record<string, unknown>> {
  const { flags } = object;
  return {
    actionOverrides: [],
    activateable: flags.activateable,
    associateEntityType: null,
    associateParentEntity: null,
    childRelationships: schema.childRelationships(object).map((child) => ({
      cascadeDelete: child.cascadeDelete,
      childSObject: child.childSObject,
      deprecatedAndHidden: false,
      field: child.field,
      junctionIdListNames: [],
      junctionReferenceTo: [],
      relationshipName: child.relationshipName,
      restrictedDelete: child.restrictedDelete,
    })),
    compactLayoutable: flags.layoutable || flags.createable,
    createable: flags.createable,
    custom: object.custom,
    customSetting: flags.customSetting,
    deepCloneable: false,
    defaultImplementation: null,
    deletable: flags.deletable,
    deprecatedAndHidden: false,
    extendedBy: null,
    extendsInterfaces: null,
    feedEnabled: flags.feedEnabled,
    fields: object.fields.map(describeField),
    hasSubtypes: false,
    implementedBy: null,
    implementsInterfaces: null,
    isInterface: false,
    isSubtype: false,
    keyPrefix: object.keyPrefix,
    label: object.label,
    labelPlural: object.labelPlural,
    layoutable: flags.layoutable,
    listviewable: null,
    lookupLayoutable: null,
    mergeable: flags.mergeable,
    mruEnabled: flags.mruEnabled,
    name: object.name,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    queryable: flags.queryable,
    recordTypeInfos: recordTypeInfos(object, base),
    replicateable: flags.replicateable,
    retrieveable: flags.retrieveable,
    searchLayoutable: flags.searchable,
    searchable: flags.searchable,
    sobjectDescribeOption: 'FULL',
    supportedScopes: supportedScopes(object),
    triggerable: flags.triggerable,
    undeletable: flags.undeletable,
    updateable: flags.updateable,
    urls: {
      ...entryUrls(object, base),
      uiDetailTemplate: `${instanceUrl}/{ID}`,
      uiEditTemplate: `${instanceUrl}/{ID}/e`,
      uiNewRecord: `${instanceUrl}/${object.keyPrefix ?? ''}/e`,
    },
  };
}

/** Objects with layouts, of which there is one kind of records only. */
const WITHOUT_RECORD_TYPES: ReadonlySet<string> = new Set(['OpportunityContactRole']);

/** Master, which every object with layouts has, stands behind the record types that were made. */
function recordTypeInfos(
  object: ObjectDef,
  base: string,
): readonly Readonly<Record<string, unknown>>[] {
  const info = (
    recordTypeId: string,
    type: { readonly developerName: string; readonly name: string; readonly active: boolean },
    { available, isDefault }: { readonly available: boolean; readonly isDefault: boolean },
  ): Readonly<Record<string, unknown>> => ({
    active: type.active,
    available,
    defaultRecordTypeMapping: isDefault,
    developerName: type.developerName,
    master: recordTypeId === MASTER_RECORD_TYPE_ID,
    name: type.name,
    recordTypeId,
    urls: { layout: `${base}/sobjects/${object.name}/describe/layouts/${recordTypeId}` },
  });
  if (!object.flags.layoutable || WITHOUT_RECORD_TYPES.has(object.name)) return [];
  const made = object.recordTypes.map((type) => info(type.id, type, type));
  const master = { developerName: 'Master', name: 'Master', active: true };
  return [
    ...made,
    info(MASTER_RECORD_TYPE_ID, master, {
      available: true,
      isDefault: !object.recordTypes.some(({ isDefault }) => isDefault),
    }),
  ];
}

/** What only the org itself knows of a field stays inside. */
function describeField(field: FieldDef): Readonly<Record<string, unknown>> {
  return Object.fromEntries(FIELD_KEYS.map((key) => [key, field[key]]));
}

/** The 57 keys, in Salesforce's order. */
const FIELD_KEYS = [
  'aggregatable',
  'aiPredictionField',
  'autoNumber',
  'byteLength',
  'calculated',
  'calculatedFormula',
  'cascadeDelete',
  'caseSensitive',
  'compoundFieldName',
  'controllerName',
  'createable',
  'custom',
  'defaultValue',
  'defaultValueFormula',
  'defaultedOnCreate',
  'dependentPicklist',
  'deprecatedAndHidden',
  'digits',
  'displayLocationInDecimal',
  'encrypted',
  'externalId',
  'extraTypeInfo',
  'filterable',
  'filteredLookupInfo',
  'formulaTreatNullNumberAsZero',
  'groupable',
  'highScaleNumber',
  'htmlFormatted',
  'idLookup',
  'inlineHelpText',
  'label',
  'length',
  'mask',
  'maskType',
  'name',
  'nameField',
  'namePointing',
  'nillable',
  'permissionable',
  'picklistValues',
  'polymorphicForeignKey',
  'precision',
  'queryByDistance',
  'referenceTargetField',
  'referenceTo',
  'relationshipName',
  'relationshipOrder',
  'restrictedDelete',
  'restrictedPicklist',
  'scale',
  'searchPrefilterable',
  'soapType',
  'sortable',
  'type',
  'unique',
  'updateable',
  'writeRequiresMasterRead',
] as const satisfies readonly (keyof FieldDescribe)[];
