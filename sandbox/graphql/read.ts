import { isObjectType, type GraphQLObjectType, type GraphQLResolveInfo } from 'graphql';
import { z } from 'zod';

import { quote } from '../criteria/condition.ts';
import { compileFor } from '../rest/query.ts';
import type { RestRequest } from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { QUERIES_MAX } from './limits.ts';
import { pageSize, Selection } from './select.ts';
import { orderText, whereText } from './where.ts';

const Row = z.record(z.string(), z.unknown());
/** A record as SOQL answers it. */
export type Row = z.infer<typeof Row>;
const Records = z.array(z.object({ record: z.string() }));
const Count = z.array(z.object({ count: z.string() }));

/** A page of records, as its connection shows it. */
export interface Connection {
  readonly rows: readonly Row[];
  readonly offset: number;
  readonly more: boolean;
  readonly total: () => Promise<number> | number;
}

type Arguments = Readonly<Record<string, unknown>>;

const asked = new WeakMap<RestRequest, number>();

/** @throws SalesforceError when one request asks for more than Salesforce answers */
function countQuery(request: RestRequest): void {
  const count = (asked.get(request) ?? 0) + 1;
  asked.set(request, count);
  if (count > QUERIES_MAX)
    throw new SalesforceError(
      'QUERY_TOO_COMPLICATED',
      `A request can hold up to ${QUERIES_MAX} queries of records`,
    );
}

/** Records of an object by the arguments of its field. */
export async function readConnection(
  request: RestRequest,
  object: ObjectDef,
  { given, info }: { readonly given: Arguments; readonly info: GraphQLResolveInfo },
): Promise<Connection> {
  countQuery(request);
  const schema = request.org.schema();
  const selection = new Selection(schema, info);
  const nodes = selection.below(info.fieldNodes, ['edges', 'node']);
  const list = selection.list(object, typeOf(info, object), nodes);
  const place = { schema, object, prefix: '' };
  const where = whereText(place, given['where']);
  const scope =
    typeof given['scope'] === 'string' ? ` USING SCOPE ${given['scope'].toLowerCase()}` : '';
  const soql = `SELECT ${list} FROM ${object.name}${scope}${where === undefined ? '' : ` WHERE ${where}`}${orderText(place, given['orderBy'])}`;
  const compiled = await compileFor(request, soql, false);
  const size = pageSize(given['first']);
  const offset = readCursor(given['after']);
  const { text, values } = compiled.records;
  const { rows } = await request.org.pool.query(
    `/* graphql */ select record from (${text}) as page limit ${size + 1} offset ${offset}`,
    [...values],
  );
  const found = Records.parse(rows).map(({ record }) => Row.parse(JSON.parse(record)));
  return {
    rows: found.slice(0, size),
    offset,
    more: found.length > size,
    total: async () => {
      const { rows: counted } = await request.org.pool.query(compiled.count.text, [
        ...compiled.count.values,
      ]);
      return Number(Count.parse(counted)[0]?.count ?? 0);
    },
  };
}

/** One record, with what the field below asks of it. */
export async function readOne(
  request: RestRequest,
  object: ObjectDef,
  { id, info }: { readonly id: string; readonly info: GraphQLResolveInfo },
): Promise<Row | null> {
  const selection = new Selection(request.org.schema(), info);
  const list = selection.list(object, typeOf(info, object), info.fieldNodes);
  const soql = `SELECT ${list} FROM ${object.name} WHERE Id = ${quote(id)}`;
  const { records } = await compileFor(request, soql, false);
  const { rows } = await request.org.pool.query(records.text, [...records.values]);
  const [row] = Records.parse(rows);
  return row === undefined ? null : Row.parse(JSON.parse(row.record));
}

function typeOf({ schema }: GraphQLResolveInfo, object: ObjectDef): GraphQLObjectType {
  const type = schema.getType(object.name);
  if (!isObjectType(type)) throw new SalesforceError('INVALID_TYPE', `Unknown type ${object.name}`);
  return type;
}

const Children = z.object({ records: z.array(Row), totalSize: z.number() }).nullable();

/** The children that came with a record. */
export function childConnection(given: unknown): Connection {
  const children = Children.parse(given ?? null);
  const rows = children?.records ?? [];
  return { rows, offset: 0, more: false, total: () => children?.totalSize ?? 0 };
}

/** A cursor tells how many records come before it and with it. */
export function cursorOf(place: number): string {
  return Buffer.from(JSON.stringify({ v: 1, o: place })).toString('base64');
}

const Cursor = z.object({ v: z.literal(1), o: z.number().int().nonnegative() });

function readCursor(given: unknown): number {
  if (typeof given !== 'string') return 0;
  try {
    return Cursor.parse(JSON.parse(Buffer.from(given, 'base64').toString('utf8'))).o;
  } catch (cause) {
    throw new SalesforceError('INVALID_INPUT', 'The cursor is invalid', { cause });
  }
}
