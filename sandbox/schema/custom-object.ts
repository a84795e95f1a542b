import type { CustomObject } from './custom-definition.ts';
import { customMetadataType } from './custom-metadata-type.ts';
import {
  READ_ONLY,
  READ_ONLY_OBJECT,
  SYSTEM,
  auditFields,
  datetime,
  defineField,
  defineObject,
  id,
  isDeleted,
  lookup,
  ownerId,
  viewedFields,
} from './define.ts';
import type { FieldDef } from './field.ts';
import type { ObjectDef } from './schema.ts';

/** A custom object with the fields every one has; a platform event, which has no records, with the few those have. */
export function customObject(definition: CustomObject): ObjectDef {
  if (definition.fullName.endsWith('__e')) return platformEvent(definition);
  if (definition.fullName.endsWith('__mdt')) return customMetadataType(definition);
  const { fullName, label, pluralLabel, keyPrefix, customSettingsType } = definition;
  const setting = customSettingsType !== undefined;
  const owner =
    customSettingsType === 'Hierarchy'
      ? lookup('SetupOwnerId', 'Location', ['Organization', 'Profile', 'User'], {
          nillable: false,
          defaultedOnCreate: true,
        })
      : ownerId({ referenceTo: ['Group', 'User'] });
  const object = defineObject({
    name: fullName,
    label,
    labelPlural: pluralLabel ?? label,
    keyPrefix,
    flags: {
      feedEnabled: false,
      customSetting: setting,
      ...(setting ? { layoutable: false, undeletable: false } : {}),
    },
    fields: [
      id('Record ID'),
      isDeleted(),
      nameField(definition),
      ...(customSettingsType === 'List' ? [] : [owner]),
      auditFields(),
      ...(setting ? [] : [viewedFields()]),
    ],
  });
  return { ...object, custom: true };
}

function nameField({ label, nameField: given, customSettingsType }: CustomObject): FieldDef {
  const auto = given?.type === 'AutoNumber';
  return defineField('Name', 'string', given?.label ?? `${label} Name`, {
    length: customSettingsType === undefined ? 80 : 38,
    nameField: true,
    idLookup: true,
    permissionable: false,
    ...(auto
      ? {
          autoNumber: true,
          nillable: false,
          defaultedOnCreate: true,
          displayFormat: given.displayFormat ?? '{0}',
        }
      : { defaultedOnCreate: true }),
  });
}

function platformEvent(definition: CustomObject): ObjectDef {
  const { fullName, label, pluralLabel, keyPrefix, publishBehavior } = definition;
  const object = defineObject({
    name: fullName,
    label,
    labelPlural: pluralLabel ?? label,
    keyPrefix,
    flags: {
      ...READ_ONLY_OBJECT,
      createable: true,
      queryable: false,
      replicateable: false,
      retrieveable: false,
    },
    fields: [
      id('Record ID'),
      defineField('ReplayId', 'string', 'Replay ID', { length: 1_000, ...READ_ONLY }),
      datetime('CreatedDate', 'Created Date', SYSTEM),
      lookup('CreatedById', 'Created By ID', ['User'], SYSTEM),
      defineField('EventUuid', 'string', 'Event UUID', { length: 36, ...READ_ONLY }),
    ],
  });
  // Salesforce's default is to publish immediately.
  const publishedImmediately = publishBehavior !== 'PublishAfterCommit';
  return { ...object, custom: true, publishedImmediately };
}
