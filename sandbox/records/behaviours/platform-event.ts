import { randomUUID } from 'node:crypto';

import { present } from '../../../src/kit/assert.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { tableName } from '../../store/layout.ts';
import type { Behaviour } from '../behaviours.ts';
import { JOURNAL_CHANNEL } from '../events.ts';

/**
 * A platform event is published by creating it, and is never stored: its journal entry is all that remains. By the
 * event's definition the entry goes with the transaction, so that an event of a rolled-back change is not published, or
 * is committed at once on a connection of its own, whatever becomes of the transaction. Of the latter a process that is
 * killed in between leaves an event whose caller has no answer, as in Salesforce.
 */
export const PLATFORM_EVENT_BEHAVIOUR: Behaviour = {
  async beforeCreate(dml, drafts) {
    await Promise.resolve();
    for (const draft of drafts) {
      draft.values['EventUuid'] = randomUUID();
      try {
        dml.usage.take(dml, 'HourlyPublishedPlatformEvents');
      } catch (error) {
        if (!(error instanceof SalesforceError)) throw error;
        draft.error = error;
      }
    }
  },
  async afterCreate(dml, drafts) {
    const [first] = drafts;
    if (first === undefined) return;
    const ids = drafts.map(({ id }) => present(id, 'id'));
    const object = present(dml.schema.findObjectOfId(present(first.id, 'id')), 'event object');
    await dml.client.query(
      `/* forgetEvents */ delete from ${tableName(object)} where id = any($1)`,
      [ids],
    );
    if (object.publishedImmediately !== true) return;
    const { rows } = await dml.client.query(TAKE_ENTRIES, [dml.transactionKey, object.name]);
    await dml.announcements.query(PUBLISH_ENTRIES, [JSON.stringify(rows), JOURNAL_CHANNEL]);
  },
};

const TAKE_ENTRIES = `/* takeEntries */
delete from change_journal where transaction_key = $1 and entity = $2 returning *`;

const PUBLISH_ENTRIES = `/* publishEntries */
with entry as (
  insert into change_journal
    (transaction_key, sequence_number, entity, record_id, change_type, changed_fields, record, previous, origin, user_id, changed_at)
  select transaction_key, sequence_number, entity, record_id, change_type, changed_fields, record, previous, origin, user_id, changed_at
    from jsonb_populate_recordset(null::change_journal, $1::jsonb)
   order by sequence_number
)
select pg_notify($2, '')`;
