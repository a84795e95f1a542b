import { processAll, type Processed, type ProcessRequest } from '../process/requests.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { elementsOf } from './describe-operations.ts';
import { NIL, textOf, textsOf, type ElementMap, type Xml } from './envelope.ts';
import { RECORDS_MAX } from './limits.ts';
import { asRest, required, type Operation } from './operation.ts';
import { errorXml } from './to-xml.ts';

/** Submits records for approval and answers requests; each stands for itself, as in Salesforce. */
export const process: Operation = async (request) => {
  const actions = elementsOf(request.args['actions']);
  if (actions.length > RECORDS_MAX)
    throw new SalesforceError('EXCEEDED_ID_LIMIT', `At most ${RECORDS_MAX} requests at a time`);
  const results: Xml[] = [];
  for (const action of actions) {
    try {
      const [done] = await processAll(asRest(request, ['process', 'approvals']), [
        readAction(action),
      ]);
      if (done !== undefined) results.push(shown(done));
    } catch (error) {
      if (!(error instanceof SalesforceError)) throw error;
      results.push({ errors: errorXml(error), success: false });
    }
  }
  return results;
};

function readAction(action: ElementMap): ProcessRequest {
  const comments = textOf(action['comments']) ?? null;
  const nextApproverIds = [...textsOf(action['nextApproverIds'])];
  if (action['workitemId'] === undefined) {
    return {
      actionType: 'Submit',
      contextId: required(action, 'objectId'),
      contextActorId: textOf(action['submitterId']) ?? null,
      processDefinitionNameOrId: textOf(action['processDefinitionNameOrId']) ?? null,
      skipEntryCriteria: textOf(action['skipEntryCriteria']) === 'true',
      comments,
      nextApproverIds,
    };
  }
  const actionType = ACTIONS.find((name) => name === textOf(action['action']));
  if (actionType === undefined)
    throw new SalesforceError('INVALID_INPUT', 'action must be Approve, Reject or Removed');
  return { actionType, contextId: required(action, 'workitemId'), comments, nextApproverIds };
}

const ACTIONS = ['Approve', 'Reject', 'Removed'] as const;

function shown({ actorIds, entityId, instanceId, status, workitemIds }: Processed): Xml {
  return {
    actorIds: actorIds.length === 0 ? NIL : [...actorIds],
    entityId,
    instanceId,
    instanceStatus: status,
    newWorkitemIds: [...workitemIds],
    success: true,
  };
}
