import { z } from 'zod';

import type { Notification, NotificationTable } from '../../registry.ts';
import { manyRows, run, type Sql } from './rows.ts';

const Row = z
  .object({
    id: z.string(),
    event_type: z.string(),
    message: z.string(),
    created_at: z.date(),
  })
  .transform((row): Notification => ({
    id: row.id,
    eventType: row.event_type,
    message: row.message,
    createdAt: row.created_at,
  }));

export function notificationTable(sql: Sql): NotificationTable {
  return {
    insert: (connectionId, { eventType, message }) =>
      run(sql, [INSERT, [connectionId, eventType, message]]),
    listUnacknowledged: (connectionId, { after, before, eventType, max }) =>
      manyRows(sql, Row, [LIST, [connectionId, after, before, eventType, max]]),
    acknowledge: (connectionId, { after, before, eventType }) =>
      run(sql, [ACKNOWLEDGE, [connectionId, after, before, eventType]]),
  };
}

const INSERT = `/* insertNotification */
insert into notification (connection_id, event_type, message)
select $1::uuid, $2::text, $3::text
 where not exists (
   select 1 from notification
    where connection_id = $1 and event_type = $2 and message = $3 and acknowledged_at is null)`;

const WANTED = `connection_id = $1 and acknowledged_at is null
   and ($2::timestamptz is null or created_at > $2)
   and ($3::timestamptz is null or created_at < $3)
   and ($4::text is null or event_type = $4)`;

const LIST = `/* listNotifications */
select id, event_type, message, created_at from notification
 where ${WANTED}
 order by created_at desc, id desc
 limit $5`;

const ACKNOWLEDGE = `/* acknowledgeNotifications */
update notification set acknowledged_at = now() where ${WANTED}`;
