import { createHash } from 'node:crypto';

import { z } from 'zod';

import { forReader } from '../formula/template.ts';
import { LIST_VIEW_RECORDS_MAX, RECENT_RECORDS_MAX } from '../limits.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, tableName } from '../store/layout.ts';
import { recordId } from '../store/record-id.ts';
import { jsonColumns } from '../store/record-json.ts';
import type { Route } from './dispatch.ts';
import { actionListItem, actionsOf } from './quick-actions.ts';
import {
  basePath,
  notFound,
  ok,
  recordUrl,
  segment,
  type Handler,
  type RestRequest,
} from './request.ts';
import { getObject } from './sobjects.ts';

/**
 * How an org shows its records: layouts, list views, tabs, theme, recent items. This org has one layout and two list
 * views for each object, made from its fields; nobody can change them.
 */
export function presentationRoutes(): readonly Route[] {
  const get = (path: string, handler: Handler): Route => ({ method: 'GET', path, handler });
  return [
    get('tabs', tabs),
    get('theme', theme),
    get('recent', recent),
    get('sobjects/:object/describe/layouts', layouts),
    get('sobjects/:object/describe/layouts/:recordType', layout),
    get('sobjects/:object/describe/namedLayouts/:name', layouts),
    get('sobjects/:object/describe/compactLayouts', compactLayouts),
    get('sobjects/:object/describe/approvalLayouts', () => ok({ approvalLayouts: [] })),
    get('sobjects/:object/listviews', listViews),
    get('sobjects/:object/listviews/:id', listView),
    get('sobjects/:object/listviews/:id/describe', describeListView),
    get('sobjects/:object/listviews/:id/results', listViewResults),
  ];
}

/** An id that a name always has: such things are no records. */
function fixedId(prefix: string, name: string): string {
  return recordId(prefix, BigInt(createHash('sha256').update(name).digest().readUInt32BE(0)));
}

function shownObjects(request: RestRequest): readonly ObjectDef[] {
  return request.org
    .schema()
    .objects.filter(({ isView, flags }) => !isView && flags.layoutable && flags.mruEnabled);
}

const tabs: Handler = (request) =>
  ok(
    shownObjects(request).map((object) => ({
      colors: [],
      custom: object.custom,
      iconUrl: null,
      icons: [],
      label: object.labelPlural,
      miniIconUrl: null,
      mobileUrl: null,
      name: object.custom ? object.name : `standard-${object.name}`,
      sobjectName: object.name,
      timeZone: null,
      url: `${request.baseUrl}/${object.keyPrefix ?? ''}`,
    })),
  );

const theme: Handler = (request) =>
  ok({
    themeItems: shownObjects(request).map(({ name }) => ({
      colors: [{ color: colorOf(name), context: 'primary', theme: 'theme4' }],
      icons: [],
      name,
    })),
  });

function colorOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 6).toUpperCase();
}

const RecentRow = z.object({ id: z.string(), name: z.string().nullable(), viewed: z.date() });

/** Records that somebody has looked at on the org's pages, newest first. */
const recent: Handler = async (request) => {
  const limit = Math.min(
    RECENT_RECORDS_MAX,
    Number(request.query.get('limit') ?? RECENT_RECORDS_MAX) || RECENT_RECORDS_MAX,
  );
  const selects = request.org.schema().objects.flatMap((object) => {
    const name = request.org.schema().findNameField(object);
    const viewed = object.fields.find((field) => field.name === 'LastViewedDate');
    if (object.isView || name === undefined || viewed === undefined) return [];
    return [
      `select "id" as id, ${columnName(name)}::text as name, ${columnName(viewed)} as viewed from ${tableName(object)} where ${columnName(viewed)} is not null and not "isdeleted"`,
    ];
  });
  const { rows } = await request.org.pool.query(
    `/* recent */ select * from (${selects.join(' union all ')}) as viewed order by viewed desc limit ${limit}`,
  );
  return ok(
    z
      .array(RecentRow)
      .parse(rows)
      .flatMap(({ id, name }) => {
        const object = request.org.schema().findObjectOfId(id);
        if (object === undefined) return [];
        return [
          {
            attributes: { type: object.name, url: recordUrl(request, object.name, id) },
            Id: id,
            Name: name,
          },
        ];
      }),
  );
};

const layouts: Handler = (request) => {
  const object = getObject(request);
  return ok({
    layouts: [layoutOf(object)],
    recordTypeMappings: [recordTypeMapping(object)],
    recordTypeSelectorRequired: [false],
  });
};

const layout: Handler = (request) => ok(layoutOf(getObject(request)));

function recordTypeMapping(object: ObjectDef): Readonly<Record<string, unknown>> {
  return {
    active: true,
    available: true,
    defaultRecordTypeMapping: true,
    developerName: 'Master',
    layoutId: fixedId('00h', object.name),
    master: true,
    name: 'Master',
    picklistsForRecordType: [],
    recordTypeId: '012000000000000AAA',
  };
}

function layoutOf(object: ObjectDef): Readonly<Record<string, unknown>> {
  const visible = object.fields.filter(
    ({ type, name }) => type !== 'id' && type !== 'base64' && name !== 'IsDeleted',
  );
  const section = (editing: boolean): Readonly<Record<string, unknown>> => ({
    collapsed: false,
    columns: 1,
    heading: `${object.label} Information`,
    layoutRows: visible.map((field) => layoutRow(field, editing)),
    layoutSectionId: fixedId('01B', `${object.name} ${String(editing)}`),
    parentLayoutId: fixedId('00h', object.name),
    rows: visible.length,
    sectionId: fixedId('01B', object.name),
    tabOrder: 'LeftToRight',
    useCollapsibleSection: false,
    useHeading: true,
  });
  return {
    buttonLayoutSection: { detailButtons: [] },
    detailLayoutSections: [section(false)],
    editLayoutSections: [section(true)],
    feedView: null,
    highlightsPanelLayoutSection: null,
    id: fixedId('00h', object.name),
    multirowEditLayoutSections: [],
    offlineLinks: [],
    quickActionList: { quickActionListItems: actionsOf(object).map(actionListItem) },
    relatedContent: null,
    relatedLists: [],
    saveOptions: [],
  };
}

function layoutRow(field: FieldDef, editing: boolean): Readonly<Record<string, unknown>> {
  return {
    layoutItems: [
      {
        editableForNew: editing && field.createable,
        editableForUpdate: editing && field.updateable,
        label: field.label,
        layoutComponents: [{ displayLines: 1, tabOrder: 1, type: 'Field', value: field.name }],
        placeholder: false,
        required: field.required,
      },
    ],
    numItems: 1,
  };
}

const compactLayouts: Handler = (request) => {
  const object = getObject(request);
  const name = request.org.schema().findNameField(object);
  const compact = {
    actions: [],
    fieldItems:
      name === undefined
        ? []
        : [
            {
              label: name.label,
              layoutComponents: [{ displayLines: 1, type: 'Field', value: name.name }],
            },
          ],
    id: null,
    imageItems: [],
    label: 'System Default',
    name: 'SYSTEM',
    objectType: object.name,
  };
  return ok({
    compactLayouts: [compact],
    defaultCompactLayoutId: null,
    recordTypeCompactLayoutMappings: [
      {
        available: true,
        compactLayoutId: null,
        compactLayoutName: 'SYSTEM',
        recordTypeId: '012000000000000AAA',
        recordTypeName: 'Master',
      },
    ],
    urls: { primary: null },
  });
};

interface ListView {
  readonly id: string;
  readonly developerName: string;
  readonly label: string;
  readonly order: string;
}

function viewsOf(object: ObjectDef): readonly ListView[] {
  return [
    {
      id: fixedId('00B', `${object.name} all`),
      developerName: `All${object.name}`,
      label: `All ${object.labelPlural}`,
      order: '"id"',
    },
    {
      id: fixedId('00B', `${object.name} recent`),
      developerName: `Recent${object.name}`,
      label: `Recently Changed ${object.labelPlural}`,
      order: object.fields.some(({ name }) => name === 'LastModifiedDate')
        ? '"lastmodifieddate" desc, "id"'
        : '"id" desc',
    },
  ];
}

function shownView(
  request: RestRequest,
  object: ObjectDef,
  view: ListView,
): Readonly<Record<string, unknown>> {
  const url = `${basePath(request)}/sobjects/${object.name}/listviews/${view.id}`;
  return {
    describeUrl: `${url}/describe`,
    developerName: view.developerName,
    id: view.id,
    label: view.label,
    resultsUrl: `${url}/results`,
    soqlCompatible: true,
    url,
  };
}

const listViews: Handler = (request) => {
  const object = getObject(request);
  const views = viewsOf(object);
  return ok({
    done: true,
    listviews: views.map((view) => shownView(request, object, view)),
    nextRecordsUrl: null,
    size: views.length,
    sobjectType: object.name,
  });
};

/** `?explain=` takes the id of a list view too. */
export function isListView(text: string): boolean {
  return /^00B\w{12}(\w{3})?$/.test(text);
}

export function listViewQuery(request: RestRequest, id: string): string {
  const object = request.org
    .schema()
    .objects.find((candidate) =>
      viewsOf(candidate).some((view) => view.id.slice(0, 15) === id.slice(0, 15)),
    );
  if (object === undefined) throw notFound();
  return queryOf(request, object);
}

function queryOf(request: RestRequest, object: ObjectDef): string {
  return `SELECT ${viewFields(request, object)
    .map(({ name }) => name)
    .join(', ')} FROM ${object.name}`;
}

function getView(request: RestRequest, object: ObjectDef): ListView {
  const wanted = segment(request, 3);
  const [all] = viewsOf(object);
  const view = viewsOf(object).find(({ id }) => id.slice(0, 15) === wanted.slice(0, 15));
  if (view !== undefined) return view;
  if (wanted === 'recent' && all !== undefined) return viewsOf(object).at(1) ?? all;
  throw notFound();
}

const listView: Handler = (request) => {
  const object = getObject(request);
  return ok(shownView(request, object, getView(request, object)));
};

function viewFields(request: RestRequest, object: ObjectDef): readonly FieldDef[] {
  const name = request.org.schema().findNameField(object);
  const others = object.fields.filter(
    ({ type, nameField }) =>
      !nameField && (type === 'phone' || type === 'email' || type === 'picklist'),
  );
  const system = object.fields.filter(({ name: field }) =>
    ['Id', 'CreatedDate', 'LastModifiedDate', 'SystemModstamp'].includes(field),
  );
  return [...(name === undefined ? [] : [name]), ...others.slice(0, 4), ...system];
}

const describeListView: Handler = (request) => {
  const object = getObject(request);
  const view = getView(request, object);
  const fields = viewFields(request, object);
  return ok({
    columns: fields.map(columnOf),
    id: view.id,
    orderBy: [],
    query: queryOf(request, object),
    relatedEntityId: null,
    scope: 'everything',
    scopeEntityId: null,
    sobjectType: object.name,
    whereCondition: { conditions: [], conjunction: 'and' },
  });
};

function columnOf(field: FieldDef): Readonly<Record<string, unknown>> {
  return {
    ascendingLabel: 'Z-A',
    descendingLabel: 'A-Z',
    fieldNameOrPath: field.name,
    hidden: ['Id', 'CreatedDate', 'LastModifiedDate', 'SystemModstamp'].includes(field.name),
    label: field.label,
    searchable: false,
    selectListItem: field.name,
    sortDirection: null,
    sortIndex: null,
    sortable: field.sortable,
    type: field.type,
  };
}

const Row = z.record(z.string(), z.unknown());

const listViewResults: Handler = async (request) => {
  const object = getObject(request);
  const view = getView(request, object);
  const fields = viewFields(request, object);
  const reader = { now: new Date(request.org.clock.now()), userId: request.session.userId };
  const columns = forReader(jsonColumns(object, fields, 'record'), reader);
  const limit = Math.min(LIST_VIEW_RECORDS_MAX, Number(request.query.get('limit') ?? 25) || 25);
  const { rows } = await request.org.pool.query(
    `/* listViewResults */ select to_jsonb(item) as record from (select ${columns} from ${tableName(object)} as record where not "isdeleted" order by ${view.order} limit ${limit}) as item`,
  );
  const records = z
    .array(z.object({ record: Row }))
    .parse(rows)
    .map(({ record }) => ({
      columns: fields.map(({ name }) => ({ fieldNameOrPath: name, value: record[name] ?? null })),
    }));
  return ok({
    columns: fields.map(columnOf),
    developerName: view.developerName,
    done: true,
    id: view.id,
    label: view.label,
    records,
    size: records.length,
  });
};
