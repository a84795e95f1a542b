import type { FieldDef, PicklistValue } from './field.ts';
import { findPart, type Parts } from './part.ts';
import { picklistValue, sorted } from './picklists.ts';
import type { ObjectDef } from './schema.ts';

/** The standard picklists that take their values from each standard value set. */
export const STANDARD_VALUE_SETS: Readonly<Record<string, readonly string[]>> = {
  AccountContactMultiRoles: ['AccountContactRelation.Roles'],
  AccountOwnership: ['Account.Ownership'],
  AccountRating: ['Account.Rating', 'Lead.Rating'],
  AccountType: ['Account.Type'],
  AssetStatus: ['Asset.Status'],
  CampaignMemberStatus: ['CampaignMember.Status'],
  CampaignStatus: ['Campaign.Status'],
  CampaignType: ['Campaign.Type'],
  CaseOrigin: ['Case.Origin'],
  CasePriority: ['Case.Priority'],
  CaseReason: ['Case.Reason'],
  CaseStatus: ['Case.Status'],
  CaseType: ['Case.Type'],
  ContactRole: ['OpportunityContactRole.Role'],
  ContractStatus: ['Contract.Status'],
  EventSubject: ['Event.Subject'],
  EventType: ['Event.Type'],
  Industry: ['Account.Industry', 'Lead.Industry'],
  LeadSource: [
    'Account.AccountSource',
    'Contact.LeadSource',
    'Lead.LeadSource',
    'Opportunity.LeadSource',
  ],
  LeadStatus: ['Lead.Status'],
  OpportunityStage: ['Opportunity.StageName'],
  OpportunityType: ['Opportunity.Type'],
  OrderStatus: ['Order.Status'],
  OrderType: ['Order.Type'],
  Product2Family: ['Product2.Family'],
  Salutation: ['Contact.Salutation', 'Lead.Salutation'],
  SolutionStatus: ['Solution.Status'],
  TaskPriority: ['Task.Priority'],
  TaskStatus: ['Task.Status'],
  TaskSubject: ['Task.Subject'],
  TaskType: ['Task.Type'],
};

/** The standard objects with the values that administrators have given their picklists. */
export function withStandardValues(
  objects: readonly ObjectDef[],
  parts: Parts,
): readonly ObjectDef[] {
  const changed = new Map<string, readonly PicklistValue[]>();
  for (const [set, fields] of Object.entries(STANDARD_VALUE_SETS)) {
    const definition = findPart(parts, 'StandardValueSet', set)?.definition;
    if (definition === undefined) continue;
    const values = sorted(definition.standardValue, definition.sorted).map(picklistValue);
    for (const name of fields) changed.set(name, values);
  }
  if (changed.size === 0) return objects;
  return objects.map((object) => ({
    ...object,
    fields: object.fields.map((field): FieldDef => {
      const picklistValues = changed.get(`${object.name}.${field.name}`);
      if (picklistValues === undefined) return field;
      const first = picklistValues.find(({ active, defaultValue }) => active && defaultValue);
      return {
        ...field,
        picklistValues,
        defaultValue: field.defaultValue === null ? null : (first?.value ?? null),
      };
    }),
  }));
}
