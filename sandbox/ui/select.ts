import { z } from 'zod';

import type { FieldDef } from '../schema/field.ts';
import { NAME_OBJECT, type ObjectDef } from '../schema/schema.ts';
import { compileQuery } from '../soql/compile.ts';
import type { CompiledQuery } from '../soql/compiled.ts';
import type { Visit } from './visit.ts';

/** The version whose answers the pages read. */
const API_VERSION = '62.0';

/** A record as a query answers it. */
export type Row = Readonly<Record<string, unknown>>;

const Records = z.array(z.object({ record: z.string() }));
const Row = z.record(z.string(), z.unknown());
const Count = z.tuple([z.object({ count: z.coerce.number() })]);

interface SelectOptions {
  /** Also what is in the recycle bin. */
  readonly deleted?: boolean;
}

/**
 * What the pages show of records they ask for in SOQL, as this person: so they show what he may see and nothing else,
 * in the form every client gets it.
 */
export async function select(
  visit: Visit,
  soql: string,
  options: SelectOptions = {},
): Promise<readonly Row[]> {
  return selectCompiled(visit, compile(visit, soql, options));
}

export function compile(visit: Visit, soql: string, options: SelectOptions = {}): CompiledQuery {
  const { org, user } = visit;
  return compileQuery(soql, {
    schema: org.schema(),
    now: new Date(org.clock.now()),
    apiVersion: API_VERSION,
    userId: user.id,
    includeDeleted: options.deleted ?? false,
  });
}

export async function selectCompiled(
  { org }: Visit,
  { records }: CompiledQuery,
): Promise<readonly Row[]> {
  const { rows } = await org.pool.query(records.text, [...records.values]);
  return Records.parse(rows).map(({ record }) => Row.parse(JSON.parse(record)));
}

/** How many records a `SELECT COUNT() FROM …` finds. */
export async function countRows(visit: Visit, soql: string): Promise<number> {
  const { count } = compile(visit, soql);
  const { rows } = await visit.org.pool.query(count.text, [...count.values]);
  return Count.parse(rows)[0].count;
}

/** `'%what was typed%'` for LIKE, where `%` and `_` mean themselves; a backslash, which they would be marked with, is any character. */
export function likeWords(words: string): string {
  const escaped = words.replaceAll(/[\\'%_]/g, (character) =>
    character === '\\' ? '_' : `\\${character}`,
  );
  return `'%${escaped}%'`;
}

/**
 * What to select for these fields: of each its value, and of references the name of the record they lead to. Fields
 * that cannot be selected (files) are left out.
 */
export function selectionOf(visit: Visit, fields: readonly FieldDef[]): string {
  const names = fields
    .filter(({ type }) => type !== 'base64')
    .flatMap((field) => {
      const parent = nameOfParent(visit, field);
      return parent === undefined ? [field.name] : [field.name, parent];
    });
  return [...new Set(['Id', ...names])].join(', ');
}

/** `Account.Name`, `Who.Name`, `Case.CaseNumber`: the path to the name of the record that a reference leads to. */
function nameOfParent({ org }: Visit, field: FieldDef): string | undefined {
  if (field.type !== 'reference' || field.relationshipName === null) return undefined;
  const schema = org.schema();
  const [only, ...others] = field.referenceTo;
  const parent = schema.findObject(others.length === 0 ? (only ?? '') : NAME_OBJECT);
  const name = parent === undefined ? undefined : schema.findNameField(parent);
  return name === undefined ? undefined : `${field.relationshipName}.${name.name}`;
}

const Parent = z.record(z.string(), z.unknown());

/** The name that `selectionOf` asked for. */
export function parentName(field: FieldDef, row: Row): string | undefined {
  const parent = Parent.safeParse(row[field.relationshipName ?? '']);
  if (!parent.success) return undefined;
  const name = Object.entries(parent.data).find(([key]) => key !== 'attributes')?.[1];
  return typeof name === 'string' ? name : undefined;
}

/** What a record is called: its name, or its id when it has none. */
export function nameOf({ org }: Visit, object: ObjectDef, row: Row): string {
  const field = org.schema().findNameField(object);
  const name = field === undefined ? undefined : row[field.name];
  return typeof name === 'string' && name !== '' ? name : String(row['Id']);
}
