import { expect, test } from '@jest/globals';

import type { Access } from '../../../sandbox/access/access.ts';
import { visibleSchema } from '../../../sandbox/access/visible-schema.ts';
import { CustomField, customField } from '../../../sandbox/schema/custom.ts';
import { Schema } from '../../../sandbox/schema/schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import { present } from '../../../src/kit/assert.ts';

const READER: Access = {
  permissions: new Set(),
  objects: new Map([['Case', { read: true, create: false, edit: false, delete: false }]]),
  fields: new Map(),
  allRecords: new Map(),
  models: new Map(),
  recordTypes: new Map(),
  rules: [],
};

function locationNames(access: Access): readonly string[] {
  const definition = CustomField.parse({
    fullName: 'Place__c',
    label: 'Place',
    type: 'Location',
    scale: 5,
  });
  const schema = new Schema(
    STANDARD_OBJECTS.map((object) =>
      object.name === 'Case'
        ? { ...object, fields: [...object.fields, ...customField(definition, new Map())] }
        : object,
    ),
  );
  const seen = present(visibleSchema(schema, access).findObject('Case'), 'Case');
  return seen.fields.map(({ name }) => name).filter((name) => name.startsWith('Place'));
}

test('a geolocation is hidden and granted with both its coordinates', () => {
  expect(locationNames(READER)).toEqual([]);
  const granted = new Map([['Case.Place__c', { read: true, edit: false }]]);
  expect(locationNames({ ...READER, fields: granted })).toEqual([
    'Place__Latitude__s',
    'Place__Longitude__s',
    'Place__c',
  ]);
});
