import { z } from 'zod';

import { COLLECTION_RECORDS_MAX, RETRIEVE_RECORDS_MAX } from '../limits.ts';
import { rolledBack } from '../records/dml.ts';
import {
  statementsOf,
  type InputRecord,
  type SaveResult,
  type WriteContext,
} from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import { findId18 } from '../store/record-id.ts';
import { jsonColumns } from '../store/record-json.ts';
import { inRequestTransaction } from '../store/request-transaction.ts';
import {
  basePath,
  ok,
  RawJson,
  segment,
  writeContext,
  type Handler,
  type RestRequest,
} from './request.ts';
import { getObject } from './sobjects.ts';

const Collection = z.object({
  allOrNone: z.boolean().optional(),
  records: z.array(z.record(z.string(), z.unknown())),
});

function readCollection(request: RestRequest): {
  allOrNone: boolean;
  records: readonly InputRecord[];
} {
  const parsed = Collection.safeParse(request.body);
  if (!parsed.success) {
    throw new SalesforceError(
      'JSON_PARSER_ERROR',
      'The body must hold records, an array of sObjects, and may hold allOrNone',
    );
  }
  const { allOrNone = false, records } = parsed.data;
  checkCount(records.length, COLLECTION_RECORDS_MAX);
  return { allOrNone, records };
}

function checkCount(count: number, max: number): void {
  if (count > max) {
    throw new SalesforceError(
      'EXCEEDED_MAX_SIZE_REQUEST',
      `record limit reached. cannot submit more than ${max} records into this call`,
    );
  }
}

export const createCollection: Handler = async (request) => {
  const { allOrNone, records } = readCollection(request);
  const results = await byType(request, records, allOrNone, (object, own, context) =>
    request.org.records.create(context, object, own),
  );
  return ok(results.map((result) => shown(result)));
};

export const updateCollection: Handler = async (request) => {
  const { allOrNone, records } = readCollection(request);
  const withIds = records.map(takeId);
  const results = await byType(request, withIds, allOrNone, (object, own, context) =>
    request.org.records.update(context, object, own),
  );
  return ok(results.map((result) => shown(result)));
};

/** `id` in any case is the record's Id. */
function takeId(record: InputRecord): InputRecord {
  const entry = Object.entries(record).find(([name]) => name.toLowerCase() === 'id');
  if (entry === undefined || entry[0] === 'Id') return record;
  const { [entry[0]]: id, ...rest } = record;
  return { ...rest, Id: id };
}

export const upsertCollection: Handler = async (request) => {
  const { allOrNone, records } = readCollection(request);
  const object = getObject(request, 2);
  const externalIdField = segment(request, 3);
  for (const record of records) {
    const type = typeOf(record);
    if (type !== undefined && type.toLowerCase() !== object.name.toLowerCase()) {
      throw new SalesforceError('INVALID_TYPE', `the records must be of type ${object.name}`);
    }
  }
  const results = await request.org.records.upsert(
    writeContext(request, allOrNone),
    { object: object.name, externalIdField },
    records.map(takeId),
  );
  return ok(results.map((result) => ({ ...shown(result), created: result.created })));
};

export const deleteCollection: Handler = async (request) => {
  const ids = (request.query.get('ids') ?? '').split(',').filter((id) => id.trim() !== '');
  if (ids.length === 0)
    throw new SalesforceError('MISSING_ARGUMENT', 'ids is a required parameter');
  checkCount(ids.length, COLLECTION_RECORDS_MAX);
  const allOrNone = request.query.get('allOrNone') === 'true';
  const results = await request.org.records.delete(writeContext(request, allOrNone), ids);
  return ok(results.map((result) => shown(result)));
};

const Ids = z.object({ ids: z.array(z.string()), fields: z.array(z.string()).min(1) });

/** `POST /composite/sobjects/X {ids, fields}` and `GET …?ids=…&fields=…`: one entry an id, null where there is none. */
export const retrieveCollection: Handler = async (request) => {
  const object = getObject(request, 2);
  const list = (name: string): string[] =>
    (request.query.get(name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  const given =
    request.method === 'GET' ? { ids: list('ids'), fields: list('fields') } : request.body;
  const parsed = Ids.safeParse(given);
  if (!parsed.success)
    throw new SalesforceError('MISSING_ARGUMENT', 'ids and fields are required parameters');
  checkCount(parsed.data.ids.length, RETRIEVE_RECORDS_MAX);
  return ok(await retrieve(request, object, parsed.data));
};

const Row = z.object({ id: z.string(), record: z.string() });

async function retrieve(
  request: RestRequest,
  object: ObjectDef,
  { ids, fields: names }: z.infer<typeof Ids>,
): Promise<RawJson> {
  const schema = request.org.schema();
  const fields = names.map((name) => {
    const field = schema.findField(object, name);
    if (field === undefined)
      throw new SalesforceError(
        'INVALID_FIELD',
        `No such column '${name}' on sobject of type ${object.name}`,
      );
    return field;
  });
  const wanted = ids.map((id) => findId18(id));
  const bad = ids.find((_, index) => wanted[index]?.slice(0, 3) !== object.keyPrefix);
  if (bad !== undefined) throw new SalesforceError('MALFORMED_ID', `malformed id ${bad}`);
  const unique = [...new Set(fields)].filter(({ name }) => name !== 'Id');
  const columns = unique.length === 0 ? '' : `, ${jsonColumns(object, unique, 'record')}`;
  const { rows } = await (request.client ?? request.org.pool).query(
    `/* retrieve */ select item."Id" as id, row_to_json(item)::text as record
  from (select json_build_object('type', $2::text, 'url', $3::text || "id") as attributes, "id" as "Id"${columns}
          from ${tableName(object)} as record where "id" = any($1::text[]) and not "isdeleted") as item`,
    [wanted, object.name, `${basePath(request)}/sobjects/${object.name}/`],
  );
  const found = new Map(
    z
      .array(Row)
      .parse(rows)
      .map(({ id, record }) => [id, record]),
  );
  return new RawJson(`[${wanted.map((id) => found.get(id ?? '') ?? 'null').join(',')}]`);
}

type Write = (
  object: string,
  records: readonly InputRecord[],
  context: WriteContext,
) => Promise<readonly SaveResult[]>;

/**
 * Records of several types in one call are written type by type, in the order the types come.
 */
async function byType(
  request: RestRequest,
  records: readonly InputRecord[],
  allOrNone: boolean,
  write: Write,
): Promise<readonly SaveResult[]> {
  const groups = new Map<string, number[]>();
  for (const [index, record] of records.entries()) {
    const type = typeOf(record) ?? typeOfId(request, record);
    if (type === undefined) {
      throw new SalesforceError(
        'INVALID_INPUT',
        "Include an 'attributes' object with a 'type' in each record",
      );
    }
    if (request.org.schema().findObject(type) === undefined) {
      throw new SalesforceError('INVALID_TYPE', `sObject type '${type}' is not supported.`);
    }
    groups.set(type, [...(groups.get(type) ?? []), index]);
  }
  const work = (context: WriteContext): Promise<readonly SaveResult[]> =>
    writeGroups(records, groups, context, write);
  const context = writeContext(request, allOrNone);
  if (!allOrNone || groups.size === 1 || context.client !== undefined) return work(context);
  return allGroupsOrNone(request, context, work);
}

async function writeGroups(
  records: readonly InputRecord[],
  groups: ReadonlyMap<string, readonly number[]>,
  context: WriteContext,
  write: Write,
): Promise<readonly SaveResult[]> {
  const results: SaveResult[] = [];
  for (const [type, indexes] of groups) {
    const own: InputRecord[] = [];
    for (const index of indexes) {
      const record = records[index];
      if (record !== undefined) own.push(record);
    }
    const saved = await write(type, own, context);
    for (const [position, index] of indexes.entries()) {
      const result = saved[position];
      if (result !== undefined) results[index] = result;
    }
  }
  return results;
}

class Refused extends Error {
  override readonly name = 'Refused';
  readonly results: readonly SaveResult[];

  constructor(results: readonly SaveResult[]) {
    super('a record was refused');
    this.results = results;
  }
}

/** Several types with allOrNone: one transaction around the writes of all of them. */
async function allGroupsOrNone(
  request: RestRequest,
  context: WriteContext,
  work: (context: WriteContext) => Promise<readonly SaveResult[]>,
): Promise<readonly SaveResult[]> {
  try {
    return await inRequestTransaction(request, async (client) => {
      const results = await work({ ...context, client });
      if (results.some(({ success }) => !success)) throw new Refused(results);
      return results;
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.results.map((result) => rolledBack(result));
  }
}

function typeOf(record: InputRecord): string | undefined {
  const { attributes } = record;
  if (typeof attributes !== 'object' || attributes === null || !('type' in attributes))
    return undefined;
  return typeof attributes.type === 'string' ? attributes.type : undefined;
}

function typeOfId(request: RestRequest, record: InputRecord): string | undefined {
  const id = record['Id'];
  return typeof id === 'string' ? request.org.schema().findObjectOfId(id)?.name : undefined;
}

/** In collections an error's code is called statusCode. */
function shown(result: SaveResult): Readonly<Record<string, unknown>> {
  const { id, success } = result;
  return {
    ...(id === null ? {} : { id }),
    success,
    errors: statementsOf(result).map(({ errorCode, message, fields }) => ({
      statusCode: errorCode,
      message,
      fields,
    })),
  };
}
