import { SYSTEM, datetime, defineObject, flag, id, isDeleted, lookup, pick } from '../define.ts';

export const OPPORTUNITY_CONTACT_ROLE = defineObject({
  name: 'OpportunityContactRole',
  label: 'Opportunity\nContact Role',
  labelPlural: 'Opportunity Contact Role',
  keyPrefix: '00K',
  flags: { feedEnabled: false, mruEnabled: false, searchable: false, undeletable: false },
  fields: [
    id('Contact\nRole ID'),
    lookup('OpportunityId', 'Opportunity\nID', ['Opportunity'], {
      nillable: false,
      searchPrefilterable: false,
      updateable: false,
    }),
    lookup('ContactId', 'Contact\nID', ['Contact'], {
      nillable: false,
      searchPrefilterable: false,
      children: 'OpportunityContactRoles',
      onParentDelete: 'cascade',
    }),
    pick(
      'Role',
      'Role',
      [
        ['Business User', 'Business\nUser'],
        ['Decision Maker', 'Decision\nMaker'],
        ['Economic Buyer', 'Economic\nBuyer'],
        ['Economic Decision Maker', 'Economic\nDecision Maker'],
        'Evaluator',
        ['Executive Sponsor', 'Executive\nSponsor'],
        'Influencer',
        ['Technical Buyer', 'Technical\nBuyer'],
        'Other',
      ],
      { length: 40, permissionable: false },
    ),
    flag('IsPrimary', 'Primary'),
    datetime('CreatedDate', 'Created\nDate', SYSTEM),
    lookup('CreatedById', 'Created\nBy ID', ['User'], { ...SYSTEM, searchPrefilterable: false }),
    datetime('LastModifiedDate', 'Last\nModified Date', SYSTEM),
    lookup('LastModifiedById', 'Last\nModified By ID', ['User'], {
      ...SYSTEM,
      searchPrefilterable: false,
    }),
    datetime('SystemModstamp', 'System\nModstamp', SYSTEM),
    isDeleted(),
  ],
});
