import type pg from 'pg';
import { z } from 'zod';

import { fault } from '../faults.ts';
import { findPart, Part, partKey, partsOf, type Parts } from './part.ts';
import { PERSON_ACCOUNT, recordTypeId } from './record-types.ts';

const PartRow = z
  .object({ type: z.string(), name: z.string(), definition: z.unknown() })
  .transform(({ type, name, definition }): unknown => ({ type, fullName: name, definition }))
  .pipe(Part);

const RecordTypeRow = z.object({
  id: z.string(),
  name: z.string(),
  developername: z.string(),
  sobjecttype: z.string(),
  isactive: z.boolean(),
  description: z.string().nullable(),
});

/** What shapes the schema besides objects and fields; the record types that were made as records are among it. */
export async function readParts(client: pg.ClientBase): Promise<Map<string, Part>> {
  const { rows } = await client.query(READ_PARTS);
  const parsed = z.array(PartRow).safeParse(rows);
  if (!parsed.success) {
    throw fault(
      'BAD_DEFINITION',
      'A stored definition of a record type or value set cannot be read. Restore the sandbox database, or drop it to begin anew.',
      { cause: parsed.error },
    );
  }
  const parts = new Map(parsed.data.map((part) => [partKey(part.type, part.fullName), part]));
  const keys = new Map(
    partsOf(parts, 'RecordType').map((part) => [
      recordTypeId(part),
      partKey('RecordType', part.fullName),
    ]),
  );
  const currencies = findPart(parts, 'Feature', 'MultiCurrency');
  if (currencies !== undefined) {
    const { rows: active } = await client.query(READ_CURRENCIES);
    const codes = z.array(z.object({ isocode: z.string() })).parse(active);
    parts.set(partKey('Feature', 'MultiCurrency'), {
      ...currencies,
      definition: { currencies: codes.map(({ isocode }) => isocode) },
    });
  }
  for (const row of await readRecordTypeRows(client)) {
    const fullName = `${row.sobjecttype}.${row.developername}`;
    const key = keys.get(row.id) ?? partKey('RecordType', fullName);
    const known = parts.get(key);
    const own = { label: row.name, active: row.isactive, description: row.description };
    if (known?.type === 'RecordType')
      parts.set(key, { ...known, definition: { ...known.definition, ...own } });
    else
      parts.set(key, {
        type: 'RecordType',
        fullName,
        definition: { ...own, id: row.id, picklistValues: [] },
      });
  }
  return parts;
}

const READ_CURRENCIES = `/* readCurrencies */
select isocode from org.currencytype where isactive order by iscorporate desc, isocode`;

const READ_PARTS = `/* readParts */
select type, name, definition from schema_parts order by created_at, type, name`;

async function readRecordTypeRows(
  client: pg.ClientBase,
): Promise<readonly z.infer<typeof RecordTypeRow>[]> {
  const there = await client.query(
    `/* readRecordTypes */ select to_regclass('org.recordtype') as it`,
  );
  const [found] = z.array(z.object({ it: z.string().nullable() })).parse(there.rows);
  if (found?.it === null || found === undefined) return [];
  const { rows } = await client.query(READ_RECORD_TYPES);
  return z.array(RecordTypeRow).parse(rows);
}

const READ_RECORD_TYPES = `/* readRecordTypes */
select id, name, developername, sobjecttype, isactive, description from org.recordtype order by createddate, id`;

/** Stores what differs. */
export async function saveParts(client: pg.ClientBase, before: Parts, after: Parts): Promise<void> {
  for (const [key, { type, fullName }] of before) {
    if (!after.has(key)) await client.query(DELETE_PART, [type, fullName]);
  }
  for (const [key, part] of after) {
    const definition = JSON.stringify(part.definition);
    if (definition === JSON.stringify(before.get(key)?.definition)) continue;
    await client.query(SAVE_PART, [part.type, part.fullName, definition]);
  }
}

const DELETE_PART = `/* deletePart */
delete from schema_parts where type = $1 and lower(name) = lower($2)`;

const SAVE_PART = `/* savePart */
insert into schema_parts (type, name, definition) values ($1, $2, $3)
on conflict (type, name) do update set definition = excluded.definition`;

/** Who made the record types of a deploy, and when. */
export interface Maker {
  readonly userId: string;
  readonly now: Date;
}

/** Record types and business processes are records too: brings these in step, in the transaction of the change. */
export async function syncPartRecords(
  client: pg.ClientBase,
  { before, after }: { readonly before: Parts; readonly after: Parts },
  { userId, now }: Maker,
): Promise<void> {
  const kept = new Set(partsOf(after, 'RecordType').map(recordTypeId));
  const gone = partsOf(before, 'RecordType')
    .map(recordTypeId)
    .filter((id) => !kept.has(id));
  if (gone.length > 0) await client.query(DELETE_RECORD_TYPES, [gone]);
  for (const part of partsOf(after, 'RecordType')) {
    const known = before.get(partKey('RecordType', part.fullName));
    if (JSON.stringify(known) === JSON.stringify(part)) continue;
    const [named = '', developerName = ''] = part.fullName.split('.');
    const object = named === PERSON_ACCOUNT ? 'Account' : named;
    const { label, description, active } = part.definition;
    await client.query(SAVE_RECORD_TYPE, [
      recordTypeId(part),
      label,
      developerName,
      object,
      active,
      description ?? null,
      now,
      userId,
    ]);
    if (named === PERSON_ACCOUNT) await client.query(MARK_PERSON_TYPE, [recordTypeId(part)]);
  }
}

const MARK_PERSON_TYPE = `/* markPersonType */
update org.recordtype set ispersontype = true where id = $1`;

const DELETE_RECORD_TYPES = `/* deleteRecordTypes */
delete from org.recordtype where id = any($1::text[])`;

const SAVE_RECORD_TYPE = `/* saveRecordType */
insert into org.recordtype (id, name, developername, sobjecttype, isactive, description, createddate, createdbyid,
                            lastmodifieddate, lastmodifiedbyid, systemmodstamp)
values ($1, $2, $3, $4, $5, $6, date_trunc('second', $7::timestamptz), $8, date_trunc('second', $7::timestamptz), $8,
        date_trunc('second', $7::timestamptz))
on conflict (id) do update set name = excluded.name, isactive = excluded.isactive, description = excluded.description,
  lastmodifieddate = excluded.lastmodifieddate, lastmodifiedbyid = excluded.lastmodifiedbyid,
  systemmodstamp = excluded.systemmodstamp`;
