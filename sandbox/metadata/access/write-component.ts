import type { Org } from '../../org.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { changeSchema } from '../../schema/change-schema.ts';
import type { Session } from '../../session.ts';
import { findActor } from '../actors.ts';
import type { Mode } from '../applied.ts';
import { dropComponent, keepComponent } from '../components.ts';
import { documentXml } from '../envelope.ts';
import { findKindOfType } from '../kinds.ts';
import { findLiveType } from './live-types.ts';

interface Written {
  readonly type: string;
  readonly fullName: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly mode: Mode;
}

/** Writes one component that is made of records, as a deploy of its file alone would. */
export async function writeComponent(
  { org, session }: { readonly org: Org; readonly session: Session },
  { type, fullName, metadata, mode }: Written,
): Promise<{ readonly outcome: 'created' | 'changed' }> {
  const known = (await findLiveType(type)?.show(org.pool, fullName)) !== undefined;
  if (mode === 'create' && known) {
    throw new SalesforceError('DUPLICATE_DEVELOPER_NAME', `That name is already used: ${fullName}`);
  }
  if (mode === 'update' && !known) throw notThere(type, fullName);
  const { fullName: _name, '@type': _type, ...content } = metadata;
  const kind = findKindOfType(type);
  const component = {
    type,
    fullName,
    fileName: `${kind?.folder ?? type}/${fullName}.${kind?.suffix ?? 'xml'}`,
    body: Buffer.from(documentXml(type, content)),
  };
  const now = new Date(org.clock.now());
  await changeSchema(
    org,
    () => undefined,
    async (client, _answer, schema) => {
      await keepComponent(client, component, now);
      await findActor(type)?.keep({ client, schema, userId: session.userId, now }, component);
    },
  );
  return { outcome: known ? 'changed' : 'created' };
}

export async function removeComponent(
  { org, session }: { readonly org: Org; readonly session: Session },
  type: string,
  fullName: string,
): Promise<void> {
  if ((await findLiveType(type)?.show(org.pool, fullName)) === undefined)
    throw notThere(type, fullName);
  const now = new Date(org.clock.now());
  await changeSchema(
    org,
    () => undefined,
    async (client, _answer, schema) => {
      await dropComponent(client, type, fullName);
      await findActor(type)?.drop({ client, schema, userId: session.userId, now }, fullName);
    },
  );
}

function notThere(type: string, fullName: string): SalesforceError {
  return new SalesforceError(
    'INVALID_CROSS_REFERENCE_KEY',
    `In field: fullName - no ${type} named ${fullName} found`,
  );
}
