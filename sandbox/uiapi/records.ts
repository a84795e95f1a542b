import { z } from 'zod';

import { quote } from '../criteria/condition.ts';
import { displayValue } from '../display-value.ts';
import type { SaveResult } from '../records/engine.ts';
import { compileFor } from '../rest/query.ts';
import {
  NO_CONTENT,
  notFound,
  ok,
  segment,
  writeContext,
  type Handler,
  type RestRequest,
} from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { MASTER_RECORD_TYPE_ID } from '../schema/record-types.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { findId18 } from '../store/record-id.ts';
import { BATCH_MAX } from './limits.ts';
import { getUiObject, recordTypeInfos } from './object-info.ts';
import { RecordError } from './record-error.ts';

type Json = Readonly<Record<string, unknown>>;
const Row = z.record(z.string(), z.unknown());
type Row = z.infer<typeof Row>;
const Records = z.array(z.object({ record: z.string() }));

/** A tree of field names: what of a record is shown, parents within. */
interface Shown {
  readonly fields: Set<string>;
  readonly parents: Map<string, Shown>;
}

const SYSTEM = [
  'Id',
  'LastModifiedById',
  'LastModifiedDate',
  'RecordTypeId',
  'SystemModstamp',
] as const;

/** `GET /ui-api/records/001…?fields=Account.Name,Account.Owner.Name` */
export const readUiRecord: Handler = async (request) =>
  ok(await readShown(request, segment(request, 2)));

/** `GET /ui-api/records/batch/001…,001…?fields=`: each with a status of its own. */
export const readUiRecords: Handler = async (request) => {
  const ids = segment(request, 3).split(',').slice(0, BATCH_MAX);
  const results: Json[] = [];
  for (const id of ids) {
    try {
      results.push({ result: await readShown(request, id), statusCode: 200 });
    } catch (error) {
      if (!(error instanceof SalesforceError)) throw error;
      results.push({ result: [error], statusCode: error.status });
    }
  }
  return ok({ hasErrors: results.some((one) => one['statusCode'] !== 200), results });
};

export async function readShown(request: RestRequest, given: string): Promise<Json> {
  const id = findId18(given);
  const object = id === undefined ? undefined : request.org.schema().findObjectOfId(id);
  if (id === undefined || object === undefined) throw notFound();
  return readRecord(request, object, { id, shown: shownFields(request, object) });
}

async function readRecord(
  request: RestRequest,
  object: ObjectDef,
  { id, shown }: { readonly id: string; readonly shown: Shown },
): Promise<Json> {
  const paths = [...new Set(['Id', ...pathsOf(request, object, { shown, prefix: '' })])];
  const soql = `SELECT ${paths.join(', ')} FROM ${object.name} WHERE Id = ${quote(id)}`;
  const { records } = await compileFor(request, soql, false);
  const { rows } = await request.org.pool.query(records.text, [...records.values]);
  const [row] = Records.parse(rows);
  if (row === undefined) throw notFound();
  return present(request, object, { row: Row.parse(JSON.parse(row.record)), shown });
}

/** Fields that are asked for and not there are refused; optional ones left out. */
function shownFields(request: RestRequest, object: ObjectDef): Shown {
  const list = (name: string): readonly string[] =>
    (request.query.get(name) ?? '')
      .split(',')
      .map((text) => text.trim())
      .filter((text) => text !== '');
  const asked = list('fields');
  const shown: Shown = { fields: new Set(), parents: new Map() };
  if (asked.length === 0 && list('optionalFields').length === 0) {
    if (!request.query.has('layoutTypes'))
      throw new SalesforceError(
        'ILLEGAL_QUERY_PARAMETER_VALUE',
        'You must specify either fields or layoutTypes',
      );
    for (const { name, components, column, type } of object.fields)
      if (components === null && column !== null && type !== 'base64') shown.fields.add(name);
  }
  for (const name of asked) add(request, object, shown, { name, optional: false });
  for (const name of list('optionalFields')) add(request, object, shown, { name, optional: true });
  return shown;
}

function add(
  request: RestRequest,
  object: ObjectDef,
  shown: Shown,
  { name, optional }: { readonly name: string; readonly optional: boolean },
): void {
  const schema = request.org.schema();
  const [first = '', ...steps] = name.split('.');
  const wrong = (): void => {
    if (!optional)
      throw new SalesforceError(
        'INVALID_FIELD',
        `No such column '${name}' on sobject of type ${object.name}`,
      );
  };
  if (first.toLowerCase() !== object.name.toLowerCase() || steps.length === 0) {
    wrong();
    return;
  }
  const last = steps.pop() ?? '';
  let at: ObjectDef | undefined = object;
  let place = shown;
  for (const step of steps) {
    at = at === undefined ? undefined : schema.findParent(at, step);
    const next: Shown = place.parents.get(step) ?? { fields: new Set(), parents: new Map() };
    if (at !== undefined) place.parents.set(step, next);
    place = next;
  }
  const field = at === undefined ? undefined : schema.findField(at, last);
  if (field === undefined) wrong();
  else place.fields.add(field.name);
}

function pathsOf(
  request: RestRequest,
  object: ObjectDef,
  { shown, prefix }: { readonly shown: Shown; readonly prefix: string },
): readonly string[] {
  const schema = request.org.schema();
  const system = SYSTEM.filter((name) => schema.findField(object, name) !== undefined);
  return [
    ...[...system, ...shown.fields].map((name) => `${prefix}${name}`),
    ...[...shown.parents].flatMap(([name, below]) => {
      const parent = schema.findParent(object, name);
      return parent === undefined
        ? []
        : pathsOf(request, parent, { shown: below, prefix: `${prefix}${name}.` });
    }),
  ];
}

function present(
  request: RestRequest,
  object: ObjectDef,
  { row, shown }: { readonly row: Row; readonly shown: Shown },
): Json {
  const schema = request.org.schema();
  const stamp = isoOf(row['SystemModstamp']);
  const typeId =
    typeof row['RecordTypeId'] === 'string' ? row['RecordTypeId'] : MASTER_RECORD_TYPE_ID;
  const fields = [...shown.fields].flatMap((name) => {
    const field = schema.findField(object, name);
    if (field === undefined) return [];
    const value = field.type === 'datetime' ? isoOf(row[name]) : (row[name] ?? null);
    const plain = field.type === 'string' || field.type === 'id' || field.type === 'reference';
    return [
      [name, { displayValue: plain ? null : displayValue(field, row[name]), value }] as const,
    ];
  });
  const parents = [...shown.parents].flatMap(
    ([name, below]): readonly (readonly [string, Json])[] => {
      const parent = schema.findParent(object, name);
      const inner = Row.safeParse(row[name]).data;
      if (parent === undefined) return [];
      if (inner === undefined) return [[name, { displayValue: null, value: null }] as const];
      const value = present(request, parent, { row: inner, shown: below });
      const label = inner[schema.findNameField(parent)?.name ?? ''] ?? null;
      return [[name, { displayValue: label, value }] as const];
    },
  );
  return {
    apiName: object.name,
    childRelationships: {},
    fields: Object.fromEntries([...fields, ...parents]),
    id: row['Id'],
    lastModifiedById: row['LastModifiedById'] ?? null,
    lastModifiedDate: isoOf(row['LastModifiedDate']),
    recordTypeId: typeId,
    recordTypeInfo:
      object.recordTypes.length === 0 ? null : (recordTypeInfos(object)[typeId] ?? null),
    systemModstamp: stamp,
    weakEtag: stamp === null ? 0 : Date.parse(stamp),
  };
}

function isoOf(value: unknown): string | null {
  return typeof value === 'string' ? value.replace(/\+0000$/, 'Z') : null;
}

const Fields = z.record(z.string(), z.unknown());
const Create = z.looseObject({ apiName: z.string(), fields: Fields });
const Update = z.looseObject({ fields: Fields });

/** `POST /ui-api/records` */
export const createUiRecord: Handler = async (request) => {
  const parsed = Create.safeParse(request.body);
  if (!parsed.success) throw malformed('apiName and fields');
  const { apiName, fields } = parsed.data;
  const object = getUiObject(request, apiName);
  const [result] = await request.org.records.create(writeContext(request), object.name, [fields]);
  return { status: 201, body: await written(request, object, { result, fields }) };
};

/** `PATCH /ui-api/records/001…` */
export const updateUiRecord: Handler = async (request) => {
  const parsed = Update.safeParse(request.body);
  if (!parsed.success) throw malformed('fields');
  const id = findId18(segment(request, 2));
  const object = id === undefined ? undefined : request.org.schema().findObjectOfId(id);
  if (id === undefined || object === undefined) throw notFound();
  const { fields } = parsed.data;
  const record = { ...fields, Id: id };
  const [result] = await request.org.records.update(writeContext(request), object.name, [record]);
  return ok(await written(request, object, { result, fields }));
};

/** `DELETE /ui-api/records/001…` */
export const deleteUiRecord: Handler = async (request) => {
  const [result] = await request.org.records.delete(writeContext(request), [segment(request, 2)]);
  const [error] = result?.errors ?? [];
  if (error === undefined) return NO_CONTENT;
  throw error.errorCode === 'INVALID_CROSS_REFERENCE_KEY'
    ? notFound()
    : new RecordError(undefined, [error]);
};

async function written(
  request: RestRequest,
  object: ObjectDef,
  {
    result,
    fields,
  }: {
    readonly result: SaveResult | undefined;
    readonly fields: Readonly<Record<string, unknown>>;
  },
): Promise<Json> {
  if (result === undefined || !result.success || result.id === null)
    throw new RecordError(object, result?.errors ?? []);
  const names = Object.keys(fields).flatMap(
    (name) => request.org.schema().findField(object, name)?.name ?? [],
  );
  const shown: Shown = { fields: new Set(names), parents: new Map() };
  return readRecord(request, object, { id: result.id, shown });
}

function malformed(what: string): SalesforceError {
  return new SalesforceError('JSON_PARSER_ERROR', `The body must hold ${what}`);
}
