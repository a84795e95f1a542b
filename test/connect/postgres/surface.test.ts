import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { applyMappings } from '../../../connect/postgres/apply-mappings.ts';
import { mappingPlan } from '../../../connect/core/mapping-plan.ts';
import { finishLoad } from '../../../connect/postgres/load-state.ts';
import { tableOf } from '../../../connect/postgres/table.ts';
import { createAppDatabase, type AppDatabase } from '../support/app-database.ts';
import { contactPlan, plan } from '../support/describes.ts';

const PLANS = [
  contactPlan(),
  plan('Account', {
    access: 'read_only',
    fields: ['Name', 'Industry', 'AnnualRevenue', 'NumberOfEmployees', 'Website'],
  }),
];
const IDS = { id: 'm', connection: 'c', writes: 'merged' } as const;

let database: AppDatabase;

beforeAll(async () => {
  database = await createAppDatabase();
  await applyMappings(database.connect, {
    schema: 'salesforce',
    organizationId: '00D000000000001EAA',
    plans: PLANS,
  });
  for (const each of PLANS) {
    const mapping = mappingPlan({ ...IDS, schema: 'salesforce', plan: each, all: PLANS });
    await finishLoad(tableOf(database.connect, mapping), { asOf: null, sweep: null });
  }
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

async function texts(
  statement: string,
  values: readonly unknown[] = [],
): Promise<readonly string[]> {
  const { rows } = await database.app.query<{ text: string }>(statement, [...values]);
  return rows.map(({ text }) => text);
}

function columnsOf(table: string): Promise<readonly string[]> {
  return texts(
    `select concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then 'not null' end,
            'default ' || pg_get_expr(d.adbin, d.adrelid)) as text
       from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [table],
  );
}

function indexesOf(table: string): Promise<readonly string[]> {
  return texts(
    `select pg_get_indexdef(indexrelid) as text from pg_index where indrelid = $1::regclass order by 1`,
    [table],
  );
}

function triggersOf(table: string): Promise<readonly string[]> {
  return texts(
    `select pg_get_triggerdef(oid) as text from pg_trigger where tgrelid = $1::regclass order by 1`,
    [table],
  );
}

const LOG = [
  'txid bigint',
  'created_at timestamp with time zone default now()',
  'updated_at timestamp with time zone default now()',
  'processed_at timestamp with time zone',
  'processed_tx bigint',
  'state character varying(8)',
  'action character varying(7)',
  'table_name character varying(128)',
  'record_id integer',
  'sfid character varying(18)',
  'old text',
  'values text',
  'sf_result integer',
  'sf_message text',
];

describe('the fixed objects of a connection’s schema', () => {
  test('_trigger_log has Heroku Connect’s columns, in its order', async () => {
    expect(await columnsOf('salesforce._trigger_log')).toEqual([
      "id integer not null default nextval('salesforce._trigger_log_id_seq'::regclass)",
      ...LOG,
    ]);
  });

  test('_trigger_log_archive has the same columns without any default', async () => {
    expect(await columnsOf('salesforce._trigger_log_archive')).toEqual([
      'id integer not null',
      ...LOG.map((column) => column.replace(' default now()', '')),
    ]);
  });

  test('_hcmeta and _sf_event_log are there', async () => {
    expect(await columnsOf('salesforce._hcmeta')).toEqual([
      "id integer not null default nextval('salesforce._hcmeta_id_seq'::regclass)",
      'hcver integer',
      'org_id character varying(50)',
      'details text',
    ]);
    expect(await columnsOf('salesforce._sf_event_log')).toEqual([
      "id integer not null default nextval('salesforce._sf_event_log_id_seq'::regclass)",
      'table_name character varying(128)',
      'action character varying(7)',
      'synced_at timestamp with time zone default now()',
      'sf_timestamp timestamp with time zone',
      'sfid character varying(20)',
      'record text',
      'processed boolean',
    ]);
  });

  test('the log tables have Heroku Connect’s indexes, and one of ours for a row’s entries', async () => {
    expect(await indexesOf('salesforce._trigger_log')).toEqual([
      'CREATE INDEX _trigger_log_idx_created_at ON salesforce._trigger_log USING btree (created_at)',
      'CREATE INDEX _trigger_log_idx_record_id ON salesforce._trigger_log USING btree (record_id)',
      'CREATE INDEX _trigger_log_idx_state_id ON salesforce._trigger_log USING btree (state, id)',
      "CREATE INDEX _trigger_log_idx_state_table_name ON salesforce._trigger_log USING btree (state, table_name) WHERE (((state)::text = 'NEW'::text) OR ((state)::text = 'PENDING'::text))",
      'CREATE UNIQUE INDEX _trigger_log_pkey ON salesforce._trigger_log USING btree (id)',
    ]);
    expect(await indexesOf('salesforce._trigger_log_archive')).toEqual([
      'CREATE INDEX _trigger_log_archive_idx_created_at ON salesforce._trigger_log_archive USING btree (created_at)',
      'CREATE INDEX _trigger_log_archive_idx_record_id ON salesforce._trigger_log_archive USING btree (record_id)',
      "CREATE INDEX _trigger_log_archive_idx_state_table_name ON salesforce._trigger_log_archive USING btree (state, table_name) WHERE ((state)::text = 'FAILED'::text)",
      'CREATE UNIQUE INDEX _trigger_log_archive_pkey ON salesforce._trigger_log_archive USING btree (id)',
    ]);
    expect(await indexesOf('salesforce._sf_event_log')).toEqual([
      'CREATE INDEX idx__sf_event_log_comp_key ON salesforce._sf_event_log USING btree (table_name, synced_at)',
      'CREATE INDEX idx__sf_event_log_sfid ON salesforce._sf_event_log USING btree (sfid)',
      'CREATE UNIQUE INDEX _sf_event_log_pkey ON salesforce._sf_event_log USING btree (id)',
    ]);
  });

  test('the functions have Heroku Connect’s signatures', async () => {
    expect(
      await texts(`select n.nspname || '.' || p.proname || '(' || pg_get_function_arguments(p.oid) || ') ' || pg_get_function_result(p.oid) as text
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'salesforce' or p.proname = 'get_xmlbinary' order by 1`),
    ).toEqual([
      'public.get_xmlbinary() character varying',
      'salesforce.hc_account_logger() trigger',
      'salesforce.hc_account_status() trigger',
      'salesforce.hc_capture_insert_from_row(source_row hstore, table_name character varying, excluded_cols text[] DEFAULT ARRAY[]::text[]) integer',
      'salesforce.hc_capture_update_from_row(source_row hstore, table_name character varying, columns_to_include text[] DEFAULT ARRAY[]::text[]) integer',
      'salesforce.hc_contact_key() trigger',
      'salesforce.hc_contact_logger() trigger',
      'salesforce.hc_contact_status() trigger',
      'salesforce.tlog_notify_trigger() trigger',
    ]);
  });

  test('a row of the log rings the doorbell', async () => {
    expect(await triggersOf('salesforce._trigger_log')).toEqual([
      'CREATE TRIGGER tlog_insert_trigger AFTER INSERT ON salesforce._trigger_log FOR EACH ROW EXECUTE FUNCTION salesforce.tlog_notify_trigger()',
    ]);
  });

  test('Landbridge’s own bookkeeping stays out of the surface', async () => {
    expect(
      await texts(
        `select relname as text from pg_class where relnamespace = 'salesforce'::regnamespace and relkind = 'r' order by 1`,
      ),
    ).toEqual([
      '_hcmeta',
      '_sf_event_log',
      '_trigger_log',
      '_trigger_log_archive',
      'account',
      'contact',
    ]);
  });
});

describe('a mapped table', () => {
  test('has the mapped columns first and then its own', async () => {
    expect(await columnsOf('salesforce.contact')).toEqual([
      'systemmodstamp timestamp without time zone',
      'isdeleted boolean',
      'createddate timestamp without time zone',
      'name character varying(121)',
      'firstname character varying(40)',
      'lastname character varying(80)',
      'email character varying(80)',
      'phone character varying(40)',
      'birthdate date',
      'description text',
      'accountid character varying(18)',
      'score__c double precision',
      'vip__c boolean',
      'external_contact_id__c character varying(40)',
      'sfid character varying(18)',
      "id integer not null default nextval('salesforce.contact_id_seq'::regclass)",
      '_hc_lastop character varying(32)',
      '_hc_err text',
    ]);
    expect(await columnsOf('salesforce.account')).toEqual([
      'systemmodstamp timestamp without time zone',
      'isdeleted boolean',
      'createddate timestamp without time zone',
      'name character varying(255)',
      'industry character varying(255)',
      'annualrevenue double precision',
      'numberofemployees integer',
      'website character varying(255)',
      'sfid character varying(18)',
      "id integer not null default nextval('salesforce.account_id_seq'::regclass)",
      '_hc_lastop character varying(32)',
      '_hc_err text',
    ]);
  });

  test('has the indexes of its mapping under Heroku Connect’s names', async () => {
    expect(await indexesOf('salesforce.contact')).toEqual([
      'CREATE INDEX hc_idx_contact_systemmodstamp ON salesforce.contact USING btree (systemmodstamp)',
      'CREATE UNIQUE INDEX contact_pkey ON salesforce.contact USING btree (id)',
      'CREATE UNIQUE INDEX hcu_idx_contact_external_contact_id__c ON salesforce.contact USING btree (external_contact_id__c)',
      'CREATE UNIQUE INDEX hcu_idx_contact_sfid ON salesforce.contact USING btree (sfid)',
    ]);
  });

  test('has the log and status triggers, a read-only one too', async () => {
    const of = (table: string): readonly string[] => [
      `CREATE TRIGGER hc_${table}_logtrigger AFTER INSERT OR DELETE OR UPDATE ON salesforce.${table} FOR EACH ROW WHEN (((get_xmlbinary())::text = 'base64'::text)) EXECUTE FUNCTION salesforce.hc_${table}_logger()`,
      `CREATE TRIGGER hc_${table}_status_trigger BEFORE INSERT OR UPDATE ON salesforce.${table} FOR EACH ROW EXECUTE FUNCTION salesforce.hc_${table}_status()`,
    ];
    expect(await triggersOf('salesforce.account')).toEqual(of('account'));
    expect(await triggersOf('salesforce.contact')).toEqual([
      "CREATE TRIGGER hc_contact_key_trigger BEFORE INSERT ON salesforce.contact FOR EACH ROW WHEN ((((get_xmlbinary())::text = 'base64'::text) AND (new.external_contact_id__c IS NULL))) EXECUTE FUNCTION salesforce.hc_contact_key()",
      ...of('contact'),
    ]);
  });
});
