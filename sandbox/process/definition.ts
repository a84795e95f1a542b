import { z } from 'zod';

import { many, valueText } from '../metadata/xml-shapes.ts';

const flag = (otherwise: boolean) =>
  z
    .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
    .default(otherwise);
const Criteria = z.looseObject({
  booleanFilter: z.string().nullish(),
  formula: z.string().nullish(),
  criteriaItems: many(
    z.looseObject({ field: z.string(), operation: z.string(), value: valueText }),
  ),
});
const Action = z.looseObject({ name: z.string(), type: z.string() });
const Actions = z.looseObject({ action: many(Action) });
const Step = z.looseObject({
  name: z.string(),
  label: z.string().nullish(),
  description: z.string().nullish(),
  entryCriteria: Criteria.nullish(),
  ifCriteriaNotMet: z.enum(['ApproveRecord', 'RejectRecord', 'GotoNextStep']).nullish(),
  assignedApprover: z
    .looseObject({
      approver: many(z.looseObject({ name: z.string().nullish(), type: z.string() })),
      whenMultipleApprovers: z.enum(['FirstResponse', 'Unanimous']).default('FirstResponse'),
    })
    .nullish(),
  approvalActions: Actions.nullish(),
  rejectionActions: Actions.nullish(),
  rejectBehavior: z.looseObject({ type: z.enum(['BackToPrevious', 'RejectRequest']) }).nullish(),
});

/** An approval process as its metadata file says it. */
export const ProcessDefinition = z.looseObject({
  active: flag(false),
  label: z.string(),
  description: z.string().nullish(),
  allowRecall: flag(false),
  allowedSubmitters: many(z.looseObject({ type: z.string(), submitter: z.string().nullish() })),
  approvalStep: many(Step),
  entryCriteria: Criteria.nullish(),
  finalApprovalActions: Actions.nullish(),
  finalApprovalRecordLock: flag(false),
  finalRejectionActions: Actions.nullish(),
  finalRejectionRecordLock: flag(false),
  initialSubmissionActions: Actions.nullish(),
  recallActions: Actions.nullish(),
  nextAutomatedApprover: z
    .looseObject({
      useApproverFieldOfRecordOwner: flag(false),
      userHierarchyField: z.string().nullish(),
    })
    .nullish(),
  recordEditability: z.enum(['AdminOnly', 'AdminOrCurrentApprover']).default('AdminOnly'),
  processOrder: z.coerce.number().int().nullish(),
});
export type ProcessDefinition = z.infer<typeof ProcessDefinition>;
export type ProcessStep = z.infer<typeof Step>;
export type ProcessAction = z.infer<typeof Action>;

const FieldUpdate = z.looseObject({
  fullName: z.string(),
  field: z.string(),
  operation: z.enum(['Formula', 'Literal', 'LookupValue', 'NextValue', 'Null', 'PreviousValue']),
  formula: z.string().nullish(),
  literalValue: z.string().nullish(),
  lookupValue: z.string().nullish(),
  lookupValueType: z.string().nullish(),
  targetObject: z.string().nullish(),
  reevaluateOnChange: flag(false),
});
const Task = z.looseObject({
  fullName: z.string(),
  subject: z.string(),
  status: z.string().default('Not Started'),
  priority: z.string().default('Normal'),
  description: z.string().nullish(),
  assignedTo: z.string().nullish(),
  assignedToType: z.string().default('owner'),
  dueDateOffset: z.coerce.number().int().default(0),
});
const Rule = z.looseObject({
  fullName: z.string(),
  active: flag(false),
  actions: many(Action),
  booleanFilter: z.string().nullish(),
  criteriaItems: many(
    z.looseObject({ field: z.string(), operation: z.string(), value: valueText }),
  ),
  formula: z.string().nullish(),
  description: z.string().nullish(),
  triggerType: z.string().nullish(),
  workflowTimeTriggers: many(z.unknown()),
});

/** The workflow of an object: its rules, and the actions that approval processes use as well. */
export const Workflow = z.looseObject({
  fieldUpdates: many(FieldUpdate),
  tasks: many(Task),
  rules: many(Rule),
});
export type Workflow = z.infer<typeof Workflow>;
export type FieldUpdate = Workflow['fieldUpdates'][number];
export type WorkflowTask = Workflow['tasks'][number];

export const NO_WORKFLOW: Workflow = { fieldUpdates: [], tasks: [], rules: [] };
