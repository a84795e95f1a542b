import type { SystemWrite } from '../records/system-records.ts';
import { CompileProblem } from '../tooling/apex.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { parentsFirst } from './access/role-order.ts';
import { actorRank, findActor } from './actors.ts';
import type { Applied } from './apply-package.ts';
import { dropComponent, keepComponent, type Component } from './components.ts';
import { MalformedXml } from './envelope.ts';
import { failed, succeeded, type Message, type Outcome, type Subject } from './message.ts';

interface Kept {
  readonly subject: Subject;
  readonly outcome: Outcome;
  readonly error?: SalesforceError;
  readonly warning?: string;
}

/** Writes and removes what stands in no draft, and lets the org act by what it can act by. */
export async function keepRest(
  write: SystemWrite,
  { components, removed }: Applied,
): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for (const subject of removed) {
    const there = await dropComponent(write.client, subject.componentType, subject.fullName);
    if (there) await findActor(subject.componentType)?.drop(write, subject.fullName);
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
  const kept = new Map<string, Kept>();
  const ranked = components.toSorted((a, b) => actorRank(a) - actorRank(b));
  for (const component of parentsFirst(ranked)) {
    const { type, fullName, fileName } = component;
    const known = kept.get(`${type}.${fullName}`);
    const subject = known?.subject ?? { componentType: type, fileName, fullName };
    const {
      outcome,
      error = known?.error,
      warning = known?.warning,
    } = await keepOne(write, component);
    kept.set(`${type}.${fullName}`, {
      subject,
      outcome: known === undefined || known.outcome === 'same' ? outcome : known.outcome,
      ...(error === undefined ? {} : { error }),
      ...(warning === undefined ? {} : { warning }),
    });
  }
  for (const { subject, outcome, error, warning } of kept.values()) {
    messages.push(
      error === undefined
        ? succeeded(subject, outcome, warning)
        : failed(subject, error.message, placeOf(error)),
    );
  }
  return messages;
}

function placeOf(error: SalesforceError): CompileProblem['place'] | MalformedXml['place'] {
  return error instanceof CompileProblem || error instanceof MalformedXml ? error.place : {};
}

/** A component that is refused leaves nothing; those beside it may still be kept. */
async function keepOne(write: SystemWrite, component: Component): Promise<Omit<Kept, 'subject'>> {
  const { client } = write;
  await client.query('savepoint component');
  try {
    const outcome = await keepComponent(client, component, write.now);
    const actor = findActor(component.type);
    const warning =
      actor === undefined
        ? `${component.type} is kept, and does nothing in the sandbox org`
        : await actor.keep(write, component);
    await client.query('release savepoint component');
    return warning === undefined ? { outcome } : { outcome, warning };
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    await client.query('rollback to savepoint component; release savepoint component');
    return { outcome: 'same', error };
  }
}
