import { present } from '../../../src/kit/assert.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import { tableName } from '../../store/layout.ts';
import { assertTopicQuery } from '../../streaming/push-topic.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';

/** A PushTopic is refused when its query is one that Salesforce would not watch. */
export const PUSH_TOPIC_BEHAVIOUR: Behaviour = {
  async beforeCreate(dml, drafts) {
    await Promise.resolve();
    for (const draft of drafts) checkTopic(dml, draft);
  },
  async beforeUpdate(dml, drafts) {
    await Promise.resolve();
    for (const draft of drafts) checkTopic(dml, draft);
  },
};

/** A generic channel's name is its path. */
export const STREAMING_CHANNEL_BEHAVIOUR: Behaviour = {
  async beforeCreate(_dml, drafts) {
    await Promise.resolve();
    for (const draft of drafts) {
      const { Name: name } = draft.values;
      if (typeof name === 'string' && !/^\/u\/[^\s*]+$/.test(name)) {
        draft.error = new SalesforceError(
          'FIELD_INTEGRITY_EXCEPTION',
          'Streaming Channel Name: must begin with /u/',
          {
            fields: ['Name'],
          },
        );
      }
    }
  },
};

/**
 * A platform event is published by creating it, and is never stored: its journal entry is all that remains, and it goes
 * with the transaction, so an event of a rolled-back change is not published.
 */
export const PLATFORM_EVENT_BEHAVIOUR: Behaviour = {
  async afterCreate(dml, drafts) {
    const [first] = drafts;
    if (first === undefined) return;
    const ids = drafts.map(({ id }) => present(id, 'id'));
    const object = present(dml.schema.findObjectOfId(present(first.id, 'id')), 'event object');
    await dml.client.query(
      `/* forgetEvents */ delete from ${tableName(object)} where id = any($1)`,
      [ids],
    );
  },
};

function checkTopic(dml: Dml, draft: Draft): void {
  const { Query: query } = draft.values;
  if (typeof query !== 'string') return;
  try {
    assertTopicQuery(dml.schema, query);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    draft.error = error;
  }
}
