import { z } from 'zod';

import { findField, type Describes, type ObjectDescribe } from './describe.ts';
import { Access, MappingConfig, readMappingDocument } from './mapping.ts';
import type { JsonObject, MappingDocument } from './mapping.ts';
import { planTable, type PlanFault } from './table-plan.ts';
import type { TypeOptions } from './field-types.ts';

/** Where in the file: `['mappings', 0, 'config', 'fields', 'Email']`. */
export type FilePath = readonly (string | number)[];

export interface FileFault {
  readonly code: FileFaultCode;
  readonly path: FilePath;
  readonly message: string;
}

/** Every way a mapping file can be wrong, and what it means. */
const FILE_FAULTS = {
  NOT_JSON: 'The file is not JSON.',
  DUPLICATE_KEY: 'An object of the file has the same key twice.',
  BAD_SHAPE: 'A key is missing, unknown here, or has a value of the wrong kind.',
  DUPLICATE_OBJECT: 'Two mappings of the file are of the same object.',
  UNKNOWN_OBJECT: 'The org has no such object, or does not show it to the connected user.',
  UNMAPPABLE_OBJECT: 'Objects of this kind cannot be mapped.',
  UNKNOWN_FIELD: 'The object has no such field, or the connected user may not see it.',
  UNMAPPABLE_FIELD: 'Fields of this type cannot be mapped.',
  ACCESS_REFUSED: 'The connected user may not do what the access of the mapping needs.',
  BAD_UPSERT_FIELD: 'The upsert field is not mapped, or is not an external id.',
  BAD_INDEX: 'An index is of a field that is not mapped.',
  COLUMN_COLLISION: 'Two fields would be the same column.',
  TABLE_NOT_OURS: 'The table exists already and was not made by this connection.',
} as const;
type FileFaultCode = keyof typeof FILE_FAULTS;

/** A file whose JSON has been looked at, though not yet judged against an org. */
export interface FileReading {
  readonly faults: readonly FileFault[];
  readonly mappings: readonly ReadMapping[];
}

interface ReadMapping {
  readonly path: FilePath;
  /** What can be read of it, so that a mapping with one wrong key still has its fields judged. */
  readonly loose: Loose;
  readonly document: MappingDocument | undefined;
}

const Loose = z.object({
  object_name: z.string().optional().catch(undefined),
  config: z
    .object({
      access: Access.optional().catch(undefined),
      fields: z.record(z.string(), z.unknown()).catch({}),
      indexes: z.record(z.string(), z.unknown()).optional().catch(undefined),
      upsert_field: z.string().nullish().catch(undefined),
    })
    .catch({ fields: {} }),
});
type Loose = z.infer<typeof Loose>;

const File = z.looseObject({
  version: z.literal(1),
  mappings: z.array(z.looseObject({ object_name: z.string(), config: MappingConfig })),
  connection: z.looseObject({}).optional(),
});
const LooseFile = z.object({ mappings: z.array(z.unknown()).catch([]) });
const Keyed = z.object({ config: z.unknown() }).catch({ config: undefined });

/** Looks at a file's value and finds every fault of its shape; nothing is asked of the org yet. */
export function readMappingFile(value: unknown): FileReading {
  const shaped = File.safeParse(value);
  const faults = shaped.success ? [] : shaped.error.issues.map(shapeFault);
  const loose = LooseFile.safeParse(value);
  const mappings = (loose.success ? loose.data.mappings : []).map((mapping, index): ReadMapping => {
    const read = Loose.safeParse(mapping);
    const { object_name: objectName = '', config } = read.success
      ? read.data
      : { config: { fields: {} } };
    const exact = MappingConfig.safeParse(Keyed.parse(mapping).config);
    return {
      path: ['mappings', index],
      loose: { object_name: objectName, config },
      document:
        exact.success && objectName !== ''
          ? readMappingDocument(objectName, Keyed.parse(mapping).config)
          : undefined,
    };
  });
  return { faults: [...faults, ...repeatedObjects(mappings)], mappings };
}

/**
 * The objects still to be described before the file can be judged: first the mapped ones, then those that their
 * relationship keys may lead to. Ask, add the answers, and ask again until there are none.
 */
export function objectsToDescribe(
  { mappings }: FileReading,
  describes: Describes,
): readonly string[] {
  const wanted = new Map<string, string>();
  const want = (name: string): void => {
    if (name !== '' && !describes.has(name.toLowerCase())) wanted.set(name.toLowerCase(), name);
  };
  for (const { loose } of mappings) {
    const objectName = loose.object_name ?? '';
    want(objectName);
    const object = describes.get(objectName.toLowerCase());
    if (object === undefined || object === null) continue;
    for (const key of Object.keys(loose.config.fields)) {
      for (const parent of parentsOf(object, key)) want(parent);
    }
  }
  return [...wanted.values()];
}

function parentsOf(object: ObjectDescribe, key: string): readonly string[] {
  if (findField(object, key) !== undefined) return [];
  return object.fields
    .filter(
      ({ relationshipName }) =>
        relationshipName !== null &&
        key.toLowerCase().startsWith(`${relationshipName.toLowerCase()}__`),
    )
    .flatMap(({ referenceTo }) => referenceTo);
}

export interface Judgement {
  readonly describes: Describes;
  /** Tables of the connection's schema that exist and are not Connect's. */
  readonly foreignTables: ReadonlySet<string>;
  readonly types: TypeOptions;
}

/** Every fault of the file, its shape's included; none means that all of it can be created. */
export function judgeMappingFile(reading: FileReading, judgement: Judgement): readonly FileFault[] {
  return [
    ...reading.faults,
    ...reading.mappings.flatMap((mapping) => judgeMapping(mapping, judgement)),
  ];
}

/** The mappings of a file that was found to have no fault. */
export function documentsOf({ mappings }: FileReading): readonly MappingDocument[] {
  return mappings.flatMap(({ document }) => document ?? []);
}

export function exportFile(
  mappings: readonly MappingDocument[],
  connection: JsonObject,
): JsonObject {
  return {
    mappings: mappings.map(({ objectName, source }) => ({
      object_name: objectName,
      config: { ...source },
    })),
    connection: { ...connection },
    version: 1,
  };
}

const UNMAPPABLE_OBJECTS = [
  { ending: '__kav', kind: 'Knowledge article versions' },
  { ending: '__x', kind: 'External objects' },
  { ending: '__b', kind: 'Big objects' },
  { ending: '__e', kind: 'Platform events' },
  { ending: '__mdt', kind: 'Custom metadata types' },
] as const;

function judgeMapping(
  { path, loose, document }: ReadMapping,
  { describes, foreignTables, types }: Judgement,
): readonly FileFault[] {
  const name = loose.object_name ?? '';
  if (name === '') return [];
  const at = [...path, 'object_name'];
  const kind = UNMAPPABLE_OBJECTS.find(({ ending }) => name.toLowerCase().endsWith(ending));
  if (kind !== undefined) {
    return [fileFault('UNMAPPABLE_OBJECT', at, `${kind.kind} cannot be mapped: ${name}.`)];
  }
  const object = describes.get(name.toLowerCase()) ?? undefined;
  if (object === undefined) {
    return [
      fileFault(
        'UNKNOWN_OBJECT',
        at,
        `The org has no object ${name}, or the connected Salesforce user may not see it.`,
      ),
    ];
  }
  const config = document?.config ?? {
    fields: loose.config.fields,
    indexes: loose.config.indexes,
    upsert_field: loose.config.upsert_field,
    access: loose.config.access ?? 'read_only',
  };
  const plan = planTable({ config: looseConfig(config), object, describes, types });
  return [
    ...judgeAccess(object, config.access, path),
    ...plan.faults.map((fault) => placed(fault, path)),
    ...(foreignTables.has(plan.table.name)
      ? [
          fileFault(
            'TABLE_NOT_OURS',
            at,
            `The table ${plan.table.name} exists already and was not made by this connection. Rename or drop it, or give the connection another schema.`,
          ),
        ]
      : []),
  ];
}

/** The mapping with nothing but what a plan needs, of a configuration that may be faulty elsewhere. */
function looseConfig({
  access,
  fields,
  indexes,
  upsert_field,
}: {
  readonly access: Access;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly indexes?: Readonly<Record<string, unknown>> | undefined;
  readonly upsert_field?: string | null | undefined;
}): MappingConfig {
  const unique = z.object({ unique: z.boolean() }).catch({ unique: false });
  return MappingConfig.parse({
    access,
    fields: Object.fromEntries(Object.keys(fields).map((key) => [key, {}])),
    ...(indexes === undefined
      ? {}
      : {
          indexes: Object.fromEntries(
            Object.entries(indexes).map(([key, value]) => [key, unique.parse(value)]),
          ),
        }),
    upsert_field,
  });
}

function judgeAccess(object: ObjectDescribe, access: Access, path: FilePath): readonly FileFault[] {
  const at = [...path, 'config', 'access'];
  if (!object.queryable) {
    return [fileFault('ACCESS_REFUSED', at, `${object.name} cannot be queried by this user.`)];
  }
  if (access === 'read_write' && !object.createable && !object.updateable) {
    return [
      fileFault(
        'ACCESS_REFUSED',
        at,
        `${object.name} can neither be created nor updated by the connected Salesforce user: map it read_only, or give the user the permission.`,
      ),
    ];
  }
  return [];
}

function placed({ code, key, message }: PlanFault, path: FilePath): FileFault {
  return fileFault(code, [...path, 'config', ...key], message);
}

function repeatedObjects(mappings: readonly ReadMapping[]): readonly FileFault[] {
  const seen = new Set<string>();
  return mappings.flatMap(({ path, loose }) => {
    const name = loose.object_name ?? '';
    if (name === '' || !seen.has(name.toLowerCase())) {
      seen.add(name.toLowerCase());
      return [];
    }
    return [
      fileFault('DUPLICATE_OBJECT', [...path, 'object_name'], `${name} is mapped more than once.`),
    ];
  });
}

function shapeFault({ path, message }: z.core.$ZodIssue): FileFault {
  const at = path.filter((part) => typeof part !== 'symbol');
  return fileFault('BAD_SHAPE', at, message);
}

function fileFault(code: FileFaultCode, path: FilePath, message: string): FileFault {
  return { code, path, message };
}

/** A path as people write it: `$.mappings[0].config.fields.Email`. */
export function pathText(path: FilePath): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number'
        ? `${text}[${part}]`
        : /^[A-Za-z_]\w*$/.test(part)
          ? `${text}.${part}`
          : `${text}[${JSON.stringify(part)}]`,
    '$',
  );
}
