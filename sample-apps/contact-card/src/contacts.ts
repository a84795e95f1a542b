import pg from 'pg';
import { z } from 'zod';

import {
  FIELD_NAMES,
  pick,
  type Contact,
  type FieldName,
  type SyncState,
  type Values,
} from './contact.ts';

/** The columns the list can be sorted by, and what each means in SQL. */
export const SORTS = {
  name: 'lower(c.name)',
  account: 'lower(a.name)',
  title: 'lower(c.title)',
  email: 'lower(c.email)',
  phone: 'c.phone',
  changed: 'c.systemmodstamp',
} as const;
export type SortName = keyof typeof SORTS;

export const PAGE_SIZE = 50;

export interface ListQuery {
  readonly search: string;
  readonly sort: SortName;
  readonly descending: boolean;
  /** 1 is the first page. */
  readonly page: number;
}

export interface ContactList {
  readonly contacts: readonly Contact[];
  readonly total: number;
}

const Row = z
  .object({
    id: z.coerce.string(),
    sfid: z.string().nullable(),
    name: z.string().nullable(),
    account: z.string().nullable(),
    accountid: z.string().nullable(),
    systemmodstamp: z.date().nullable(),
    _hc_lastop: z.string().nullable(),
    _hc_err: z.string().nullable(),
    sf_message: z.string().nullable(),
  })
  .loose();

export interface Contacts {
  /** False while Connect has not made the table yet. */
  connected(): Promise<boolean>;
  list(query: ListQuery): Promise<ContactList>;
  find(id: string): Promise<Contact | undefined>;
  create(values: Values): Promise<string>;
  /** Writes only what differs from what the person saw; resolves to the fields that somebody else changed meanwhile. */
  update(id: string, seen: Values, wanted: Values): Promise<readonly FieldName[] | 'gone'>;
  remove(id: string): Promise<void>;
}

/** The contacts in the tables that Connect keeps. Every statement is plain SQL on `salesforce.contact`. */
export function openContacts(pool: pg.Pool, schema: string): Contacts {
  const contact = `${pg.escapeIdentifier(schema)}.contact`;
  const account = `${pg.escapeIdentifier(schema)}.account`;
  const log = `${pg.escapeIdentifier(schema)}._trigger_log_archive`;
  const columns = `c.id, c.sfid, coalesce(c.name, nullif(concat_ws(' ', c.firstname, c.lastname), '')) as name,
    a.name as account, c.accountid, c.systemmodstamp at time zone 'UTC' as systemmodstamp, c._hc_lastop, c._hc_err,
    ${FIELD_NAMES.map((field) => `c.${field}`).join(', ')},
    case when c._hc_lastop = 'FAILED' then (select l.sf_message from ${log} l
       where l.table_name = 'contact' and l.record_id = c.id and l.state = 'FAILED' order by l.id desc limit 1) end as sf_message`;
  const from = `from ${contact} c left join ${account} a on a.sfid = c.accountid`;

  return {
    async connected() {
      const { rows } = await pool.query<{ there: boolean }>(
        'select to_regclass($1) is not null and to_regclass($2) is not null as there',
        [contact, account],
      );
      return rows[0]?.there === true;
    },

    async list({ search, sort, descending, page }) {
      const words = search.split(/\s+/).filter(Boolean).slice(0, 8);
      const where = words.map(
        (_, index) =>
          `and concat_ws(' ', c.firstname, c.lastname, c.name, c.email, c.phone, c.mobilephone, c.title, a.name) ilike $${index + 1}`,
      );
      const patterns = words.map((word) => `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
      const counted = await pool.query<{ total: string }>(
        `select count(*) as total ${from} where true ${where.join(' ')}`,
        patterns,
      );
      const found = await pool.query(
        `select ${columns} ${from} where true ${where.join(' ')}
          order by ${SORTS[sort]} ${descending ? 'desc nulls last' : 'asc nulls last'}, c.id
          limit ${PAGE_SIZE} offset ${PAGE_SIZE * (page - 1)}`,
        patterns,
      );
      return { contacts: found.rows.map(toContact), total: Number(counted.rows[0]?.total ?? 0) };
    },

    async find(id) {
      const { rows } = await pool.query(`select ${columns} ${from} where c.id = $1`, [id]);
      return rows[0] === undefined ? undefined : toContact(rows[0]);
    },

    async create(values) {
      const filled = FIELD_NAMES.filter((name) => values[name] !== '');
      const { rows } = await pool.query<{ id: string }>(
        `insert into ${contact} (${filled.join(', ')}) values (${filled.map((_, index) => `$${index + 1}`).join(', ')}) returning id`,
        filled.map((name) => values[name]),
      );
      return String(rows[0]?.id);
    },

    async update(id, seen, wanted) {
      const edited = FIELD_NAMES.filter((name) => wanted[name] !== seen[name]);
      const client = await pool.connect();
      try {
        await client.query('begin');
        // The row is locked before it is compared: what is compared is what is then overwritten.
        const { rows } = await client.query(
          `select ${FIELD_NAMES.join(', ')} from ${contact} where id = $1 for update`,
          [id],
        );
        if (rows[0] === undefined) {
          await client.query('rollback');
          return 'gone';
        }
        const current = pick(rows[0]);
        const changedMeanwhile = edited.filter(
          (name) => current[name] !== seen[name] && current[name] !== wanted[name],
        );
        const writes = edited.filter((name) => current[name] !== wanted[name]);
        if (changedMeanwhile.length === 0 && writes.length > 0) {
          await client.query(
            `update ${contact} set ${writes.map((name, index) => `${name} = $${index + 2}`).join(', ')} where id = $1`,
            [id, ...writes.map((name) => (wanted[name] === '' ? null : wanted[name]))],
          );
        }
        await client.query('commit');
        return changedMeanwhile;
      } catch (error) {
        await client.query('rollback').catch(() => undefined);
        throw error;
      } finally {
        client.release();
      }
    },

    async remove(id) {
      await pool.query(`delete from ${contact} where id = $1`, [id]);
    },
  };
}

function toContact(raw: unknown): Contact {
  const row = Row.parse(raw);
  return {
    id: row.id,
    sfid: row.sfid,
    name: row.name ?? '(no name)',
    account: row.account,
    accountSfid: row.accountid,
    values: pick(row),
    modified: row.systemmodstamp,
    sync: syncState(row),
  };
}

/** Connect's own columns, as a person reads them. */
function syncState(row: z.infer<typeof Row>): SyncState {
  if (row._hc_lastop === 'FAILED') {
    return {
      kind: 'failed',
      why: row.sf_message ?? errorText(row._hc_err) ?? 'Salesforce refused the change.',
    };
  }
  return row._hc_lastop === 'PENDING' ? { kind: 'pending' } : { kind: 'synced' };
}

const HcError = z.object({ message: z.string().optional(), msg: z.string().optional() });

function errorText(json: string | null): string | undefined {
  if (json === null) return undefined;
  try {
    const parsed = HcError.safeParse(JSON.parse(json));
    return parsed.success ? (parsed.data.message ?? parsed.data.msg ?? json) : json;
  } catch {
    return json;
  }
}
