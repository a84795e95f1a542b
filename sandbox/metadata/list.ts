import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { readDefinitions, readTimes } from '../schema/custom-store.ts';
import { partsOf } from '../schema/part.ts';
import type { Schema } from '../schema/schema.ts';
import { findComponents } from './components.ts';
import { findKindOfType, KINDS } from './kinds.ts';
import { LIST_QUERIES_MAX } from './limits.ts';
import { findLiveType } from './access/live-types.ts';
import { idOf } from './message.ts';
import { parse } from './parse-parameters.ts';
import { isPartType } from './parts.ts';
import type { MetadataCall } from './soap.ts';

const Queries = z.object({
  queries: z.array(z.object({ type: z.string(), folder: z.string().optional() })),
});

/** What there is of up to three types. */
export async function listMetadata({ org, session, parameters }: MetadataCall): Promise<unknown> {
  const { queries } = parse(Queries, parameters);
  if (queries.length > LIST_QUERIES_MAX) {
    throw new SalesforceError(
      'INVALID_INPUT',
      `Maximum number of queries exceeded: ${LIST_QUERIES_MAX}`,
    );
  }
  const listed = [];
  for (const { type } of queries) {
    for (const { fullName, fileName, at } of await namesOf(org, type)) {
      listed.push({
        createdById: session.userId,
        createdByName: session.username,
        createdDate: at,
        fileName,
        fullName,
        id: idOf({ componentType: type, fullName }),
        lastModifiedById: session.userId,
        lastModifiedByName: session.username,
        lastModifiedDate: at,
        type,
      });
    }
  }
  return listed;
}

interface Listed {
  readonly fullName: string;
  readonly fileName: string;
  /** When it was made; what every org has was made before all time. */
  readonly at: string;
}

const ALWAYS = new Date(0).toISOString();

async function namesOf(org: Org, type: string): Promise<readonly Listed[]> {
  const schema: Schema = org.schema();
  if (type === 'CustomObject' || type === 'CustomField') {
    const times = await inTransaction(org.pool, readTimes);
    const listed = (object: string, fullName: string): Listed => ({
      fullName,
      fileName: `objects/${object}.object`,
      at: times.get(fullName.toLowerCase())?.toISOString() ?? ALWAYS,
    });
    const objects = schema.objects.filter(({ isView, flags }) => !isView && flags.createable);
    return objects.flatMap(({ name, fields }) =>
      type === 'CustomObject'
        ? [listed(name, name)]
        : fields
            .filter(({ custom }) => custom)
            .map((field) => listed(name, `${name}.${field.name}`)),
    );
  }
  if (isPartType(type)) {
    const { parts } = await inTransaction(org.pool, readDefinitions);
    const kind = findKindOfType(type);
    return partsOf(parts, type).map(({ fullName }) => ({
      fullName,
      fileName:
        type === 'CustomLabel'
          ? 'labels/CustomLabels.labels'
          : kind === undefined
            ? `objects/${fullName.split('.')[0] ?? ''}.object`
            : `${kind.folder}/${fullName}.${kind.suffix}`,
      at: ALWAYS,
    }));
  }
  const live = findLiveType(type);
  if (live !== undefined) {
    const kind = findKindOfType(type);
    return (await live.names(org.pool)).map((fullName) => ({
      fullName,
      fileName: `${kind?.folder ?? ''}/${fullName}.${kind?.suffix ?? ''}`,
      at: ALWAYS,
    }));
  }
  const byName = new Map<string, Listed>();
  for (const { fullName, fileName, modifiedAt } of await findComponents(org.pool, type)) {
    if (!byName.has(fullName))
      byName.set(fullName, { fullName, fileName, at: modifiedAt.toISOString() });
  }
  return [...byName.values()];
}

/** The types of metadata this org knows. */
export function describeMetadata(): unknown {
  return {
    metadataObjects: KINDS.map(({ type, folder, suffix, inFolder, metaFile, children }) => ({
      childXmlNames: [...children],
      directoryName: folder,
      inFolder,
      metaFile,
      ...(suffix === '' ? {} : { suffix }),
      xmlName: type,
    })),
    organizationNamespace: '',
    partialSaveAllowed: false,
    testRequired: false,
  };
}
