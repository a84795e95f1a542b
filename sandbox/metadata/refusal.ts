import { SalesforceError } from '../salesforce-error.ts';
import { MalformedXml } from './envelope.ts';
import { failed, type Message, type Subject } from './message.ts';

/** The refusal of a component, with the line where its name stands. */
export function refusal(subject: Subject, error: unknown, text: string): Message {
  if (error instanceof MalformedXml) return failed(subject, error.message, error.place);
  if (!(error instanceof SalesforceError)) throw error;
  const name = subject.fullName.split('.').at(-1) ?? '';
  const at = text.indexOf(`<fullName>${name}</fullName>`);
  if (at === -1) return failed(subject, error.message);
  const before = text.slice(0, at).split('\n');
  return failed(subject, error.message, {
    lineNumber: before.length,
    columnNumber: (before.at(-1)?.length ?? 0) + 1,
  });
}
