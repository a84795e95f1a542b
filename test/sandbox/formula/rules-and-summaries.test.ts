import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { changeSchema } from '../../../sandbox/schema/change-schema.ts';
import type { SaveResult } from '../../../sandbox/records/engine.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { deploy, metadataXml } from '../support/deploy.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

let held: TestOrg;
let now = Date.parse('2026-11-21T09:30:15Z');
beforeAll(async () => {
  held = await openTestOrg({ ...systemClock, now: () => now });
  const faults = await deploy(
    held.org,
    { CustomObject: ['Invoice__c', 'Line__c'] },
    { 'objects/Invoice__c.object': INVOICE, 'objects/Line__c.object': LINE },
  );
  expect(faults).toEqual([]);
}, 60_000);
afterAll(async () => held[Symbol.asyncDispose]());

const number = '<precision>16</precision><scale>2</scale>';
const field = (name: string, type: string, more: string): string =>
  `<fields><fullName>${name}</fullName><label>${name.replace('__c', '')}</label><type>${type}</type>${more}</fields>`;
const rule = (name: string, formula: string, more: string): string =>
  `<validationRules><fullName>${name}</fullName><active>true</active><errorConditionFormula>${formula}</errorConditionFormula>${more}</validationRules>`;
const summary = (name: string, operation: string, more = ''): string =>
  field(
    name,
    'Summary',
    `<summaryForeignKey>Line__c.Invoice__c</summaryForeignKey><summaryOperation>${operation}</summaryOperation>${more}`,
  );
const object = (label: string, content: string): string =>
  metadataXml(
    'CustomObject',
    `<label>${label}</label><pluralLabel>${label}s</pluralLabel><nameField><label>Name</label><type>Text</type></nameField><deploymentStatus>Deployed</deploymentStatus><sharingModel>ReadWrite</sharingModel>${content}`,
  );
const amount = '<summarizedField>Line__c.Amount__c</summarizedField>';
const paid =
  '<summaryFilterItems><field>Line__c.Status__c</field><operation>equals</operation><value>paid, Waived</value></summaryFilterItems>';

const INVOICE = object(
  'Invoice',
  [
    field('Due__c', 'Date', '<defaultValue>TODAY() + 7</defaultValue>'),
    field(
      'Note__c',
      'Text',
      `<length>80</length><defaultValue>"for " &amp; $User.Username</defaultValue>`,
    ),
    field(
      'Discount__c',
      'Percent',
      `<precision>5</precision><scale>2</scale><defaultValue>0.1</defaultValue>`,
    ),
    field('Limit__c', 'Currency', number),
    summary('Lines__c', 'count'),
    summary('Total__c', 'sum', amount),
    summary('Paid__c', 'sum', amount + paid),
    summary('Least__c', 'min', amount),
    summary('Last__c', 'max', '<summarizedField>Line__c.Day__c</summarizedField>'),
    field('Owed__c', 'Formula', '')
      .replace('Formula', 'Currency')
      .replace('</fields>', `<formula>Total__c - Paid__c</formula>${number}</fields>`),
    rule(
      'Within_Limit',
      'AND(NOT(ISBLANK(Limit__c)), Limit__c &lt; 0)',
      '<errorDisplayField>Limit__c</errorDisplayField><errorMessage>The limit is below zero</errorMessage>',
    ),
    rule(
      'Due_Is_Not_Moved_Back',
      'AND(NOT(ISNEW()), ISCHANGED(Due__c), Due__c &lt; PRIORVALUE(Due__c))',
      '<errorMessage>Not earlier</errorMessage>',
    ),
    rule(
      'Named',
      'BEGINS(Name, "X")',
      '<errorDisplayField>Name</errorDisplayField><errorMessage>Not X</errorMessage>',
    ),
    rule('Asleep', 'TRUE', '<errorMessage>Never</errorMessage>').replace(
      '<active>true',
      '<active>false',
    ),
  ].join(''),
);
const LINE = object(
  'Line',
  [
    field(
      'Invoice__c',
      'MasterDetail',
      '<referenceTo>Invoice__c</referenceTo><relationshipName>Lines</relationshipName><relationshipLabel>Lines</relationshipLabel>',
    ).replace('</fields>', '<reparentableMasterDetail>true</reparentableMasterDetail></fields>'),
    field('Amount__c', 'Currency', number),
    field('Day__c', 'Date', ''),
    field('Status__c', 'Text', '<length>20</length>'),
    rule(
      'Needs_Amount',
      'AND(ISBLANK(Amount__c), Invoice__r.Limit__c &gt; 0)',
      '<errorMessage>No amount</errorMessage>',
    ),
  ].join(''),
).replace('<sharingModel>ReadWrite', '<sharingModel>ControlledByParent');

type Values = Readonly<Record<string, unknown>>;

function idOf(result: SaveResult | undefined): string {
  if (result === undefined || result.id === null || !result.success)
    throw result?.errors[0] ?? new Error('not saved');
  return result.id;
}
async function create(name: string, record: Values): Promise<string> {
  const [result] = await held.org.records.create(held.context, name, [record]);
  return idOf(result);
}
async function row(table: string, id: string): Promise<Values> {
  const { rows } = await held.org.pool.query(
    `select to_jsonb(t) as it from org.${table} t where id = $1`,
    [id],
  );
  const [found] = z.tuple([z.object({ it: z.record(z.string(), z.unknown()) })]).parse(rows);
  return found.it;
}
async function sums(id: string): Promise<readonly unknown[]> {
  const record = await row('invoice__c', id);
  return ['lines__c', 'total__c', 'paid__c', 'least__c', 'last__c'].map((name) => record[name]);
}

describe('A default value', () => {
  test('that is a formula is computed for the one who makes the record', async () => {
    const id = await create('Invoice__c', { Name: 'Defaulted' });
    expect(await row('invoice__c', id)).toMatchObject({
      due__c: '2026-11-28',
      note__c: 'for admin@landbridge.example',
      discount__c: 10,
      lines__c: 0,
      total__c: 0,
      least__c: null,
    });
  });

  test('does not stand in for an empty value that was given', async () => {
    const id = await create('Invoice__c', { Name: 'Emptied', Due__c: null, Note__c: 'mine' });
    expect(await row('invoice__c', id)).toMatchObject({ due__c: null, note__c: 'mine' });
  });
});

describe('A validation rule', () => {
  test('refuses what it says, each with its own error, and the others are saved', async () => {
    const { org, context } = held;
    const results = await org.records.create(context, 'Invoice__c', [
      { Name: 'Xavier', Limit__c: -1 },
      { Name: 'Fine', Limit__c: 1 },
    ]);
    expect(results.map(({ success }) => success)).toEqual([false, true]);
    expect(results[0]?.errors.map((error) => error.toJSON())).toEqual([
      {
        errorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
        message: 'The limit is below zero',
        fields: ['Limit__c'],
      },
      { errorCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'Not X', fields: ['Name'] },
    ]);
  });

  test('knows the record before, and what an update leaves as it was', async () => {
    const { org, context } = held;
    const Id = await create('Invoice__c', { Name: 'Moved', Due__c: '2026-12-01' });
    const move = async (Due__c: string) =>
      (await org.records.update(context, 'Invoice__c', [{ Id, Due__c }]))[0];
    expect((await move('2026-12-24'))?.success).toBe(true);
    expect((await move('2026-12-02'))?.errors[0]?.message).toBe('Not earlier');
    expect(
      (await org.records.update(context, 'Invoice__c', [{ Id, Name: 'X' }]))[0]?.errors[0]?.fields,
    ).toEqual(['Name']);
    expect(await row('invoice__c', Id)).toMatchObject({ due__c: '2026-12-24', name: 'Moved' });
  });

  test('reads parents', async () => {
    const Invoice__c = await create('Invoice__c', { Name: 'Strict', Limit__c: 5 });
    await expect(create('Line__c', { Name: 'l', Invoice__c })).rejects.toThrow('No amount');
    await create('Line__c', { Name: 'l', Invoice__c, Amount__c: 1 });
  });
});

describe('A roll-up summary', () => {
  test('follows its children as they are made, changed, moved, deleted and brought back', async () => {
    const { org, context } = held;
    const one = await create('Invoice__c', { Name: 'one' });
    const other = await create('Invoice__c', { Name: 'other' });
    const made = await org.records.create(context, 'Line__c', [
      { Name: 'a', Invoice__c: one, Amount__c: 10.1, Status__c: 'Paid', Day__c: '2026-01-02' },
      { Name: 'b', Invoice__c: one, Amount__c: 20.2, Status__c: 'open', Day__c: '2026-03-04' },
      { Name: 'c', Invoice__c: other, Amount__c: 5, Status__c: 'WAIVED' },
    ]);
    const [a = '', b = ''] = made.map(idOf);
    expect(await sums(one)).toEqual([2, 30.3, 10.1, 10.1, '2026-03-04']);
    expect(await sums(other)).toEqual([1, 5, 5, 5, null]);
    await org.records.update(context, 'Line__c', [{ Id: b, Status__c: 'paid' }]);
    expect(await sums(one)).toEqual([2, 30.3, 30.3, 10.1, '2026-03-04']);
    await org.records.update(context, 'Line__c', [{ Id: b, Invoice__c: other }]);
    expect(await sums(one)).toEqual([1, 10.1, 10.1, 10.1, '2026-01-02']);
    expect(await sums(other)).toEqual([2, 25.2, 25.2, 5, '2026-03-04']);
    await org.records.delete(context, [a]);
    expect(await sums(one)).toEqual([0, 0, 0, null, null]);
    await org.records.undelete(context, [a]);
    expect(await sums(one)).toEqual([1, 10.1, 10.1, 10.1, '2026-01-02']);
    await org.records.delete(context, [one]);
    await org.records.undelete(context, [one]);
    expect(await sums(one)).toEqual([1, 10.1, 10.1, 10.1, '2026-01-02']);
  });

  test('moves the parent’s SystemModstamp alone, and only when it changes; nobody hears of it', async () => {
    const { org, context } = held;
    const id = await create('Invoice__c', { Name: 'stamped' });
    const before = await row('invoice__c', id);
    now += 60_000;
    const { rows: last } = await org.pool.query(
      'select coalesce(max(id), 0) as last from change_journal',
    );
    const line = await create('Line__c', { Name: 'l', Invoice__c: id, Amount__c: 3 });
    const after = await row('invoice__c', id);
    expect(after['lastmodifieddate']).toBe(before['lastmodifieddate']);
    expect(Date.parse(String(after['systemmodstamp']))).toBeGreaterThan(
      Date.parse(String(before['systemmodstamp'])),
    );
    now += 60_000;
    await org.records.update(context, 'Line__c', [{ Id: line, Status__c: 'seen' }]);
    expect((await row('invoice__c', id))['systemmodstamp']).toBe(after['systemmodstamp']);
    const { rows } = await org.pool.query(
      'select distinct entity from change_journal where id > $1',
      [z.tuple([z.object({ last: z.string() })]).parse(last)[0].last],
    );
    expect(rows).toEqual([{ entity: 'Line__c' }]);
  });

  test('locks the parent: who cannot have it in time is refused', async () => {
    const { org, context } = held;
    const id = await create('Invoice__c', { Name: 'held' });
    const holder = await org.pool.connect();
    try {
      await holder.query('begin');
      await holder.query(`select 1 from org.invoice__c where id = $1 for update`, [id]);
      const client = await org.pool.connect();
      try {
        await client.query(`begin; set local lock_timeout = 50`);
        const [result] = await org.records
          .create({ ...context, client }, 'Line__c', [{ Name: 'l', Invoice__c: id, Amount__c: 3 }])
          .catch((error: unknown) => [{ errors: [error] }]);
        expect(result?.errors[0]).toMatchObject({ errorCode: 'UNABLE_TO_LOCK_ROW' });
        await client.query('rollback');
      } finally {
        client.release();
      }
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });

  test('that is new adds up what is there, and moves no stamp', async () => {
    const { org } = held;
    const id = await create('Invoice__c', { Name: 'older' });
    await create('Line__c', { Name: 'l', Invoice__c: id, Amount__c: 3 });
    const before = await row('invoice__c', id);
    const added = summary('Most__c', 'max', amount);
    expect(
      await deploy(
        org,
        { CustomField: ['Invoice__c.Most__c'] },
        { 'objects/Invoice__c.object': metadataXml('CustomObject', added) },
      ),
    ).toEqual([]);
    expect(await row('invoice__c', id)).toEqual({ ...before, most__c: 3 });
  });
});

test('A campaign counts its members and its opportunities', async () => {
  const { org, context } = held;
  const CampaignId = await create('Campaign', { Name: 'Spring' });
  const ContactId = await create('Contact', { LastName: 'Invited' });
  const LeadId = await create('Lead', { LastName: 'Asked', Company: 'c' });
  await create('CampaignMember', { CampaignId, ContactId });
  await create('CampaignMember', { CampaignId, LeadId });
  const Id = await create('Opportunity', {
    Name: 'o',
    CampaignId,
    Amount: 70,
    StageName: 'Prospecting',
    CloseDate: '2026-12-01',
  });
  const count = async () => {
    const record = await row('campaign', CampaignId);
    return ['contacts', 'leads', 'opportunities', 'wonopportunities']
      .map((name) => record[`numberof${name}`])
      .concat(record['amountwonopportunities']);
  };
  expect(await count()).toEqual([1, 1, 1, 0, 0]);
  await org.records.update(context, 'Opportunity', [{ Id, StageName: 'Closed Won' }]);
  expect(await count()).toEqual([1, 1, 1, 1, 70]);
});

test('A field that a formula refers to is not deleted', async () => {
  const { org } = held;
  await expect(
    changeSchema(org, (draft) => {
      draft.fields.delete('invoice__c.paid__c');
    }),
  ).rejects.toThrow(
    'This custom field is referenced elsewhere in Salesforce. : Invoice__c.Owed__c',
  );
});

test('A package is told of each formula, rule and summary that cannot be', async () => {
  const content = [
    field('Bad__c', 'Number', `${number}<formula>Nothing__c + 1</formula>`),
    field('OfBad__c', 'Number', `${number}<formula>Bad__c + 1</formula>`),
    summary('BadSum__c', 'sum', '<summarizedField>Line__c.Status__c</summarizedField>'),
    rule('Bad_Rule', 'LEN(Limit__c) &gt; 1', '<errorMessage>no</errorMessage>'),
  ].join('');
  const names = ['Bad__c', 'OfBad__c', 'BadSum__c'].map((name) => `Invoice__c.${name}`);
  const faults = await deploy(
    held.org,
    { CustomField: names, ValidationRule: ['Invoice__c.Bad_Rule'] },
    { 'objects/Invoice__c.object': metadataXml('CustomObject', content) },
  );
  expect(faults).toEqual([
    'Invoice__c.Bad__c: Field Nothing__c does not exist. Check spelling.',
    'Invoice__c.OfBad__c: Field Nothing__c does not exist. Check spelling.',
    'Invoice__c.BadSum__c: Field Status__c cannot be summarized by sum',
    "Invoice__c.Bad_Rule: Incorrect parameter type for function 'LEN()'. Expected Text, received Number",
  ]);
});
