import type pg from 'pg';
import { z } from 'zod';

import { quoteLiteral, quoteName } from '../../src/kit/identifiers.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { step } from '../core/step.ts';
import type { Claimed, ClaimRequest } from '../ports.ts';
import { onSurface } from './schema-names.ts';
import { readStates } from './read-states.ts';
import { BEGIN } from './session.ts';
import { own, type Table } from './table.ts';
import { nextToken } from './token.ts';
import { writeEffects, type Decision } from './write-effects.ts';

/**
 * Takes rows with waiting log entries, oldest first, and remembers for each what is about to be sent. The commit comes
 * before anything goes out: killed before it, nothing happened; after it, the intent is found at the next start.
 *
 * Entries are chosen by state and never by "id above the last one": a slow transaction's lower ids become visible after
 * faster ones' higher ids. Rows that somebody holds are passed over, so this never waits for the application.
 */
export async function claim(table: Table, request: ClaimRequest): Promise<Claimed> {
  return inTransaction(
    table.pool,
    async (client) => {
      const { ids, more } = await lockDueRows(client, table, request);
      const rows = await readStates(client, table, ids);
      const context = {
        plan: table.plan,
        now: request.now,
        token: ids.length === 0 ? 0 : await nextToken(client, table.plan.schema),
        limits: request.limits,
      };
      const decisions = ids.map((id): Decision => {
        const row = rows.get(id);
        return {
          row,
          effects: row === undefined ? [] : step(context, row.state, { kind: 'claimed' }),
        };
      });
      await writeEffects(client, table, decisions);
      const sends = decisions.flatMap(({ effects }) =>
        effects.flatMap((effect) => (effect.kind === 'send' ? [effect.send] : [])),
      );
      return {
        sends,
        rows: more ? request.rowsMax : ids.length,
        nextDueAt: await findNextDue(client, table, request.now),
      };
    },
    BEGIN,
  );
}

const Due = z.array(z.object({ id: z.int(), record_id: z.int() }));

async function lockDueRows(
  client: pg.ClientBase,
  table: Table,
  { now, rowsMax }: ClaimRequest,
): Promise<{ readonly ids: readonly number[]; readonly more: boolean }> {
  const parameters = [table.plan.table, now, rowsMax];
  const entries: z.infer<typeof Due> = [];
  let more = false;
  for (const state of ['NEW', 'IGNORE'] as const) {
    for (const text of [lockLivingText(table, state), lockGoneText(table, state)]) {
      const { rows } = await client.query(text, parameters);
      const found = Due.parse(rows);
      more ||= found.length >= rowsMax;
      entries.push(...found);
    }
  }
  const oldest = entries.toSorted((a, b) => a.id - b.id).map(({ record_id }) => record_id);
  const ids = [...new Set(oldest)];
  return { ids: ids.slice(0, rowsMax), more: more || ids.length > rowsMax };
}

/** Entries whose row is in the table and may be taken up. A row held by another is passed over, not waited for. */
const lockLivingText = (table: Table, state: 'NEW' | 'IGNORE'): string => `/* lockLiving */
select l.id, l.record_id
  from ${table.log} l
  join ${table.sql} t on t.id = l.record_id
 where l.state = '${state}' and l.table_name = $1
   and ${isOpen(table)} and not exists (select 1 from ${own(table, 'row_sync')} s
                where s.table_name = $1 and s.record_id = l.record_id and s.parked is not null)
   ${parentsAreKnown(table)}
 order by l.id limit $3
   for update of t skip locked`;

/** Entries whose row the application has deleted: there is nothing but the entry to hold. */
const lockGoneText = (table: Table, state: 'NEW' | 'IGNORE'): string => `/* lockGone */
select l.id, l.record_id
  from ${table.log} l
 where l.state = '${state}' and l.table_name = $1
   and ${isOpen(table)} and not exists (select 1 from ${table.sql} t where t.id = l.record_id)
 order by l.id limit $3
   for update of l skip locked`;

function isOpen(table: Table): string {
  return `not exists (select 1 from ${own(table, 'row_sync')} s
        where s.table_name = $1 and s.record_id = l.record_id and (s.sent is not null or s.retry_at > $2))`;
}

/** A child that names its parent by external id waits until the parent, where it is about to be created, has been. */
function parentsAreKnown(table: Table): string {
  return table.plan.fields
    .flatMap(({ column, parent }) => {
      if (parent?.table == null || parent.externalIdColumn === null) return [];
      const log = table.log;
      return [
        `and not exists (select 1 from ${onSurface(table.names, parent.table)} p
      where p.${quoteName(parent.externalIdColumn)} = t.${quoteName(column)} and p.sfid is null
        and (exists (select 1 from ${log} pl where pl.table_name = ${quoteLiteral(parent.table)} and pl.record_id = p.id
                        and pl.state in ('NEW', 'PENDING') and pl.action = 'INSERT')
             or exists (select 1 from ${own(table, 'row_sync')} ps where ps.table_name = ${quoteLiteral(parent.table)}
                           and ps.record_id = p.id and ps.sent is not null)))`,
      ];
    })
    .join('\n   ');
}

/** When a row that waits for its next try becomes due. */
async function findNextDue(
  client: pg.ClientBase,
  table: Table,
  now: number,
): Promise<number | null> {
  const { rows } = await client.query(
    `/* findNextDue */ select min(s.retry_at) as at from ${own(table, 'row_sync')} s
      where s.table_name = $1 and s.retry_at > $2 and s.sent is null and s.parked is null
        and exists (select 1 from ${table.log} l
                     where l.table_name = $1 and l.record_id = s.record_id and l.state in ('NEW', 'IGNORE'))`,
    [table.plan.table, now],
  );
  const [row] = z.array(z.object({ at: z.coerce.number().nullable() })).parse(rows);
  return row?.at ?? null;
}
