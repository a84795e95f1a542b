import type { JournalEntry } from '../records/events.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { hasChangeEvents } from './changed-object.ts';
import { changeEventName, eventPath, fieldsOf } from './event-fields.ts';
import { eventSchema } from './event-schema.ts';
import type { Json, NewEvent } from './event.ts';
import { EVENT_BYTES_MAX, MERGED_RECORDS_MAX } from './limits.ts';
import { textDifference } from './text-difference.ts';

/** An entry with the number of its commit, and whether its transaction has changed too much to be told one by one. */
export interface NumberedEntry extends JournalEntry {
  readonly commitNumber: number;
  /** `told`: an event of its own; `overflow`: the one event that stands for all the rest of its object; `untold`: among that rest. */
  readonly fate: 'told' | 'overflow' | 'untold';
}

/** The change events of journal entries, in their order. The same change of several records in one transaction is one event. */
export function changeEvents(
  schema: Schema,
  entries: readonly NumberedEntry[],
): readonly NewEvent[] {
  const told = entries.filter(({ fate }) => fate !== 'untold');
  const events: NewEvent[] = [];
  for (const group of mergeSameChanges(told)) {
    const [first] = group;
    const object = first === undefined ? undefined : schema.findObject(first.entity);
    if (first === undefined || object === undefined || !hasChangeEvents(object)) continue;
    events.push(changeEvent(object, first, group));
  }
  return events;
}

/** What is left of a change event when its contents are lost: which records, and what kind of change. */
export function gapOf(event: NewEvent, { wildcard }: { readonly wildcard: boolean }): NewEvent {
  const { payload } = event.body;
  const header =
    typeof payload === 'object' && payload !== null && !Array.isArray(payload)
      ? payload['ChangeEventHeader']
      : undefined;
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return event;
  const { recordIds, changeType } = header;
  const ids = Array.isArray(recordIds) ? recordIds.map(String) : [];
  const kind = typeof changeType === 'string' ? changeType : 'UPDATE';
  return {
    ...event,
    body: {
      ...event.body,
      payload: {
        ChangeEventHeader: {
          ...header,
          changeType: kind.startsWith('GAP_') ? kind : `GAP_${kind}`,
          recordIds: wildcard ? [...new Set(ids.map((id) => `${id.slice(0, 3)}*`))] : ids,
          nulledFields: [],
          diffFields: [],
          changedFields: [],
        },
      },
    },
  };
}

/** Salesforce: an overflow event names no record, but its list of records is not empty. */
const NO_RECORD = '000000000000000AAA';

function changeEvent(
  object: ObjectDef,
  first: NumberedEntry,
  group: readonly NumberedEntry[],
): NewEvent {
  if (first.fate === 'overflow') {
    return eventOf(
      object,
      header(first, { changeType: 'GAP_OVERFLOW', recordIds: [NO_RECORD] }),
      {},
    );
  }
  const fields = fieldsOf(object);
  const recordIds = group.map(({ record_id }) => record_id);
  const update = first.change_type === 'UPDATE';
  const changed = update ? fields.filter(({ name }) => first.changed_fields.includes(name)) : [];
  const nulled = changed.filter(({ name }) => (first.record[name] ?? null) === null);
  const differences = group.length > 1 ? new Map<string, string>() : differencesOf(changed, first);
  const full = eventOf(
    object,
    header(first, {
      changeType: first.change_type,
      recordIds,
      changedFields: changed.map((field) => eventPath(object, field).join('.')),
      nulledFields: nulled.map((field) => eventPath(object, field).join('.')),
      diffFields: [...differences.keys()],
    }),
    {
      ...valuesOf(object, first.change_type === 'DELETE' ? [] : update ? changed : fields, first),
      ...Object.fromEntries([...differences].map(([name, diff]) => [name, { diff }])),
    },
  );
  return Buffer.byteLength(JSON.stringify(full.body)) <= EVENT_BYTES_MAX
    ? full
    : gapOf(full, { wildcard: false });
}

/** Long texts of which little changed are told by what changed in them. */
function differencesOf(
  changed: readonly FieldDef[],
  entry: JournalEntry,
): ReadonlyMap<string, string> {
  const differences = new Map<string, string>();
  for (const { name, type } of changed) {
    const before = entry.previous[name];
    const after = entry.record[name];
    if (type !== 'textarea' || typeof before !== 'string' || typeof after !== 'string') continue;
    const difference = textDifference(before, after);
    if (difference !== undefined) differences.set(name, difference);
  }
  return differences;
}

/** Entries that follow each other in one transaction and change the same fields of one object to the same values, within a second. */
function mergeSameChanges(
  entries: readonly NumberedEntry[],
): readonly (readonly NumberedEntry[])[] {
  const groups: NumberedEntry[][] = [];
  let lastKey: string | undefined;
  for (const entry of entries) {
    const key = keyOfChange(entry);
    const last = groups.at(-1);
    const [first] = last ?? [];
    if (
      last !== undefined &&
      first !== undefined &&
      key !== undefined &&
      key === lastKey &&
      entry.changed_at.getTime() - first.changed_at.getTime() < MERGED_WITHIN_MS &&
      last.length < MERGED_RECORDS_MAX
    )
      last.push(entry);
    else groups.push([entry]);
    lastKey = key;
  }
  return groups;
}

const MERGED_WITHIN_MS = 1_000;

/** Two entries with one key are the same change. A creation is never the same as another: each has its own record in it. */
function keyOfChange(entry: NumberedEntry): string | undefined {
  if (entry.change_type === 'CREATE' || entry.fate !== 'told') return undefined;
  const { transaction_key, entity, change_type, changed_fields, record } = entry;
  return JSON.stringify([transaction_key, entity, change_type, changed_fields, record]);
}

function header(
  entry: NumberedEntry,
  of: {
    readonly changeType: string;
    readonly recordIds: readonly string[];
    readonly changedFields?: readonly string[];
    readonly nulledFields?: readonly string[];
    readonly diffFields?: readonly string[];
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
    commitNumber: entry.commitNumber,
    commitUser: entry.user_id,
    nulledFields: [...(of.nulledFields ?? [])],
    diffFields: [...(of.diffFields ?? [])],
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
    const value = eventValue(field, entry.record[field.name] ?? null);
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
export function eventValue(field: FieldDef, value: Json[string]): Json[string] {
  return field.type === 'datetime' && typeof value === 'string'
    ? value.replace(/\+0000$/, 'Z')
    : value;
}
