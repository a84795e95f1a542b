import type pg from 'pg';
import { z } from 'zod';

export interface BatchLines {
  readonly jobId: string;
  readonly number: number;
  readonly successes: string;
  readonly failures: string;
}

export async function insertBatch(client: pg.ClientBase, batch: BatchLines): Promise<void> {
  await client.query(INSERT_BATCH, [batch.jobId, batch.number, batch.successes, batch.failures]);
}

const INSERT_BATCH = `/* insertBatch */
insert into bulk_batches (job_id, number, successes, failures) values ($1, $2, $3, $4)`;

/** The lines of one kind, a batch at a time: never more than one in memory. */
export async function* readBatchLines(
  pool: pg.Pool,
  jobId: string,
  kind: 'successes' | 'failures',
): AsyncGenerator<string> {
  let after = -1;
  for (;;) {
    const { rows } = await pool.query(READ_BATCH, [jobId, after]);
    const [batch] = z.array(Batch).parse(rows);
    if (batch === undefined) return;
    if (batch[kind] !== '') yield batch[kind];
    after = batch.number;
  }
}

const Batch = z.object({ number: z.number(), successes: z.string(), failures: z.string() });

const READ_BATCH = `/* readBatch */
select number, successes, failures from bulk_batches where job_id = $1 and number > $2 order by number limit 1`;
