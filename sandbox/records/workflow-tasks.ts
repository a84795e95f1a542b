import type { WorkflowTask } from '../process/definition.ts';
import { findPerson } from '../process/find-person.ts';
import type { ObjectDef } from '../schema/schema.ts';
import type { StoredRecord } from '../store/rows.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';

/** A task that a rule makes of a record once it is written. */
export interface TaskOf {
  readonly draft: Draft;
  readonly task: WorkflowTask;
  readonly ownerId: string | undefined;
}

/** Whom a task is for; undefined: the record's owner. */
export async function ownerOf(dml: Dml, task: WorkflowTask): Promise<string | undefined> {
  if (task.assignedToType === 'user' && typeof task.assignedTo === 'string')
    return findPerson(dml, 'User', task.assignedTo);
  return task.assignedToType === 'creator' ? dml.userId : undefined;
}

const DAY_MS = 86_400_000;

/** The tasks of records that have been written. */
export function taskRecords(
  dml: Dml,
  object: ObjectDef,
  tasks: readonly TaskOf[],
): readonly StoredRecord[] {
  const person = ['Contact', 'Lead'].includes(object.name) ? 'WhoId' : 'WhatId';
  return tasks.flatMap(({ draft, task, ownerId }): readonly StoredRecord[] => {
    if (draft.error !== undefined || draft.id === null) return [];
    const due = new Date(dml.now.getTime() + task.dueDateOffset * DAY_MS);
    const owner = ownerId ?? draft.values['OwnerId'];
    return [
      {
        Subject: task.subject,
        Status: task.status,
        Priority: task.priority,
        Description: task.description ?? null,
        ActivityDate: due.toISOString().slice(0, 10),
        OwnerId: typeof owner === 'string' && owner.startsWith('005') ? owner : dml.userId,
        [person]: draft.id,
      },
    ];
  });
}
