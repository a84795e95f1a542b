import { z } from 'zod';

import { addCustomField } from '../schema/add-custom.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Route } from './dispatch.ts';
import { missing, type Handler, type RestRequest } from './request.ts';
import { describeTooling } from './sobjects.ts';

const Created = z.object({ FullName: z.string(), Metadata: z.record(z.string(), z.unknown()) });

/** `POST /tooling/sobjects/CustomField {FullName: "Contact.Ext__c", Metadata: {…}}` adds a field to an object. */
const createCustomField: Handler = async (request) => {
  const parsed = Created.safeParse(request.body);
  if (!parsed.success) {
    throw new SalesforceError(
      'REQUIRED_FIELD_MISSING',
      'Required fields are missing: [FullName, Metadata]',
      {
        fields: ['FullName', 'Metadata'],
      },
    );
  }
  const { FullName, Metadata } = parsed.data;
  const id = await addCustomField(request.org, FullName, Metadata);
  return { status: 201, body: { id, success: true, errors: [], warnings: [], infos: [] } };
};

/** What the Tooling API does like REST itself, with the same paths below its own name. */
const SHARED: ReadonlySet<string> = new Set(['sobjects', 'query', 'queryall', 'composite']);

/** A request below `/tooling` that REST's own routes answer. */
export function withoutTooling(request: RestRequest): RestRequest {
  const [first = '', second = '', third = ''] = request.segments;
  if (first.toLowerCase() !== 'tooling' || !SHARED.has(second.toLowerCase())) return request;
  if (
    third.toLowerCase() === 'customfield' ||
    (request.segments.length === 2 && second.toLowerCase() === 'sobjects')
  )
    return request;
  return { ...request, segments: request.segments.slice(1) };
}

export function toolingRoutes(): readonly Route[] {
  const runTests = ['runTestsAsynchronous', 'runTestsSynchronous'];
  return [
    { method: 'GET', path: 'tooling/sobjects', handler: describeTooling },
    { method: 'POST', path: 'tooling/sobjects/CustomField', handler: createCustomField },
    {
      method: 'GET',
      path: 'tooling/executeAnonymous',
      handler: missing('Apex: it cannot be executed'),
    },
    { method: 'GET', path: 'tooling/completions', handler: missing('completions') },
    ...runTests.flatMap((name) =>
      ['GET', 'POST'].map((method) => ({
        method,
        path: `tooling/${name}`,
        handler: missing('Apex: tests cannot be run'),
      })),
    ),
  ];
}
