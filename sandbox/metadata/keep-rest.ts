import type pg from 'pg';

import type { Applied } from './apply-package.ts';
import { dropComponent, keepComponent } from './components.ts';
import { succeeded, type Message, type Outcome, type Subject } from './message.ts';

/** Writes and removes what is merely kept. */
export async function keepRest(
  client: pg.ClientBase,
  { components, removed }: Applied,
  now: Date,
): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for (const subject of removed) {
    const there = await dropComponent(client, subject.componentType, subject.fullName);
    messages.push(
      there
        ? succeeded(subject, 'deleted')
        : succeeded(
            subject,
            'same',
            `No ${subject.componentType} named: ${subject.fullName} found`,
          ),
    );
  }
  const outcomes = new Map<string, { readonly subject: Subject; readonly outcome: Outcome }>();
  for (const component of components) {
    const { type, fullName, fileName } = component;
    const outcome = await keepComponent(client, component, now);
    const known = outcomes.get(`${type}.${fullName}`);
    outcomes.set(`${type}.${fullName}`, {
      subject: known?.subject ?? { componentType: type, fileName, fullName },
      outcome: known === undefined || known.outcome === 'same' ? outcome : known.outcome,
    });
  }
  for (const { subject, outcome } of outcomes.values()) {
    const warning = `${subject.componentType} is kept, and does nothing in the sandbox org`;
    messages.push(succeeded(subject, outcome, warning));
  }
  return messages;
}
