import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { columnName, storedTable } from '../store/layout.ts';
import type { Access } from './access.ts';
import { mayRead } from './visible-schema.ts';

export type Level = 'read' | 'edit' | 'delete' | 'transfer';

/** Whose access is asked for. `schema` is the whole one: the rules look at fields that the user may not see. */
export interface Viewer {
  readonly userId: string;
  readonly access: Access;
  readonly schema: Schema;
}

export interface Asked {
  readonly level: Level;
  /** The alias of the row in question. */
  readonly row: string;
  /** How many parents were asked on the way here: circles of masters end. */
  readonly depth?: number;
}

/** A question, and who answers it for the records these are about. */
interface Question {
  readonly viewer: Viewer;
  readonly object: ObjectDef;
  readonly asked: Asked;
  readonly rowCondition: (viewer: Viewer, object: ObjectDef, asked: Asked) => string | undefined;
}

/** By which of their fields these records go along with others. */
const ATTACHED: Readonly<Record<string, readonly string[]>> = {
  Attachment: ['ParentId'],
  ContentDocumentLink: ['LinkedEntityId'],
  ContentVersion: ['ContentDocumentId'],
  EmailMessage: ['ParentId'],
  EntitySubscription: ['ParentId'],
  Event: ['WhatId', 'WhoId'],
  FeedComment: ['FeedItemId'],
  FeedItem: ['ParentId'],
  FeedLike: ['FeedItemId'],
  Note: ['ParentId'],
  ProcessInstance: ['TargetObjectId'],
  ProcessInstanceStep: ['ProcessInstanceId'],
  ProcessInstanceWorkitem: ['ProcessInstanceId'],
  Task: ['WhatId', 'WhoId'],
  TopicAssignment: ['EntityId'],
};

/** These go along with records that go along with others themselves. */
const TWICE: ReadonlySet<string> = new Set([
  'ContentVersion',
  'FeedComment',
  'FeedLike',
  'ProcessInstanceStep',
  'ProcessInstanceWorkitem',
]);

/** Whose they are besides what they are about: the field that names him. */
const OWNERS = ['OwnerId', 'ActorId', 'CreatedById'] as const;

/** Objects whose rows have rules of their own. */
const OWN_RULES = ['Name', 'Report', 'Dashboard', 'ContentDocument'] as const;

/** Whether an object without a sharing model has rules for its rows all the same. */
export function isAttached(object: ObjectDef): boolean {
  return OWN_RULES.some((name) => name === object.name) || attachments(object).length > 0;
}

function attachments(object: ObjectDef): readonly FieldDef[] {
  if (object.name.endsWith('Share'))
    return object.fields.filter(({ childRelationshipName }) => childRelationshipName === 'Shares');
  const names = ATTACHED[object.name] ?? [];
  return object.fields.filter(({ name }) => names.includes(name));
}

/**
 * Activities, notes, posts, files, approvals and shares are seen by who sees what they are about; who owns them may do
 * everything, others may change them when they may edit what they are about.
 */
export function attachedCondition(question: Question): string | undefined {
  const { viewer, object, asked } = question;
  const { row, level } = asked;
  if (level === 'transfer') return undefined;
  switch (object.name) {
    case 'Name':
      // What a polymorphic reference shows of a record is shown to who may see the record.
      return level === 'read'
        ? caseOf(question, `${row}."id"`, namedObjects(viewer.schema))
        : undefined;
    case 'Report':
      return filedCondition(question, 'ownerid');
    case 'Dashboard':
      return filedCondition(question, 'folderid');
    case 'ContentDocument':
      return fileCondition(question);
    default:
  }
  const fields = attachments(object);
  const denied = fields.flatMap(
    (field) =>
      caseOf(
        question,
        `${row}.${columnName(field)}`,
        objectsOf(viewer.schema, field.referenceTo),
      ) ?? [],
  );
  if (denied.length === 0) return undefined;
  return `(${ownCondition(question)} or (${denied.join(' and ')}))`;
}

function ownCondition({ viewer, object, asked: { row } }: Question): string {
  const owner = OWNERS.map((name) => viewer.schema.findField(object, name)).find(
    (field) => field !== undefined,
  );
  return owner === undefined
    ? 'false'
    : `${row}.${columnName(owner)} in (select public.sharing_owners(${quoteLiteral(viewer.userId)}))`;
}

function objectsOf(schema: Schema, names: readonly string[]): readonly ObjectDef[] {
  return names.flatMap((name) => schema.findObject(name) ?? []);
}

/** Everything that polymorphic references lead to. */
function namedObjects(schema: Schema): readonly ObjectDef[] {
  const names = new Set(
    schema.objects.flatMap(({ fields }) =>
      fields.flatMap(({ referenceTo }) => (referenceTo.length > 1 ? referenceTo : [])),
    ),
  );
  return objectsOf(schema, [...names]);
}

/** Whether the record with an id may be seen (or edited), by the object its prefix tells; undefined when all may be. */
function caseOf(
  { viewer, object, asked, rowCondition }: Question,
  id: string,
  targets: readonly ObjectDef[],
): string | undefined {
  const { row, depth = 0 } = asked;
  const level = asked.level === 'read' ? 'read' : 'edit';
  const cases = targets.flatMap((target) => {
    if (target.keyPrefix === null || target.isView) return [];
    const when = `when ${quoteLiteral(target.keyPrefix)} then`;
    if (!mayRead(target, viewer.access)) return [`${when} false`];
    const alias = `${row}_about`;
    const further = !isAttached(target) || (depth === 0 && TWICE.has(object.name));
    const condition = further
      ? rowCondition(viewer, target, { level, row: alias, depth: depth + 1 })
      : undefined;
    if (condition === undefined) return [];
    return [
      `${when} exists (select from ${storedTable(target)} as ${alias} where ${alias}."id" = ${id} and ${condition})`,
    ];
  });
  return cases.length === 0 ? undefined : `case left(${id}, 3) ${cases.join(' ')} else true end`;
}

/** A report or dashboard in a folder is everybody's to see; in nobody's folder it is its owner's alone. */
function filedCondition(
  { viewer, asked: { row, level } }: Question,
  column: 'ownerid' | 'folderid',
): string {
  const own = `${row}."${column}" = ${quoteLiteral(viewer.userId)}`;
  return level === 'read' ? `(${own} or left(${row}."${column}", 3) <> '005')` : own;
}

/** A file is its owner's, theirs with whom it has been shared, and theirs who see a record it is linked to. */
function fileCondition(question: Question): string {
  const { viewer, asked } = question;
  const link = viewer.schema.findObject('ContentDocumentLink');
  const linked = link === undefined ? undefined : viewer.schema.findField(link, 'LinkedEntityId');
  if (link === undefined || linked === undefined) return ownCondition(question);
  const row = `${asked.row}_link`;
  const people = new Set(['Group', 'User']);
  const records = caseOf(
    { ...question, object: link, asked: { ...asked, row } },
    `${row}."linkedentityid"`,
    objectsOf(
      viewer.schema,
      linked.referenceTo.filter((name) => !people.has(name)),
    ),
  );
  const given = `${row}."linkedentityid" in (select public.sharing_grantees(${quoteLiteral(viewer.userId)}))`;
  const along = `(left(${row}."linkedentityid", 3) not in ('005', '00G') and ${records ?? 'true'})`;
  return `(${ownCondition(question)} or exists (select from ${storedTable(link)} as ${row} where ${row}."contentdocumentid" = ${asked.row}."id" and not ${row}."isdeleted" and (${given} or ${along})))`;
}
