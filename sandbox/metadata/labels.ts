import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import type { SchemaDraft } from '../schema/change-schema.ts';
import type { Definitions } from '../schema/custom-store.ts';
import type { Schema } from '../schema/schema.ts';
import { inOrder } from './applied.ts';
import { documentXml, readXml, rootOf } from './envelope.ts';
import { isNamed } from './manifest.ts';
import { succeeded, type Message } from './message.ts';
import type { Package } from './package.ts';
import { applyPart, shownParts } from './parts.ts';
import { refusal } from './refusal.ts';
import type { RetrievedFile } from './retrieve.ts';

/** All labels stand in one file, and each is a component of its own: a package adds to those that are there. */
const FILE = 'labels/CustomLabels.labels';
const WHOLE = 'CustomLabels';

const Label = z.looseObject({ fullName: z.string() });
const Labels = z.object({
  labels: z.union([z.array(Label), Label.transform((label) => [label])]).default([]),
});

/** Puts the labels of a package into the draft. */
export function applyLabels(
  draft: SchemaDraft,
  schema: Schema,
  contents: Package,
): readonly Message[] {
  const body = contents.files.get(FILE);
  if (body === undefined) return [];
  const text = body.toString('utf8');
  const whole = { componentType: WHOLE, fileName: FILE, fullName: WHOLE };
  try {
    const parsed = Labels.safeParse(rootOf(readXml(text), WHOLE) || {});
    if (!parsed.success) throw new SalesforceError('INVALID_INPUT', `${FILE} is malformed`);
    const all = isNamed(contents, WHOLE, WHOLE);
    const messages = parsed.data.labels.map((metadata): Message => {
      const { fullName } = metadata;
      const subject = { componentType: 'CustomLabel', fileName: FILE, fullName };
      try {
        if (!all && !isNamed(contents, 'CustomLabel', fullName))
          throw new SalesforceError('INVALID_INPUT', 'Not in package.xml');
        const target = { type: 'CustomLabel', fullName, metadata, mode: 'upsert' } as const;
        return succeeded(subject, applyPart(draft, schema, target).outcome);
      } catch (error) {
        return refusal(subject, error, text);
      }
    });
    return all ? [...messages, succeeded(whole, 'same')] : messages;
  } catch (error) {
    return [refusal(whole, error, text)];
  }
}

/** The file of the labels a manifest names; undefined when it names none that is there. */
export function labelsFile(
  definitions: Pick<Definitions, 'parts'>,
  types: readonly { readonly name: string; readonly members: readonly string[] }[],
): RetrievedFile | undefined {
  const named = new Set(
    types.flatMap(({ name, members }) =>
      name === WHOLE ? ['*'] : name === 'CustomLabel' ? members : [],
    ),
  );
  const labels = shownParts(definitions, 'CustomLabel').filter(
    ({ fullName }) => named.has('*') || named.has(String(fullName)),
  );
  if (labels.length === 0) return undefined;
  return {
    path: FILE,
    body: documentXml(WHOLE, { labels: labels.map(inOrder) }),
    components: [
      ...(types.some(({ name }) => name === WHOLE) ? [{ type: WHOLE, fullName: WHOLE }] : []),
      ...labels.map(({ fullName }) => ({ type: 'CustomLabel', fullName: String(fullName) })),
    ],
  };
}

export function isLabels(type: string): boolean {
  return type === WHOLE || type === 'CustomLabel';
}
