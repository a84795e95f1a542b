import type { ObjectDef } from '../schema/schema.ts';

type Addresses = Readonly<Record<string, string>>;

/** Objects that have layouts but no list views, which belong to the records they stand below. */
const WITHOUT_LIST_VIEWS: ReadonlySet<string> = new Set([
  'CampaignMember',
  'Event',
  'OpportunityContactRole',
  'User',
  'WorkOrderLineItem',
]);
/** And those that are never approved. */
const WITHOUT_APPROVALS: ReadonlySet<string> = new Set([
  'CampaignMember',
  'Event',
  'OpportunityContactRole',
  'User',
]);
const WITHOUT_QUICK_ACTIONS: ReadonlySet<string> = new Set(['CampaignMember']);

/** What else some objects offer below their own address. */
const MORE: Readonly<Record<string, (url: string) => Addresses>> = {
  Case: (url) => ({
    caseArticleSuggestions: `${url}/suggestedArticles`,
    caseRowArticleSuggestions: `${url}/{ID}/suggestedArticles`,
  }),
  Event: (url) => ({ eventSeriesUpdates: `${url}/{ID}/fromThisEventOnwards` }),
  User: (url) => ({
    namedLayouts: `${url}/describe/namedLayouts/{LayoutName}`,
    passwordUtilities: `${url}/{ID}/password`,
  }),
  UserRole: (url) => ({ compactLayouts: `${url}/describe/compactLayouts` }),
  WorkOrder: (url) => ({
    workOrderArticleSuggestions: `${url}/suggestedArticles`,
    workOrderRowArticleSuggestions: `${url}/{ID}/suggestedArticles`,
  }),
  WorkOrderLineItem: (url) => ({
    workOrderLineItemArticleSuggestions: `${url}/suggestedArticles`,
    workOrderLineItemRowArticleSuggestions: `${url}/{ID}/suggestedArticles`,
  }),
};

/** Where more is to be had of an object. */
export function entryUrls({ name, flags }: ObjectDef, base: string): Addresses {
  const url = `${base}/sobjects/${name}`;
  const layouts = {
    compactLayouts: `${url}/describe/compactLayouts`,
    rowTemplate: `${url}/{ID}`,
    ...(WITHOUT_APPROVALS.has(name) ? {} : { approvalLayouts: `${url}/describe/approvalLayouts` }),
    ...(WITHOUT_LIST_VIEWS.has(name) ? {} : { listviews: `${url}/listviews` }),
    describe: `${url}/describe`,
    ...(WITHOUT_QUICK_ACTIONS.has(name) ? {} : { quickActions: `${url}/quickActions` }),
    layouts: `${url}/describe/layouts`,
  };
  return {
    ...(flags.layoutable ? layouts : { rowTemplate: `${url}/{ID}`, describe: `${url}/describe` }),
    ...MORE[name]?.(url),
    sobject: url,
  };
}

/** The scopes of `USING SCOPE` that an object has, by name. */
export function supportedScopes({ name, labelPlural, fields }: ObjectDef): readonly Addresses[] {
  const plural = labelPlural.toLowerCase();
  const everything = { label: `All ${plural}`, name: 'everything' };
  const owner = fields.find((field) => field.name === 'OwnerId');
  if (owner === undefined) return [everything];
  const queues = owner.referenceTo.includes('Group');
  return [
    ...(name === 'Event' || name === 'Task'
      ? [{ label: `My delegated ${plural}`, name: 'delegated' }]
      : []),
    everything,
    ...(name === 'Case' ? [{ label: `My case teams ${plural}`, name: 'genericteam' }] : []),
    { label: `My ${plural}`, name: 'mine' },
    ...(queues ? [{ label: `Queue owned ${plural}`, name: 'queue_owned' }] : []),
    { label: 'Filter by scope', name: 'scopingRule' },
    name === 'Case'
      ? { label: `My role-based team's ${plural}`, name: 'team_by_role' }
      : { label: `My team's ${plural}`, name: 'team' },
    ...(queues ? [{ label: `User owned ${plural}`, name: 'user_owned' }] : []),
  ];
}
