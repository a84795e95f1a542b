import type { ObjectDef, Schema } from '../schema/schema.ts';

/** Objects whose records are the org's own furniture have no change events. */
const WITHOUT_CHANGE_EVENTS: ReadonlySet<string> = new Set([
  'Attachment',
  'ContentDocument',
  'ContentDocumentLink',
  'ContentVersion',
  'FieldPermissions',
  'Group',
  'Name',
  'Note',
  'ObjectPermissions',
  'Organization',
  'PermissionSet',
  'PermissionSetAssignment',
  'Profile',
  'PushTopic',
  'RecordType',
  'StreamingChannel',
  'UserLicense',
  'UserRole',
]);

export function hasChangeEvents(object: ObjectDef): boolean {
  return (
    !WITHOUT_CHANGE_EVENTS.has(object.name) &&
    !object.isView &&
    // What cannot be replicated is a picture of something else: the schema as records, and the like.
    object.flags.replicateable &&
    !/__(?:e|mdt)$/.test(object.name)
  );
}

/** The object a change event's name means; undefined when there is none. */
export function findChangedObject(schema: Schema, eventName: string): ObjectDef | undefined {
  const match = /^(.*?)(__)?ChangeEvent$/.exec(eventName);
  if (match?.[1] === undefined) return undefined;
  const object = schema.findObject(match[2] === undefined ? match[1] : `${match[1]}__c`);
  return object !== undefined && hasChangeEvents(object) ? object : undefined;
}
