import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { InputRecord } from '../../../sandbox/records/engine.ts';
import { deploy, deployFiles, metadataXml } from '../support/deploy.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';
import { queryOrg } from '../support/query-org.ts';

let testOrg: TestOrg;
beforeAll(async () => {
  testOrg = await openTestOrg();
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

async function create(object: string, records: readonly InputRecord[]) {
  const results = await testOrg.org.records.create(testOrg.context, object, records);
  return results.map(({ id, errors }) =>
    errors[0] === undefined ? (id ?? '') : `${errors[0].errorCode}: ${errors[0].message}`,
  );
}

async function change(object: string, record: InputRecord): Promise<string> {
  const [result] = await testOrg.org.records.update(testOrg.context, object, [record]);
  const error = result?.errors[0];
  return error === undefined ? 'saved' : `${error.errorCode}: ${error.message}`;
}

const item = (field: string, operation: string, value: string): string =>
  `<filterItems><field>${field}</field><operation>${operation}</operation>${value}</filterItems>`;
const lookup = (filter: string): string =>
  metadataXml(
    'CustomObject',
    `<fields><fullName>Region__c</fullName><label>Region</label><length>40</length><type>Text</type></fields>
<fields><fullName>Partner__c</fullName><label>Partner</label><referenceTo>Account</referenceTo><relationshipName>Partners</relationshipName><type>Lookup</type>
<lookupFilter><active>true</active>${filter}<isOptional>false</isOptional></lookupFilter></fields>`,
  );
const MEMBERS = { CustomField: ['Contact.Region__c', 'Contact.Partner__c'] };

describe('a lookup filter', () => {
  test('refuses records that it leaves out, when the lookup or what it compares with changes', async () => {
    const filter = `<booleanFilter>1 AND (2 OR 3)</booleanFilter><errorMessage>Choose a bank of the region.</errorMessage>
${item('Account.Industry', 'equals', '<value>Banking, Finance</value>')}
${item('Account.BillingState', 'equals', '<valueField>$Source.Region__c</valueField>')}
${item('Account.NumberOfEmployees', 'greaterThan', '<value>1000</value>')}`;
    expect(
      await deploy(testOrg.org, MEMBERS, { 'objects/Contact.object': lookup(filter) }),
    ).toEqual([]);
    const [bank = '', mill = '', big = ''] = await create('Account', [
      { Name: 'Bank', Industry: 'Banking', BillingState: 'BY' },
      { Name: 'Mill', Industry: 'Agriculture', BillingState: 'BY' },
      { Name: 'Big bank', Industry: 'Finance', NumberOfEmployees: 2000 },
    ]);
    const refusal = 'FIELD_FILTER_VALIDATION_EXCEPTION: Choose a bank of the region.';
    const [made = '', ...others] = await create('Contact', [
      { LastName: 'One', Partner__c: bank, Region__c: 'BY' },
      { LastName: 'Two', Partner__c: mill, Region__c: 'BY' },
      { LastName: 'Three', Partner__c: bank, Region__c: 'HH' },
      { LastName: 'Four', Partner__c: big, Region__c: 'HH' },
      { LastName: 'Five', Region__c: 'HH' },
    ]);
    expect(others).toEqual([
      refusal,
      refusal,
      expect.stringMatching(/^003/),
      expect.stringMatching(/^003/),
    ]);
    expect(await change('Contact', { Id: made, Partner__c: mill })).toBe(refusal);
    expect(await change('Contact', { Id: made, Region__c: 'HH' })).toBe(refusal);
    // What has become wrong without being touched stays.
    expect(await change('Account', { Id: bank, Industry: 'Agriculture' })).toBe('saved');
    expect(await change('Contact', { Id: made, Title: 'Miss' })).toBe('saved');
    const contact = testOrg.org.schema().findObject('Contact');
    expect(contact?.fields.find(({ name }) => name === 'Partner__c')?.filteredLookupInfo).toEqual({
      controllingFields: ['Region__c'],
      dependent: true,
      optionalFilter: false,
    });
  });

  test('over a field that is not there is refused', async () => {
    const filter = item('Account.Nowhere__c', 'equals', '<value>x</value>');
    expect(
      await deploy(testOrg.org, MEMBERS, { 'objects/Contact.object': lookup(filter) }),
    ).toEqual(['Contact.Partner__c: Field Nowhere__c does not exist. Check spelling.']);
  });
});

const update = (name: string, field: string, body: string): string =>
  `<fieldUpdates><fullName>${name}</fullName><field>${field}</field><name>${name}</name>${body}</fieldUpdates>`;
const rule = (
  name: string,
  trigger: string,
  actions: readonly (readonly [name: string, type: string])[],
  criteria: string,
): string =>
  `<rules><fullName>${name}</fullName>${actions.map(([action, type]) => `<actions><name>${action}</name><type>${type}</type></actions>`).join('')}<active>true</active>${criteria}<triggerType>${trigger}</triggerType></rules>`;
const criterion = (field: string, operation: string, value: string): string =>
  `<criteriaItems><field>${field}</field><operation>${operation}</operation><value>${value}</value></criteriaItems>`;

describe('workflow rules', () => {
  beforeAll(async () => {
    const { details } = await deployFiles(
      testOrg.org,
      { Workflow: ['Lead'] },
      {
        'workflows/Lead.workflow': metadataXml(
          'Workflow',
          `${update('Greet', 'Title', '<formula>"Dear " &amp; LastName</formula><operation>Formula</operation>')}
${update('Hot', 'Rating', '<literalValue>Hot</literalValue><operation>Literal</operation><reevaluateOnChange>true</reevaluateOnChange>')}
${update('Cool', 'Rating', '<operation>NextValue</operation>')}
${update('Sign', 'Description', '<literalValue>hot one</literalValue><operation>Literal</operation>')}
<tasks><fullName>Call</fullName><assignedToType>owner</assignedToType><dueDateOffset>2</dueDateOffset><priority>High</priority><status>Not Started</status><subject>Call him</subject></tasks>
${rule('Sign hot ones', 'onAllChanges', [['Sign', 'FieldUpdate']], criterion('Lead.Rating', 'equals', 'Hot'))}
${rule('Greet new ones', 'onCreateOnly', [['Greet', 'FieldUpdate']], '<formula>NOT(ISBLANK(LastName))</formula>')}
${rule(
  'Big ones',
  'onCreateOrTriggeringUpdate',
  [
    ['Hot', 'FieldUpdate'],
    ['Call', 'Task'],
  ],
  criterion('Lead.NumberOfEmployees', 'greaterThan', '100'),
)}
${rule('Cool down', 'onAllChanges', [['Cool', 'FieldUpdate']], criterion('Lead.Industry', 'equals', 'Banking'))}`,
        ),
      },
    );
    expect(details.componentFailures).toEqual([]);
  });

  const state = async (id: string): Promise<unknown> =>
    (
      await testOrg.org.pool.query(
        `select title, rating, description, (select count(*)::int from org.task where whoid = lead.id and subject = 'Call him') as tasks
           from org.lead where id = $1`,
        [id],
      )
    ).rows[0];

  test('run for new records, and for those that come to meet them, once', async () => {
    const [small = '', big = ''] = await create('Lead', [
      { LastName: 'Small', Company: 'C', NumberOfEmployees: 1 },
      { LastName: 'Big', Company: 'C', NumberOfEmployees: 500 },
    ]);
    expect(await state(small)).toEqual({
      title: 'Dear Small',
      rating: null,
      description: null,
      tasks: 0,
    });
    expect(await state(big)).toEqual({
      title: 'Dear Big',
      rating: 'Hot',
      description: 'hot one',
      tasks: 1,
    });
    expect(await change('Lead', { Id: big, Rating: 'Cold', Title: 'x' })).toBe('saved');
    expect(await state(big)).toMatchObject({ title: 'x', rating: 'Cold', tasks: 1 });
    expect(await change('Lead', { Id: small, NumberOfEmployees: 101 })).toBe('saved');
    expect(await state(small)).toEqual({
      title: 'Dear Small',
      rating: 'Hot',
      description: 'hot one',
      tasks: 1,
    });
    expect(await change('Lead', { Id: small, Industry: 'Banking' })).toBe('saved');
    expect(await state(small)).toMatchObject({ rating: 'Warm' });
  });

  test('change the record within its own save: one event tells of all of it', async () => {
    const [id = ''] = await create('Lead', [{ LastName: 'Told', Company: 'C' }]);
    const { rows } = await testOrg.org.pool.query(
      `select change_type, record->>'Title' as title from change_journal where record_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ change_type: 'CREATE', title: 'Dear Told' }]);
  });
});

test('what records show of their people is read from them', async () => {
  const [campaign = ''] = await create('Campaign', [{ Name: 'Fair' }]);
  const [lead = ''] = await create('Lead', [
    { LastName: 'Byron', FirstName: 'Ada', Company: 'Engine', Email: 'ada@example.org' },
  ]);
  const [contact = ''] = await create('Contact', [{ LastName: 'Babbage', Phone: '123' }]);
  await create('CampaignMember', [
    { CampaignId: campaign, LeadId: lead },
    { CampaignId: campaign, ContactId: contact },
  ]);
  const members = await queryOrg(
    testOrg.org,
    `SELECT Name, Email, Phone, CompanyOrAccount, Type, LeadOrContactId, HasOptedOutOfEmail FROM CampaignMember WHERE CampaignId = '${campaign}' ORDER BY Name`,
  );
  expect(members).toMatchObject([
    { Name: 'Ada Byron', Email: 'ada@example.org', CompanyOrAccount: 'Engine', Type: 'Lead' },
    { Name: 'Babbage', Phone: '123', Type: 'Contact', LeadOrContactId: contact },
  ]);
  await create('Case', [{ Subject: 'Broken', ContactId: contact }]);
  expect(
    await queryOrg(testOrg.org, `SELECT ContactPhone FROM Case WHERE ContactPhone = '123'`),
  ).toMatchObject([{ ContactPhone: '123' }]);
});
