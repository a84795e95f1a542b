import { present } from '../../src/kit/assert.ts';
import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import type { Route } from './dispatch.ts';
import { throwRefusal } from './record.ts';
import {
  basePath,
  notFound,
  ok,
  segment,
  writeContext,
  type Handler,
  type RestRequest,
} from './request.ts';
import { getObject } from './sobjects.ts';

/** What a person does with one click: makes a record, related to the one he looks at. */
interface QuickAction {
  readonly name: string;
  readonly label: string;
  readonly type: 'Create' | 'LogACall';
  readonly target: string;
  readonly fields: readonly string[];
  /** Values of the new record that are not empty at first. */
  readonly defaults: Readonly<Record<string, string>>;
}

function action(
  name: string,
  label: string,
  target: string,
  fields: readonly string[],
  more: Partial<QuickAction> = {},
): QuickAction {
  return { name, label, type: 'Create', target, fields, defaults: {}, ...more };
}

const ACTIONS: readonly QuickAction[] = [
  action('LogACall', 'Log a Call', 'Task', ['Subject', 'Description', 'WhoId', 'WhatId'], {
    type: 'LogACall',
    defaults: { Subject: 'Call', Status: 'Completed' },
  }),
  action('NewTask', 'New Task', 'Task', ['Subject', 'ActivityDate', 'WhoId', 'WhatId', 'Status']),
  action('NewEvent', 'New Event', 'Event', [
    'Subject',
    'StartDateTime',
    'EndDateTime',
    'WhoId',
    'WhatId',
  ]),
  action('NewAccount', 'New Account', 'Account', ['Name', 'Phone']),
  action('NewContact', 'New Contact', 'Contact', [
    'FirstName',
    'LastName',
    'Email',
    'Phone',
    'AccountId',
  ]),
  action('NewCase', 'New Case', 'Case', ['Subject', 'Description', 'AccountId', 'ContactId']),
  action('NewLead', 'New Lead', 'Lead', ['FirstName', 'LastName', 'Company', 'Email']),
  action('NewOpportunity', 'New Opportunity', 'Opportunity', [
    'Name',
    'StageName',
    'CloseDate',
    'Amount',
    'AccountId',
  ]),
];

/** Object-less actions are offered on every object that their new record can refer to, and without one. */
export function actionsOf(object: ObjectDef): readonly QuickAction[] {
  return object.flags.layoutable && object.flags.createable ? ACTIONS : [];
}

export function actionListItem({
  name,
  label,
  type,
  target,
}: QuickAction): Readonly<Record<string, unknown>> {
  return {
    accessLevelRequired: null,
    colors: [],
    iconUrl: null,
    icons: [],
    label,
    miniIconUrl: null,
    quickActionName: name,
    targetSobjectType: target,
    type,
    urls: {},
  };
}

export function quickActionRoutes(): readonly Route[] {
  return [...routesBelow('quickActions', 1), ...routesBelow('sobjects/:object/quickActions', 3)];
}

function routesBelow(path: string, at: number): readonly Route[] {
  const scoped = at > 1;
  const object = (request: RestRequest): ObjectDef | undefined =>
    scoped ? getObject(request) : undefined;
  const find = (request: RestRequest): QuickAction => {
    object(request);
    const wanted = segment(request, at).toLowerCase();
    const found = ACTIONS.find(({ name }) => name.toLowerCase() === wanted);
    if (found === undefined) throw notFound();
    return found;
  };
  const list: Handler = (request) => {
    const scope = object(request);
    const offered = scope === undefined ? ACTIONS : actionsOf(scope);
    return ok(offered.map((offer) => summary(request, path, offer)));
  };
  return [
    { method: 'GET', path, handler: list },
    {
      method: 'GET',
      path: `${path}/:action`,
      handler: (request) => ok(described(request, path, find(request))),
    },
    {
      method: 'POST',
      path: `${path}/:action`,
      handler: (request) => execute(request, find(request)),
    },
    {
      method: 'GET',
      path: `${path}/:action/describe`,
      handler: (request) => ok(described(request, path, find(request))),
    },
    {
      method: 'GET',
      path: `${path}/:action/defaultValues`,
      handler: (request) => ok(defaults(request, find(request), undefined)),
    },
    {
      method: 'GET',
      path: `${path}/:action/defaultValues/:context`,
      handler: (request) => ok(defaults(request, find(request), segment(request, at + 2))),
    },
  ];
}

function summary(
  request: RestRequest,
  path: string,
  { name, label, type }: QuickAction,
): Readonly<Record<string, unknown>> {
  const [, object = ''] = request.segments;
  const url = `${basePath(request)}/${path.replace(':object', object)}/${name}`;
  return {
    label,
    name,
    type,
    urls: { defaultValues: `${url}/defaultValues`, describe: `${url}/describe`, quickAction: url },
  };
}

function described(
  request: RestRequest,
  path: string,
  offer: QuickAction,
): Readonly<Record<string, unknown>> {
  const object = present(request.org.schema().findObject(offer.target), offer.target);
  const rows = offer.fields.flatMap((name) => {
    const field = request.org.schema().findField(object, name);
    return field === undefined ? [] : [layoutRow(field)];
  });
  return {
    ...summary(request, path, offer),
    contextSobjectType: null,
    defaultValues: null,
    height: null,
    iconName: null,
    layout: { layoutRows: rows, name: offer.name },
    targetParentField: null,
    targetRecordTypeId: null,
    targetSobjectType: offer.target,
    width: null,
  };
}

function layoutRow(field: FieldDef): Readonly<Record<string, unknown>> {
  return {
    layoutItems: [
      {
        editableForNew: field.createable,
        editableForUpdate: field.updateable,
        label: field.label,
        layoutComponents: [{ displayLines: 1, tabOrder: 1, type: 'Field', value: field.name }],
        placeholder: false,
        required: field.required,
      },
    ],
    numItems: 1,
  };
}

/** The new record's fields as they begin: empty, but for the record the person looks at. */
function defaults(
  request: RestRequest,
  offer: QuickAction,
  contextId: string | undefined,
): Readonly<Record<string, unknown>> {
  const schema = request.org.schema();
  const target = present(schema.findObject(offer.target), offer.target);
  const reference = contextId === undefined ? undefined : referenceTo(schema, target, contextId);
  const values = offer.fields.map((name): [string, string | null] => [
    name,
    name === reference ? (contextId ?? null) : (offer.defaults[name] ?? null),
  ]);
  return { attributes: { type: target.name }, ...Object.fromEntries(values) };
}

/** The field of the new record that can refer to the record looked at. */
function referenceTo(schema: Schema, target: ObjectDef, contextId: string): string | undefined {
  const parent = schema.findObjectOfId(contextId);
  if (parent === undefined) return undefined;
  return target.fields.find(
    ({ createable, referenceTo: to, name }) =>
      createable && name !== 'ParentId' && to.includes(parent.name),
  )?.name;
}

const Execution = z.object({
  contextId: z.string().nullish(),
  record: z.record(z.string(), z.unknown()).default({}),
});

async function execute(request: RestRequest, offer: QuickAction): Promise<ReturnType<typeof ok>> {
  const parsed = Execution.safeParse(request.body);
  if (!parsed.success)
    throw new SalesforceError(
      'JSON_PARSER_ERROR',
      'The body must hold record, and may hold contextId',
    );
  const { contextId, record } = parsed.data;
  const schema = request.org.schema();
  const target = present(schema.findObject(offer.target), offer.target);
  const reference =
    contextId === null || contextId === undefined
      ? undefined
      : referenceTo(schema, target, contextId);
  const [result] = await request.org.records.create(writeContext(request), target.name, [
    {
      ...offer.defaults,
      ...(reference === undefined ? {} : { [reference]: contextId }),
      ...record,
    },
  ]);
  const saved = present(result, 'result');
  throwRefusal(saved);
  return {
    status: 201,
    body: {
      contextId: contextId ?? null,
      created: true,
      errors: [],
      feedItemIds: [],
      id: saved.id,
      success: true,
      successMessage: null,
    },
  };
}
