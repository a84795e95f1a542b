import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import type { Component } from '../metadata/components.ts';
import { readXml, rootOf } from '../metadata/envelope.ts';
import {
  insertSystemRecords,
  updateSystemRecords,
  type SystemWrite,
} from '../records/system-records.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { ProcessDefinition, Workflow } from './definition.ts';
import { STEPS_MAX } from './limits.ts';

/** What approval actions and workflow actions do here; the others (email alerts, outbound messages) send nothing. */
const ACTING: ReadonlySet<string> = new Set(['FieldUpdate', 'Task']);

/** An approval process becomes records that tell of it, and a definition by which records are submitted. */
export const APPROVAL_PROCESS_ACTOR = {
  async keep(write: SystemWrite, component: Component): Promise<string | undefined> {
    const definition = readAs(component, 'ApprovalProcess', ProcessDefinition);
    const { object, name } = splitName(component.fullName);
    if (definition.approvalStep.length > STEPS_MAX)
      throw new SalesforceError('INVALID_INPUT', `A process has at most ${STEPS_MAX} steps`);
    const id = await saveProcess(write, { object, name, definition });
    await write.client.query(DROP_NODES, [id]);
    await insertSystemRecords(
      write,
      'ProcessNode',
      definition.approvalStep.map((step) => ({
        Name: step.label ?? step.name,
        DeveloperName: step.name,
        Description: step.description ?? null,
        ProcessDefinitionId: id,
      })),
    );
    await write.client.query(SAVE_DEFINITION, [
      id,
      object,
      name,
      definition.active,
      definition.processOrder ?? 1,
      JSON.stringify(definition),
    ]);
    return warningOf(definition);
  },
  async drop({ client }: SystemWrite, fullName: string): Promise<void> {
    const { object, name } = splitName(fullName);
    await client.query(OBSOLETE, [object, name]);
    await client.query(DROP_DEFINITION, [object, name]);
  },
};

async function saveProcess(
  write: SystemWrite,
  { object, name, definition }: { object: string; name: string; definition: ProcessDefinition },
): Promise<string> {
  const record = {
    Name: definition.label,
    DeveloperName: name,
    Type: 'Approval',
    Description: definition.description ?? null,
    TableEnumOrId: object,
    LockType: definition.recordEditability === 'AdminOnly' ? 'Total' : 'Workitem',
    State: definition.active ? 'Active' : 'Inactive',
  };
  const { rows } = await write.client.query(FIND_PROCESS, [object, name]);
  const known = z.array(z.object({ id: z.string() })).parse(rows)[0]?.id;
  if (known === undefined)
    return present((await insertSystemRecords(write, 'ProcessDefinition', [record]))[0], 'id');
  await updateSystemRecords(write, 'ProcessDefinition', [{ ...record, Id: known }]);
  return known;
}

const FIND_PROCESS = `/* findProcess */
select id from org.processdefinition where tableenumorid = $1 and lower(developername) = lower($2)`;
const DROP_NODES = `/* dropNodes */
delete from org.processnode where processdefinitionid = $1`;
const SAVE_DEFINITION = `/* saveProcessDefinition */
insert into process_definitions (process_id, object, name, active, sort_order, definition) values ($1, $2, $3, $4, $5, $6)
on conflict (process_id) do update
   set active = excluded.active, sort_order = excluded.sort_order, definition = excluded.definition`;
const OBSOLETE = `/* obsoleteProcess */
update org.processdefinition set state = 'Obsolete' where tableenumorid = $1 and lower(developername) = lower($2)`;
const DROP_DEFINITION = `/* dropProcessDefinition */
update process_definitions set active = false where object = $1 and lower(name) = lower($2)`;

function splitName(fullName: string): { readonly object: string; readonly name: string } {
  const at = fullName.indexOf('.');
  if (at === -1)
    throw new SalesforceError('INVALID_INPUT', `${fullName}: must be named Object.Process`);
  return { object: fullName.slice(0, at), name: fullName.slice(at + 1) };
}

function warningOf({
  approvalStep,
  initialSubmissionActions,
  finalApprovalActions,
  finalRejectionActions,
  recallActions,
}: ProcessDefinition): string | undefined {
  const lists = [
    initialSubmissionActions,
    finalApprovalActions,
    finalRejectionActions,
    recallActions,
    ...approvalStep.flatMap((step) => [step.approvalActions, step.rejectionActions]),
  ];
  return idle(lists.flatMap((list) => list?.action ?? []));
}

function idle(actions: readonly { readonly type: string }[]): string | undefined {
  const types = new Set(actions.map(({ type }) => type).filter((type) => !ACTING.has(type)));
  if (types.size === 0) return undefined;
  return `${[...types].join(', ')}: kept, but the sandbox org does not run actions of this type`;
}

/** Rules are listed, and run when records are saved (records/workflow.ts) or the API triggers them; the actions serve approval processes too. */
export const WORKFLOW_ACTOR = {
  async keep(write: SystemWrite, component: Component): Promise<string | undefined> {
    const workflow = readAs(component, 'Workflow', Workflow);
    const object = component.fullName;
    await write.client.query(SAVE_WORKFLOW, [object, JSON.stringify(workflow)]);
    await write.client.query(DROP_RULES, [object]);
    await insertSystemRecords(
      write,
      'WorkflowRule',
      workflow.rules.map(({ fullName }) => ({ Name: fullName, TableEnumOrId: object })),
    );
    const timed = workflow.rules.some(
      ({ active, workflowTimeTriggers }) => active && workflowTimeTriggers.length > 0,
    )
      ? 'Time-dependent workflow actions are kept, but the sandbox org does not run them'
      : undefined;
    const across = workflow.fieldUpdates.some(({ targetObject }) => (targetObject ?? '') !== '')
      ? 'Field updates of parents are kept, but the sandbox org does not run them'
      : undefined;
    const found = [timed, across, idle(workflow.rules.flatMap(({ actions }) => actions))];
    const warnings = found.filter((warning) => warning !== undefined);
    return warnings.length === 0 ? undefined : warnings.join('; ');
  },
  async drop({ client }: SystemWrite, fullName: string): Promise<void> {
    await client.query('/* dropWorkflow */ delete from workflow_definitions where object = $1', [
      fullName,
    ]);
    await client.query(DROP_RULES, [fullName]);
  },
};

const SAVE_WORKFLOW = `/* saveWorkflow */
insert into workflow_definitions (object, definition) values ($1, $2)
on conflict (object) do update set definition = excluded.definition`;
const DROP_RULES = `/* dropRules */
delete from org.workflowrule where tableenumorid = $1`;

function readAs<T extends z.ZodType>({ body, fullName }: Component, root: string, shape: T) {
  const content = rootOf(readXml(body.toString('utf8')), root);
  const parsed = shape.safeParse(content === '' ? {} : content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SalesforceError(
    'INVALID_INPUT',
    `${fullName}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is malformed'}`,
  );
}
