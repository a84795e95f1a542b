import type pg from 'pg';
import { z } from 'zod';

import { quoteLiteral, quoteName } from '../../src/kit/identifiers.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { step } from '../core/step.ts';
import type { Claimed, ClaimRequest } from '../ports.ts';
import { onSurface } from './schema-names.ts';
import { CLAIM_WINDOWS_MAX } from '../limits.ts';
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

/**
 * Looks through the waiting entries from the oldest on, a window at a time, and locks the rows that may be taken up. A
 * window is bounded so that its cost does not grow with the backlog; another follows only where all of one was held back.
 */
async function lockDueRows(
  client: pg.ClientBase,
  table: Table,
  { now, rowsMax }: ClaimRequest,
): Promise<{ readonly ids: readonly number[]; readonly more: boolean }> {
  let after = 0;
  for (let window = 0; window < CLAIM_WINDOWS_MAX; window += 1) {
    const { rows } = await client.query(windowText(table), [table.plan.table, now, rowsMax, after]);
    const entries = z.array(Entry).parse(rows);
    const more = entries.length >= rowsMax;
    const ids = await lockOpenRows(client, table, entries);
    if (ids.length > 0 || !more) return { ids, more };
    after = entries.at(-1)?.id ?? after;
  }
  return { ids: [], more: false };
}

const Entry = z.object({ id: z.int(), record_id: z.int(), open: z.boolean(), gone: z.boolean() });
type Entry = z.infer<typeof Entry>;

/**
 * The oldest waiting entries, and of each whether its row may be taken up: no write of it is open, none waits for its
 * next try, no person has to decide (unless the application has deleted the row), and its parent is known.
 *
 * The table's name is compared as an expression so that the index of (state, id) is used, which gives the entries in
 * their order and stops at the limit; the other index would have all of a backlog sorted each time.
 */
const windowText = (table: Table): string => {
  const oldest = (state: 'NEW' | 'IGNORE'): string => `(select l.id, l.record_id from ${table.log} l
      where l.state = '${state}' and l.table_name || '' = $1 and l.id > $4 order by l.id limit $3)`;
  return `/* oldestEntries */
select w.id, w.record_id, t.id is null as gone,
       s.sent is null and coalesce(s.retry_at, 0) <= $2 and (s.parked is null or t.id is null)
       ${parentsAreKnown(table)} as open
  from (select * from (${oldest('NEW')} union all ${oldest('IGNORE')}) u order by id limit $3) w
  left join ${table.sql} t on t.id = w.record_id
  left join ${own(table, 'row_sync')} s on s.record_id = w.record_id and s.table_name = $1
 order by w.id`;
};

/** Rows held by another are passed over. Of a row that the application has deleted there is only the entry to hold. */
async function lockOpenRows(
  client: pg.ClientBase,
  table: Table,
  entries: readonly Entry[],
): Promise<readonly number[]> {
  const open = entries.filter((entry) => entry.open);
  const living = open.filter(({ gone }) => !gone).map(({ record_id }) => record_id);
  const gone = open.filter((entry) => entry.gone);
  const held = new Set([
    ...(await lock(client, { from: table.sql, ids: living })),
    ...(await lock(client, { from: table.log, ids: gone.map(({ id }) => id) })).flatMap(
      (locked) => gone.find(({ id }) => id === locked)?.record_id ?? [],
    ),
  ]);
  return [...new Set(open.map(({ record_id }) => record_id))].filter((id) => held.has(id));
}

async function lock(
  client: pg.ClientBase,
  { from, ids }: { readonly from: string; readonly ids: readonly number[] },
): Promise<readonly number[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query(
    `/* lockOpen */ select id from ${from} where id = any ($1::integer[]) order by id for update skip locked`,
    [ids],
  );
  return z
    .array(z.object({ id: z.int() }))
    .parse(rows)
    .map(({ id }) => id);
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
