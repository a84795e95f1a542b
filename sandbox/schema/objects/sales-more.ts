import {
  PERSON_NAME,
  READ_ONLY,
  READ_ONLY_OBJECT,
  SYSTEM,
  auditFields,
  currency,
  date,
  datetime,
  defineObject,
  flag,
  id,
  int,
  isDeleted,
  lookup,
  ownerId,
  percent,
  pick,
  text,
} from '../define.ts';
import type { ObjectDef } from '../schema.ts';

const CHILD_FLAGS = { feedEnabled: false, mruEnabled: false, undeletable: false } as const;
const SETUP_FLAGS = {
  feedEnabled: false,
  layoutable: false,
  mruEnabled: false,
  searchable: false,
  triggerable: false,
  undeletable: false,
} as const;

const ACCOUNT_CONTACT_ROLE = defineObject({
  name: 'AccountContactRole',
  label: 'Account Contact Role',
  labelPlural: 'Account Contact Roles',
  keyPrefix: '02Z',
  flags: CHILD_FLAGS,
  fields: [
    id('Account Contact Role ID'),
    isDeleted(),
    auditFields(),
    lookup('AccountId', 'Account ID', ['Account'], {
      nillable: false,
      children: 'AccountContactRoles',
      onParentDelete: 'cascade',
      cascadeDelete: true,
    }),
    lookup('ContactId', 'Contact ID', ['Contact'], {
      nillable: false,
      children: 'AccountContactRoles',
      onParentDelete: 'cascade',
      cascadeDelete: true,
    }),
    pick(
      'Role',
      'Role',
      [
        'Business User',
        'Decision Maker',
        'Economic Buyer',
        'Economic Decision Maker',
        'Evaluator',
        'Executive Sponsor',
        'Influencer',
        'Technical Buyer',
        'Other',
      ],
      { length: 40 },
    ),
    flag('IsPrimary', 'Is Primary'),
  ],
});

const PARTNER = defineObject({
  name: 'Partner',
  label: 'Partner',
  labelPlural: 'Partners',
  keyPrefix: '00I',
  flags: CHILD_FLAGS,
  fields: [
    id('Partner ID'),
    lookup('OpportunityId', 'Opportunity ID', ['Opportunity'], { children: 'Partners' }),
    lookup('AccountFromId', 'Account From ID', ['Account'], {
      children: 'PartnersFrom',
      onParentDelete: 'cascade',
      cascadeDelete: true,
    }),
    lookup('AccountToId', 'Account To ID', ['Account'], {
      nillable: false,
      children: 'PartnersTo',
      onParentDelete: 'cascade',
      cascadeDelete: true,
    }),
    pick(
      'Role',
      'Role',
      [
        'Advertiser',
        'Agency',
        'Broker',
        'Consultant',
        'Dealer',
        'Developer',
        'Distributor',
        'Institution',
        'Lender',
        'System Integrator',
        'VAR/Reseller',
      ],
      { length: 40 },
    ),
    flag('IsPrimary', 'Is Primary'),
    auditFields(),
    isDeleted(),
  ],
});

const OPPORTUNITY_COMPETITOR = defineObject({
  name: 'OpportunityCompetitor',
  label: 'Opportunity Competitor',
  labelPlural: 'Opportunity Competitors',
  keyPrefix: '00J',
  flags: CHILD_FLAGS,
  fields: [
    id('Opportunity Competitor ID'),
    lookup('OpportunityId', 'Opportunity ID', ['Opportunity'], {
      nillable: false,
      children: 'OpportunityCompetitors',
      onParentDelete: 'cascade',
      cascadeDelete: true,
    }),
    text('CompetitorName', 80, 'Competitor Name'),
    text('Strengths', 255, 'Strengths'),
    text('Weaknesses', 255, 'Weaknesses'),
    lookup('CreatedById', 'Created By ID', ['User'], SYSTEM),
    datetime('CreatedDate', 'Created Date', SYSTEM),
    lookup('LastModifiedById', 'Last Modified By ID', ['User'], SYSTEM),
    datetime('LastModifiedDate', 'Last Modified Date', SYSTEM),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
    isDeleted(),
  ],
});

const OPPORTUNITY_HISTORY = defineObject({
  name: 'OpportunityHistory',
  label: 'Opportunity History',
  labelPlural: 'Opportunity History',
  keyPrefix: '008',
  flags: READ_ONLY_OBJECT,
  fields: [
    id('Opportunity History ID'),
    lookup('OpportunityId', 'Opportunity ID', ['Opportunity'], {
      ...SYSTEM,
      children: 'OpportunityHistories',
    }),
    lookup('CreatedById', 'Created By ID', ['User'], SYSTEM),
    datetime('CreatedDate', 'Created Date', SYSTEM),
    pick('StageName', 'Stage Name', [], { ...SYSTEM, length: 40 }),
    currency('Amount', 'Amount', READ_ONLY),
    currency('ExpectedRevenue', 'Expected Revenue', READ_ONLY),
    date('CloseDate', 'Close Date', READ_ONLY),
    percent('Probability', 'Probability', READ_ONLY),
    pick('ForecastCategory', 'Forecast Category', [], { ...READ_ONLY, length: 40 }),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
    isDeleted(),
  ],
});

const CAMPAIGN_MEMBER_STATUS = defineObject({
  name: 'CampaignMemberStatus',
  label: 'Campaign Member Status',
  labelPlural: 'Campaign Member Statuses',
  keyPrefix: '01Y',
  flags: SETUP_FLAGS,
  fields: [
    id('Campaign Member Status ID'),
    isDeleted(),
    lookup('CampaignId', 'Campaign ID', ['Campaign'], {
      nillable: false,
      children: 'CampaignMemberStatuses',
      onParentDelete: 'cascade',
      cascadeDelete: true,
    }),
    text('Label', 765, 'Label', { nillable: false }),
    int('SortOrder', 'Sort Order'),
    flag('IsDefault', 'Is Default'),
    flag('HasResponded', 'Has Responded'),
    auditFields(),
  ],
});

const INDIVIDUAL = defineObject({
  name: 'Individual',
  label: 'Individual',
  labelPlural: 'Individuals',
  keyPrefix: '0PK',
  fields: [
    id('Individual ID'),
    ownerId(),
    isDeleted(),
    text('LastName', 80, 'Last Name', { nillable: false }),
    text('FirstName', 40, 'First Name'),
    pick('Salutation', 'Salutation', ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.', 'Mx.'], { length: 40 }),
    text('Name', 121, 'Name', { ...SYSTEM, nameField: true, generated: PERSON_NAME }),
    flag('HasOptedOutTracking', 'Has Opted Out Tracking'),
    flag('HasOptedOutProfiling', 'Has Opted Out Profiling'),
    flag('HasOptedOutProcessing', 'Has Opted Out Processing'),
    flag('HasOptedOutSolicit', 'Has Opted Out Solicit'),
    flag('ShouldForget', 'Should Forget'),
    flag('SendIndividualData', 'Send Individual Data'),
    flag('CanStorePiiElsewhere', 'Can Store Pii Elsewhere'),
    flag('HasOptedOutGeoTracking', 'Has Opted Out Geo Tracking'),
    date('BirthDate', 'Birth Date'),
    pick('IndividualsAge', 'Individuals Age', ['13 or Older', '16 or Older'], { length: 40 }),
    date('LastViewedDate', 'Last Viewed Date'),
    auditFields(),
  ],
});

export const SALES_MORE: readonly ObjectDef[] = [
  ACCOUNT_CONTACT_ROLE,
  PARTNER,
  OPPORTUNITY_COMPETITOR,
  OPPORTUNITY_HISTORY,
  CAMPAIGN_MEMBER_STATUS,
  INDIVIDUAL,
];
