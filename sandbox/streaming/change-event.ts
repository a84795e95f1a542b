import type { JournalEntry } from '../records/events.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { changeEventName, eventPath, fieldsOf } from './event-fields.ts';
import { eventSchema } from './event-schema.ts';
import type { Json, NewEvent } from './event.ts';
import { EVENT_BYTES_MAX, MERGED_RECORDS_MAX, TRANSACTION_CHANGES_MAX } from './limits.ts';

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

function hasChangeEvents(object: ObjectDef): boolean {
  return !WITHOUT_CHANGE_EVENTS.has(object.name) && !object.isView && !object.name.endsWith('__e');
}

/** The object a change event's name means; undefined when there is none. */
export function findChangedObject(schema: Schema, eventName: string): ObjectDef | undefined {
  const match = /^(.*?)(__)?ChangeEvent$/.exec(eventName);
  if (match?.[1] === undefined) return undefined;
  const object = schema.findObject(match[2] === undefined ? match[1] : `${match[1]}__c`);
  return object !== undefined && hasChangeEvents(object) ? object : undefined;
}

/** The change events of journal entries, in their order. The same change of several records in one transaction is one event. */
export function changeEvents(
  schema: Schema,
  entries: readonly JournalEntry[],
): readonly NewEvent[] {
  const events: NewEvent[] = [];
  for (const group of mergeSameChanges(entries)) {
    const [first] = group;
    const object = first === undefined ? undefined : schema.findObject(first.entity);
    if (first === undefined || object === undefined || !hasChangeEvents(object)) continue;
    const event = changeEvent(object, first, group);
    if (event !== undefined) events.push(event);
  }
  return events;
}

function changeEvent(
  object: ObjectDef,
  first: JournalEntry,
  group: readonly JournalEntry[],
): NewEvent | undefined {
  if (first.sequence_number > TRANSACTION_CHANGES_MAX + 1) return undefined;
  const fields = fieldsOf(object);
  const recordIds = group.map(({ record_id }) => record_id);
  if (first.sequence_number === TRANSACTION_CHANGES_MAX + 1) {
    return eventOf(object, header(first, { changeType: 'GAP_OVERFLOW', recordIds: [] }), {});
  }
  const update = first.change_type === 'UPDATE';
  const changed = update ? fields.filter(({ name }) => first.changed_fields.includes(name)) : [];
  const nulled = changed.filter(({ name }) => (first.record[name] ?? null) === null);
  const full = eventOf(
    object,
    header(first, {
      changeType: first.change_type,
      recordIds,
      changedFields: changed.map((field) => eventPath(object, field).join('.')),
      nulledFields: nulled.map((field) => eventPath(object, field).join('.')),
    }),
    valuesOf(object, first.change_type === 'DELETE' ? [] : update ? changed : fields, first),
  );
  if (JSON.stringify(full.body).length <= EVENT_BYTES_MAX) return full;
  return eventOf(object, header(first, { changeType: `GAP_${first.change_type}`, recordIds }), {});
}

/** Entries that follow each other in one transaction and change the same fields of one object to the same values. */
function mergeSameChanges(entries: readonly JournalEntry[]): readonly (readonly JournalEntry[])[] {
  const groups: JournalEntry[][] = [];
  let lastKey: string | undefined;
  for (const entry of entries) {
    const key =
      entry.change_type === 'CREATE'
        ? undefined
        : JSON.stringify([
            entry.transaction_key,
            entry.entity,
            entry.change_type,
            entry.changed_fields,
            entry.record,
          ]);
    const last = groups.at(-1);
    if (
      last !== undefined &&
      key !== undefined &&
      key === lastKey &&
      last.length < MERGED_RECORDS_MAX
    )
      last.push(entry);
    else groups.push([entry]);
    lastKey = key;
  }
  return groups;
}

function header(
  entry: JournalEntry,
  of: {
    readonly changeType: string;
    readonly recordIds: readonly string[];
    readonly changedFields?: readonly string[];
    readonly nulledFields?: readonly string[];
  },
): Json {
  return {
    entityName: entry.entity,
    recordIds: [...of.recordIds],
    changeType: of.changeType,
    changeOrigin: entry.origin,
    transactionKey: entry.transaction_key,
    sequenceNumber: entry.sequence_number,
    commitTimestamp: entry.changed_at.getTime(),
    commitNumber: Number(entry.xid),
    commitUser: entry.user_id,
    nulledFields: [...(of.nulledFields ?? [])],
    diffFields: [],
    changedFields: [...(of.changedFields ?? [])],
  };
}

function eventOf(object: ObjectDef, changeEventHeader: Json, values: Json): NewEvent {
  return {
    kind: 'change',
    topic: `/data/${changeEventName(object.name)}`,
    audience: null,
    body: {
      schema: eventSchema(object).id,
      payload: { ...values, ChangeEventHeader: changeEventHeader },
    },
  };
}

/** Values of fields; of an update all that changed, also those that were emptied, else all that there are. */
function valuesOf(object: ObjectDef, fields: readonly FieldDef[], entry: JournalEntry): Json {
  const values: Record<string, Json[string]> = {};
  const nested: Record<string, Record<string, Json[string]>> = {};
  for (const field of fields) {
    const value = valueOf(field, entry.record[field.name] ?? null);
    if (value === null && entry.change_type !== 'UPDATE') continue;
    const [name, part] = eventPath(object, field);
    if (part === undefined) values[name] = value;
    else {
      const whole = (nested[name] ??= {});
      whole[part] = value;
      values[name] = whole;
    }
  }
  return values;
}

/** Times end in `Z` in events, in `+0000` in REST. */
function valueOf(field: FieldDef, value: Json[string]): Json[string] {
  return field.type === 'datetime' && typeof value === 'string'
    ? value.replace(/\+0000$/, 'Z')
    : value;
}
