import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import { assertMayCustomize } from '../metadata/access.ts';
import { inOrder } from '../metadata/applied.ts';
import { applyField, removeField } from '../metadata/objects.ts';
import {
  notFound,
  ok,
  NO_CONTENT,
  segment,
  type Handler,
  type RestRequest,
} from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { addCustomField, metadataId } from '../schema/add-custom.ts';
import { changeSchema } from '../schema/change-schema.ts';
import { readDefinitions } from '../schema/custom-store.ts';
import type { CustomField } from '../schema/custom-definition.ts';
import { durableId } from './definitions.ts';

const Metadata = z.record(z.string(), z.unknown());
const Created = z.object({ FullName: z.string(), Metadata });
const Changed = z.object({ Metadata });

/** `POST /tooling/sobjects/CustomField {FullName: "Contact.Ext__c", Metadata: {…}}` adds a field to an object. */
export const createCustomField: Handler = async (request) => {
  await assertMayCustomize(request.org, request.session);
  const parsed = Created.safeParse(request.body);
  if (!parsed.success) throw missing(['FullName', 'Metadata']);
  const { FullName, Metadata: metadata } = parsed.data;
  const id = await addCustomField(request.org, FullName, metadata);
  return { status: 201, body: { id, success: true, errors: [], warnings: [], infos: [] } };
};

export const readCustomField: Handler = async (request) => {
  const { fullName, object, definition } = await find(request);
  const owner = request.org.schema().findObject(object);
  const { fullName: _name, ...metadata } = inOrder(definition);
  const url = `/services/data/v${request.version}/tooling/sobjects/CustomField`;
  const id = metadataId('00N', fullName);
  return ok({
    attributes: { type: 'CustomField', url: `${url}/${id}` },
    Id: id,
    DeveloperName: definition.fullName.replace(/__c$/, ''),
    TableEnumOrId: owner === undefined ? object : durableId(owner),
    FullName: fullName,
    Metadata: metadata,
  });
};

/** `PATCH … {Metadata}` says anew what the field is. */
export const changeCustomField: Handler = async (request) => {
  const { fullName } = await find(request);
  const parsed = Changed.safeParse(request.body);
  if (!parsed.success) throw missing(['Metadata']);
  await changeSchema(request.org, (draft, schema) =>
    applyField(draft, schema, { fullName, metadata: parsed.data.Metadata, mode: 'update' }),
  );
  return NO_CONTENT;
};

export const deleteCustomField: Handler = async (request) => {
  const { fullName } = await find(request);
  await changeSchema(request.org, (draft) => {
    removeField(draft, fullName);
  });
  return NO_CONTENT;
};

interface Found {
  readonly fullName: string;
  readonly object: string;
  readonly definition: CustomField;
}

async function find(request: RestRequest): Promise<Found> {
  await assertMayCustomize(request.org, request.session);
  const wanted = segment(request, 3).slice(0, 15);
  const found = (await fieldsOf(request.org)).find(
    ({ fullName }) => metadataId('00N', fullName).slice(0, 15) === wanted,
  );
  if (found === undefined) throw notFound();
  return found;
}

async function fieldsOf(org: Org): Promise<readonly Found[]> {
  const { fields } = await inTransaction(org.pool, readDefinitions);
  return [...fields.values()].map(({ object, definition }) => ({
    fullName: `${object}.${definition.fullName}`,
    object,
    definition,
  }));
}

function missing(names: readonly string[]): SalesforceError {
  return new SalesforceError(
    'REQUIRED_FIELD_MISSING',
    `Required fields are missing: [${names.join(', ')}]`,
    { fields: names },
  );
}
