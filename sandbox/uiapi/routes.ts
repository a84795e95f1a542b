import { z } from 'zod';

import type { Route } from '../rest/dispatch.ts';
import { listViewQuery } from '../rest/presentation.ts';
import { compileFor } from '../rest/query.ts';
import { basePath, ok, segment, type Handler } from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import { MASTER_RECORD_TYPE_ID } from '../schema/record-types.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { LIST_RECORDS, LIST_RECORDS_MAX } from './limits.ts';
import {
  getUiObject,
  infoOf,
  listObjects,
  objectInfo,
  objectInfos,
  picklistValues,
} from './object-info.ts';
import {
  createUiRecord,
  deleteUiRecord,
  readShown,
  readUiRecord,
  readUiRecords,
  updateUiRecord,
} from './records.ts';

type Json = Readonly<Record<string, unknown>>;

/** `/ui-api`: what pages are made of. Its other families answer that they are not there. */
export function uiApiRoutes(): readonly Route[] {
  const route = (method: string, path: string, handler: Handler): Route => ({
    method,
    path: `ui-api/${path}`,
    handler,
  });
  return [
    route('GET', 'object-info', listObjects),
    route('GET', 'object-info/batch/:names', objectInfos),
    route('GET', 'object-info/:object', objectInfo),
    route('GET', 'object-info/:object/picklist-values/:recordType', picklistValues),
    route('GET', 'object-info/:object/picklist-values/:recordType/:field', picklistValues),
    route('POST', 'records', createUiRecord),
    route('GET', 'records/batch/:ids', readUiRecords),
    route('GET', 'records/:id', readUiRecord),
    route('PATCH', 'records/:id', updateUiRecord),
    route('DELETE', 'records/:id', deleteUiRecord),
    route('GET', 'record-ui/:ids', recordUi),
    route('GET', 'layout/:object', showLayout),
    route('GET', 'record-defaults/create/:object', createDefaults),
    route('GET', 'list-records/:id', listRecords),
  ];
}

/** `GET /ui-api/record-ui/001…,001…`: records, and what a page needs to show them. */
const recordUi: Handler = async (request) => {
  const records: Record<string, Json> = {};
  const query = new URLSearchParams(request.query);
  if (!query.has('layoutTypes')) query.set('layoutTypes', 'Full');
  for (const id of segment(request, 2).split(',')) {
    const record = await readShown({ ...request, query }, id);
    records[String(record['id'])] = record;
  }
  const names = new Set(Object.values(records).map((record) => String(record['apiName'])));
  const objects = [...names].map((name) => getUiObject(request, name));
  return ok({
    layoutUserStates: {},
    layouts: Object.fromEntries(
      objects.map((object) => [
        object.name,
        { [MASTER_RECORD_TYPE_ID]: { Full: { View: layoutOf(object, 'View') } } },
      ]),
    ),
    objectInfos: Object.fromEntries(
      objects.map((object) => [object.name, infoOf(request, object)]),
    ),
    records,
  });
};

const showLayout: Handler = (request) =>
  ok(layoutOf(getUiObject(request, segment(request, 2)), request.query.get('mode') ?? 'View'));

/** The one layout of an object: its fields in their order. */
function layoutOf(object: ObjectDef, mode: string): Json {
  const fields = object.fields.filter(
    ({ type, compoundFieldName, name }) =>
      type !== 'id' && type !== 'base64' && compoundFieldName === null && name !== 'IsDeleted',
  );
  return {
    eTag: '',
    id: null,
    layoutType: 'Full',
    mode,
    objectApiName: object.name,
    recordTypeId: MASTER_RECORD_TYPE_ID,
    saveOptions: [],
    sections: [
      {
        collapsible: false,
        columns: 1,
        heading: `${object.label} Information`,
        id: `${object.name}-information`,
        layoutRows: fields.map((field) => ({ layoutItems: [layoutItem(field)] })),
        rows: fields.length,
        useHeading: true,
      },
    ],
  };
}

function layoutItem(field: FieldDef): Json {
  return {
    editableForNew: field.createable,
    editableForUpdate: field.updateable,
    label: field.label,
    layoutComponents: [
      { apiName: field.name, componentType: 'Field', label: field.label, value: null },
    ],
    lookupIdApiName: field.type === 'reference' ? 'Id' : null,
    required: field.required,
    sortable: false,
  };
}

/** `GET /ui-api/record-defaults/create/Account`: a new record's first values. */
const createDefaults: Handler = (request) => {
  const object = getUiObject(request, segment(request, 3));
  const creatable = object.fields.filter(({ createable, column }) => createable && column !== null);
  return ok({
    layout: layoutOf(object, 'Create'),
    objectInfos: { [object.name]: infoOf(request, object) },
    record: {
      apiName: object.name,
      childRelationships: {},
      fields: Object.fromEntries(
        creatable.map((field) => [
          field.name,
          {
            displayValue: null,
            value: field.name === 'OwnerId' ? request.session.userId : field.defaultValue,
          },
        ]),
      ),
      id: null,
      recordTypeInfo: null,
    },
  });
};

const Records = z.array(z.object({ record: z.string() }));
const Id = z.looseObject({ Id: z.string() });

/** `GET /ui-api/list-records/00B…`: the records of a list view, page by page. */
const listRecords: Handler = async (request) => {
  const id = segment(request, 2);
  const number = (name: string, otherwise: number): number => {
    const text = request.query.get(name);
    if (text === null) return otherwise;
    if (/^\d{1,6}$/.test(text)) return Number(text);
    throw new SalesforceError('INVALID_INPUT', `The value of ${name} is not valid: ${text}`);
  };
  const size = Math.min(LIST_RECORDS_MAX, Math.max(1, number('pageSize', LIST_RECORDS)));
  const offset = number('pageToken', 0);
  const soql = listViewQuery(request, id);
  const { records, object } = await compileFor(request, `${soql} ORDER BY Id`, false);
  const { rows } = await request.org.pool.query(
    `/* listRecords */ select record from (${records.text}) as page limit ${size + 1} offset ${offset}`,
    [...records.values],
  );
  const ids = Records.parse(rows).map(({ record }) => Id.parse(JSON.parse(record)).Id);
  const [, list = ''] = /^SELECT (.+) FROM /.exec(soql) ?? [];
  const fields = list.split(', ').map((name) => `${object.name}.${name}`);
  const query = new URLSearchParams({ fields: fields.join(',') });
  const shown: Json[] = [];
  for (const one of ids.slice(0, size)) shown.push(await readShown({ ...request, query }, one));
  const url = `${basePath(request)}/ui-api/list-records/${id}`;
  return ok({
    count: shown.length,
    currentPageToken: String(offset),
    fields,
    listReference: { id, listViewApiName: null, objectApiName: object.name, type: 'listView' },
    nextPageToken: ids.length > size ? String(offset + size) : null,
    nextPageUrl: ids.length > size ? `${url}?pageToken=${offset + size}&pageSize=${size}` : null,
    pageSize: size,
    previousPageToken: offset === 0 ? null : String(Math.max(0, offset - size)),
    records: shown,
  });
};
