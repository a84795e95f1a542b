import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import type { UserPermission } from './access.ts';

/** Who decides over an object. */
export type Rule =
  /** Its own ObjectPermissions. */
  | { readonly kind: 'granted' }
  /** Those of other objects: to be read all of them must be readable, to be written the first must be editable. */
  | { readonly kind: 'with'; readonly objects: readonly [string, ...string[]] }
  /** Nobody: every user of the org may read and write it. */
  | { readonly kind: 'everyone' }
  /** User permissions: part of the org's setup, which may be read by all unless `read` says whom. */
  | { readonly kind: 'setup'; readonly write: UserPermission; readonly read?: UserPermission };

const GRANTED: Rule = { kind: 'granted' };
const EVERYONE: Rule = { kind: 'everyone' };
const CUSTOM_METADATA: Rule = { kind: 'setup', write: 'CustomizeApplication', read: 'ViewSetup' };

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...(
    [
      'Account',
      'Asset',
      'Campaign',
      'Case',
      'Contact',
      'Lead',
      'Opportunity',
      'Pricebook2',
      'Product2',
      'PushTopic',
      'StreamingChannel',
    ] as const
  ).map((name): [string, Rule] => [name, GRANTED]),
  ['AccountContactRelation', { kind: 'with', objects: ['Account', 'Contact'] }],
  ['CampaignMember', { kind: 'with', objects: ['Campaign'] }],
  ['OpportunityContactRole', { kind: 'with', objects: ['Opportunity'] }],
  ['OpportunityLineItem', { kind: 'with', objects: ['Opportunity'] }],
  ['PricebookEntry', { kind: 'with', objects: ['Pricebook2', 'Product2'] }],
  ['AccountContactRole', { kind: 'with', objects: ['Account', 'Contact'] }],
  ['CampaignMemberStatus', { kind: 'with', objects: ['Campaign'] }],
  ['CaseComment', { kind: 'with', objects: ['Case'] }],
  ['ContractContactRole', { kind: 'with', objects: ['Contract'] }],
  ['ContractLineItem', { kind: 'with', objects: ['ServiceContract'] }],
  ['OpportunityCompetitor', { kind: 'with', objects: ['Opportunity'] }],
  ['OpportunityHistory', { kind: 'with', objects: ['Opportunity'] }],
  ['OrderItem', { kind: 'with', objects: ['Order'] }],
  ['Partner', { kind: 'with', objects: ['Account'] }],
  ['WorkOrderLineItem', { kind: 'with', objects: ['WorkOrder'] }],
  ...(
    [
      'ActivityHistory',
      'Attachment',
      'ContentDistribution',
      'ContentDocument',
      'ContentDocumentLink',
      'ContentVersion',
      'ContentWorkspace',
      'Dashboard',
      'DashboardComponent',
      'EmailMessage',
      'EmailTemplate',
      'EntitySubscription',
      'Event',
      'FeedComment',
      'FeedItem',
      'FeedLike',
      'Folder',
      'Name',
      'Note',
      'OpenActivity',
      'ProcessDefinition',
      'ProcessInstance',
      'ProcessInstanceStep',
      'ProcessInstanceWorkitem',
      'ProcessNode',
      'Report',
      'Task',
      'WorkflowRule',
      'Topic',
      'TopicAssignment',
    ] as const
  ).map((name): [string, Rule] => [name, EVERYONE]),
  ...(['Group', 'GroupMember', 'QueueSobject', 'User', 'UserLicense', 'UserRole'] as const).map(
    (name): [string, Rule] => [name, { kind: 'setup', write: 'ManageUsers' }],
  ),
  ['UserRecordAccess', EVERYONE],
  ...(
    [
      'Dashboard',
      'DashboardComponent',
      'Folder',
      'ProcessDefinition',
      'ProcessInstance',
      'ProcessInstanceStep',
      'ProcessInstanceWorkitem',
      'ProcessNode',
      'Report',
      'WorkflowRule',
    ] as const
  ).map((name): [string, Rule] => [name, EVERYONE]),
  ['Profile', { kind: 'setup', write: 'ManageUsers' }],
  ['Organization', { kind: 'setup', write: 'ModifyAllData' }],
  ...(
    [
      'BusinessHours',
      'BusinessProcess',
      'CaseStatus',
      'ContractStatus',
      'Holiday',
      'LeadStatus',
      'OpportunityStage',
      'OrgWideEmailAddress',
      'PartnerRole',
      'Period',
      'RecordType',
      'SolutionStatus',
      'TaskPriority',
      'TaskStatus',
      'WebLink',
    ] as const
  ).map((name): [string, Rule] => [name, { kind: 'setup', write: 'CustomizeApplication' }]),
  ...(
    [
      'AsyncApexJob',
      'CronJobDetail',
      'CronTrigger',
      'CustomPermission',
      'LoginHistory',
      'SetupAuditTrail',
      'SetupEntityAccess',
    ] as const
  ).map((name): [string, Rule] => [
    name,
    { kind: 'setup', write: 'CustomizeApplication', read: 'ViewSetup' },
  ]),
  ...(
    [
      'FieldPermissions',
      'ObjectPermissions',
      'PermissionSet',
      'PermissionSetAssignment',
      'PermissionSetGroup',
      'PermissionSetGroupComponent',
    ] as const
  ).map((name): [string, Rule] => [
    name,
    { kind: 'setup', write: 'ManageUsers', read: 'ViewSetup' },
  ]),
  ...(
    [
      'ApexClass',
      'ApexCodeCoverage',
      'ApexCodeCoverageAggregate',
      'ApexComponent',
      'ApexLog',
      'ApexOrgWideCoverage',
      'ApexPage',
      'ApexTestQueueItem',
      'ApexTestResult',
      'ApexTrigger',
      'DebugLevel',
      'StaticResource',
      'TraceFlag',
    ] as const
  ).map((name): [string, Rule] => [
    name,
    { kind: 'setup', write: 'AuthorApex', read: 'ViewSetup' },
  ]),
]);

/** What is not listed, custom objects and platform events among it, nobody sees whom it has not been granted. */
export function ruleOf(object: Pick<ObjectDef, 'name'>): Rule {
  const shared = /^(.+?)(__)?Share$/.exec(object.name);
  if (shared !== null) {
    // Who has been given a record is seen by who may see such records.
    const [, name = '', custom] = shared;
    return { kind: 'with', objects: [custom === undefined ? name : `${name}__c`] };
  }
  if (object.name.endsWith('__mdt')) return CUSTOM_METADATA;
  return RULES.get(object.name) ?? GRANTED;
}

/** Whether fields of an object can be hidden: those of the org's setup and of platform events cannot. */
function hidesFields(object: ObjectDef): boolean {
  return ruleOf(object).kind !== 'setup' && !object.isView && !object.name.endsWith('__e');
}

/**
 * The field whose FieldPermissions decide over a field: its own, those of the address or place it is part of, or none
 * when nobody may hide it.
 */
export function permissionField(object: ObjectDef, field: FieldDef): FieldDef | undefined {
  if (!hidesFields(object)) return undefined;
  const whole = object.fields.find(
    ({ name, components }) => components !== null && name === field.compoundFieldName,
  );
  const deciding = whole ?? field;
  const parts =
    deciding.components === null
      ? []
      : object.fields.filter((part) => part.compoundFieldName === deciding.name);
  return [deciding, ...parts].some(({ permissionable }) => permissionable) ? deciding : undefined;
}
