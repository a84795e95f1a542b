import { present } from '../../src/kit/assert.ts';
import {
  insertSystemRecords,
  updateSystemRecords,
  type SystemWrite,
} from '../records/system-records.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { runActions } from './actions.ts';
import { approversOf } from './approvers.ts';
import type { ProcessDefinition } from './definition.ts';
import { meets, type Subject } from './evaluate.ts';
import {
  dropWorkitems,
  lockRecord,
  setStep,
  unlockRecord,
  workitemsOf,
  type Pending,
} from './store.ts';

/** How an approval stands after something was done to it. */
export interface Standing {
  readonly instanceId: string;
  readonly status: 'Pending' | 'Approved' | 'Rejected' | 'Removed';
  readonly actorIds: readonly string[];
  readonly workitemIds: readonly string[];
}

/** An approval under way, and the transaction that moves it. */
export interface Course {
  readonly subject: Subject;
  readonly write: SystemWrite;
  readonly definition: ProcessDefinition;
  readonly instanceId: string;
  readonly submittedBy: string;
  readonly nextApproverIds: readonly string[];
}

/** Begins an approval: the record is locked, the first actions run, the first step asks its approvers. */
export async function begin(course: Course, comments: string | null): Promise<Standing> {
  const { subject, write, definition, instanceId } = course;
  await addStep(course, { status: 'Started', actorId: write.userId, comments });
  await lockRecord(write.client, { recordId: subject.id, instanceId, now: write.now });
  await runActions(subject, definition.initialSubmissionActions?.action);
  return enter(course, 0);
}

/** Asks the approvers of the first step from `from` on that the record meets; behind the last it is approved. */
async function enter(course: Course, from: number): Promise<Standing> {
  const { subject, write, definition, instanceId } = course;
  for (const [index, step] of definition.approvalStep.entries()) {
    if (index < from) continue;
    if (!(await meets(subject, step.entryCriteria))) {
      const otherwise = step.ifCriteriaNotMet ?? 'GotoNextStep';
      if (otherwise === 'ApproveRecord') return end(course, 'Approved');
      if (otherwise === 'RejectRecord') return end(course, 'Rejected');
      continue;
    }
    const actorIds = await approversOf(subject, step, course);
    await setStep(write.client, instanceId, index);
    const workitemIds = await insertSystemRecords(
      write,
      'ProcessInstanceWorkitem',
      actorIds.map((id) => ({ ProcessInstanceId: instanceId, OriginalActorId: id, ActorId: id })),
    );
    return { instanceId, status: 'Pending', actorIds, workitemIds };
  }
  return end(course, 'Approved');
}

/** One approver says yes. Where all must agree, the others are still asked. */
export async function approve(
  course: Course,
  { step: index }: Pending,
  answer: {
    readonly workitemId: string;
    readonly actorId: string;
    readonly comments: string | null;
  },
): Promise<Standing> {
  const { subject, write, definition, instanceId } = course;
  const step = present(definition.approvalStep[index], 'step');
  await addStep(course, { status: 'Approved', ...answer });
  await dropWorkitems(write.client, { instanceId, id: answer.workitemId });
  const left = await workitemsOf(write.client, instanceId);
  if (step.assignedApprover?.whenMultipleApprovers === 'Unanimous' && left.length > 0) {
    const actorIds = left.map(({ actorId }) => actorId);
    return { instanceId, status: 'Pending', actorIds, workitemIds: left.map(({ id }) => id) };
  }
  await dropWorkitems(write.client, { instanceId });
  await runActions(subject, step.approvalActions?.action);
  return enter(course, index + 1);
}

export async function reject(
  course: Course,
  { step: index }: Pending,
  answer: { readonly actorId: string; readonly comments: string | null },
): Promise<Standing> {
  const { subject, write, definition, instanceId } = course;
  const step = present(definition.approvalStep[index], 'step');
  await addStep(course, { status: 'Rejected', ...answer });
  await dropWorkitems(write.client, { instanceId });
  await runActions(subject, step.rejectionActions?.action);
  if (step.rejectBehavior?.type === 'BackToPrevious' && index > 0) return enter(course, index - 1);
  return end(course, 'Rejected');
}

/** Takes the request back. */
export async function recall(course: Course, comments: string | null): Promise<Standing> {
  const { write, instanceId } = course;
  await addStep(course, { status: 'Removed', actorId: write.userId, comments });
  await dropWorkitems(write.client, { instanceId });
  return end(course, 'Removed');
}

async function end(
  { subject, write, definition, instanceId }: Course,
  status: 'Approved' | 'Rejected' | 'Removed',
): Promise<Standing> {
  const { client, now, userId } = write;
  const kept = {
    Approved: definition.finalApprovalRecordLock,
    Rejected: definition.finalRejectionRecordLock,
    Removed: false,
  }[status];
  if (!kept) await unlockRecord(client, subject.id);
  const actions = {
    Approved: definition.finalApprovalActions,
    Rejected: definition.finalRejectionActions,
    Removed: definition.recallActions,
  }[status];
  await runActions(subject, actions?.action);
  await updateSystemRecords(write, 'ProcessInstance', [
    { Id: instanceId, Status: status, CompletedDate: now.toISOString(), LastActorId: userId },
  ]);
  await client.query('/* endProcess */ delete from process_states where instance_id = $1', [
    instanceId,
  ]);
  return { instanceId, status, actorIds: [], workitemIds: [] };
}

async function addStep(
  { write, instanceId }: Course,
  {
    status,
    actorId,
    comments,
  }: { readonly status: string; readonly actorId: string; readonly comments: string | null },
): Promise<void> {
  if ((comments ?? '').length > COMMENT_CHARACTERS_MAX) {
    throw new SalesforceError(
      'STRING_TOO_LONG',
      `Comments: data value too large (max length=${COMMENT_CHARACTERS_MAX})`,
    );
  }
  await insertSystemRecords(write, 'ProcessInstanceStep', [
    {
      ProcessInstanceId: instanceId,
      StepStatus: status,
      ActorId: write.userId,
      OriginalActorId: actorId,
      Comments: comments,
    },
  ]);
  await updateSystemRecords(write, 'ProcessInstance', [
    { Id: instanceId, LastActorId: write.userId },
  ]);
}

/** Salesforce: characters of a comment on an approval. */
const COMMENT_CHARACTERS_MAX = 4_000;
