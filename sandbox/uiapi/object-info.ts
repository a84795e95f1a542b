import {
  notFound,
  ok,
  segment,
  basePath,
  type Handler,
  type RestRequest,
} from '../rest/request.ts';
import type { FieldDef, FieldType } from '../schema/field.ts';
import { MASTER_RECORD_TYPE_ID } from '../schema/record-types.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { BATCH_MAX } from './limits.ts';

type Json = Readonly<Record<string, unknown>>;

/** An object of UI API: one whose records people work with. @throws SalesforceError NOT_FOUND */
export function getUiObject(request: RestRequest, name: string): ObjectDef {
  const object = request.org.schema().findObject(name);
  if (object === undefined || object.isView || object.keyPrefix === null) throw notFound();
  return object;
}

/** `GET /ui-api/object-info`: the directory. */
export const listObjects: Handler = (request) =>
  ok({
    objects: Object.fromEntries(
      request.org
        .schema()
        .objects.filter(({ isView, flags }) => !isView && flags.layoutable)
        .map((object) => [
          object.name,
          {
            apiName: object.name,
            keyPrefix: object.keyPrefix,
            label: object.label,
            labelPlural: object.labelPlural,
            nameFields: nameFields(object),
            objectInfoUrl: `${basePath(request)}/ui-api/object-info/${object.name}`,
          },
        ]),
    ),
  });

/** `GET /ui-api/object-info/Account` */
export const objectInfo: Handler = (request) =>
  ok(infoOf(request, getUiObject(request, segment(request, 2))));

/** `GET /ui-api/object-info/batch/Account,Contact`: each with a status of its own. */
export const objectInfos: Handler = (request) =>
  ok({
    results: segment(request, 3)
      .split(',')
      .slice(0, BATCH_MAX)
      .map((name) => {
        const object = request.org.schema().findObject(name.trim());
        return object === undefined
          ? { result: [notFound()], statusCode: 404 }
          : { result: infoOf(request, object), statusCode: 200 };
      }),
  });

export function infoOf(request: RestRequest, object: ObjectDef): Json {
  const schema = request.org.schema();
  return {
    apiName: object.name,
    associateEntityType: null,
    associateParentEntity: null,
    childRelationships: schema.childRelationships(object).flatMap((child) =>
      child.relationshipName === null
        ? []
        : [
            {
              childObjectApiName: child.childSObject,
              fieldName: child.field,
              junctionIdListNames: [],
              junctionReferenceTo: [],
              relationshipName: child.relationshipName,
            },
          ],
    ),
    createable: object.flags.createable,
    custom: object.custom,
    defaultRecordTypeId:
      object.recordTypes.find(({ isDefault }) => isDefault)?.id ?? MASTER_RECORD_TYPE_ID,
    deletable: object.flags.deletable,
    dependentFields: {},
    feedEnabled: object.flags.feedEnabled,
    fields: Object.fromEntries(
      object.fields.map((field) => [field.name, fieldInfo(field, request)]),
    ),
    keyPrefix: object.keyPrefix,
    label: object.label,
    labelPlural: object.labelPlural,
    layoutable: object.flags.layoutable,
    mruEnabled: object.flags.mruEnabled,
    nameFields: nameFields(object),
    queryable: object.flags.queryable,
    recordTypeInfos: recordTypeInfos(object),
    searchLayoutable: object.flags.layoutable,
    searchable: object.flags.searchable,
    themeInfo: null,
    updateable: object.flags.updateable,
  };
}

function nameFields({ fields }: ObjectDef): readonly string[] {
  const compound = fields.find(({ nameField }) => nameField);
  if (compound === undefined) return [];
  const parts = fields.filter(
    ({ name }) => compound.generated !== null && (name === 'FirstName' || name === 'LastName'),
  );
  return [compound.name, ...parts.map(({ name }) => name)];
}

export function recordTypeInfos({ recordTypes }: ObjectDef): Json {
  const master = {
    available: true,
    defaultRecordTypeMapping: !recordTypes.some(({ isDefault }) => isDefault),
    master: true,
    name: 'Master',
    recordTypeId: MASTER_RECORD_TYPE_ID,
  };
  const others = recordTypes.map(({ id, name, available, isDefault }) => ({
    available,
    defaultRecordTypeMapping: isDefault,
    master: false,
    name,
    recordTypeId: id,
  }));
  return Object.fromEntries([...others, master].map((info) => [info.recordTypeId, info]));
}

const DATA_TYPES: Partial<Record<FieldType, string>> = {
  anyType: 'AnyType',
  combobox: 'ComboBox',
  complexvalue: 'ComplexValue',
  datetime: 'DateTime',
  encryptedstring: 'EncryptedString',
  id: 'Reference',
  multipicklist: 'MultiPicklist',
  textarea: 'TextArea',
};

function fieldInfo(field: FieldDef, request: RestRequest): Json {
  const schema = request.org.schema();
  return {
    apiName: field.name,
    calculated: field.calculated,
    compound: field.components !== null,
    compoundComponentName: null,
    compoundFieldName: field.compoundFieldName,
    controllerName: field.controllerName,
    controllingFields: field.controllerName === null ? [] : [field.controllerName],
    createable: field.createable,
    custom: field.custom,
    dataType: DATA_TYPES[field.type] ?? capitalized(field.type),
    defaultValue: field.defaultValue,
    defaultedOnCreate: field.defaultedOnCreate,
    digits: field.digits,
    externalId: field.externalId,
    extraTypeInfo: field.extraTypeInfo,
    filterable: field.filterable,
    filteredLookupInfo: field.filteredLookupInfo,
    highScaleNumber: field.highScaleNumber,
    htmlFormatted: field.htmlFormatted,
    inlineHelpText: field.inlineHelpText,
    label: field.label,
    length: field.length,
    maskType: field.maskType,
    nameField: field.nameField,
    polymorphicForeignKey: field.polymorphicForeignKey,
    precision: field.precision,
    reference: field.type === 'reference',
    referenceTargetField: field.referenceTargetField,
    referenceToInfos: field.referenceTo.flatMap((name) => {
      const object = schema.findObject(name);
      return object === undefined ? [] : [{ apiName: name, nameFields: nameFields(object) }];
    }),
    relationshipName: field.relationshipName,
    required: field.required,
    scale: field.scale,
    searchPrefilterable: field.searchPrefilterable,
    sortable: field.sortable,
    unique: field.unique,
    updateable: field.updateable,
  };
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** `GET /ui-api/object-info/Account/picklist-values/012…` and `…/Industry` */
export const picklistValues: Handler = (request) => {
  const object = getUiObject(request, segment(request, 2));
  const recordTypeId = segment(request, 4);
  const [, , , , , wanted] = request.segments;
  const picklists = object.fields.filter(
    ({ type }) => type === 'picklist' || type === 'multipicklist',
  );
  if (wanted === undefined) {
    return ok({
      eTag: '',
      picklistFieldValues: Object.fromEntries(
        picklists.map((field) => [field.name, valuesOf(request, { object, field, recordTypeId })]),
      ),
    });
  }
  const field = picklists.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (field === undefined) throw notFound();
  return ok(valuesOf(request, { object, field, recordTypeId }));
};

function valuesOf(
  request: RestRequest,
  { object, field, recordTypeId }: { object: ObjectDef; field: FieldDef; recordTypeId: string },
): Json {
  const type = object.recordTypes.find(({ id }) => id.slice(0, 15) === recordTypeId.slice(0, 15));
  const narrowed = type?.picklists.get(field.name.toLowerCase());
  const values = field.picklistValues.filter(
    ({ active, value }) => active && (narrowed === undefined || narrowed.values.has(value)),
  );
  const controller =
    field.controllerName === null
      ? undefined
      : request.org.schema().findField(object, field.controllerName);
  const shown = values.map(({ label, value, validFor }) => ({
    attributes: null,
    label,
    validFor: places(validFor),
    value,
  }));
  const fallback = narrowed?.defaultValue ?? values.find(({ defaultValue }) => defaultValue)?.value;
  return {
    controllerValues: Object.fromEntries(
      (controller?.type === 'boolean'
        ? ['false', 'true']
        : (controller?.picklistValues ?? []).map(({ value }) => value)
      ).map((value, index) => [value, index]),
    ),
    defaultValue: shown.find(({ value }) => value === fallback) ?? null,
    eTag: '',
    url: `${basePath(request)}/ui-api/object-info/${object.name}/picklist-values/${recordTypeId}/${field.name}`,
    values: shown,
  };
}

/** The places of the controlling values for which a dependent value may stand; describe tells them as bits in base 64. */
function places(validFor: string | null): readonly number[] {
  if (validFor === null) return [];
  return [...Buffer.from(validFor, 'base64')].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((bit) => ((byte >> (7 - bit)) & 1 ? [index * 8 + bit] : [])),
  );
}
