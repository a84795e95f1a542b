import { unreachable } from '../../src/kit/assert.ts';
import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { Build } from './build.ts';
import { columnOf, kindOf, type Operand } from './operand.ts';
import type { Entry, RecordNode } from './selection.ts';
import type { Row } from './source.ts';

/** A string put together in PostgreSQL: constant parts and computed ones. */
type Piece = { readonly text: string } | { readonly sql: string };

/**
 * A record as JSON text, built by PostgreSQL with plain concatenation: no row ever becomes a JavaScript object, and
 * (measured) concatenation is several times quicker than json_build_object, which looks up every argument's type in every row.
 */
export function recordJson(build: Build, node: RecordNode): string {
  return concatenated(recordPieces(build, node));
}

function recordPieces(build: Build, node: RecordNode): readonly Piece[] {
  const pieces: Piece[] = [...attributePieces(build, node)];
  for (const entry of node.entries.values()) {
    pieces.push({ text: `,${JSON.stringify(entry.name)}:` }, { sql: entryJson(build, entry) });
  }
  return [...pieces, { text: '}' }];
}

function attributePieces(build: Build, { row, possible }: RecordNode): readonly Piece[] {
  const id = `${row.alias}."id"`;
  const base = sobjectsPath(build);
  const start = `{"attributes":{"type":${JSON.stringify(row.object.name)},"url":"${base}/`;
  if (possible.length === 0) {
    return [{ text: `${start}${row.object.name}/` }, { sql: id }, { text: '"}' }];
  }
  // A polymorphic parent is read through the view of names; its URL is that of the object its id belongs to.
  const cases = possible.map(
    ({ keyPrefix, name }) => `when ${quoteLiteral(keyPrefix ?? '')} then ${quoteLiteral(name)}`,
  );
  return [
    { text: start },
    { sql: `case left(${id}, 3) ${cases.join(' ')} else ${quoteLiteral(row.object.name)} end` },
    { text: '/' },
    { sql: id },
    { text: '"}' },
  ];
}

function entryJson(build: Build, entry: Entry): string {
  switch (entry.kind) {
    case 'field':
      return fieldJson(build, entry.row, entry.field);
    case 'value':
      return valueJson(entry.operand);
    case 'parent':
      return `case when ${entry.node.row.alias}."id" is null then 'null' else ${recordJson(build, entry.node)} end`;
    case 'typeof': {
      const branches = entry.branches.map(
        (node) => `when ${node.row.alias}."id" is not null then ${recordJson(build, node)}`,
      );
      return `case ${branches.join(' ')} else 'null' end`;
    }
    case 'children':
      return entry.json;
    default:
      return unreachable(entry);
  }
}

function fieldJson(build: Build, row: Row, field: FieldDef): string {
  if (field.components !== null) return componentsJson(build, row, field.components);
  if (kindOf(field.type) === 'binary') return binaryUrl(build, row, field);
  // Kept as JSON.
  if (field.type === 'complexvalue') return `coalesce(${columnOf(row.alias, field)}, 'null')`;
  const stamp = isStamp(field)
    ? `coalesce('"' || ${stampText(columnOf(row.alias, field), 'UTC')} || '.000+0000"', 'null')`
    : undefined;
  return (
    stamp ??
    valueJson({
      sql: columnOf(row.alias, field),
      type: field.type,
    })
  );
}

/** A compound address or location: null when all of its parts are. */
function componentsJson(
  build: Build,
  row: Row,
  components: Readonly<Record<string, string>>,
): string {
  const parts = Object.entries(components).flatMap(([part, name]) => {
    const field = build.options.schema.findField(row.object, name);
    return field === undefined ? [] : [{ part, field }];
  });
  const pieces = parts.flatMap(({ part, field }, at): readonly Piece[] => [
    { text: `${at === 0 ? '{' : ','}${JSON.stringify(part)}:` },
    { sql: fieldJson(build, row, field) },
  ]);
  const present = parts.map(({ field }) => columnOf(row.alias, field)).join(', ');
  return `case when num_nonnulls(${present}) = 0 then 'null' else ${concatenated([...pieces, { text: '}' }])} end`;
}

function sobjectsPath({ options: { apiVersion, tooling } }: Build): string {
  return `/services/data/v${apiVersion}${tooling === true ? '/tooling' : ''}/sobjects`;
}

/** The bytes of a file are not in a query's answer, but where they can be read. */
function binaryUrl(build: Build, row: Row, field: FieldDef): string {
  const url = concatenated([
    { text: `"${sobjectsPath(build)}/${row.object.name}/` },
    { sql: `${row.alias}."id"` },
    { text: `/${field.name}"` },
  ]);
  return `case when ${columnOf(row.alias, field)} is null then 'null' else ${url} end`;
}

/** A value as JSON text, never SQL null. */
export function valueJson({ sql, type }: Pick<Operand, 'sql' | 'type'>): string {
  const kind = kindOf(type);
  switch (kind) {
    case 'id':
    case 'date':
      return `coalesce('"' || ${sql} || '"', 'null')`;
    case 'text':
    case 'picks':
      return `coalesce(to_json(${sql})::text, 'null')`;
    case 'boolean':
    case 'integer':
      return `coalesce((${sql})::text, 'null')`;
    case 'decimal':
      return `coalesce(${decimalText(sql)}, 'null')`;
    case 'datetime':
      return `coalesce('"' || ${datetimeText(sql)} || '"', 'null')`;
    case 'time':
      return `coalesce('"' || ${timeText(sql)} || '"', 'null')`;
    case 'binary':
    case 'compound':
      return `'null'`;
    default:
      return unreachable(kind);
  }
}

/** A value as a CSV cell, '' for null: Salesforce quotes every cell, an empty one too. */
export function valueCell({ sql, type }: Pick<Operand, 'sql' | 'type'>): string {
  const kind = kindOf(type);
  switch (kind) {
    case 'id':
    case 'text':
    case 'picks':
      return `coalesce(${sql}, '')`;
    case 'boolean':
    case 'integer':
    case 'date':
      return `coalesce((${sql})::text, '')`;
    case 'decimal':
      return `coalesce(${decimalText(sql)}, '')`;
    case 'datetime':
      // COPY runs with the session's time zone set to UTC, which spares a conversion of every value.
      return `coalesce(to_char(${sql}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '')`;
    case 'time':
      return `coalesce(${timeText(sql)}, '')`;
    case 'binary':
    case 'compound':
      return `''`;
    default:
      return unreachable(kind);
  }
}

/** The longest SQL of a stored field: an alias and a name of 63 characters. */
const FIELD_SQL_LENGTH = 80;

/** Salesforce writes decimal numbers with a point, whole ones too: `350000000.0`. */
function decimalText(sql: string): string {
  // A formula is computed once, not at each mention.
  if (sql.length > FIELD_SQL_LENGTH) {
    return `(select ${decimalText('v')} from (select ${sql} as v offset 0) as computed)`;
  }
  return `case when ${sql} = trunc(${sql}) and abs(${sql}) < 1e15 then (${sql})::bigint::text || '.0' else (${sql})::text end`;
}

/** Stamps are whole seconds (store/layout.ts), which allows what is half as much work as to_char(), in every row thrice. */
export function isStamp({ name, custom }: FieldDef): boolean {
  return !custom && STAMPS.has(name);
}

const STAMPS: ReadonlySet<string> = new Set(['SystemModstamp', 'CreatedDate', 'LastModifiedDate']);

function stampText(sql: string, zone: 'UTC' | undefined): string {
  const local = zone === undefined ? sql : `${sql} at time zone '${zone}'`;
  return `substr(to_json(${local})::text, 2, 19)`;
}

/** A stamp as a CSV cell, in a session whose time zone is UTC. */
export function stampCell(sql: string): string {
  return `coalesce(${stampText(sql, undefined)} || '.000Z', '')`;
}

function datetimeText(sql: string): string {
  return `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+0000"')`;
}

function timeText(sql: string): string {
  return `to_char(${sql}, 'HH24:MI:SS.MS"Z"')`;
}

/** Pieces joined into one SQL string. */
export function concatenated(pieces: readonly Piece[]): string {
  const parts: string[] = [];
  let constant = '';
  const flush = (): void => {
    if (constant !== '') parts.push(quoteLiteral(constant));
    constant = '';
  };
  for (const piece of pieces) {
    if ('text' in piece) {
      constant += piece.text;
      continue;
    }
    flush();
    parts.push(piece.sql.startsWith('case ') ? `(${piece.sql})` : piece.sql);
  }
  flush();
  return `(${parts.join(' || ')})`;
}
