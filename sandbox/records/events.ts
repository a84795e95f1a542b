import type pg from 'pg';
import { z } from 'zod';

/**
 * The change journal: table `change_journal`, written in the transaction of the DML itself, so a change and its journal
 * entry commit together or not at all. Streaming reads it after commit.
 *
 * Order: `id` is handed out before commit, so a slower transaction's entries may appear behind a reader's position.
 * A reader that must not miss any takes only entries with `xid < pg_snapshot_xmin(pg_current_snapshot())`, ordered by
 * (xid, id). NOTIFY on the channel `change_journal` is the doorbell, never the data.
 */
export const JOURNAL_CHANNEL = 'change_journal';

export const JournalEntry = z.object({
  /** bigserial, as a string. */
  id: z.string(),
  /** The transaction's id (xid8), as a string. */
  xid: z.string(),
  /** One per transaction, for ChangeEventHeader.transactionKey. */
  transaction_key: z.string(),
  /** Position in the transaction, from 1. */
  sequence_number: z.number(),
  /** Canonical object name and 18-character record id. */
  entity: z.string(),
  record_id: z.string(),
  change_type: z.enum(['CREATE', 'UPDATE', 'DELETE', 'UNDELETE']),
  /** UPDATE: API names of the fields that really changed, with LastModifiedDate (and LastModifiedById when it did). Else empty. */
  changed_fields: z.array(z.string()),
  /**
   * Values by API name, as REST gives them. CREATE and UNDELETE: all that are not null. UPDATE: the changed ones, null
   * where emptied. DELETE: none. Calculated fields are left out.
   */
  record: z.record(z.string(), z.json()),
  /** UPDATE: the values before, of the changed fields. Else empty. */
  previous: z.record(z.string(), z.json()),
  /** ChangeEventHeader.changeOrigin: `com/salesforce/api/rest/64.0;client=Astro`; '' for changes from the org's own pages. */
  origin: z.string(),
  user_id: z.string(),
  /** When the change was written, shortly before its commit, in the org's time. */
  changed_at: z.date(),
});
export type JournalEntry = Readonly<z.infer<typeof JournalEntry>>;

export type NewJournalEntry = Pick<
  JournalEntry,
  'entity' | 'record_id' | 'change_type' | 'changed_fields' | 'record' | 'previous'
>;

export interface JournalWriter {
  readonly transactionKey: string;
  readonly origin: string;
  readonly userId: string;
  readonly now: Date;
  /** Entries this transaction has written before. */
  readonly written: number;
}

/** Writes entries and rings the doorbell (which PostgreSQL delivers at commit, once per transaction). */
export async function writeJournal(
  client: pg.ClientBase,
  writer: JournalWriter,
  entries: readonly NewJournalEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await client.query(WRITE_JOURNAL, [
    writer.transactionKey,
    writer.written,
    JSON.stringify(entries),
    writer.origin,
    writer.userId,
    writer.now,
    JOURNAL_CHANNEL,
  ]);
}

const WRITE_JOURNAL = `/* writeJournal */
with entry as (
  insert into change_journal
    (transaction_key, sequence_number, entity, record_id, change_type, changed_fields, record, previous, origin, user_id, changed_at)
  select $1, $2 + item.ordinality, item.entity, item.record_id, item.change_type, item.changed_fields,
         item.record, item.previous, $4, $5, $6
    from rows from (jsonb_to_recordset($3::jsonb)
           as (entity text, record_id text, change_type text, changed_fields text[], record jsonb, previous jsonb))
         with ordinality as item(entity, record_id, change_type, changed_fields, record, previous, ordinality)
   order by item.ordinality
)
select pg_notify($7, '')`;
