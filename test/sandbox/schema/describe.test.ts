import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { describeGlobalEntry, describeObject } from '../../../sandbox/rest/describe.ts';
import { Schema } from '../../../sandbox/schema/schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';

const RECORDED = join(import.meta.dirname, '../../../../shared/data/describes');
const recorded = existsSync(RECORDED);
/** Skipped plainly where the recorded answers are not at hand. */
const against = recorded ? test : test.skip;

const Describe = z.record(z.string(), z.unknown());
const Fields = z.array(z.looseObject({ name: z.string() }));
const Children = z.array(z.looseObject({ childSObject: z.string(), field: z.string() }));

/** The recorded org had fields of its own, and one of its own making in place of a standard one. */
const NOT_STANDARD = new Set([
  'Primary_Contact__c',
  'ns__Description__c',
  'History__c',
  'ns__LinkedAccount__c',
]);
/** Account.Description stood under another name in the recorded org. */
const RENAMED = new Set(['Description']);

/** Account was recorded in an older release than the others: its picklists held 40 characters then, and hold 255 now. */
const LENGTHENED = new Set(['Type', 'Industry', 'Ownership', 'Rating', 'AccountSource']);

const schema = new Schema(STANDARD_OBJECTS);

function read(name: string): z.infer<typeof Describe> {
  // The recorder has broken some labels over lines.
  const text = readFileSync(join(RECORDED, `${name}.json`), 'utf8').replaceAll(String.raw`\n`, ' ');
  return Describe.parse(JSON.parse(text));
}

function ours(name: string): z.infer<typeof Describe> {
  const object = schema.findObject(name);
  if (object === undefined) throw new Error(`no ${name}`);
  return Describe.parse(
    JSON.parse(
      JSON.stringify(
        describeObject(schema, object, {
          base: '/services/data/vxx.0',
          instanceUrl: 'https://orgname.my.salesforce.com',
        }),
      ),
    ),
  );
}

describe.each(['Account', 'Case', 'Contact', 'Event', 'Lead', 'OpportunityContactRole'])(
  '%s',
  (name) => {
    against('has the recorded fields, each with the recorded value of every key', () => {
      const theirs = Fields.parse(read(name)['fields']).filter(
        (field) => !NOT_STANDARD.has(field.name),
      );
      const mine = Fields.parse(ours(name)['fields']);
      const renamed = name === 'Account' ? RENAMED : new Set<string>();
      const lengthened = name === 'Account' ? LENGTHENED : new Set<string>();
      expect(mine.filter((field) => !renamed.has(field.name))).toEqual(
        theirs
          .filter((field) => !renamed.has(field.name))
          .map((field) =>
            lengthened.has(field.name) ? { ...field, length: 255, byteLength: 765 } : field,
          )
          .map((field) =>
            field['label'] === 'Created\nDate'
              ? { ...field, label: expect.stringMatching(/^Created\sDate$/) }
              : field,
          ),
      );
    });

    against('has the recorded keys, and the recorded values of those that are no list', () => {
      const {
        fields: _fields,
        childRelationships: _children,
        supportedScopes: _scopes,
        recordTypeInfos: _types,
        urls: _urls,
        ...theirs
      } = read(name);
      const whole = ours(name);
      expect(Object.keys(whole)).toEqual(expect.arrayContaining(Object.keys(read(name))));
      expect(whole).toMatchObject(theirs);
    });

    against(
      'has the recorded addresses and scopes, but for those that came or went with a version',
      () => {
        const sorted = (value: unknown): readonly string[] =>
          Object.keys(Describe.parse(value))
            .filter((key) => key !== 'defaultValues')
            .toSorted();
        expect(sorted(ours(name)['urls'])).toEqual(sorted(read(name)['urls']));
        const Scopes = z.array(z.object({ label: z.string(), name: z.string() }));
        const scopes = (value: unknown) =>
          Scopes.parse(value).filter((scope) => scope.name !== 'scopingRule');
        // The recorder has broken a label over lines.
        expect(scopes(ours(name)['supportedScopes'])).toEqual(
          scopes(read(name)['supportedScopes']).map((scope) => ({
            ...scope,
            label: scope.label.replaceAll('\n', ' '),
          })),
        );
      },
    );

    against('has recorded types of records: Master, whose id is the same everywhere', () => {
      const Types = z.array(z.looseObject({ developerName: z.string() }));
      const master = (value: unknown) =>
        Types.parse(value)
          .filter(({ developerName }) => developerName === 'Master')
          .map(({ urls: _urls, defaultRecordTypeMapping: _default, ...type }) => type);
      expect(master(ours(name)['recordTypeInfos'])).toEqual(master(read(name)['recordTypeInfos']));
    });

    against('has those of the recorded child relationships whose objects this org has', () => {
      const known = (children: z.infer<typeof Children>) =>
        children
          .filter(({ childSObject, field }) => {
            const object = schema.findObject(childSObject);
            return object !== undefined && schema.findField(object, field) !== undefined;
          })
          .toSorted((a, b) =>
            `${a.childSObject}.${a.field}` < `${b.childSObject}.${b.field}` ? -1 : 1,
          );
      const theirs = known(Children.parse(read(name)['childRelationships']));
      const mine = known(Children.parse(ours(name)['childRelationships'])).filter(
        ({ childSObject, field }) =>
          theirs.some((their) => their.childSObject === childSObject && their.field === field),
      );
      expect(mine).toEqual(theirs);
    });
  },
);

against('describeGlobal gives every object the recorded keys', () => {
  const Global = z.object({ sobjects: z.array(Describe) });
  const global = Global.parse(read('Global'));
  const theirs = new Map(global.sobjects.map((entry) => [entry['name'], entry]));
  for (const object of STANDARD_OBJECTS) {
    const recordedEntry = theirs.get(object.name);
    // The recorded entry of Event contradicts the recorded describe of Event, which is compared above.
    if (recordedEntry === undefined || object.name === 'Event') continue;
    // Some recorded entries have lost their key prefix.
    const { urls, deepCloneable: _clone, keyPrefix, labelPlural, ...rest } = recordedEntry;
    expect([null, object.keyPrefix]).toContain(keyPrefix);
    // The recorder has broken some labels over lines.
    expect(object.labelPlural).toBe(String(labelPlural).replaceAll('\n', ' '));
    const entry = Describe.parse(describeGlobalEntry(object, '/services/data/v52.0'));
    expect(entry).toMatchObject(rest);
    expect(Object.keys(Describe.parse(entry['urls'])).toSorted()).toEqual(
      Object.keys(Describe.parse(urls)).toSorted(),
    );
  }
});

test('names are found whatever their case, and paths lead to parents and children', () => {
  const contact = schema.findObject('CONTACT');
  if (contact === undefined) throw new Error('no Contact');
  expect(schema.findField(contact, 'lastname')?.name).toBe('LastName');
  expect(schema.findParent(contact, 'account')?.name).toBe('Account');
  const task = schema.findObject('Task');
  expect(task && schema.findParent(task, 'What')?.name).toBe('Name');
  const account = schema.findObject('Account');
  expect(account && schema.findChildRelationship(account, 'contacts')?.field).toBe('AccountId');
});
