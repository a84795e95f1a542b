import { SYSTEM, datetime, defineObject, flag, id, isDeleted, lookup, pick } from '../define.ts';

export const OPPORTUNITY_CONTACT_ROLE = defineObject({
  name: 'OpportunityContactRole',
  label: 'Opportunity Contact Role',
  labelPlural: 'Opportunity Contact Role',
  keyPrefix: '00K',
  flags: { feedEnabled: false, mruEnabled: false, searchable: false, undeletable: false },
  fields: [
    id('Contact Role ID'),
    lookup('OpportunityId', 'Opportunity ID', ['Opportunity'], {
      nillable: false,
      searchPrefilterable: false,
      updateable: false,
    }),
    lookup('ContactId', 'Contact ID', ['Contact'], {
      nillable: false,
      searchPrefilterable: false,
      children: 'OpportunityContactRoles',
      onParentDelete: 'cascade',
    }),
    pick(
      'Role',
      'Role',
      [
        ['Business User', 'Business User'],
        ['Decision Maker', 'Decision Maker'],
        ['Economic Buyer', 'Economic Buyer'],
        ['Economic Decision Maker', 'Economic Decision Maker'],
        'Evaluator',
        ['Executive Sponsor', 'Executive Sponsor'],
        'Influencer',
        ['Technical Buyer', 'Technical Buyer'],
        'Other',
      ],
      { length: 40, permissionable: false },
    ),
    flag('IsPrimary', 'Primary'),
    datetime('CreatedDate', 'Created Date', SYSTEM),
    lookup('CreatedById', 'Created By ID', ['User'], { ...SYSTEM, searchPrefilterable: false }),
    datetime('LastModifiedDate', 'Last Modified Date', SYSTEM),
    lookup('LastModifiedById', 'Last Modified By ID', ['User'], {
      ...SYSTEM,
      searchPrefilterable: false,
    }),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
    isDeleted(),
  ],
});
