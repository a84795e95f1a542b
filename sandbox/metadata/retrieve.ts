import JSZip from 'jszip';
import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { readDefinitions, type Definitions } from '../schema/custom-store.ts';
import type { Session } from '../session.ts';
import { findComponents } from './components.ts';
import { documentXml } from './envelope.ts';
import { endJob, queueJob, type MetadataJob } from './jobs.ts';
import { findKindOfType, KINDS } from './kinds.ts';
import { idOf } from './message.ts';
import { inOrder } from './applied.ts';
import { shownObject } from './objects.ts';
import { isPartType, PARTS_OF_OBJECT, shownParts, type PartMetadataType } from './parts.ts';

const Unpackaged = z.looseObject({
  types: z
    .array(z.looseObject({ name: z.string(), members: z.array(z.string()).default([]) }))
    .default([]),
  version: z.string().optional(),
});
const Wanted = z.looseObject({
  apiVersion: z.union([z.string(), z.number()]).optional(),
  unpackaged: z.preprocess((value) => (value === '' ? {} : value), Unpackaged.optional()),
  packageNames: z.array(z.string()).optional(),
});
const Request = z.object({
  userId: z.string(),
  username: z.string(),
  startedAt: z.string(),
  wanted: Wanted,
});

interface RetrievedFile {
  readonly path: string;
  readonly type: string;
  /** The components it holds: one, but for a file with some fields of an object. */
  readonly fullNames: readonly string[];
  readonly body: Buffer | string;
}

/** Puts a manifest into the queue of what is to be retrieved. */
export async function queueRetrieve(org: Org, session: Session, given: unknown): Promise<string> {
  const wanted = Wanted.safeParse(given ?? {});
  if (!wanted.success) {
    throw new SalesforceError('INVALID_INPUT', 'The retrieve request is malformed');
  }
  const startedAt = new Date(org.clock.now()).toISOString();
  const { userId, username } = session;
  const request = { userId, username, startedAt, wanted: wanted.data };
  return queueJob(org, { kind: 'retrieve', request, result: { success: false }, zip: null });
}

/** Puts what a manifest names into a zip. It only reads: repeated after a crash, it makes the same again. */
export async function runRetrieve(org: Org, job: MetadataJob): Promise<void> {
  const { wanted, startedAt, userId, username } = Request.parse(job.request);
  try {
    const { files, messages } = await collect(org, wanted);
    const root = wanted.packageNames?.[0] ?? 'unpackaged';
    const version = wanted.unpackaged?.version ?? String(wanted.apiVersion ?? '60.0');
    const zip = new JSZip();
    for (const { path, body } of files) zip.file(`${root}/${path}`, body);
    zip.file(`${root}/package.xml`, manifest(files, version));
    const result = {
      fileProperties: files.flatMap(({ path, type, fullNames }) =>
        fullNames.map((fullName) => ({
          createdById: userId,
          createdByName: username,
          createdDate: startedAt,
          fileName: `${root}/${path}`,
          fullName,
          id: idOf({ componentType: type, fullName }),
          lastModifiedById: userId,
          lastModifiedByName: username,
          lastModifiedDate: startedAt,
          type,
        })),
      ),
      ...(messages.length === 0 ? {} : { messages }),
      success: true,
    };
    const bytes = await zip.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE' });
    await endJob(org.pool, job.id, { state: 'Succeeded', result, zip: bytes });
  } catch (error) {
    org.log.error({ err: error }, `retrieve failed: ${messageOf(error)}`);
    const result = {
      success: false,
      errorStatusCode: 'UNKNOWN_EXCEPTION',
      errorMessage: 'An unexpected error occurred',
    };
    await endJob(org.pool, job.id, { state: 'Failed', result });
  }
}

interface Collected {
  readonly files: readonly RetrievedFile[];
  readonly messages: readonly { readonly fileName: string; readonly problem: string }[];
}

/** A package by name is all there is: this org has no packages of its own. */
async function collect(org: Org, wanted: z.infer<typeof Wanted>): Promise<Collected> {
  const definitions = await inTransaction(org.pool, readDefinitions);
  const types =
    wanted.unpackaged?.types ?? KINDS.map(({ type }) => ({ name: type, members: ['*'] }));
  const files = new Map<string, RetrievedFile>();
  const messages: { readonly fileName: string; readonly problem: string }[] = [];
  // Fields come after objects: a file that holds the whole object holds its fields.
  const whole = types.filter(({ name }) => name !== 'CustomField');
  const fields = types.filter(({ name }) => name === 'CustomField');
  const partial = new Map<string, string[]>();
  for (const { name, members } of [...whole, ...fields]) {
    for (const member of members) {
      const found =
        name === 'CustomObject'
          ? objectFiles(org, definitions, member)
          : name === 'CustomField'
            ? fieldFiles(definitions, { member, partial })
            : isPartType(name)
              ? partFiles(definitions, { type: name, member })
              : await keptFiles(org, name, member);
      if (found.length === 0 && member !== '*') {
        const problem =
          findKindOfType(name) === undefined && name !== 'CustomField'
            ? `Unknown type name '${name}' specified in package.xml`
            : `Entity of type '${name}' named '${member}' cannot be found`;
        messages.push({ fileName: 'unpackaged/package.xml', problem });
      }
      for (const file of found) {
        const known = files.get(file.path);
        if (known === undefined || !(known.type === 'CustomObject' && file.type === 'CustomField'))
          files.set(file.path, file);
      }
    }
  }
  return { files: [...files.values()], messages };
}

function objectFiles(org: Org, definitions: Definitions, member: string): readonly RetrievedFile[] {
  const schema = org.schema();
  const names =
    member === '*' ? [...definitions.objects.values()].map(({ fullName }) => fullName) : [member];
  return names.flatMap((name) => {
    const shown = shownObject(definitions, schema, name);
    if (shown === undefined) return [];
    const { fullName, ...content } = shown;
    const { path, body } = objectFile(String(fullName), content);
    return [{ path, type: 'CustomObject', fullNames: [String(fullName)], body }];
  });
}

/** One object's file with the fields asked for so far. */
function fieldFiles(
  definitions: Definitions,
  { member, partial }: { readonly member: string; readonly partial: Map<string, string[]> },
): readonly RetrievedFile[] {
  const field = definitions.fields.get(member.toLowerCase());
  if (field === undefined) return [];
  const wanted = [...(partial.get(field.object) ?? []), field.definition.fullName];
  partial.set(field.object, wanted);
  const fields = [...definitions.fields.values()]
    .filter(
      ({ object, definition }) => object === field.object && wanted.includes(definition.fullName),
    )
    .map(({ definition }) => inOrder(definition));
  const fullNames = wanted.map((name) => `${field.object}.${name}`);
  return [{ ...objectFile(field.object, { fields }), type: 'CustomField', fullNames }];
}

function objectFile(
  name: string,
  content: Readonly<Record<string, unknown>>,
): Pick<RetrievedFile, 'path' | 'body'> {
  return { path: `objects/${name}.object`, body: documentXml('CustomObject', content) };
}

/** Value sets have files of their own; a record type is an object's file that holds it alone. */
function partFiles(
  definitions: Definitions,
  { type, member }: { readonly type: PartMetadataType; readonly member: string },
): readonly RetrievedFile[] {
  const element = Object.entries(PARTS_OF_OBJECT).find(([, own]) => own === type)?.[0];
  return shownParts(definitions, type)
    .filter(({ fullName }) => member === '*' || fullName === member)
    .map(({ fullName: name, ...content }) => {
      const fullName = String(name);
      const [object = '', own = ''] = fullName.split('.');
      const file =
        element === undefined
          ? fileOf(type, fullName, content)
          : objectFile(object, { [element]: [{ fullName: own, ...content }] });
      return { ...file, type, fullNames: [fullName] };
    });
}

function fileOf(
  type: string,
  fullName: string,
  content: Readonly<Record<string, unknown>>,
): Pick<RetrievedFile, 'path' | 'body'> {
  const kind = findKindOfType(type);
  return {
    path: `${kind?.folder ?? ''}/${fullName}.${kind?.suffix ?? ''}`,
    body: documentXml(type, content),
  };
}

async function keptFiles(
  org: Org,
  type: string,
  member: string,
): Promise<readonly RetrievedFile[]> {
  const components = await findComponents(org.pool, type);
  return components
    .filter(({ fullName }) => member === '*' || fullName === member)
    .map(({ fileName, fullName, body }) => ({
      path: fileName,
      type,
      fullNames: [fullName],
      body,
    }));
}

function manifest(files: readonly RetrievedFile[], version: string): string {
  const types = [...new Set(files.map(({ type }) => type))].map((type) => ({
    members: [
      ...new Set(files.filter((file) => file.type === type).flatMap(({ fullNames }) => fullNames)),
    ],
    name: type,
  }));
  return documentXml('Package', { types, version });
}
