import { z } from 'zod';

import type { Route } from '../rest/dispatch.ts';
import { ok, type Handler } from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { findId18 } from '../store/record-id.ts';
import { inRequestTransaction } from '../store/request-transaction.ts';
import { readWorkflow, runActions } from './actions.ts';
import { assertMayEdit } from './assert-may-edit.ts';
import { meets } from './evaluate.ts';
import { REQUESTS_MAX } from './limits.ts';
import { processAll, ProcessRequest, type Processed } from './requests.ts';
import { activeProcesses } from './store.ts';

/** `/process/approvals` and `/process/rules`. */
export function processRoutes(): readonly Route[] {
  return [
    { method: 'GET', path: 'process/approvals', handler: listApprovals },
    { method: 'POST', path: 'process/approvals', handler: requestApprovals },
    { method: 'GET', path: 'process/rules', handler: listRules },
    { method: 'GET', path: 'process/rules/:object', handler: listRules },
    { method: 'POST', path: 'process/rules', handler: triggerRules },
  ];
}

/** The active processes by object. */
const listApprovals: Handler = async (request) => {
  const approvals: Record<string, unknown[]> = {};
  for (const { id, object, definition, sortOrder } of await activeProcesses(
    request.org.pool,
    null,
  )) {
    if (request.org.schema().findObject(object) === undefined) continue;
    const list = (approvals[object] ??= []);
    list.push({
      description: definition.description ?? null,
      id,
      name: definition.label,
      object,
      sortOrder,
    });
  }
  return ok({ approvals });
};

const Requests = z.looseObject({ requests: z.array(ProcessRequest).min(1) });

const requestApprovals: Handler = async (request) => {
  const parsed = Requests.safeParse(request.body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SalesforceError(
      'JSON_PARSER_ERROR',
      `The requests are malformed: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  const { requests } = parsed.data;
  if (requests.length > REQUESTS_MAX)
    throw new SalesforceError('EXCEEDED_ID_LIMIT', `At most ${REQUESTS_MAX} requests at a time`);
  return ok((await processAll(request, requests)).map(shown));
};

function shown({ actorIds, entityId, instanceId, status, workitemIds }: Processed) {
  return {
    actorIds: actorIds.length === 0 ? null : actorIds,
    entityId,
    errors: null,
    instanceId,
    instanceStatus: status,
    newWorkitemIds: workitemIds,
    success: true,
  };
}

const RuleRow = z.object({
  id: z.string(),
  name: z.string(),
  object: z.string(),
  definition: z.object({
    rules: z.array(
      z.looseObject({
        fullName: z.string(),
        description: z.string().nullish(),
        actions: z.array(z.looseObject({ name: z.string(), type: z.string() })),
      }),
    ),
  }),
});

/** The workflow rules by object. */
const listRules: Handler = async (request) => {
  const { rows } = await request.org.pool.query(LIST_RULES, [request.segments[2] ?? null]);
  const rules: Record<string, unknown[]> = {};
  for (const { id, name, object, definition } of z.array(RuleRow).parse(rows)) {
    if (request.org.schema().findObject(object) === undefined) continue;
    const rule = definition.rules.find(({ fullName }) => fullName === name);
    const list = (rules[object] ??= []);
    list.push({
      actions: (rule?.actions ?? []).map((action) => ({ ...action, id: null })),
      description: rule?.description ?? null,
      id,
      name,
      namespacePrefix: null,
      object,
    });
  }
  return ok({ rules });
};

const LIST_RULES = `/* listRules */
select r.id, r.name, r.tableenumorid as object, w.definition
  from org.workflowrule r join workflow_definitions w on w.object = r.tableenumorid
 where $1::text is null or lower(r.tableenumorid) = lower($1)
 order by object, name`;

const Trigger = z.looseObject({ contextIds: z.array(z.string()).min(1).max(REQUESTS_MAX) });

/** Runs the active rules whose criteria the records meet; one fault undoes all, a crash leaves nothing. */
const triggerRules: Handler = async (request) => {
  const parsed = Trigger.safeParse(request.body);
  if (!parsed.success)
    throw new SalesforceError('JSON_PARSER_ERROR', `contextIds: 1 to ${REQUESTS_MAX} ids`);
  await inRequestTransaction(request, async (client) => {
    for (const given of parsed.data.contextIds) {
      const id = findId18(given);
      const object = id === undefined ? undefined : request.org.schema().findObjectOfId(id);
      if (id === undefined || object === undefined)
        throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
      if (!object.flags.updateable)
        throw new SalesforceError(
          'INSUFFICIENT_ACCESS_OR_READONLY',
          'insufficient access rights on object id',
        );
      const subject = { request, client, object, id };
      await assertMayEdit(subject);
      for (const rule of (await readWorkflow(subject)).rules) {
        if (rule.active && (await meets(subject, rule))) await runActions(subject, rule.actions);
      }
    }
  });
  return ok({ errors: null, success: true });
};
