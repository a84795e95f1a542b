import { z } from 'zod';
import type { MappingPlan } from '../../connect/core/plan.ts';
import { RowSyncLine } from '../../connect/postgres/row-sync-line.ts';
import { quoteLiteral, quoteName } from '../../src/kit/identifiers.ts';

const Told = z.record(z.string(), z.string().nullable()).nullable();
const Logged = z.object({
  id: z.int(),
  record_id: z.int(),
  action: z.enum(['INSERT', 'UPDATE', 'DELETE']),
  sfid: z.string().nullable(),
  old: Told,
  values: Told,
});
/** Everything the judge looks at, of one table. */
export const View = z.object({
  rows: z.array(
    z.object({
      id: z.int(),
      sfid: z.string().nullable(),
      lastop: z.string(),
      err: z.string().nullable(),
      values: z.record(z.string(), z.string().nullable()),
    }),
  ),
  log: z.array(Logged.extend({ state: z.enum(['NEW', 'PENDING', 'IGNORE']) })),
  archive: z.array(Logged.extend({ state: z.string(), message: z.string().nullable() })),
  syncs: z.array(RowSyncLine),
  readAgain: z.array(z.string()),
  stuck: z.array(z.unknown()),
  conflicts: z.array(
    z.object({
      kind: z.enum(['field', 'deleted', 'undecided']),
      column: z.string().nullable(),
      mine: z.string().nullable(),
      theirs: z.string().nullable(),
      base: z.string().nullable(),
      winner: z.enum(['salesforce', 'postgres']),
      sfid: z.string().nullable(),
      image: Told,
    }),
  ),
});

export function viewText({ schema, table, fields }: MappingPlan): string {
  const surface = quoteName(schema);
  const own = quoteName(`landbridge_${schema}`);
  const name = quoteLiteral(table);
  const cells = fields
    .map(({ column }) => `${quoteLiteral(column)}, t.${quoteName(column)}::text`)
    .join(', ');
  const logged = `l.id, l.record_id, l.action, l.state, l.sfid, hstore_to_json(l.old::hstore) as old,
    hstore_to_json(l."values"::hstore) as "values", l.sf_message as message`;
  const list = (of: string): string => `(select coalesce(json_agg(x), '[]') from (${of}) x)`;
  return `select json_build_object(
  'rows', ${list(`select t.id, t.sfid, t._hc_lastop as lastop, t._hc_err as err, json_build_object(${cells}) as values from ${surface}.${quoteName(table)} t order by t.id`)},
  'log', ${list(`select ${logged} from ${surface}._trigger_log l where l.table_name = ${name} order by l.id`)},
  'archive', ${list(`select ${logged} from ${surface}._trigger_log_archive l where l.table_name = ${name} order by l.id`)},
  'syncs', ${list(`select record_id, epoch, sfid, sent, settled, bases, refusal, attempts, retry_at, parked from ${own}.row_sync where table_name = ${name}`)},
  'conflicts', ${list(`select kind, column_name as column, mine, theirs, base, winner, sfid, image from ${own}.conflict where table_name = ${name} order by id`)},
  'readAgain', (select coalesce(json_agg(sfid), '[]') from ${own}.read_again where table_name = ${name}),
  'stuck', ${list(`select * from ${own}.stuck where table_name = ${name}`)}) as view`;
}
