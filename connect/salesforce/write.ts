import { z } from 'zod';

import { Fault, messageOf } from '../../src/kit/fault.ts';
import { classify } from '../core/outcome.ts';
import type { MappedField, MappingPlan } from '../core/plan.ts';
import type { WriteOp } from '../core/row.ts';
import type { Refusal, Send } from '../core/step-types.ts';
import { toJson } from '../core/values.ts';
import { ORG_WRITE_TIMEOUT_MS } from '../limits.ts';
import type { WriteOutcome } from '../ports.ts';
import { parseJson, refusalOf } from './answer.ts';
import type { OrgAnswer } from './http.ts';
import type { OrgSession, SessionRequest } from './session.ts';

export interface Writing {
  readonly session: OrgSession;
  readonly plan: MappingPlan;
  readonly signal: AbortSignal;
}

/**
 * Sends writes of one operation as one request and says of each what became of it. It does not throw.
 *
 * | what happened                                   | outcome                                           |
 * |-------------------------------------------------|---------------------------------------------------|
 * | never connected, no session, no version          | unsent                                            |
 * | 2xx with a result for each                       | accepted or refused, each by its own result       |
 * | 4xx, or 503 in Salesforce's own words            | refused: the whole request, before any record     |
 * | any other 5xx, no answer, an answer cut or odd    | lost: it may have been applied                    |
 */
export async function write(
  writing: Writing,
  sends: readonly Send[],
): Promise<readonly WriteOutcome[]> {
  const [first] = sends;
  if (first === undefined) return [];
  let answer: OrgAnswer;
  try {
    const version = await writing.session.version(writing.signal);
    answer = await writing.session.send(request(writing, version, sends));
  } catch (error) {
    const sent = error instanceof Fault && error.details['sent'] === true;
    return sends.map(() => ({ kind: sent ? 'lost' : 'unsent', reason: messageOf(error) }));
  }
  let text: string;
  try {
    text = await answer.body.text();
  } catch (error) {
    return sends.map(() => ({ kind: 'lost', reason: messageOf(error) }));
  }
  if (answer.statusCode >= 200 && answer.statusCode < 300) return results(sends, text);
  const refusal = refusalOf(text);
  const before = answer.statusCode < 500 || (answer.statusCode === 503 && refusal !== undefined);
  if (!before) {
    const code = refusal?.code ?? 'no reason given';
    return sends.map(() => ({
      kind: 'lost',
      reason: `the org failed with the status ${answer.statusCode} (${code})`,
    }));
  }
  return refuseAll(
    writing,
    sends,
    refusal ?? {
      code: `HTTP_${answer.statusCode}`,
      message: `the answer had the status ${answer.statusCode}`,
      fields: [],
    },
  );
}

/**
 * A request refused as a whole may be so for one record's sake (a value its parser does not take). Unless the refusal is
 * about the moment, the halves are sent apart, down to the record it is about: one bad record stops no other.
 */
async function refuseAll(
  writing: Writing,
  sends: readonly Send[],
  refusal: Refusal,
): Promise<readonly WriteOutcome[]> {
  const [first] = sends;
  if (
    first === undefined ||
    sends.length === 1 ||
    classify(writing.plan, first.op, refusal) === 'later'
  ) {
    return sends.map(() => ({ kind: 'refused', refusal }));
  }
  const half = Math.ceil(sends.length / 2);
  return [
    ...(await write(writing, sends.slice(0, half))),
    ...(await write(writing, sends.slice(half))),
  ];
}

const Results = z.array(
  z.object({
    id: z.string().nullish(),
    success: z.boolean(),
    errors: z
      .array(
        z.object({
          statusCode: z.string().default('UNKNOWN_EXCEPTION'),
          message: z.string().default(''),
          fields: z.array(z.string()).nullish(),
        }),
      )
      .default([]),
  }),
);

function results(sends: readonly Send[], text: string): readonly WriteOutcome[] {
  const parsed = Results.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.length !== sends.length) {
    return sends.map(() => ({ kind: 'lost', reason: 'the answer does not fit the request' }));
  }
  return sends.map((send, at): WriteOutcome => {
    const result = parsed.data[at];
    const sfid = result?.id ?? send.sfid;
    if (result?.success === true) {
      return sfid === null
        ? { kind: 'lost', reason: 'the answer names no record' }
        : { kind: 'accepted', sfid };
    }
    const [error] = result?.errors ?? [];
    return {
      kind: 'refused',
      refusal: {
        code: error?.statusCode ?? 'UNKNOWN_EXCEPTION',
        message: error?.message ?? 'no reason given',
        fields: error?.fields ?? [],
      },
    };
  });
}

function request(
  { plan, signal }: Writing,
  version: string,
  sends: readonly Send[],
): SessionRequest {
  const base = `/services/data/${version}/composite/sobjects`;
  const common = {
    headers: { 'content-type': 'application/json' },
    signal,
    timeoutMs: ORG_WRITE_TIMEOUT_MS,
  };
  const op: WriteOp = sends[0]?.op ?? 'update';
  if (op === 'delete') {
    const ids = sends.map(({ sfid }) => sfid ?? '').join(',');
    return { ...common, method: 'DELETE', path: `${base}?ids=${ids}&allOrNone=false` };
  }
  const body = JSON.stringify({
    allOrNone: false,
    records: sends.map((send) => recordJson(plan, send)),
  });
  if (op === 'update') return { ...common, method: 'PATCH', path: base, body };
  if (plan.externalId === null) return { ...common, method: 'POST', path: base, body };
  return {
    ...common,
    method: 'PATCH',
    path: `${base}/${plan.object}/${plan.externalId.field}`,
    body,
  };
}

function recordJson(plan: MappingPlan, send: Send): Readonly<Record<string, unknown>> {
  const record: Record<string, unknown> = { attributes: { type: plan.object } };
  if (send.sfid !== null) record['id'] = send.sfid;
  for (const field of plan.fields) {
    const value = send.values[field.column];
    if (value === undefined) continue;
    Object.assign(record, fieldJson(field, value));
  }
  // Last, so that nothing stands in its place: the key is what makes the create repeatable.
  if (send.op === 'insert' && plan.externalId !== null) record[plan.externalId.field] = send.key;
  return record;
}

function fieldJson(field: MappedField, value: string | null): Readonly<Record<string, unknown>> {
  const { parent } = field;
  if (parent === undefined) return { [field.name]: toJson(field.kind, value) };
  if (value === null) return { [lookupOf(parent.relationship)]: null };
  return {
    [parent.relationship]: {
      attributes: { type: parent.object },
      [parent.externalIdField]: toJson(field.kind, value),
    },
  };
}

/** The field behind a relationship: `Account` is AccountId's, `Parent__r` is Parent__c's. */
function lookupOf(relationship: string): string {
  return relationship.endsWith('__r')
    ? `${relationship.slice(0, -'__r'.length)}__c`
    : `${relationship}Id`;
}
