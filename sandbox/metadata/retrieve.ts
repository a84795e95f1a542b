import JSZip from 'jszip';
import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { readDefinitions, type Definitions } from '../schema/custom-store.ts';
import type { Session } from '../session.ts';
import { findLiveType } from './access/live-types.ts';
import { findComponents } from './components.ts';
import { documentXml } from './envelope.ts';
import { endJob, queueJob, type MetadataJob } from './jobs.ts';
import { findKindOfType, KINDS } from './kinds.ts';
import { isLabels, labelsFile } from './labels.ts';
import { idOf } from './message.ts';
import { isPartType, shownParts, type PartMetadataType } from './parts.ts';
import { objectFiles, standsInObject } from './retrieve-objects.ts';

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

export interface RetrievedFile {
  readonly path: string;
  /** The components it holds: one, but for objects' files. */
  readonly components: readonly { readonly type: string; readonly fullName: string }[];
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
      fileProperties: files.flatMap(({ path, components }) =>
        components.map(({ type, fullName }) => ({
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
  const { files: objects, missing } = objectFiles(definitions, org.schema(), types);
  const files = new Map(objects.map((file) => [file.path, file]));
  const messages = missing.map(({ type, fullName }) => notFound(type, fullName));
  const labels = labelsFile(definitions, types);
  if (labels !== undefined) files.set(labels.path, labels);
  for (const { name, members } of types) {
    if (standsInObject(name) || (labels !== undefined && isLabels(name))) continue;
    for (const member of members) {
      const found = isPartType(name)
        ? partFiles(definitions, { type: name, member })
        : ((await liveFiles(org, { type: name, member, types })) ??
          (await keptFiles(org, name, member)));
      if (found.length === 0 && member !== '*') messages.push(notFound(name, member));
      for (const file of found) files.set(file.path, file);
    }
  }
  return { files: [...files.values()], messages };
}

function notFound(type: string, fullName: string): Collected['messages'][number] {
  const known = standsInObject(type) || findKindOfType(type) !== undefined;
  const problem = known
    ? `Entity of type '${type}' named '${fullName}' cannot be found`
    : `Unknown type name '${type}' specified in package.xml`;
  return { fileName: 'unpackaged/package.xml', problem };
}

/** Value sets. */
function partFiles(
  definitions: Definitions,
  { type, member }: { readonly type: PartMetadataType; readonly member: string },
): readonly RetrievedFile[] {
  const kind = findKindOfType(type);
  return shownParts(definitions, type)
    .filter(({ fullName }) => member === '*' || fullName === member)
    .map(({ fullName: name, ...content }) => {
      const fullName = String(name);
      return {
        path: `${kind?.folder ?? ''}/${fullName}.${kind?.suffix ?? ''}`,
        body: documentXml(type, content),
        components: [{ type, fullName }],
      };
    });
}

/** What is made of records, as it is now; undefined for types that are not. */
async function liveFiles(
  org: Org,
  wanted: {
    readonly type: string;
    readonly member: string;
    readonly types: readonly { readonly name: string; readonly members: readonly string[] }[];
  },
): Promise<readonly RetrievedFile[] | undefined> {
  const { type, member } = wanted;
  const live = findLiveType(type);
  if (live === undefined) return undefined;
  const kind = findKindOfType(type);
  const named = new Map(wanted.types.map(({ name, members }) => [name, members]));
  const names = member === '*' ? await live.names(org.pool) : [member];
  const files: RetrievedFile[] = [];
  for (const fullName of names) {
    const content = await live.show(org.pool, fullName, named);
    if (content !== undefined)
      files.push({
        path: `${kind?.folder ?? ''}/${fullName}.${kind?.suffix ?? ''}`,
        body: documentXml(type, content),
        components: [{ type, fullName }],
      });
  }
  return files;
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
      components: [{ type, fullName }],
      body,
    }));
}

function manifest(files: readonly RetrievedFile[], version: string): string {
  const all = files.flatMap(({ components }) => components);
  const types = [...new Set(all.map(({ type }) => type))].map((type) => ({
    members: [
      ...new Set(all.filter((one) => one.type === type).map(({ fullName }) => fullName)),
    ].toSorted(),
    name: type,
  }));
  return documentXml('Package', { types, version });
}
