import type pg from 'pg';
import { z } from 'zod';

import { unreachable } from '../../src/kit/assert.ts';
import { messageOf } from '../../src/kit/fault.ts';
import type { Org } from '../org.ts';
import type { JournalEntry } from '../records/events.ts';
import type { CompiledQuery } from '../soql/compiled.ts';
import type { Json, NewEvent } from './event.ts';
import { compileTopicQuery, whereFields } from './topic-query.ts';

type TopicOrg = Pick<Org, 'clock' | 'log' | 'schema' | 'adminUserId'>;

/** The events of journal entries for every active PushTopic that asks for them. */
export async function topicEvents(
  org: TopicOrg,
  client: pg.ClientBase,
  entries: readonly JournalEntry[],
): Promise<readonly NewEvent[]> {
  const topics = await findActiveTopics(client);
  const events: { readonly at: number; readonly event: NewEvent }[] = [];
  for (const topic of topics) {
    const query = compileTopic(org, topic);
    if (query === undefined) continue;
    const wanted = entries.filter(
      (entry) => entry.entity === query.object.name && asksFor(topic, query, entry),
    );
    if (wanted.length === 0) continue;
    const records = await readMatching(client, query, wanted);
    for (const entry of wanted) {
      const record = records.get(entry.record_id);
      if (record === undefined) continue;
      events.push({
        at: Number(entry.id),
        event: {
          kind: 'push_topic',
          topic: `/topic/${topic.name}`,
          audience: null,
          body: {
            type: PAST_TENSE[entry.change_type],
            sobject: entry.change_type === 'DELETE' ? { Id: entry.record_id } : record,
          },
        },
      });
    }
  }
  return events.toSorted((a, b) => a.at - b.at).map(({ event }) => event);
}

const PAST_TENSE = {
  CREATE: 'created',
  UPDATE: 'updated',
  DELETE: 'deleted',
  UNDELETE: 'undeleted',
} as const;

function asksFor(topic: Topic, query: CompiledQuery, entry: JournalEntry): boolean {
  switch (entry.change_type) {
    case 'CREATE':
      return topic.onCreate;
    case 'DELETE':
      return topic.onDelete;
    case 'UNDELETE':
      return topic.onUndelete;
    case 'UPDATE':
      return topic.onUpdate && concerns(topic, query, entry.changed_fields);
    default:
      return unreachable(entry.change_type);
  }
}

/** NotifyForFields: which changed fields make an update worth telling. */
function concerns(topic: Topic, query: CompiledQuery, changed: readonly string[]): boolean {
  if (topic.notifyForFields === 'All') return true;
  const selected = query.columns.flatMap((column) =>
    column.kind === 'field' ? [column.field.name] : [],
  );
  const filtered = whereFields(topic.query);
  const watched =
    topic.notifyForFields === 'Select'
      ? selected
      : topic.notifyForFields === 'Where'
        ? filtered
        : [...selected, ...filtered];
  const names = new Set(watched.map((name) => name.toLowerCase()));
  return changed.some((name) => names.has(name.toLowerCase()));
}

/** The records of entries that meet the topic's WHERE now, right after the change. */
async function readMatching(
  client: pg.ClientBase,
  query: CompiledQuery,
  entries: readonly JournalEntry[],
): Promise<ReadonlyMap<string, Json>> {
  if (query.listing === undefined) return new Map();
  const ids = query.listing.ids();
  const wanted = [...new Set(entries.map(({ record_id }) => record_id))];
  const matching = await client.query(
    `/* topicMembers */ select id from (${ids.text}) as member where id = any($${ids.values.length + 1})`,
    [...ids.values, wanted],
  );
  const found = z.array(z.object({ id: z.string() })).parse(matching.rows);
  if (found.length === 0) return new Map();
  const { text, values } = query.listing.recordsOf(found.map(({ id }) => id));
  const { rows } = await client.query(text, [...values]);
  return new Map(
    z
      .array(z.object({ record: z.string() }))
      .parse(rows)
      .map(({ record }) => {
        const { attributes: _attributes, ...fields } = SelectedRecord.parse(JSON.parse(record));
        return [fields.Id, fields] as const;
      }),
  );
}

const SelectedRecord = z
  .looseObject({ Id: z.string(), attributes: z.unknown() })
  .catchall(z.json());

function compileTopic(org: TopicOrg, topic: Topic): CompiledQuery | undefined {
  try {
    return compileTopicQuery(
      { schema: org.schema(), now: new Date(org.clock.now()), userId: org.adminUserId },
      topic.query,
    );
  } catch (error) {
    // A field of the query may be gone since; the topic is silent until it is corrected, the others go on.
    org.log.warn(
      { topic: topic.name, reason: messageOf(error) },
      'push topic has a query that cannot be run',
    );
    return undefined;
  }
}

async function findActiveTopics(client: pg.ClientBase): Promise<readonly Topic[]> {
  const { rows } = await client.query(FIND_ACTIVE_TOPICS);
  return z.array(Topic).parse(rows);
}

const FIND_ACTIVE_TOPICS = `/* findActiveTopics */
select name, query, notifyforfields as "notifyForFields", notifyforoperationcreate as "onCreate",
       notifyforoperationupdate as "onUpdate", notifyforoperationdelete as "onDelete",
       notifyforoperationundelete as "onUndelete"
  from org.pushtopic
 where isactive and not isdeleted
 order by id`;

const Topic = z.object({
  name: z.string(),
  query: z.string(),
  notifyForFields: z.enum(['Select', 'Where', 'Referenced', 'All']).catch('Referenced'),
  onCreate: z.boolean(),
  onUpdate: z.boolean(),
  onDelete: z.boolean(),
  onUndelete: z.boolean(),
});
type Topic = Readonly<z.infer<typeof Topic>>;
