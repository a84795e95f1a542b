import { z } from 'zod';

import { quote } from '../criteria/condition.ts';
import { processAll } from '../process/requests.ts';
import { createDispatch, type Route } from '../rest/dispatch.ts';
import { presentationRoutes } from '../rest/presentation.ts';
import { compileFor } from '../rest/query.ts';
import {
  basePath,
  notFound,
  ok,
  recordUrl,
  segment,
  type Handler,
  type RestRequest,
} from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { findId18 } from '../store/record-id.ts';
import { BATCH_MAX, SUGGESTIONS, SUGGESTIONS_MAX } from './limits.ts';

type Json = Readonly<Record<string, unknown>>;

/** By what people find their way: apps, actions that may be invoked, compact layouts of several objects, suggestions. */
export function navigationRoutes(): readonly Route[] {
  const get = (path: string, handler: Handler): Route => ({ method: 'GET', path, handler });
  return [
    get('actions', (request) => ok(links(request, 'actions', ['custom', 'standard']))),
    get('actions/standard', listStandardActions),
    get('actions/standard/submit', describeSubmit),
    { method: 'POST', path: 'actions/standard/submit', handler: invokeSubmit },
    get('actions/custom', (request) => ok(links(request, 'actions/custom', CUSTOM_KINDS))),
    get('actions/custom/:kind', listCustomActions),
    get('appMenu', (request) => ok(links(request, 'appMenu', ['AppSwitcher', 'Salesforce1']))),
    get('appMenu/AppSwitcher', appMenu),
    get('appMenu/Salesforce1', appMenu),
    get('compactLayouts', compactLayouts),
    get('search/scopeOrder', scopeOrder),
    get('search/layout', searchLayouts),
    get('search/suggestions', suggestions),
    get('sobjects/relevantItems', relevantItems),
  ];
}

function links(request: RestRequest, path: string, names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, `${basePath(request)}/${path}/${name}`]));
}

/** What an administrator may add to invoke: none of these is made here, so their lists are empty. */
const CUSTOM_KINDS = [
  'apex',
  'emailAlert',
  'flow',
  'generatePromptResponse',
  'quickAction',
  'sendNotification',
];

const listCustomActions: Handler = (request) => {
  const kind = segment(request, 2).toLowerCase();
  if (!CUSTOM_KINDS.some((name) => name.toLowerCase() === kind)) throw notFound();
  return ok({ actions: [] });
};

const listStandardActions: Handler = (request) =>
  ok({
    actions: [
      {
        label: 'Submit for Approval',
        name: 'submit',
        type: 'SUBMITAPPROVAL',
        url: `${basePath(request)}/actions/standard/submit`,
      },
    ],
  });

const input = (name: string, type: string, required: boolean): Json => ({
  byteLength: 0,
  description: null,
  label: name,
  maxOccurs: 1,
  name,
  picklistValues: null,
  required,
  sobjectType: null,
  type,
});

const describeSubmit: Handler = () =>
  ok({
    description: 'Submits a record for approval',
    inputs: [
      input('objectId', 'REFERENCE', true),
      input('nextApproverIds', 'REFERENCE', false),
      input('comment', 'STRING', false),
      input('submitterId', 'REFERENCE', false),
      input('processDefinitionNameOrId', 'STRING', false),
      input('skipEntryCriteria', 'BOOLEAN', false),
    ],
    label: 'Submit for Approval',
    name: 'submit',
    outputs: ['entityId', 'instanceId', 'instanceStatus', 'newWorkItemIds', 'nextApproverIds'].map(
      (name) => ({ label: name, maxOccurs: 1, name, type: 'STRING' }),
    ),
    standard: true,
    targetEntityName: null,
    type: 'SUBMITAPPROVAL',
  });

const Submissions = z.looseObject({
  inputs: z
    .array(
      z.looseObject({
        objectId: z.string(),
        comment: z.string().nullish(),
        nextApproverIds: z.array(z.string()).nullish(),
        submitterId: z.string().nullish(),
        processDefinitionNameOrId: z.string().nullish(),
        skipEntryCriteria: z.boolean().nullish(),
      }),
    )
    .min(1)
    .max(BATCH_MAX),
});

/** Each input by itself: one that is refused does not hinder the others. */
const invokeSubmit: Handler = async (request) => {
  const parsed = Submissions.safeParse(request.body);
  if (!parsed.success)
    throw new SalesforceError(
      'INVALID_API_INPUT',
      'The body must hold inputs with an objectId each',
    );
  const results: Json[] = [];
  for (const { objectId, comment, submitterId, ...rest } of parsed.data.inputs) {
    const asked = {
      ...rest,
      contextId: objectId,
      comments: comment ?? null,
      contextActorId: submitterId,
    };
    try {
      const [done] = await processAll(request, [{ ...asked, actionType: 'Submit' }]);
      results.push({
        actionName: 'submit',
        errors: null,
        isSuccess: true,
        outputValues: {
          entityId: done?.entityId,
          instanceId: done?.instanceId,
          instanceStatus: done?.status,
          newWorkItemIds: done?.workitemIds,
          nextApproverIds: done?.actorIds,
        },
      });
    } catch (error) {
      if (!(error instanceof SalesforceError)) throw error;
      const { errorCode: statusCode, message, fields } = error;
      const errors = [{ fields, message, statusCode }];
      results.push({ actionName: 'submit', errors, isSuccess: false, outputValues: null });
    }
  }
  const refused = results.some((one) => one['isSuccess'] !== true);
  return { status: refused ? 400 : 200, body: results };
};

/** The org has one app. */
const appMenu: Handler = ({ baseUrl }) =>
  ok({
    appMenuItems: [
      {
        colors: null,
        content: null,
        icons: null,
        label: 'Sales',
        type: 'Tabset',
        url: `${baseUrl}/`,
      },
    ],
  });

const presented = createDispatch(presentationRoutes());
const Layouts = z.looseObject({ compactLayouts: z.array(z.unknown()) });

/** `?q=Account,Contact`: the primary compact layout of each. */
const compactLayouts: Handler = async (request) => {
  const shown: Record<string, unknown> = {};
  for (const object of askedObjects(request)) {
    const segments = ['sobjects', object.name, 'describe', 'compactLayouts'];
    const { body } = await presented({ ...request, segments });
    shown[object.name] = Layouts.parse(body).compactLayouts[0];
  }
  return ok(shown);
};

/** @throws SalesforceError for names that are unknown */
function askedObjects(request: RestRequest): readonly ObjectDef[] {
  const names = request.query.get('q');
  if (names === null)
    throw new SalesforceError('MISSING_ARGUMENT', 'Required parameter q is missing');
  return names
    .split(',')
    .slice(0, BATCH_MAX)
    .map((name) => getObjectNamed(request, name.trim()));
}

function getObjectNamed(request: RestRequest, name: string): ObjectDef {
  const object = request.org.schema().findObject(name);
  if (object !== undefined && !object.isView) return object;
  throw new SalesforceError('INVALID_TYPE', `sObject type '${name}' is not supported.`);
}

function searchable(request: RestRequest): readonly ObjectDef[] {
  return request.org
    .schema()
    .objects.filter(({ isView, flags }) => !isView && flags.searchable && flags.layoutable);
}

const scopeOrder: Handler = (request) =>
  ok(
    searchable(request).map(({ name }) => ({
      type: name,
      url: `${basePath(request)}/sobjects/${name}/describe`,
    })),
  );

const searchLayouts: Handler = (request) =>
  ok(
    askedObjects(request).map((object) => {
      const name = request.org.schema().findNameField(object);
      return {
        errorMsg: null,
        label: object.labelPlural,
        limitRows: null,
        objectType: object.name,
        searchColumns:
          name === undefined
            ? []
            : [
                {
                  field: `${object.name}.${name.name}`,
                  format: null,
                  label: name.label,
                  name: name.name,
                },
              ],
      };
    }),
  );

const Records = z.array(z.object({ record: z.string() }));

/** `?q=Ac&sobject=Account`: records whose name begins so. */
const suggestions: Handler = async (request) => {
  const { query } = request;
  const text = query.get('q');
  const named = query.get('sobject');
  if (text === null || text.trim() === '' || named === null)
    throw new SalesforceError('MISSING_ARGUMENT', 'Required parameters are q and sobject');
  const limit = Math.min(SUGGESTIONS_MAX, Number(query.get('limit') ?? SUGGESTIONS) || SUGGESTIONS);
  const object = getObjectNamed(request, named);
  const name = request.org.schema().findNameField(object);
  if (name === undefined) return ok({ autoSuggestResults: [], hasMoreResults: false });
  const pattern = quote(`${text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`);
  const soql = `SELECT Id, ${name.name} FROM ${object.name} WHERE ${name.name} LIKE ${pattern} ORDER BY ${name.name}, Id LIMIT ${limit + 1}`;
  const { records } = await compileFor(request, soql, false);
  const { rows } = await request.org.pool.query(records.text, [...records.values]);
  const found = Records.parse(rows).map(({ record }): unknown => JSON.parse(record));
  return ok({ autoSuggestResults: found.slice(0, limit), hasMoreResults: found.length > limit });
};

const Recent = z.array(
  z.looseObject({ Id: z.string(), attributes: z.looseObject({ type: z.string() }) }),
);

/** What somebody has looked at lately, by object. */
const relevantItems: Handler = async (request) => {
  const { body } = await presented({ ...request, segments: ['recent'] });
  const recent = Recent.parse(body);
  const byObject = Object.entries(Object.groupBy(recent, ({ attributes }) => attributes.type));
  return ok(
    byObject.flatMap(([name, records = []]) => {
      const object = request.org.schema().findObject(name);
      const recordIds = records.map(({ Id: id }) => findId18(id) ?? id);
      const [latest = ''] = recordIds;
      return object === undefined
        ? []
        : [
            {
              apiName: name,
              key: object.keyPrefix,
              label: object.labelPlural,
              lastUpdatedId: latest,
              recordIds,
              url: recordUrl(request, name, latest),
            },
          ];
    }),
  );
};
