import { SalesforceError } from '../salesforce-error.ts';
import type { SchemaDraft } from '../schema/change-schema.ts';
import type { Schema } from '../schema/schema.ts';
import type { Component } from './components.ts';
import { readXml, rootOf } from './envelope.ts';
import { findKind, findKindOfType, memberOf, type Kind } from './kinds.ts';
import { applyLabels, isLabels } from './labels.ts';
import { checkManifest, hasNamedChild, isNamed } from './manifest.ts';
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
  isIdle,
  isPartType,
  PART_TYPES,
  partsInObject,
  removePart,
  withoutParts,
} from './parts.ts';
import { refusal } from './refusal.ts';
import { hasStandardField, keepStandard } from './standard.ts';
import { withdrawFaults } from './withdraw-faults.ts';

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
  readonly standardFields: readonly { readonly fullName: string }[];
}

/**
 * Puts a package's objects and fields into the draft, each with a message of what became of it. All objects come before
 * any field, since a field may look up an object that stands later in the package.
 */
export function applyPackage(draft: SchemaDraft, schema: Schema, contents: Package): Applied {
  const work: Work = { draft, schema, contents, messages: [] };
  const old = { schema, fields: new Map(draft.fields), parts: new Map(draft.parts) };
  const removed: Subject[] = [];
  for (const removal of contents.removals.filter(({ when }) => when === 'before'))
    removed.push(...applyRemovals(work, removal));
  applyPartFiles(work);
  work.messages.push(...applyLabels(draft, schema, contents));
  const files = readObjectFiles(work);
  for (const file of files) applyObjectFile(work, file);
  for (const file of files) applyFields(work, file);
  for (const file of files) applyParts(work, file);
  for (const removal of contents.removals.filter(({ when }) => when === 'after'))
    removed.push(...applyRemovals(work, removal));
  withdrawFaults(draft, old, work.messages);
  const components = readComponents(work);
  const found = new Set([
    ...files.map(({ name }) => `CustomObject.${name}`),
    ...files.flatMap(({ name, fields, standardFields }) =>
      [...fields, ...standardFields].map(({ fullName }) => `CustomField.${name}.${fullName}`),
    ),
    ...components.map(({ type, fullName }) => `${type}.${fullName}`),
    ...work.messages.map(({ componentType, fullName }) => `${componentType}.${fullName}`),
  ]);
  work.messages.push(...checkManifest(contents, found));
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
    const standard =
      !draft.objects.has(name.toLowerCase()) && Object.keys(withoutParts(object)).length > 0;
    messages.push(
      succeeded(
        subject,
        outcome,
        standard
          ? 'The settings of standard objects are kept, and do nothing in the sandbox org'
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
    const warning = `${type} is kept, and does nothing in the sandbox org`;
    messages.push(succeeded(subject, outcome, isIdle(type) ? warning : undefined));
  } catch (error) {
    messages.push(refusal(subject, error, text));
  }
}

function applyFields(work: Work, file: ObjectFile): void {
  const { draft, schema, contents, messages } = work;
  const { path, name, text, fields, standardFields } = file;
  for (const field of standardFields) {
    const fullName = `${name}.${field.fullName}`;
    const subject = { componentType: 'CustomField', fileName: path, fullName };
    if (!hasStandardField(schema, fullName)) {
      messages.push(failed(subject, `no CustomField named ${fullName} found`));
      continue;
    }
    const kept = keepStandard(draft, { type: 'StandardField', fullName, metadata: field });
    messages.push(succeeded(subject, kept.outcome));
  }
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
      schema.findObject(referenceTo)?.custom === false ||
      // Metadata may name a field of an object by its particle; there is no such object to look up in.
      (type === 'MetadataRelationship' && referenceTo === 'EntityParticle'));
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
    if (kind !== undefined && (isPartType(kind.type) || isLabels(kind.type))) return [];
    if (kind === undefined || kind.type === 'CustomObject') {
      const subject = { componentType: '', fileName: path, fullName: path };
      messages.push(failed(subject, `The sandbox org knows no metadata that lies at ${path}`));
      return [];
    }
    const fullName = nameOf(contents, kind, path);
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

/** A document may be named with the ending of its file, or without. */
function nameOf(contents: Package, kind: Kind, path: string): string {
  const fullName = memberOf(kind, path);
  const bare = fullName.replace(/\.[^./]+$/, '');
  return kind.type === 'Document' && !isNamed(contents, kind.type, fullName) ? bare : fullName;
}
