import { z } from 'zod';

import { INJECTED_DELAY_MS_MAX } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';

const RegularExpression = z
  .string()
  .max(1_000)
  .refine((text) => {
    try {
      return new RegExp(text, 'i') instanceof RegExp;
    } catch {
      return false;
    }
  }, 'not a regular expression');

/** A rule by which something goes wrong, as a caller gives it. */
export const FaultRule = z.strictObject({
  point: z.enum(['request', 'record', 'event', 'replay', 'batch']),
  subject: RegularExpression.default(''),
  effect: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('refuse'),
      errorCode: z.string().min(1),
      message: z.string(),
      status: z.number().int().min(400).max(599).optional(),
    }),
    z.strictObject({ kind: z.literal('loseReply') }),
    z.strictObject({ kind: z.literal('truncate'), bytes: z.number().int().min(0) }),
    z.strictObject({
      kind: z.literal('delay'),
      ms: z.number().int().min(0).max(INJECTED_DELAY_MS_MAX),
    }),
    z.strictObject({ kind: z.literal('stuck') }),
    z.strictObject({ kind: z.literal('drop') }),
    z.strictObject({ kind: z.literal('duplicate') }),
    z.strictObject({ kind: z.literal('reorder') }),
    z.strictObject({ kind: z.literal('gap'), wildcard: z.boolean().default(false) }),
    z.strictObject({ kind: z.literal('expire') }),
  ]),
  count: z.number().int().min(1).nullable().default(1),
  probability: z.number().min(0).max(1).default(1),
  seed: z.number().int().min(0).max(4_294_967_295).default(1),
  skip: z.number().int().min(0).default(0),
});

/** A body of the admin API, or a refusal that names every fault. */
export function parse<T>(shape: z.ZodType<T>, body: unknown): T {
  const parsed = shape.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SalesforceError(
    'INVALID_INPUT',
    `${faults.join('; ')}. GET /admin lists what there is.`,
  );
}
