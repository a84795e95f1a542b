import { definitionFaults, type DefinitionFault } from '../formula/check-definitions.ts';
import type { SchemaDraft } from '../schema/change-schema.ts';
import { schemaOf } from '../schema/custom-store.ts';
import { partKey } from '../schema/part.ts';
import type { Schema } from '../schema/schema.ts';
import { failed, type Message } from './message.ts';

/** What was there before the package. */
interface Old extends Pick<SchemaDraft, 'fields' | 'parts'> {
  readonly schema: Schema;
}

/**
 * Takes out of the draft the formulas, default values, summaries and validation rules of a package that cannot be, and
 * says so in their messages. They are checked when all of the package stands in the draft, since one may refer to another
 * that stands later. What referred to one that is taken out cannot be either, so it is looked for again.
 */
export function withdrawFaults(draft: SchemaDraft, old: Old, messages: Message[]): void {
  const seen = new Set<string>();
  for (;;) {
    const faults = definitionFaults(old.schema, schemaOf(draft)).filter(
      ({ type, fullName }) => !seen.has(`${type}:${fullName}`),
    );
    if (faults.length === 0) return;
    for (const fault of faults) {
      seen.add(`${fault.type}:${fault.fullName}`);
      withdraw(draft, old, fault);
      report(messages, fault);
    }
  }
}

function withdraw(draft: SchemaDraft, old: Old, { type, fullName }: DefinitionFault): void {
  if (type === 'CustomField') restore(draft.fields, old.fields, fullName.toLowerCase());
  else restore(draft.parts, old.parts, partKey('ValidationRule', fullName));
}

function restore<Value>(
  draft: Map<string, Value>,
  old: ReadonlyMap<string, Value>,
  key: string,
): void {
  const value = old.get(key);
  if (value === undefined) draft.delete(key);
  else draft.set(key, value);
}

function report(messages: Message[], { type, fullName, problem }: DefinitionFault): void {
  const at = messages.findIndex(
    (message) =>
      message.componentType === type && message.fullName.toLowerCase() === fullName.toLowerCase(),
  );
  const known = messages[at];
  const fileName = known?.fileName ?? `objects/${fullName.split('.')[0] ?? ''}.object`;
  const message = failed({ componentType: type, fileName, fullName }, problem);
  if (known === undefined) messages.push(message);
  else messages[at] = message;
}
