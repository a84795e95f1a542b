import { present } from '../../src/kit/assert.ts';
import { findByKey } from '../records/checks.ts';
import { coerce } from '../records/coerce.ts';
import { keyUnusable } from '../records/upsert.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { created, readRecordById, recordBody, throwRefusal } from './record.ts';
import {
  NO_CONTENT,
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

/** From this version on an update by external id answers with a body. */
const BODY_SINCE_VERSION = 46;

interface Addressed {
  readonly object: ObjectDef;
  readonly key: FieldDef;
  readonly value: string;
}

function addressed(request: RestRequest): Addressed {
  const object = getObject(request);
  const name = segment(request, 2);
  const key = request.org.schema().findField(object, name);
  if (key === undefined || !(key.externalId || key.idLookup)) throw keyUnusable(name);
  return { object, key, value: segment(request, 3) };
}

async function findIds(
  request: RestRequest,
  { object, key, value }: Addressed,
): Promise<readonly string[]> {
  const client = request.client ?? (await request.org.pool.connect());
  try {
    const wanted = coerce(key, value, { text: true, truncate: false });
    const found = await findByKey({ client }, object, key, [String(wanted)]);
    return [...found.values()].flat();
  } finally {
    if (request.client === undefined) client.release();
  }
}

/** 300 with the addresses of all records that match. */
function choices(request: RestRequest, object: ObjectDef, ids: readonly string[]): RestResponse {
  return { status: 300, body: ids.map((id) => recordUrl(request, object.name, id)) };
}

export const readByExternalId: Handler = async (request) => {
  const target = addressed(request);
  const ids = await findIds(request, target);
  const [id] = ids;
  if (id === undefined) throw notFound();
  if (ids.length > 1) return choices(request, target.object, ids);
  return ok(await readRecordById(request, target.object, id));
};

export const upsertByExternalId: Handler = async (request) => {
  const target = addressed(request);
  const { object, key, value } = target;
  const body = recordBody(request);
  if (Object.keys(body).some((name) => name.toLowerCase() === key.name.toLowerCase())) {
    throw new SalesforceError(
      'INVALID_FIELD',
      `The ${key.name} field should not be specified in the sobject data.`,
    );
  }
  const updateOnly = request.query.get('updateOnly') === 'true';
  const [result] = await request.org.records.upsert(
    { ...writeContext(request), values: 'json' },
    { object: object.name, externalIdField: key.name, updateOnly },
    [{ ...body, [key.name]: value }],
  );
  const outcome = present(result, 'result');
  if (outcome.errors[0]?.errorCode === 'DUPLICATE_EXTERNAL_ID') {
    return choices(request, object, await findIds(request, target));
  }
  throwRefusal(outcome);
  if (outcome.created) {
    const answer = created(request, object, outcome);
    return { ...answer, body: { id: outcome.id, success: true, errors: [], created: true } };
  }
  if (Number(request.version) < BODY_SINCE_VERSION) return NO_CONTENT;
  return ok({ id: outcome.id, success: true, errors: [], created: false });
};

/** `POST /sobjects/X/Id` creates, so that one client path serves both. */
export const createByIdPath: Handler = async (request) => {
  const object = getObject(request);
  if (segment(request, 2).toLowerCase() !== 'id') throw notFound();
  const [result] = await request.org.records.create(writeContext(request), object.name, [
    recordBody(request),
  ]);
  return created(request, object, present(result, 'result'));
};

export const deleteByExternalId: Handler = async (request) => {
  const target = addressed(request);
  const ids = await findIds(request, target);
  const [id] = ids;
  if (id === undefined) throw notFound();
  if (ids.length > 1) return choices(request, target.object, ids);
  const [result] = await request.org.records.delete(writeContext(request), [id]);
  throwRefusal(present(result, 'result'));
  return NO_CONTENT;
};
