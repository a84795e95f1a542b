import { z } from 'zod';

import { SalesforceError } from '../../salesforce-error.ts';
import { TOPICS_MAX } from '../../streaming/limits.ts';
import { assertTopicQuery } from '../../streaming/topic-query.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';

/** A PushTopic is refused when its query is one that Salesforce would not watch. */
export const PUSH_TOPIC_BEHAVIOUR: Behaviour = {
  async beforeCreate(dml, drafts) {
    const { rows } = await dml.client.query(COUNT_TOPICS);
    let active = z.object({ count: z.coerce.number() }).parse(rows[0]).count;
    for (const draft of drafts) {
      checkTopic(dml, draft, draft.values);
      if (draft.error !== undefined || draft.values['IsActive'] === false) continue;
      active += 1;
      if (active > TOPICS_MAX) draft.error = tooManyTopics();
    }
    for (const draft of drafts) chooseOperations(draft);
  },
  reads: ['Query', 'NotifyForFields'],
  async beforeUpdate(dml, drafts, before) {
    await Promise.resolve();
    for (const draft of drafts) {
      checkTopic(dml, draft, { ...before.get(draft.id ?? ''), ...draft.values });
    }
  },
};

const COUNT_TOPICS = `/* countTopics */
select count(*) as count from org.pushtopic where isactive and not isdeleted`;

function tooManyTopics(): SalesforceError {
  return new SalesforceError('LIMIT_EXCEEDED', `maximum number of topics exceeded: ${TOPICS_MAX}`);
}

/** Before version 29.0 one field said which operations are told of; now four do, and that one follows them. */
function chooseOperations({ values }: Draft): void {
  const { NotifyForOperations: chosen, ApiVersion: version } = values;
  const old = Number(version) < OPERATIONS_SEPARATE_VERSION;
  if (chosen === 'Create' || chosen === 'Update' || old) {
    values['NotifyForOperationCreate'] = chosen !== 'Update';
    values['NotifyForOperationUpdate'] = chosen !== 'Create';
    values['NotifyForOperationDelete'] = false;
    values['NotifyForOperationUndelete'] = false;
    return;
  }
  const told = (name: string): boolean => values[`NotifyForOperation${name}`] === true;
  if (told('Delete') || told('Undelete')) values['NotifyForOperations'] = 'Extended';
  else if (told('Create') !== told('Update'))
    values['NotifyForOperations'] = told('Create') ? 'Create' : 'Update';
}

const OPERATIONS_SEPARATE_VERSION = 29;

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

function checkTopic(
  dml: Dml,
  draft: Draft,
  { Query: query, NotifyForFields: fields }: Readonly<Record<string, unknown>>,
): void {
  if (typeof query !== 'string') return;
  try {
    assertTopicQuery(dml.schema, query, typeof fields === 'string' ? fields : 'Referenced');
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    draft.error = error;
  }
}
