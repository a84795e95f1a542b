import type pg from 'pg';

/**
 * Runs `work` in one transaction: commits when it resolves, rolls back when it rejects. `begin` may carry settings that
 * must hold for the whole transaction (a setting made inside a savepoint would be undone with it).
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  begin = 'begin',
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection whose rollback fails is not given back: its transaction might still be open.
    await client.query('rollback').catch((failed: unknown) => {
      broken = Error.isError(failed) ? failed : new Error(String(failed));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
