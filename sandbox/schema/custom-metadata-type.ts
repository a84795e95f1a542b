import type { CustomObject } from './custom-definition.ts';
import {
  READ_ONLY,
  SYSTEM,
  READ_ONLY_OBJECT,
  datetime,
  defineObject,
  id,
  pick,
  text,
} from './define.ts';
import type { ObjectDef } from './schema.ts';

/** A custom metadata type: its records are deployed like classes, read by queries, and written by no other call. */
export function customMetadataType({
  fullName,
  label,
  pluralLabel,
  keyPrefix,
}: CustomObject): ObjectDef {
  const object = defineObject({
    name: fullName,
    label,
    labelPlural: pluralLabel ?? label,
    keyPrefix,
    flags: { ...READ_ONLY_OBJECT, layoutable: true, replicateable: false },
    fields: [
      id('Custom Metadata Record ID'),
      text('DeveloperName', 40, 'Custom Metadata Record Name', { ...READ_ONLY, nillable: false }),
      text('MasterLabel', 40, 'Label', { ...READ_ONLY, nillable: false, nameField: true }),
      pick('Language', 'Master Language', ['en_US'], {
        ...READ_ONLY,
        nillable: false,
        length: 40,
        defaultValue: 'en_US',
        restrictedPicklist: true,
      }),
      text('NamespacePrefix', 15, 'Namespace Prefix', READ_ONLY),
      text('Label', 40, 'Label', { ...READ_ONLY, generated: 'masterlabel' }),
      text('QualifiedApiName', 70, 'Qualified API Name', {
        ...READ_ONLY,
        generated: 'developername',
      }),
      datetime('SystemModstamp', 'System Modstamp', SYSTEM),
    ],
  });
  return { ...object, custom: true };
}
