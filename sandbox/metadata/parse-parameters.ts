import type { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';

/** A call's parameters, or a refusal that names every fault in them. */
export function parse<T>(shape: z.ZodType<T>, parameters: unknown): T {
  const parsed = shape.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SalesforceError('INVALID_INPUT', faults.join('; '));
}
