import {
  READ_ONLY,
  READ_ONLY_OBJECT,
  SYSTEM,
  area,
  auditFields,
  datetime,
  defineObject,
  id,
  isDeleted,
  lookup,
  number,
  pick,
  text,
} from '../define.ts';
import type { ObjectDef } from '../schema.ts';

/** What can be submitted for approval. Records of custom objects can be as well: their ids stand in the same field. */
const TARGETS = [
  'Account',
  'Asset',
  'Campaign',
  'Case',
  'Contact',
  'Lead',
  'Opportunity',
  'Product2',
] as const;
const TARGET = { ...SYSTEM, children: 'ProcessInstances', onParentDelete: 'cascade' } as const;
const OF_INSTANCE = { ...SYSTEM, onParentDelete: 'cascade' } as const;
const STATUSES = [
  'Started',
  'NoResponse',
  'Pending',
  'Approved',
  'Rejected',
  'Removed',
  'Reassigned',
  'Fault',
] as const;
const elapsed = [
  number('ElapsedTimeInDays', 'Elapsed Time in Days', READ_ONLY),
  number('ElapsedTimeInHours', 'Elapsed Time in Hours', READ_ONLY),
  number('ElapsedTimeInMinutes', 'Elapsed Time in Minutes', READ_ONLY),
];

const PROCESS_DEFINITION = defineObject({
  name: 'ProcessDefinition',
  label: 'Process Definition',
  labelPlural: 'Process Definitions',
  keyPrefix: '04a',
  flags: READ_ONLY_OBJECT,
  fields: [
    id('Process Definition ID'),
    text('Name', 255, 'Process Name', { ...READ_ONLY, nameField: true }),
    text('DeveloperName', 255, 'Unique Name', READ_ONLY),
    pick('Type', 'Type', ['Approval', 'State'], READ_ONLY),
    area('Description', 1_000, 'Description', READ_ONLY),
    text('TableEnumOrId', 40, 'Custom Object Definition ID', READ_ONLY),
    pick(
      'LockType',
      'Lock Type',
      ['Total', 'Admin', 'Owner', 'Workitem', 'Node', 'none'],
      READ_ONLY,
    ),
    pick('State', 'State', ['Active', 'Inactive', 'Obsolete'], READ_ONLY),
    auditFields(),
  ],
});

const PROCESS_NODE = defineObject({
  name: 'ProcessNode',
  label: 'Process Node',
  labelPlural: 'Process Nodes',
  keyPrefix: '04b',
  flags: READ_ONLY_OBJECT,
  fields: [
    id('Process Node ID'),
    text('Name', 255, 'Name', { ...READ_ONLY, nameField: true }),
    text('DeveloperName', 80, 'Unique Name', READ_ONLY),
    lookup('ProcessDefinitionId', 'Process Definition ID', ['ProcessDefinition'], {
      ...READ_ONLY,
      children: 'ProcessNodes',
      onParentDelete: 'cascade',
    }),
    area('Description', 1_000, 'Description', READ_ONLY),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  ],
});

const PROCESS_INSTANCE = defineObject({
  name: 'ProcessInstance',
  label: 'Process Instance',
  labelPlural: 'Process Instances',
  keyPrefix: '04g',
  flags: READ_ONLY_OBJECT,
  fields: [
    id('Process Instance ID'),
    lookup('ProcessDefinitionId', 'Process Definition ID', ['ProcessDefinition'], READ_ONLY),
    lookup('TargetObjectId', 'Target Object ID', TARGETS, TARGET),
    pick('Status', 'Status', STATUSES, READ_ONLY),
    datetime('CompletedDate', 'Completed Date', READ_ONLY),
    lookup('LastActorId', 'Last Actor ID', ['User'], READ_ONLY),
    ...elapsed,
    lookup('SubmittedById', 'Submitted By ID', ['User'], READ_ONLY),
    isDeleted(),
    auditFields(),
  ],
});

const PROCESS_INSTANCE_STEP = defineObject({
  name: 'ProcessInstanceStep',
  label: 'Process Instance Step',
  labelPlural: 'Process Instance Steps',
  keyPrefix: '04h',
  flags: READ_ONLY_OBJECT,
  fields: [
    id('Process Instance Step ID'),
    lookup('ProcessInstanceId', 'Process Instance ID', ['ProcessInstance'], {
      ...OF_INSTANCE,
      children: 'Steps',
    }),
    pick('StepStatus', 'Step Status', STATUSES, READ_ONLY),
    lookup('OriginalActorId', 'Original Actor ID', ['Group', 'User'], READ_ONLY),
    lookup('ActorId', 'Actor ID', ['Group', 'User'], READ_ONLY),
    area('Comments', 4_000, 'Comments', READ_ONLY),
    lookup('StepNodeId', 'Step Node ID', ['ProcessNode'], READ_ONLY),
    ...elapsed,
    datetime('CreatedDate', 'Created Date', SYSTEM),
    lookup('CreatedById', 'Created By ID', ['User'], { ...SYSTEM, searchPrefilterable: false }),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  ],
});

const PROCESS_INSTANCE_WORKITEM = defineObject({
  name: 'ProcessInstanceWorkitem',
  label: 'Approval Request',
  labelPlural: 'Approval Requests',
  keyPrefix: '04i',
  flags: READ_ONLY_OBJECT,
  fields: [
    id('Approval Request ID'),
    lookup('ProcessInstanceId', 'Process Instance ID', ['ProcessInstance'], {
      ...OF_INSTANCE,
      children: 'Workitems',
    }),
    lookup('OriginalActorId', 'Original Actor ID', ['Group', 'User'], READ_ONLY),
    lookup('ActorId', 'Actor ID', ['Group', 'User'], READ_ONLY),
    ...elapsed,
    isDeleted(),
    datetime('CreatedDate', 'Created Date', SYSTEM),
    lookup('CreatedById', 'Created By ID', ['User'], { ...SYSTEM, searchPrefilterable: false }),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  ],
});

/** A rule deployed as Workflow metadata, as far as the API lists it. */
const WORKFLOW_RULE = defineObject({
  name: 'WorkflowRule',
  label: 'Workflow Rule',
  labelPlural: 'Workflow Rules',
  keyPrefix: '01Q',
  flags: { ...READ_ONLY_OBJECT, replicateable: false },
  fields: [
    id('Workflow Rule ID'),
    text('Name', 255, 'Name', { ...READ_ONLY, nameField: true }),
    text('TableEnumOrId', 255, 'Object Name', READ_ONLY),
    text('NamespacePrefix', 15, 'Namespace Prefix', READ_ONLY),
    datetime('CreatedDate', 'Created Date', SYSTEM),
    datetime('LastModifiedDate', 'Last Modified Date', SYSTEM),
  ],
});

export const PROCESSES: readonly ObjectDef[] = [
  PROCESS_DEFINITION,
  PROCESS_INSTANCE,
  PROCESS_INSTANCE_STEP,
  PROCESS_INSTANCE_WORKITEM,
  PROCESS_NODE,
  WORKFLOW_RULE,
];
