import {
  READ_ONLY,
  SYSTEM,
  area,
  auditFields,
  currency,
  date,
  defineObject,
  flag,
  id,
  int,
  isDeleted,
  lookup,
  number,
  ownerId,
  percent,
  pick,
  text,
  viewedFields,
} from '../define.ts';

/** A Developer Edition's sales stages with the probability each brings. */
export const OPPORTUNITY_STAGES: Readonly<Record<string, number>> = {
  Prospecting: 10,
  Qualification: 10,
  'Needs Analysis': 20,
  'Value Proposition': 50,
  'Id. Decision Makers': 60,
  'Perception Analysis': 70,
  'Proposal/Price Quote': 75,
  'Negotiation/Review': 90,
  'Closed Won': 100,
  'Closed Lost': 0,
};

const FORECAST_CATEGORY = `case stagename when 'Closed Won' then 'Closed' when 'Closed Lost' then 'Omitted' when 'Negotiation/Review' then 'Forecast' when 'Proposal/Price Quote' then 'BestCase' when 'Perception Analysis' then 'BestCase' else 'Pipeline' end`;
const FORECAST_CATEGORY_NAME = `case stagename when 'Closed Won' then 'Closed' when 'Closed Lost' then 'Omitted' when 'Negotiation/Review' then 'Commit' when 'Proposal/Price Quote' then 'Best Case' when 'Perception Analysis' then 'Best Case' else 'Pipeline' end`;

export const OPPORTUNITY = defineObject({
  name: 'Opportunity',
  label: 'Opportunity',
  labelPlural: 'Opportunities',
  keyPrefix: '006',
  fields: [
    id('Opportunity ID'),
    isDeleted(),
    lookup('AccountId', 'Account ID', ['Account'], {
      children: 'Opportunities',
      onParentDelete: 'cascade',
    }),
    text('Name', 120, 'Name', { nameField: true, nillable: false }),
    area('Description', 32000, 'Description'),
    pick('StageName', 'Stage', Object.keys(OPPORTUNITY_STAGES), {
      nillable: false,
      permissionable: false,
    }),
    currency('Amount', 'Amount'),
    percent('Probability', 'Probability (%)', { defaultedOnCreate: true }),
    currency('ExpectedRevenue', 'Expected Amount', {
      ...READ_ONLY,
      generated: 'amount * probability / 100',
    }),
    number('TotalOpportunityQuantity', 'Quantity', { scale: 2 }),
    date('CloseDate', 'Close Date', { nillable: false, permissionable: false }),
    pick('Type', 'Opportunity Type', [
      'Existing Customer - Upgrade',
      'Existing Customer - Replacement',
      'Existing Customer - Downgrade',
      'New Customer',
    ]),
    text('NextStep', 255, 'Next Step'),
    pick('LeadSource', 'Lead Source', [
      'Web',
      'Phone Inquiry',
      'Partner Referral',
      'Purchased List',
      'Other',
    ]),
    flag('IsClosed', 'Closed', {
      ...SYSTEM,
      generated: `coalesce(stagename in ('Closed Won', 'Closed Lost'), false)`,
    }),
    flag('IsWon', 'Won', { ...SYSTEM, generated: `coalesce(stagename = 'Closed Won', false)` }),
    pick(
      'ForecastCategory',
      'Forecast Category',
      ['Omitted', 'Pipeline', 'BestCase', 'MostLikely', 'Forecast', 'Closed'],
      {
        ...SYSTEM,
        length: 40,
        generated: FORECAST_CATEGORY,
        restrictedPicklist: true,
      },
    ),
    pick(
      'ForecastCategoryName',
      'Forecast Category',
      ['Omitted', 'Pipeline', 'Best Case', 'Most Likely', 'Commit', 'Closed'],
      { ...READ_ONLY, generated: FORECAST_CATEGORY_NAME },
    ),
    lookup('CampaignId', 'Campaign ID', ['Campaign'], { children: 'Opportunities' }),
    flag('HasOpportunityLineItem', 'Has Line Item', SYSTEM),
    lookup('Pricebook2Id', 'Price Book ID', ['Pricebook2'], { children: 'Opportunities' }),
    ownerId(),
    auditFields(),
    date('LastActivityDate', 'Last Activity', READ_ONLY),
    int('PushCount', 'Push Count', READ_ONLY),
    date('LastStageChangeDate', 'Last Stage Change Date', READ_ONLY),
    int('FiscalQuarter', 'Fiscal Quarter', {
      ...READ_ONLY,
      generated: 'extract(quarter from closedate)::integer',
    }),
    int('FiscalYear', 'Fiscal Year', {
      ...READ_ONLY,
      generated: 'extract(year from closedate)::integer',
    }),
    text('Fiscal', 6, 'Fiscal Period', {
      ...READ_ONLY,
      generated: `extract(year from closedate)::integer::text || ' ' || extract(quarter from closedate)::integer::text`,
    }),
    lookup('ContactId', 'Contact ID', ['Contact'], {
      updateable: false,
      children: 'Opportunities',
    }),
    viewedFields(),
    flag('HasOpenActivity', 'Has Open Activity', SYSTEM),
    flag('HasOverdueTask', 'Has Overdue Task', SYSTEM),
  ],
});
