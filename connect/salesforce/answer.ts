import { z } from 'zod';

import type { Fault } from '../../src/kit/fault.ts';
import type { Refusal } from '../core/step-types.ts';
import { fault } from '../faults.ts';
import type { OrgAnswer } from './http.ts';

const ErrorAnswer = z
  .array(
    z.object({
      errorCode: z.string().optional(),
      statusCode: z.string().optional(),
      message: z.string().default(''),
      fields: z.array(z.string()).nullish(),
    }),
  )
  .min(1);

/** Salesforce's words in an answer that is not a success; undefined where the body is not of its making (a proxy's page). */
export function refusalOf(text: string): Refusal | undefined {
  const parsed = ErrorAnswer.safeParse(parseJson(text));
  const first = parsed.success ? parsed.data[0] : undefined;
  if (first === undefined) return undefined;
  return {
    code: first.errorCode ?? first.statusCode ?? 'UNKNOWN_EXCEPTION',
    message: first.message,
    fields: first.fields ?? [],
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an answer that is not a success is to the caller. */
export async function refused(answer: OrgAnswer, what: string): Promise<Fault> {
  const text = await answer.body.text();
  const status = answer.statusCode;
  const refusal = refusalOf(text) ?? {
    code: `HTTP_${status}`,
    message: `the answer had the status ${status}`,
    fields: [],
  };
  const details = { code: refusal.code, status, fields: refusal.fields };
  const words = `${what}: Salesforce says ${refusal.code}: ${refusal.message.trim()}`;
  if (status === 401) {
    return fault('SALESFORCE_UNAUTHORIZED', `${words}. Authorize the connection again.`, {
      details,
    });
  }
  return fault(
    isTheMoment(status, refusal.code) ? 'SALESFORCE_AWAY' : 'SALESFORCE_REFUSED',
    words,
    {
      details,
    },
  );
}

/** Whether an answer is about the moment rather than about the request. 420: the org's instance is being found. */
function isTheMoment(status: number, code: string): boolean {
  return status >= 500 || status === 420 || status === 429 || code === 'REQUEST_LIMIT_EXCEEDED';
}

/** A header that comes once. */
export function header(answer: OrgAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Salesforce's own clock when it answered, ISO. */
export function answeredAt(answer: OrgAnswer, fallback: number): string {
  const date = Date.parse(header(answer, 'date') ?? '');
  return new Date(Number.isNaN(date) ? fallback : date).toISOString();
}
