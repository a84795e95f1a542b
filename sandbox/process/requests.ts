import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { insertSystemRecords, type SystemWrite } from '../records/system-records.ts';
import type { RestRequest } from '../rest/request.ts';
import { compileFor } from '../rest/query.ts';
import { quote } from '../criteria/condition.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { findId18 } from '../store/record-id.ts';
import { inRequestTransaction } from '../store/request-transaction.ts';
import { mayAnswer } from './approvers.ts';
import { approve, begin, recall, reject, type Standing } from './approve.ts';
import { evaluate, meets, type Subject } from './evaluate.ts';
import {
  activeProcesses,
  findPendingOf,
  findWorkitem,
  lockPending,
  type Process,
} from './store.ts';

/** One request to submit a record, or to answer for one. */
export const ProcessRequest = z.looseObject({
  actionType: z.enum(['Submit', 'Approve', 'Reject', 'Removed']),
  contextId: z.string(),
  contextActorId: z.string().nullish(),
  comments: z.string().nullish(),
  nextApproverIds: z.array(z.string()).nullish(),
  processDefinitionNameOrId: z.string().nullish(),
  skipEntryCriteria: z.boolean().nullish(),
});
export type ProcessRequest = z.infer<typeof ProcessRequest>;

/** What became of a request that was carried out. */
export interface Processed extends Standing {
  readonly entityId: string;
}

/**
 * Carries out requests, all of them or none: records, work items, locks and what actions write commit together, so a
 * crash leaves the approvals where they were.
 */
export function processAll(
  request: RestRequest,
  requests: readonly ProcessRequest[],
): Promise<readonly Processed[]> {
  const within = async (client: pg.PoolClient): Promise<readonly Processed[]> => {
    const done: Processed[] = [];
    for (const one of requests) {
      done.push(await (one.actionType === 'Submit' ? submit : answer)(request, client, one));
    }
    return done;
  };
  return inRequestTransaction(request, within);
}

function writeOf({ org, session }: RestRequest, client: pg.PoolClient): SystemWrite {
  const now = new Date(org.clock.now());
  return { client, schema: org.whole.schema(), userId: session.userId, now };
}

async function submit(
  request: RestRequest,
  client: pg.PoolClient,
  asked: ProcessRequest,
): Promise<Processed> {
  const subject = await getSubject(request, client, asked.contextId);
  if ((await findPendingOf(client, subject.id)) !== undefined) {
    throw new SalesforceError('ALREADY_IN_PROCESS', 'Cannot submit object already in process.');
  }
  const process = await findApplicable(subject, asked);
  if (process === undefined) {
    throw new SalesforceError('NO_APPLICABLE_PROCESS', 'No applicable approval process was found.');
  }
  const write = writeOf(request, client);
  const submittedBy = submitterOf(request, asked);
  const [instanceId] = await insertSystemRecords(write, 'ProcessInstance', [
    {
      ProcessDefinitionId: process.id,
      TargetObjectId: subject.id,
      Status: 'Pending',
      SubmittedById: submittedBy,
      LastActorId: write.userId,
    },
  ]);
  const course = {
    subject,
    write,
    submittedBy,
    definition: process.definition,
    instanceId: present(instanceId, 'id'),
    nextApproverIds: asked.nextApproverIds ?? [],
  };
  return { ...(await begin(course, asked.comments ?? null)), entityId: subject.id };
}

/** Only who may change all data submits in another's name: who submitted may recall. */
function submitterOf({ org, session }: RestRequest, { contextActorId }: ProcessRequest): string {
  const named = findId18(contextActorId ?? '') ?? session.userId;
  if (named === session.userId || org.permissions.has('ModifyAllData')) return named;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    'insufficient access rights on cross-reference id',
  );
}

/** The record, seen by the caller, and held until the end so that two submissions come one after the other. */
async function getSubject(
  request: RestRequest,
  client: pg.PoolClient,
  given: string,
): Promise<Subject> {
  const id = findId18(given);
  const object = id === undefined ? undefined : request.org.schema().findObjectOfId(id);
  if (id === undefined || object === undefined)
    throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  const soql = `SELECT Id FROM ${object.name} WHERE Id = ${quote(id)}`;
  const { records } = await compileFor(request, soql, false);
  const { rowCount } = await client.query(records.text, [...records.values]);
  if (rowCount !== 1)
    throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  await client.query('/* holdSubject */ select pg_advisory_xact_lock(hashtextextended($1, 0))', [
    id,
  ]);
  return { request, client, object, id };
}

async function findApplicable(
  subject: Subject,
  { processDefinitionNameOrId: wanted, skipEntryCriteria }: ProcessRequest,
): Promise<Process | undefined> {
  const processes = await activeProcesses(subject.client, subject.object.name);
  for (const process of processes) {
    const named = typeof wanted !== 'string' || isCalled(process, wanted);
    if (!named || !(await maySubmit(subject, process))) continue;
    const skips = skipEntryCriteria === true && typeof wanted === 'string';
    if (skips || (await meets(subject, process.definition.entryCriteria))) return process;
  }
  return undefined;
}

function isCalled({ id, name }: Process, wanted: string): boolean {
  return findId18(wanted) === id || name.toLowerCase() === wanted.toLowerCase();
}

async function maySubmit(subject: Subject, { definition }: Process): Promise<boolean> {
  const { userId } = subject.request.session;
  const { allowedSubmitters } = definition;
  if (allowedSubmitters.length === 0) return true;
  for (const { type, submitter } of allowedSubmitters) {
    if (type === 'allInternalUsers') return true;
    if (type === 'owner' && (await leadsTo(subject, 'OwnerId', userId))) return true;
    if (type === 'creator' && (await leadsTo(subject, 'CreatedById', userId))) return true;
    if (typeof submitter !== 'string') continue;
    const { rowCount } = await subject.client.query(IS_SUBMITTER, [userId, submitter]);
    if ((rowCount ?? 0) > 0) return true;
  }
  // An administrator may submit anything.
  return subject.request.org.permissions.has('ModifyAllData');
}

/** Formulas give ids of 15 characters. */
async function leadsTo(subject: Subject, field: string, userId: string): Promise<boolean> {
  const id = await evaluate(subject, field);
  return typeof id === 'string' && findId18(id) === userId;
}

const IS_SUBMITTER = `/* isSubmitter */
select from org."user" u where u.id = $1 and lower(u.username) = lower($2)
union all
select from org."group" g join org.groupmember m on m.groupid = g.id
 where m.userorgroupid = $1 and lower(g.developername) = lower($2) and not m.isdeleted
union all
select from org."user" u join org.userrole r on r.id = u.userroleid
 where u.id = $1 and lower(r.developername) = lower($2)`;

async function answer(
  request: RestRequest,
  client: pg.PoolClient,
  asked: ProcessRequest,
): Promise<Processed> {
  const id = findId18(asked.contextId) ?? '';
  const invalid = new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  const before = await findWorkitem(client, id);
  const instanceId = before?.instanceId ?? (await findPendingOf(client, id));
  const pending = instanceId === undefined ? undefined : await lockPending(client, instanceId);
  const workitem = before === undefined ? undefined : await findWorkitem(client, id);
  if (pending === undefined || (before !== undefined && workitem === undefined)) throw invalid;
  if (workitem === undefined && asked.actionType !== 'Removed') throw invalid;
  const object = request.org.whole.schema().findObject(pending.process.object);
  if (object === undefined) throw invalid;
  const subject = { request, client, object, id: pending.targetId };
  await checkMay(subject, asked, { pending, actorId: workitem?.actorId });
  const course = {
    subject,
    write: writeOf(request, client),
    definition: pending.process.definition,
    instanceId: pending.instanceId,
    submittedBy: pending.submittedBy ?? request.session.userId,
    nextApproverIds: asked.nextApproverIds ?? [],
  };
  const comments = asked.comments ?? null;
  const given = { workitemId: id, actorId: workitem?.actorId ?? '', comments };
  const standing =
    asked.actionType === 'Approve'
      ? await approve(course, pending, given)
      : asked.actionType === 'Reject'
        ? await reject(course, pending, given)
        : await recall(course, comments);
  return { ...standing, entityId: subject.id };
}

async function checkMay(
  subject: Subject,
  { actionType }: ProcessRequest,
  {
    pending,
    actorId,
  }: {
    readonly pending: { readonly submittedBy: string | null; readonly process: Process };
    readonly actorId: string | undefined;
  },
): Promise<void> {
  const { session, org } = subject.request;
  const recalls = pending.process.definition.allowRecall && pending.submittedBy === session.userId;
  const may =
    actionType === 'Removed'
      ? recalls || org.permissions.has('ModifyAllData')
      : actorId !== undefined && (await mayAnswer(subject, actorId));
  if (may) return;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    'insufficient access rights on cross-reference id',
  );
}
