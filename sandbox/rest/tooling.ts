import { z } from 'zod';

import { addCustomField } from '../schema/add-custom.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Route } from './dispatch.ts';
import { query, queryMore } from './query.ts';
import { missing, notFound, segment, type Handler } from './request.ts';

const Created = z.object({ FullName: z.string(), Metadata: z.record(z.string(), z.unknown()) });

/** `POST /tooling/sobjects/CustomField {FullName: "Contact.Ext__c", Metadata: {…}}` adds a field to an object. */
const createCustomField: Handler = async (request) => {
  const kind = segment(request, 2);
  if (kind !== 'CustomField') throw missingKind(kind);
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

function missingKind(kind: string): SalesforceError {
  return new SalesforceError(
    'NOT_IMPLEMENTED',
    `The sandbox org does not implement the Tooling API's ${kind}`,
  );
}

const unknownTooling: Handler = () => {
  throw notFound();
};

/** The Tooling API's queries see the org's own objects; its metadata objects are not there. */
export function toolingRoutes(): readonly Route[] {
  return [
    { method: 'POST', path: 'tooling/sobjects/:kind', handler: createCustomField },
    { method: 'GET', path: 'tooling/sobjects', handler: missing('the list of Tooling objects') },
    { method: 'GET', path: 'tooling/executeAnonymous', handler: missing('Apex') },
    { method: 'GET', path: 'tooling/completions', handler: missing('completions') },
    { method: 'GET', path: 'tooling', handler: unknownTooling },
    {
      method: 'GET',
      path: 'tooling/query',
      handler: query,
      when: ({ query: parameters }) => parameters.has('q'),
    },
    { method: 'GET', path: 'tooling/query/:locator', handler: queryMore },
  ];
}
