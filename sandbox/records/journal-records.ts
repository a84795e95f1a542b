import { quoteName } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import { jsonColumns } from '../store/record-json.ts';
import type { Dml } from './dml.ts';
import { JOURNAL_CHANNEL, writeJournal, type NewJournalEntry } from './events.ts';

/** The fields a journal entry may hold: what is stored, without formulas and files. */
function journalFields(object: ObjectDef): readonly FieldDef[] {
  return object.fields.filter(
    ({ name, column, calculated, type }) =>
      name !== 'Id' && column !== null && !calculated && type !== 'base64',
  );
}

/** Tells of records that now exist (created or undeleted), with all their values. The rows are read where they lie. */
export async function journalCreated(
  dml: Dml,
  object: ObjectDef,
  ids: readonly string[],
  changeType: 'CREATE' | 'UNDELETE',
): Promise<void> {
  if (ids.length === 0) return;
  const columns = jsonColumns(object, journalFields(object), 'record');
  await dml.client.query(
    `/* journalCreated */
with item as (
  select "id" as ${quoteName('_id')}, ${columns} from ${tableName(object)} as record where "id" = any($1::text[])
), entry as (
  insert into change_journal
    (transaction_key, sequence_number, entity, record_id, change_type, changed_fields, record, previous, origin, user_id, changed_at)
  select $2, $3 + row_number() over (order by "_id"), $4, "_id", $5, '{}',
         jsonb_strip_nulls(to_jsonb(item)) - '_id', '{}', $6, $7, $8
    from item
   order by "_id"
)
select pg_notify($9, '')`,
    [
      ids,
      dml.transactionKey,
      dml.journalled,
      object.name,
      changeType,
      dml.context.origin,
      dml.userId,
      dml.now,
      JOURNAL_CHANNEL,
    ],
  );
  dml.journalled += ids.length;
}

/** Tells of updates and deletes. */
export async function journal(dml: Dml, entries: readonly NewJournalEntry[]): Promise<void> {
  await writeJournal(
    dml.client,
    {
      transactionKey: dml.transactionKey,
      origin: dml.context.origin,
      userId: dml.userId,
      now: dml.now,
      written: dml.journalled,
    },
    entries,
  );
  dml.journalled += entries.length;
}
