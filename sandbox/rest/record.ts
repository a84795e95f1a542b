import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { forReader } from '../formula/template.ts';
import { statementsOf, type InputRecord, type SaveResult } from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, tableName } from '../store/layout.ts';
import { findId18 } from '../store/record-id.ts';
import { jsonColumns } from '../store/record-json.ts';
import { answerRecord, checkPreconditions } from './conditional.ts';
import {
  NO_CONTENT,
  RawBytes,
  RawJson,
  notFound,
  ok,
  recordUrl,
  segment,
  writeContext,
  type Handler,
  type RestRequest,
  type RestResponse,
} from './request.ts';
import { getObject } from './sobjects.ts';
import { markViewed, VIEWED, wantsMru } from './viewed.ts';

const Body = z.record(z.string(), z.unknown());

/** The record in a request's body. */
export function recordBody(request: RestRequest): InputRecord {
  const parsed = Body.safeParse(request.body ?? {});
  if (parsed.success) return parsed.data;
  throw new SalesforceError(
    'JSON_PARSER_ERROR',
    'Unexpected token: the body must be a JSON object',
  );
}

export const createRecord: Handler = async (request) => {
  const object = getObject(request);
  const [result] = await request.org.records.create(writeContext(request), object.name, [
    recordBody(request),
  ]);
  const answer = created(request, object, present(result, 'result'));
  const ids = [present(result?.id, 'id')];
  if (wantsMru(request.headers)) await markViewed(request.org, object, { ids, names: VIEWED });
  return answer;
};

export function created(request: RestRequest, object: ObjectDef, result: SaveResult): RestResponse {
  throwRefusal(result);
  const id = present(result.id, 'id');
  return {
    status: 201,
    body: { id, success: true, errors: statementsOf(result).map(statement) },
    headers: { Location: recordUrl(request, object.name, id) },
  };
}

function statement({ errorCode, message, fields }: SalesforceError) {
  return { statusCode: errorCode, message, fields };
}

/** Of one record, a refusal is the answer itself; missing and deleted ones are 404. */
export function throwRefusal(result: SaveResult): void {
  const [error] = result.errors;
  if (error === undefined) return;
  if (error.errorCode === 'ENTITY_IS_DELETED')
    throw new SalesforceError(error.errorCode, error.message, { fields: [], status: 404 });
  throw error;
}

export const readRecord: Handler = async (request) => {
  const object = getObject(request);
  const id = getId(request, object);
  const body = await readRecordById(request, object, id);
  return answerRecord(request, { object, id, body });
};

export const updateRecord: Handler = async (request) => {
  const object = getObject(request);
  const id = getId(request, object);
  const body = recordBody(request);
  if (Object.keys(body).some((name) => name.toLowerCase() === 'id')) {
    throw new SalesforceError(
      'INVALID_FIELD',
      'The Id field should not be specified in the sobject data.',
    );
  }
  await checkPreconditions(request, { object, id }, async () =>
    readRecordById(request, object, id),
  );
  const [result] = await request.org.records.update(writeContext(request), object.name, [
    { ...body, Id: id },
  ]);
  throwMissing(present(result, 'result'), id);
  if (wantsMru(request.headers))
    await markViewed(request.org, object, { ids: [id], names: VIEWED });
  return NO_CONTENT;
};

export const deleteRecord: Handler = async (request) => {
  const object = getObject(request);
  const id = getId(request, object);
  const [result] = await request.org.records.delete(writeContext(request), [id]);
  throwMissing(present(result, 'result'), id);
  return NO_CONTENT;
};

function throwMissing(result: SaveResult, id: string): void {
  const [error] = result.errors;
  if (error?.errorCode === 'INVALID_CROSS_REFERENCE_KEY' && error.fields.length === 0)
    throw unknownId(id);
  throwRefusal(result);
}

function unknownId(id: string): SalesforceError {
  return new SalesforceError(
    'NOT_FOUND',
    `Provided external ID field does not exist or is not accessible: ${id}`,
  );
}

/** The id in the path: of this object, 15 or 18 characters. */
function getId(request: RestRequest, object: ObjectDef): string {
  const given = segment(request, 2);
  const id = findId18(given);
  if (id === undefined || id.slice(0, 3) !== object.keyPrefix) throw unknownId(given);
  return id;
}

const RecordRow = z.object({ deleted: z.boolean(), record: z.string() });

/** A record's JSON with `attributes` first. */
export async function readRecordById(
  request: RestRequest,
  object: ObjectDef,
  id: string,
): Promise<RawJson> {
  const fields = chosenFields(request, object);
  const files = fields.filter(({ type }) => type === 'base64');
  const plain = fields.filter(({ type }) => type !== 'base64');
  const reader = { now: new Date(request.org.clock.now()), userId: request.session.userId };
  const columns = forReader(jsonColumns(object, plain, 'record'), reader);
  const { rows } = await (request.client ?? request.org.pool).query(
    `/* readRecord */ select item."_deleted" as deleted, row_to_json(item)::text as record
  from (select "isdeleted" as "_deleted", ${columns} from ${tableName(object)} as record where "id" = $1) as item`,
    [id],
  );
  const [row] = z.array(RecordRow).parse(rows);
  if (row === undefined) throw unknownId(id);
  if (row.deleted) throw new SalesforceError('ENTITY_IS_DELETED', 'entity is deleted');
  const attributes = JSON.stringify({
    type: object.name,
    url: recordUrl(request, object.name, id),
  });
  const body = row.record.replace(/^\{"_deleted":(?:true|false),?/, '');
  const urls = files
    .map((file) => `"${file.name}":"${recordUrl(request, object.name, id)}/${file.name}",`)
    .join('');
  return new RawJson(`{"attributes":${attributes},${urls}${body}`.replace(/,\}$/, '}'));
}

/** `?fields=Id,Name`, or all. */
function chosenFields(request: RestRequest, object: ObjectDef): readonly FieldDef[] {
  const wanted = request.query.get('fields');
  if (wanted === null) return object.fields;
  const schema = request.org.schema();
  const fields = wanted.split(',').map((name) => {
    const field = schema.findField(object, name.trim());
    if (field === undefined) {
      throw new SalesforceError(
        'INVALID_FIELD',
        `No such column '${name.trim()}' on sobject of type ${object.name}`,
      );
    }
    return field;
  });
  const id = object.fields.filter(({ name }) => name === 'Id');
  return [...new Set([...fields, ...id])];
}

/** `/sobjects/X/id/Field`: the bytes of a file, or `/sobjects/X/id/Relationship`: the parent or the children. */
export const readBelow: Handler = async (request) => {
  const object = getObject(request);
  const id = getId(request, object);
  const name = segment(request, 3);
  const schema = request.org.schema();
  const field = schema.findField(object, name);
  if (field?.type === 'base64') return readFile(request, object, id, field);
  const parent = schema.findReference(object, name);
  if (parent !== undefined) return readParent(request, object, id, parent);
  throw notFound();
};

const FileRow = z.object({ bytes: z.instanceof(Buffer).nullable() });

async function readFile(
  request: RestRequest,
  object: ObjectDef,
  id: string,
  field: FieldDef,
): Promise<RestResponse> {
  const { rows } = await request.org.pool.query(
    `/* readFile */ select ${columnName(field)} as bytes from ${tableName(object)} where "id" = $1 and not "isdeleted"`,
    [id],
  );
  const [row] = z.array(FileRow).parse(rows);
  if (row === undefined) throw unknownId(id);
  return ok(new RawBytes(row.bytes ?? Buffer.alloc(0), 'application/octet-stream'));
}

const ReferenceRow = z.object({ reference: z.string().nullable() });

async function readParent(
  request: RestRequest,
  object: ObjectDef,
  id: string,
  field: FieldDef,
): Promise<RestResponse> {
  const { rows } = await request.org.pool.query(
    `/* readParent */ select ${columnName(field)} as reference from ${tableName(object)} where "id" = $1 and not "isdeleted"`,
    [id],
  );
  const [row] = z.array(ReferenceRow).parse(rows);
  if (row === undefined) throw unknownId(id);
  const parent =
    row.reference === null ? undefined : request.org.schema().findObjectOfId(row.reference);
  if (row.reference === null || parent === undefined) {
    throw new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
  }
  return ok(await readRecordById(request, parent, row.reference));
}
