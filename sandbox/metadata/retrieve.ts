import JSZip from 'jszip';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import { metadataId } from '../schema/add-custom.ts';
import { readDefinitions, type Definitions } from '../schema/custom-store.ts';
import type { Session } from '../session.ts';
import { documentXml } from './envelope.ts';
import { findComponents, nextJobId, saveJob } from './jobs.ts';
import { findKind, KINDS } from './kinds.ts';
import { shownObject } from './objects.ts';

const Unpackaged = z.object({
  types: z
    .array(z.object({ name: z.string(), members: z.array(z.string()).default([]) }))
    .default([]),
  version: z.string().optional(),
});
const Request = z.object({
  unpackaged: Unpackaged.optional(),
  packageNames: z.array(z.string()).optional(),
  singlePackage: z.union([z.boolean(), z.string()]).optional(),
});

interface RetrievedFile {
  readonly path: string;
  readonly type: string;
  readonly fullName: string;
  readonly body: Buffer | string;
}

/** Puts what a manifest names into a zip; the outcome is stored, and asked for by the id. Packages by name hold everything. */
export async function retrieve(org: Org, session: Session, given: unknown): Promise<string> {
  const request = Request.parse(given ?? {});
  const definitions = await inTransaction(org.pool, readDefinitions);
  const types =
    request.unpackaged?.types ?? KINDS.map(({ type }) => ({ name: type, members: ['*'] }));
  const files: RetrievedFile[] = [];
  const messages: unknown[] = [];
  for (const { name, members } of types) {
    for (const member of members) {
      const found =
        name === 'CustomObject'
          ? objectFiles(org, definitions, member)
          : await keptFiles(org, name, member);
      if (found.length === 0 && member !== '*') {
        messages.push({
          fileName: 'unpackaged/package.xml',
          problem: `Entity of type '${name}' named '${member}' cannot be found`,
        });
      }
      files.push(...found);
    }
  }
  const zip = new JSZip();
  for (const { path, body } of files) zip.file(`unpackaged/${path}`, body);
  zip.file('unpackaged/package.xml', manifest(files, request.unpackaged?.version ?? '60.0'));
  const id = await nextJobId(org.pool, 'retrieve');
  const now = new Date(org.clock.now()).toISOString();
  const result = {
    done: true,
    fileProperties: files.map(({ path, type, fullName }) => ({
      createdById: session.userId,
      createdByName: session.username,
      createdDate: now,
      fileName: `unpackaged/${path}`,
      fullName,
      id: metadataId('01I', `${type}.${fullName}`),
      lastModifiedById: session.userId,
      lastModifiedByName: session.username,
      lastModifiedDate: now,
      type,
    })),
    id,
    ...(messages.length === 0 ? {} : { messages }),
    status: 'Succeeded',
    success: true,
  };
  await saveJob(org, 'retrieve', {
    id,
    result,
    zip: await zip.generateAsync({ type: 'nodebuffer' }),
  });
  return id;
}

function objectFiles(org: Org, definitions: Definitions, member: string): readonly RetrievedFile[] {
  const schema = org.schema();
  const names =
    member === '*' ? [...definitions.objects.values()].map(({ fullName }) => fullName) : [member];
  return names.flatMap((name) => {
    const shown = shownObject(definitions, schema, name);
    if (shown === undefined) return [];
    const { fullName, ...content } = shown;
    const path = `objects/${String(fullName)}.object`;
    return [
      {
        path,
        type: 'CustomObject',
        fullName: String(fullName),
        body: documentXml('CustomObject', content),
      },
    ];
  });
}

async function keptFiles(
  org: Org,
  type: string,
  member: string,
): Promise<readonly RetrievedFile[]> {
  const components = await findComponents(org, type);
  return components
    .filter(({ fullName }) => member === '*' || fullName === member)
    .map(({ fileName, fullName, body }) => {
      const folder = present(findKind(fileName), fileName).folder;
      const parts = fileName.split('/');
      return { path: parts.slice(parts.lastIndexOf(folder)).join('/'), type, fullName, body };
    });
}

function manifest(files: readonly RetrievedFile[], version: string): string {
  const types = [...new Set(files.map(({ type }) => type))].map((type) => ({
    members: files.filter((file) => file.type === type).map(({ fullName }) => fullName),
    name: type,
  }));
  return documentXml('Package', { types, version });
}
