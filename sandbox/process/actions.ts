import { z } from 'zod';

import { writeContext } from '../rest/request.ts';
import { throwRefusal } from '../rest/record.ts';
import { SalesforceError } from '../salesforce-error.ts';
import {
  NO_WORKFLOW,
  Workflow,
  type FieldUpdate,
  type ProcessAction,
  type WorkflowTask,
} from './definition.ts';
import { evaluate, type Subject } from './evaluate.ts';
import { findPerson } from './find-person.ts';

const DAY_MS = 86_400_000;

/** Runs actions of an approval or of a rule, in order: field updates and tasks. Deploying told of the others. */
export async function runActions(
  subject: Subject,
  actions: readonly ProcessAction[] | undefined,
): Promise<void> {
  if (actions === undefined || actions.length === 0) return;
  const workflow = await readWorkflow(subject);
  for (const { name, type } of actions) {
    if (type === 'FieldUpdate') await updateField(subject, named(workflow.fieldUpdates, name));
    else if (type === 'Task') await createTask(subject, named(workflow.tasks, name));
  }
}

export async function readWorkflow({ client, object }: Subject): Promise<Workflow> {
  const { rows } = await client.query(READ_WORKFLOW, [object.name]);
  return z.array(z.object({ definition: Workflow })).parse(rows)[0]?.definition ?? NO_WORKFLOW;
}

const READ_WORKFLOW = `/* readWorkflow */
select definition from workflow_definitions where object = $1`;

function named<T extends { readonly fullName: string }>(list: readonly T[], name: string): T {
  const found = list.find(({ fullName }) => fullName === name);
  if (found !== undefined) return found;
  throw new SalesforceError(
    'INVALID_CROSS_REFERENCE_KEY',
    `The workflow action ${name} is missing`,
  );
}

/** As the org itself: neither the lock nor the caller's permissions stand in the way. */
async function updateField(subject: Subject, update: FieldUpdate): Promise<void> {
  const { request, client, object, id } = subject;
  if (
    update.targetObject !== null &&
    update.targetObject !== undefined &&
    update.targetObject !== ''
  )
    throw new SalesforceError(
      'NOT_IMPLEMENTED',
      `The sandbox org does not implement field updates of parents: ${update.fullName}`,
    );
  const context = { ...writeContext(request, true), client, workflow: false };
  const record = { Id: id, [update.field]: await newValue(subject, update) };
  const values = update.operation === 'Literal' ? ({ values: 'text' } as const) : {};
  const [result] = await request.org.whole.records.update({ ...context, ...values }, object.name, [
    record,
  ]);
  if (result !== undefined) throwRefusal(result);
}

async function newValue(subject: Subject, update: FieldUpdate): Promise<unknown> {
  switch (update.operation) {
    case 'Null':
      return null;
    case 'Literal':
      return update.literalValue ?? null;
    case 'Formula':
      return evaluate(subject, update.formula ?? '');
    case 'LookupValue':
      return findPerson(subject, update.lookupValueType ?? 'User', update.lookupValue ?? '');
    case 'NextValue':
    case 'PreviousValue':
    default:
      return neighbour(subject, update);
  }
}

/** The picklist's value after or before the present one; at its end it stays. */
async function neighbour(
  subject: Subject,
  { field: name, operation }: FieldUpdate,
): Promise<unknown> {
  const { request, object } = subject;
  const field = request.org.whole.schema().findField(object, name);
  const values = (field?.picklistValues ?? [])
    .filter(({ active }) => active)
    .map(({ value }) => value);
  const present = await evaluate(subject, `TEXT(${name})`);
  const at = values.findIndex((value) => value === present);
  const next = operation === 'NextValue' ? at + 1 : at - 1;
  return values[Math.min(Math.max(next, 0), values.length - 1)] ?? null;
}

async function createTask(subject: Subject, task: WorkflowTask): Promise<void> {
  const { request, client, object, id } = subject;
  const due = new Date(request.org.clock.now() + task.dueDateOffset * DAY_MS);
  const person = ['Contact', 'Lead'].includes(object.name) ? 'WhoId' : 'WhatId';
  const owner =
    task.assignedToType === 'user' && typeof task.assignedTo === 'string'
      ? await findPerson(subject, 'User', task.assignedTo)
      : await evaluate(subject, task.assignedToType === 'creator' ? 'CreatedById' : 'OwnerId');
  const [result] = await request.org.whole.records.create(
    { ...writeContext(request, true), client },
    'Task',
    [
      {
        Subject: task.subject,
        Status: task.status,
        Priority: task.priority,
        Description: task.description ?? null,
        ActivityDate: due.toISOString().slice(0, 10),
        OwnerId: owner,
        [person]: id,
      },
    ],
  );
  if (result !== undefined) throwRefusal(result);
}
