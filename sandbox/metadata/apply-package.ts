import { SalesforceError } from '../salesforce-error.ts';
import type { SchemaDraft } from '../schema/change-schema.ts';
import type { Schema } from '../schema/schema.ts';
import type { Component } from './components.ts';
import { MalformedXml, readXml, rootOf } from './envelope.ts';
import { findKind, findKindOfType, KINDS, memberOf } from './kinds.ts';
import { failed, succeeded, type Message, type Subject } from './message.ts';
import {
  applyField,
  applyObjectItself,
  removeField,
  removeObject,
  splitObject,
} from './objects.ts';
import type { Package, Removals } from './package.ts';
import {
  applyPart,
  isPartType,
  PART_TYPES,
  PARTS_OF_OBJECT,
  partsInObject,
  removePart,
  withoutParts,
} from './parts.ts';

/** What of a package stands in the draft by now, and what is still to be written. */
export interface Applied {
  readonly messages: readonly Message[];
  readonly components: readonly Component[];
  /** Kept components to remove. */
  readonly removed: readonly Subject[];
}

interface Work {
  readonly draft: SchemaDraft;
  readonly schema: Schema;
  readonly contents: Package;
  readonly messages: Message[];
}

interface ObjectFile {
  readonly path: string;
  readonly name: string;
  readonly text: string;
  readonly object: Readonly<Record<string, unknown>>;
  readonly fields: readonly { readonly fullName: string }[];
}

/**
 * Puts a package's objects and fields into the draft, each with a message of what became of it. All objects come before
 * any field, since a field may look up an object that stands later in the package.
 */
export function applyPackage(draft: SchemaDraft, schema: Schema, contents: Package): Applied {
  const work: Work = { draft, schema, contents, messages: [] };
  const removed: Subject[] = [];
  for (const removal of contents.removals.filter(({ when }) => when === 'before'))
    removed.push(...applyRemovals(work, removal));
  applyPartFiles(work);
  const files = readObjectFiles(work);
  for (const file of files) applyObjectFile(work, file);
  for (const file of files) applyFields(work, file);
  for (const file of files) applyParts(work, file);
  for (const removal of contents.removals.filter(({ when }) => when === 'after'))
    removed.push(...applyRemovals(work, removal));
  const components = readComponents(work);
  checkManifest(work, files, components);
  return { messages: work.messages, components, removed };
}

const OBJECT_FILE = /^objects\/([^/]+)\.object$/;

function readObjectFiles({ contents, messages }: Work): readonly ObjectFile[] {
  return [...contents.files].flatMap(([path, body]) => {
    const name = OBJECT_FILE.exec(path)?.[1];
    if (name === undefined) return [];
    const subject = { componentType: 'CustomObject', fileName: path, fullName: name };
    if (
      !isNamed(contents, 'CustomObject', name) &&
      !hasNamedChild(contents, 'CustomObject', name)
    ) {
      messages.push(failed(subject, 'Not in package.xml'));
      return [];
    }
    const text = body.toString('utf8');
    try {
      const root = rootOf(readXml(text), 'CustomObject');
      if (root === undefined)
        throw new SalesforceError('INVALID_INPUT', `${path} holds no CustomObject`);
      return [{ path, name, text, ...splitObject(name, root) }];
    } catch (error) {
      messages.push(refusal(subject, error, text));
      return [];
    }
  });
}

/** Elements of an object's file by which Salesforce would act, and this org does not. */
const KEPT_ONLY = [
  'compactLayouts',
  'fieldSets',
  'indexes',
  'listViews',
  'sharingReasons',
  'validationRules',
  'webLinks',
] as const;

function applyObjectFile(work: Work, { path, name, text, object }: ObjectFile): void {
  const { draft, schema, contents, messages } = work;
  // A file whose fields alone are named says nothing of the object itself.
  if (!isNamed(contents, 'CustomObject', name)) return;
  const subject = { componentType: 'CustomObject', fileName: path, fullName: name };
  try {
    const { outcome } = applyObjectItself(draft, schema, {
      fullName: name,
      metadata: withoutParts(object),
      mode: 'upsert',
    });
    const idle = KEPT_ONLY.filter((element) => element in object);
    const acted: readonly string[] = Object.keys(PARTS_OF_OBJECT);
    const standard =
      !draft.objects.has(name.toLowerCase()) &&
      Object.keys(object).some((element) => !acted.includes(element));
    messages.push(
      succeeded(
        subject,
        outcome,
        standard
          ? 'The settings of standard objects are not kept by the sandbox org'
          : idle.length > 0
            ? `${idle.join(', ')}: kept, but the sandbox org does not act by them`
            : undefined,
      ),
    );
  } catch (error) {
    messages.push(refusal(subject, error, text));
  }
}

/** Value sets come before the fields that name them. */
function applyPartFiles(work: Work): void {
  for (const [path, body] of work.contents.files) {
    const type = findKind(path)?.type ?? '';
    const kind = findKindOfType(type);
    if (kind === undefined || !isPartType(type)) continue;
    const text = body.toString('utf8');
    const subject = { componentType: type, fileName: path, fullName: memberOf(kind, path) };
    applyOnePart(work, { subject, text, read: () => rootOf(readXml(text), type) });
  }
}

function applyParts(work: Work, { path, name, text, object }: ObjectFile): void {
  for (const { type, fullName, metadata } of partsInObject(name, object)) {
    const subject = { componentType: type, fileName: path, fullName };
    applyOnePart(work, { subject, text, read: () => metadata });
  }
}

function applyOnePart(
  { draft, schema, contents, messages }: Work,
  {
    subject,
    text,
    read,
  }: { readonly subject: Subject; readonly text: string; readonly read: () => unknown },
): void {
  const { componentType: type, fullName } = subject;
  const object = fullName.split('.')[0] ?? '';
  try {
    if (!isPartType(type)) return;
    if (!isNamed(contents, type, fullName) && !isNamed(contents, 'CustomObject', object))
      throw new SalesforceError('INVALID_INPUT', 'Not in package.xml');
    const target = { type, fullName, metadata: read(), mode: 'upsert' as const };
    const { outcome } = applyPart(draft, schema, target);
    messages.push(succeeded(subject, outcome));
  } catch (error) {
    messages.push(refusal(subject, error, text));
  }
}

function applyFields(work: Work, { path, name, text, fields }: ObjectFile): void {
  const { draft, schema, contents, messages } = work;
  for (const field of fields) {
    const fullName = `${name}.${field.fullName}`;
    const subject = { componentType: 'CustomField', fileName: path, fullName };
    try {
      if (!isNamed(contents, 'CustomObject', name) && !isNamed(contents, 'CustomField', fullName))
        throw new SalesforceError('INVALID_INPUT', 'Not in package.xml');
      checkReference(work, fullName, field);
      const { outcome } = applyField(draft, schema, { fullName, metadata: field, mode: 'upsert' });
      messages.push(succeeded(subject, outcome));
    } catch (error) {
      messages.push(refusal(subject, error, text));
    }
  }
}

function checkReference(
  { draft, schema }: Work,
  fullName: string,
  field: Readonly<Record<string, unknown>>,
): void {
  const { type, referenceTo } = field;
  if (type !== 'Lookup' && type !== 'MasterDetail' && type !== 'MetadataRelationship') return;
  const there =
    typeof referenceTo === 'string' &&
    (draft.objects.has(referenceTo.toLowerCase()) ||
      schema.findObject(referenceTo)?.custom === false);
  if (there) return;
  throw new SalesforceError(
    'INVALID_INPUT',
    `${fullName}: referenceTo must name an object of this org: ${typeof referenceTo === 'string' ? referenceTo : ''}`,
  );
}

/** Resolves to what is removed later, because it lies in no draft. */
function applyRemovals(work: Work, { path, members }: Removals): readonly Subject[] {
  const later: Subject[] = [];
  for (const { type, fullName } of members) {
    const subject = { componentType: type, fileName: path, fullName };
    const remove = REMOVERS[type];
    if (remove === undefined) {
      if (findKindOfType(type) === undefined)
        work.messages.push(
          failed(subject, `The sandbox org does not delete metadata of type ${type}`),
        );
      else later.push(subject);
      continue;
    }
    try {
      remove(work.draft, fullName);
      work.messages.push(succeeded(subject, 'deleted'));
    } catch (error) {
      if (!(error instanceof SalesforceError)) throw error;
      work.messages.push(succeeded(subject, 'same', `No ${type} named: ${fullName} found`));
    }
  }
  return later;
}

const REMOVERS: Readonly<Record<string, (draft: SchemaDraft, fullName: string) => void>> = {
  CustomObject: removeObject,
  CustomField: removeField,
  ...Object.fromEntries(
    PART_TYPES.map((type) => [
      type,
      (draft: SchemaDraft, fullName: string) => {
        removePart(draft, type, fullName);
      },
    ]),
  ),
};

function readComponents({ contents, messages }: Work): readonly Component[] {
  return [...contents.files].flatMap(([path, body]) => {
    if (OBJECT_FILE.test(path)) return [];
    const kind = findKind(path);
    if (kind !== undefined && isPartType(kind.type)) return [];
    if (kind === undefined || kind.type === 'CustomObject') {
      const folders = KINDS.map(({ folder }) => folder).join(', ');
      const subject = { componentType: '', fileName: path, fullName: path };
      messages.push(
        failed(subject, `Unknown metadata: the sandbox org knows the folders ${folders}`),
      );
      return [];
    }
    const fullName = memberOf(kind, path);
    if (
      !isNamed(contents, kind.type, fullName) &&
      !kind.children.some((child) => contents.members.has(child))
    ) {
      const subject = { componentType: kind.type, fileName: path, fullName };
      messages.push(failed(subject, 'Not in package.xml'));
      return [];
    }
    return [{ type: kind.type, fullName, fileName: path, body }];
  });
}

/** What the manifest names must be in the archive. */
function checkManifest(
  { contents, messages }: Work,
  files: readonly ObjectFile[],
  components: readonly Component[],
): void {
  const found = new Set([
    ...files.map(({ name }) => `CustomObject.${name}`),
    ...files.flatMap(({ name, fields }) =>
      fields.map(({ fullName }) => `CustomField.${name}.${fullName}`),
    ),
    ...components.map(({ type, fullName }) => `${type}.${fullName}`),
    ...messages.map(({ componentType, fullName }) => `${componentType}.${fullName}`),
  ]);
  const children = new Set(KINDS.flatMap((kind) => kind.children));
  for (const [type, names] of contents.members) {
    const known = findKindOfType(type) !== undefined;
    for (const fullName of names) {
      const subject = { componentType: '', fileName: 'package.xml', fullName };
      if (!known && !children.has(type)) {
        messages.push(failed(subject, `Unknown type name '${type}' specified in package.xml`));
      } else if (
        fullName !== '*' &&
        (known || type === 'CustomField') &&
        !found.has(`${type}.${fullName}`)
      ) {
        messages.push(
          failed(
            subject,
            `An object '${fullName}' of type ${type} was named in package.xml, but was not found in zipped directory`,
          ),
        );
      }
    }
  }
}

function isNamed({ members }: Package, type: string, fullName: string): boolean {
  const names = members.get(type);
  return names !== undefined && (names.has('*') || names.has(fullName));
}

function hasNamedChild({ members }: Package, type: string, parent: string): boolean {
  const kind = findKindOfType(type);
  return (kind?.children ?? []).some((child) =>
    [...(members.get(child) ?? [])].some((name) => name.startsWith(`${parent}.`)),
  );
}

/** The refusal of a component, with the line where its name stands. */
function refusal(subject: Subject, error: unknown, text: string): Message {
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
