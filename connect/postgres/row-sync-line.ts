import { z } from 'zod';

import type { RowSync } from '../core/row.ts';

const Values = z.record(z.string(), z.string().nullable());

const Sent = z.object({
  attempt: z.number(),
  op: z.enum(['insert', 'update', 'delete']),
  values: Values,
  bases: Values,
  entries: z.array(z.number()),
  key: z.string().nullable(),
  at: z.number(),
  quarantineUntil: z.number(),
  ambiguous: z.boolean(),
  readAt: z.number(),
});

/** A line of the table row_sync. */
export const RowSyncLine = z
  .object({
    record_id: z.int(),
    epoch: z.coerce.number(),
    sfid: z.string().nullable(),
    sent: Sent.nullable(),
    settled: z.record(z.string(), z.number()),
    bases: Values,
    refusal: z.string().nullable(),
    attempts: z.int(),
    retry_at: z.coerce.number(),
    parked: z.string().nullable(),
  })
  .transform(({ record_id: recordId, retry_at: retryAt, ...sync }) => ({
    recordId,
    sync: { ...sync, retryAt } satisfies RowSync,
  }));
