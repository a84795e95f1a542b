import { readFile } from 'node:fs/promises';

import { describe, expect, test } from '@jest/globals';

import { describesOf, type Describes } from '../../../connect/core/describe.ts';
import { DEFAULT_TYPE_OPTIONS } from '../../../connect/core/field-types.ts';
import {
  documentsOf,
  exportFile,
  judgeMappingFile,
  objectsToDescribe,
  pathText,
} from '../../../connect/core/mapping-file.ts';
import { readMappingText, refuseMappingFile } from '../../../connect/mapping-text.ts';
import { ORG } from '../support/describes.ts';

function judge(text: string, describes: Describes = ORG, foreign: readonly string[] = []) {
  const { reading, place } = readMappingText(text);
  return place(
    judgeMappingFile(reading, {
      describes,
      foreignTables: new Set(foreign),
      types: DEFAULT_TYPE_OPTIONS,
    }),
  );
}

function file(...mappings: readonly unknown[]): string {
  return JSON.stringify({ mappings, version: 1 }, undefined, 2);
}

function contact(config: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    object_name: 'Contact',
    config: { access: 'read_write', fields: { Id: {}, LastName: {} }, ...config },
  };
}

describe('a mapping file', () => {
  test('that is not JSON is refused with the line and column where it stops being so', () => {
    expect(judge('{\n  "mappings": [\n    {"object_name": }\n  ]\n}')).toMatchObject([
      { code: 'NOT_JSON', line: 3, column: 21 },
    ]);
    expect(judge('')).toMatchObject([{ code: 'NOT_JSON', line: 1, column: 1 }]);
    expect(judge('{"mappings": []')).toMatchObject([{ code: 'NOT_JSON', line: 1 }]);
  });

  test('has all of its faults told at once, each with its place', () => {
    const text = file(
      { object_name: 'Nothing__c', config: { access: 'read_only', fields: {} } },
      contact({
        access: 'readwrite',
        sf_polling_seconds: 5,
        fields: { Id: {}, LastName: {}, Nonsense: {}, Email: {} },
        indexes: { Phone: { unique: false } },
        upsert_field: 'Email',
      }),
      {
        object_name: 'Account',
        config: { access: 'read_write', fields: { Id: {}, BillingAddress: {} } },
      },
      { object_name: 'Thing__kav', config: { access: 'read_only', fields: {} } },
      contact(),
    );
    expect(
      judge(text, ORG, ['account'])
        .map(({ code, path }) => `${code} ${path}`)
        .toSorted(),
    ).toEqual([
      'BAD_INDEX $.mappings[1].config.indexes.Phone',
      'BAD_SHAPE $.mappings[1].config.access',
      'BAD_SHAPE $.mappings[1].config.sf_polling_seconds',
      'BAD_UPSERT_FIELD $.mappings[1].config.upsert_field',
      'DUPLICATE_OBJECT $.mappings[4].object_name',
      'TABLE_NOT_OURS $.mappings[2].object_name',
      'UNKNOWN_FIELD $.mappings[1].config.fields.Nonsense',
      'UNKNOWN_OBJECT $.mappings[0].object_name',
      'UNMAPPABLE_FIELD $.mappings[2].config.fields.BillingAddress',
      'UNMAPPABLE_OBJECT $.mappings[3].object_name',
    ]);
  });

  test('has each fault at the line a person will look at', () => {
    const text = file(contact({ fields: { Id: {}, LastName: {}, Nonsense: {} } }));
    const [fault] = judge(text);
    expect(text.split('\n')[(fault?.line ?? 0) - 1]).toContain('"Nonsense"');
  });

  test('that has a key twice is refused, though JSON would let the last one win', () => {
    const text =
      '{"version": 1, "mappings": [{"object_name": "Contact", "config": {"access": "read_only", "fields": {"Email": {}, "Email": {}}}}]}';
    expect(judge(text)).toMatchObject([
      { code: 'DUPLICATE_KEY', path: '$.mappings[0].config.fields.Email' },
    ]);
  });

  test('may not write what the user may not write', () => {
    const [described] = [ORG.get('account')];
    if (described === undefined || described === null) throw new Error('no Account');
    const closed = describesOf([{ ...described, createable: false, updateable: false }]);
    const text = file({
      object_name: 'Account',
      config: { access: 'read_write', fields: { Name: {} } },
    });
    expect(judge(text, closed)).toMatchObject([
      { code: 'ACCESS_REFUSED', path: '$.mappings[0].config.access' },
    ]);
    expect(judge(text.replace('read_write', 'read_only'), closed)).toEqual([]);
  });

  test('is refused with its first fault and the number of the others', () => {
    const faults = judge(file(contact({ fields: { Wrong: {}, Wronger: {} } })));
    expect(refuseMappingFile(faults).message).toMatch(
      /line \d+, \$\.mappings\[0\]\.config\.fields\.Wrong: .* \(and 1 more\)/,
    );
    expect(refuseMappingFile(faults)).toMatchObject({
      code: 'MAPPING_FILE_REFUSED',
      details: { faults },
    });
  });

  test('asks first for the mapped objects, then for those that relationship keys lead to', () => {
    const { reading } = readMappingText(file(contact({ fields: { Id: {}, Account__Key__c: {} } })));
    expect(objectsToDescribe(reading, new Map())).toEqual(['Contact']);
    const first = new Map([['contact', ORG.get('contact') ?? null]]);
    expect(objectsToDescribe(reading, first)).toEqual(['Account']);
    expect(objectsToDescribe(reading, ORG)).toEqual([]);
    expect(objectsToDescribe(reading, new Map([...first, ['account', null]]))).toEqual([]);
  });

  test('comes out of an export as it went in, key for key', () => {
    const text = file(
      contact({
        applied_at: '2024-01-01',
        revision: 3,
        indexes: { Id: { unique: true } },
        unheard_of: [1],
      }),
      { object_name: 'Account', config: { fields: { Name: {} }, access: 'read_only' } },
    );
    const { reading } = readMappingText(text);
    const exported = exportFile(documentsOf(reading), { app_name: 'x' });
    expect(
      JSON.stringify(
        { mappings: exported['mappings'], version: exported['version'] },
        undefined,
        2,
      ),
    ).toBe(text);
  });

  test('of contact-card is well formed', async () => {
    const text = await readFile(
      new URL('../../../mappings/contact-card.json', import.meta.url),
      'utf8',
    );
    const { reading } = readMappingText(text);
    expect(reading.faults).toEqual([]);
    expect(
      documentsOf(reading).map(({ objectName, config }) => [
        objectName,
        config.access,
        config.upsert_field,
      ]),
    ).toEqual([
      ['Account', 'read_only', undefined],
      ['Contact', 'read_write', 'External_Contact_Id__c'],
    ]);
  });
});

test('a path is written as people write it', () => {
  expect(pathText(['mappings', 0, 'config', 'fields', 'A b'])).toBe(
    '$.mappings[0].config.fields["A b"]',
  );
});
