import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import { findId18 } from '../store/record-id.ts';
import type { ProcessStep } from './definition.ts';
import { evaluate, type Subject } from './evaluate.ts';
import { findPerson } from './find-person.ts';

/** Whom a step asks: users and queues. */
export async function approversOf(
  subject: Subject,
  step: ProcessStep,
  given: { readonly nextApproverIds: readonly string[]; readonly submittedBy: string },
): Promise<readonly string[]> {
  const approvers = step.assignedApprover?.approver ?? [{ type: 'adhoc' }];
  const found: string[] = [];
  for (const { type, name } of approvers) {
    const label = typeof name === 'string' ? name : '';
    switch (type) {
      case 'user':
        found.push(await findPerson(subject, 'User', label));
        break;
      case 'queue':
        found.push(await findPerson(subject, 'Queue', label));
        break;
      case 'relatedUserField':
        found.push(await related(subject, label));
        break;
      case 'userHierarchyField':
        found.push(await superior(subject, given.submittedBy, label));
        break;
      case 'adhoc':
        found.push(...(await chosen(subject, given.nextApproverIds)));
        break;
      default:
        throw new SalesforceError(
          'NOT_IMPLEMENTED',
          `The sandbox org does not implement approvers of type ${type}`,
        );
    }
  }
  return [...new Set(found)];
}

/** `Owner`, `CreatedBy`, `Manager__c`: a field of the record that leads to a user. */
async function related(subject: Subject, name: string): Promise<string> {
  const field = name.endsWith('__c') ? name : `${name.replace(/Id$/, '')}Id`;
  const id = await evaluate(subject, field);
  if (typeof id === 'string' && /^(005|00G)/.test(id)) return findId18(id) ?? id;
  throw new SalesforceError(
    'REQUIRED_FIELD_MISSING',
    `The approver cannot be found: ${name} of the record is empty`,
  );
}

async function superior(subject: Subject, userId: string, name: string): Promise<string> {
  const schema = subject.request.org.whole.schema();
  const object = schema.findObject('User');
  if (object === undefined) throw noManager();
  const field = name.endsWith('__c') ? name : `${name.replace(/Id$/, '')}Id`;
  const id = await evaluate({ ...subject, object, id: userId }, field);
  if (typeof id !== 'string') throw noManager();
  return findId18(id) ?? id;
}

function noManager(): SalesforceError {
  return new SalesforceError('MANAGER_NOT_DEFINED', 'Manager undefined.');
}

async function chosen({ client }: Subject, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) {
    throw new SalesforceError(
      'REQUIRED_FIELD_MISSING',
      'missing required field: [nextApproverIds]',
      {
        fields: ['nextApproverIds'],
      },
    );
  }
  const { rows } = await client.query(
    '/* chosenApprovers */ select id from org."user" where id = any($1::text[]) and isactive',
    [ids.map((id) => findId18(id) ?? id)],
  );
  const known = z.array(z.object({ id: z.string() })).parse(rows);
  if (known.length < new Set(ids).size)
    throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  return known.map(({ id }) => id);
}

/** Whether a user may answer for an approver: he is it, is in its queue, or may change all data. */
export async function mayAnswer(
  { request, client }: Pick<Subject, 'request' | 'client'>,
  actorId: string,
): Promise<boolean> {
  const { userId } = request.session;
  if (actorId === userId || request.org.permissions.has('ModifyAllData')) return true;
  if (!actorId.startsWith('00G')) return false;
  const { rowCount } = await client.query(
    '/* mayAnswer */ select from org.groupmember where groupid = $1 and userorgroupid = $2 and not isdeleted',
    [actorId, userId],
  );
  return (rowCount ?? 0) > 0;
}
