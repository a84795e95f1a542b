import { mappingPlan } from '../../../connect/core/mapping-plan.ts';
import type { MappingPlan } from '../../../connect/core/plan.ts';
import { plan } from './describes.ts';

/** The mapping of the tests that run whole loops. */
export const contactTable = plan('Contact', {
  fields: ['LastName', 'Email', 'Score__c', 'Vip__c', 'Birthdate', 'External_Contact_Id__c'],
  upsertField: 'External_Contact_Id__c',
});

export const mappedContact: MappingPlan = mappingPlan({
  id: '6d1c1a4e-5b56-4f3e-9a8e-0a4f5ad3a111',
  connection: '6d1c1a4e-5b56-4f3e-9a8e-0a4f5ad3a222',
  schema: 'salesforce',
  writes: 'merged',
  plan: contactTable,
  all: [contactTable],
});
