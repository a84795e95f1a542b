import pg from 'pg';
import { z } from 'zod';

const Text = z.array(z.object({ text: z.string() }));

/**
 * A database's schema as SQL that a person reviews: tables with columns and constraints, indexes, functions, triggers.
 * PostgreSQL's own words for each thing, in an order that does not depend on when it was made.
 */
export async function dumpSchema(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const parts: string[] = [];
    for (const query of [TABLES, INDEXES, FUNCTIONS, TRIGGERS]) {
      const { rows } = await client.query(query);
      parts.push(...Text.parse(rows).map(({ text }) => `${text.trim()};`));
    }
    return `${parts.join('\n\n')}\n`;
  } finally {
    await client.end();
  }
}

/** The records of the migrations themselves are knex's. */
const OURS = `namespace.nspname not in ('pg_catalog', 'information_schema') and namespace.nspname !~ '^pg_'
   and class.relname !~ '^schema_migrations'`;

const TABLES = `
select format(E'create table %I.%I (\\n%s\\n)', namespace.nspname, class.relname, string_agg(line, E',\\n' order by rank, line_order)) as text
  from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  cross join lateral (
    select 1 as rank, attribute.attnum::int as line_order,
           format('  %I %s%s%s%s', attribute.attname, format_type(attribute.atttypid, attribute.atttypmod),
                  case when attribute.attnotnull then ' not null' else '' end,
                  case when attribute.attidentity <> '' then ' generated always as identity' else '' end,
                  coalesce(' default ' || pg_get_expr(value.adbin, value.adrelid), '')) as line
      from pg_attribute as attribute
      left join pg_attrdef as value on value.adrelid = class.oid and value.adnum = attribute.attnum
     where attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
    union all
    select 2, row_number() over (order by found.conname)::int,
           format('  constraint %I %s', found.conname, pg_get_constraintdef(found.oid))
      from pg_constraint as found
     where found.conrelid = class.oid and found.contype <> 'n'
  ) as lines
 where class.relkind in ('r', 'p') and ${OURS}
 group by namespace.nspname, class.relname
 order by namespace.nspname, class.relname`;

const INDEXES = `
select pg_get_indexdef(index.indexrelid) as text
  from pg_index as index
  join pg_class as class on class.oid = index.indrelid
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  join pg_class as itself on itself.oid = index.indexrelid
 where ${OURS}
   and not exists (select from pg_constraint where conindid = index.indexrelid and contype in ('p', 'u', 'x'))
 order by namespace.nspname, class.relname, itself.relname`;

const FUNCTIONS = `
select pg_get_functiondef(routine.oid) as text
  from pg_proc as routine
  join pg_namespace as namespace on namespace.oid = routine.pronamespace
 where namespace.nspname not in ('pg_catalog', 'information_schema') and namespace.nspname !~ '^pg_'
   and routine.prokind in ('f', 'p')
   and not exists (select from pg_depend where objid = routine.oid and deptype = 'e')
 order by namespace.nspname, routine.proname, pg_get_function_identity_arguments(routine.oid)`;

const TRIGGERS = `
select pg_get_triggerdef(tg.oid) as text
  from pg_trigger as tg
  join pg_class as class on class.oid = tg.tgrelid
  join pg_namespace as namespace on namespace.oid = class.relnamespace
 where not tg.tgisinternal and ${OURS}
 order by namespace.nspname, class.relname, tg.tgname`;
