import { z } from 'zod';

import { SalesforceError } from '../../salesforce-error.ts';
import type { Component } from '../components.ts';
import { readXml, rootOf } from '../envelope.ts';

/** In XML everything is text. */
export const Flag = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean(),
);

/** What a component's file holds. @throws SalesforceError naming what is wrong */
export function readComponent<Shape extends z.ZodType>(
  { type, body }: Pick<Component, 'type' | 'body'>,
  shape: Shape,
): z.infer<Shape> {
  const root = rootOf(readXml(body.toString('utf8')), type);
  const parsed = shape.safeParse(root === '' ? {} : root);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.path.join('.') ?? '';
  throw new SalesforceError(
    'INVALID_INPUT',
    issue?.code === 'invalid_type' && issue.message.includes('undefined')
      ? `Required field is missing: ${name}`
      : `${name}: ${issue?.message ?? 'malformed'}`,
  );
}

/** The same as loose values, for showing it again with what has changed since. */
export function looseComponent(component: Pick<Component, 'type' | 'body'>) {
  return z
    .record(z.string(), z.unknown())
    .parse(rootOf(readXml(component.body.toString('utf8')), component.type) || {});
}
