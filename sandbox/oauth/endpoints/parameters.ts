import type { Request } from 'express';
import { z } from 'zod';

import { PARAMETER_CHARS_MAX } from '../limits.ts';

const Text = z.string().max(PARAMETER_CHARS_MAX);
const Fields = z.record(z.string(), z.unknown());

/** The single-valued text parameters of a query or form. A name given twice counts as not given (RFC 6749, 3.1). */
function textParameters(
  source: unknown,
  { long }: { readonly long: boolean } = { long: false },
): Readonly<Record<string, string>> {
  const fields = Fields.safeParse(source ?? {});
  if (!fields.success) return {};
  const schema = long ? z.string() : Text;
  return Object.fromEntries(
    Object.entries(fields.data).flatMap(([name, value]) => {
      const text = schema.safeParse(value);
      return text.success ? [[name, text.data] as const] : [];
    }),
  );
}

export function queryOf(request: Request): Readonly<Record<string, string>> {
  return textParameters(request.query);
}

export function formOf(request: Request): Readonly<Record<string, string>> {
  return textParameters(request.body, { long: true });
}
