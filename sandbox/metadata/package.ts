import { Readable } from 'node:stream';

import JSZip from 'jszip';
import { z } from 'zod';

import { METADATA_FILES_MAX, METADATA_UNZIPPED_BYTES_MAX } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { readXml, rootOf } from './envelope.ts';

/** A package as it came: its files by path below the package's own folder, and what the manifests name. */
export interface Package {
  readonly files: ReadonlyMap<string, Buffer>;
  /** The names `package.xml` gives for each type; `*` is all of them. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  readonly removals: readonly Removals[];
}

export interface Removals {
  readonly path: string;
  readonly when: 'before' | 'after';
  readonly members: readonly { readonly type: string; readonly fullName: string }[];
}

const MANIFEST = 'package.xml';
const REMOVALS = /^destructiveChanges(Pre|Post)?\.xml$/;

/** Opens a package. Its manifest lies at the root of the archive or in its one folder. */
export async function openPackage(zip: Buffer): Promise<Package> {
  const all = await unzip(zip);
  const manifests = [...all.keys()].filter((path) => /^(?:[^/]+\/)?package\.xml$/.test(path));
  const [manifest, second] = manifests;
  if (manifest === undefined) throw new SalesforceError('INVALID_INPUT', `No ${MANIFEST} found`);
  if (second !== undefined)
    throw new SalesforceError(
      'NOT_IMPLEMENTED',
      'The sandbox org does not implement archives of several packages',
    );
  const root = manifest.slice(0, -MANIFEST.length);
  const below = [...all]
    .filter(([path]) => path.startsWith(root))
    .map(([path, body]) => [path.slice(root.length), body] as const);
  const members = new Map<string, Set<string>>();
  for (const { type, fullName } of readManifest(manifest, all.get(manifest))) {
    members.set(type, (members.get(type) ?? new Set()).add(fullName));
  }
  return {
    files: new Map(below.filter(([path]) => path !== MANIFEST && !REMOVALS.test(path))),
    members,
    removals: below.flatMap(([path, body]) => {
      const match = REMOVALS.exec(path);
      if (match === null) return [];
      const when = match[1] === 'Post' ? 'after' : 'before';
      return [{ path, when, members: readManifest(path, body) }];
    }),
  };
}

const Manifest = z.looseObject({
  types: z
    .array(z.looseObject({ name: z.string(), members: z.array(z.string()).default([]) }))
    .default([]),
});

function readManifest(
  path: string,
  body: Buffer | undefined,
): readonly { readonly type: string; readonly fullName: string }[] {
  const content = rootOf(readXml(body?.toString('utf8') ?? ''), 'Package');
  const parsed = Manifest.safeParse(content === '' ? {} : content);
  if (!parsed.success) {
    throw new SalesforceError('INVALID_INPUT', `${path}: the manifest is malformed`);
  }
  return parsed.data.types.flatMap(({ name, members }) =>
    members.map((fullName) => ({ type: name, fullName })),
  );
}

/** The files of a zip, folders left out; one that would unpack to too much is refused while it is unpacked. */
async function unzip(zip: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const archive = await JSZip.loadAsync(zip).catch((cause: unknown) => {
    throw new SalesforceError('INVALID_INPUT', 'The package is no zip archive', { cause });
  });
  const entries = Object.values(archive.files).filter(({ dir }) => !dir);
  if (entries.length > METADATA_FILES_MAX)
    throw new SalesforceError(
      'LIMIT_EXCEEDED',
      `Maximum number of files in request exceeded: ${METADATA_FILES_MAX}`,
    );
  const files = new Map<string, Buffer>();
  let left = METADATA_UNZIPPED_BYTES_MAX;
  for (const entry of entries) {
    const chunks: Buffer[] = [];
    for await (const chunk of new Readable().wrap(entry.nodeStream())) {
      const bytes = z.instanceof(Buffer).parse(chunk);
      left -= bytes.length;
      if (left < 0) throw new SalesforceError('LIMIT_EXCEEDED', 'Maximum size of request reached');
      chunks.push(bytes);
    }
    files.set(entry.name, Buffer.concat(chunks));
  }
  return files;
}
