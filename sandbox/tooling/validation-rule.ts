import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import { assertMayCustomize } from '../metadata/access.ts';
import { applyPart, removePart, shownPart } from '../metadata/parts.ts';
import {
  NO_CONTENT,
  notFound,
  ok,
  segment,
  type Handler,
  type RestRequest,
} from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { changeSchema } from '../schema/change-schema.ts';
import { readDefinitions } from '../schema/custom-store.ts';
import { metadataId } from '../schema/metadata-id.ts';
import { partsOf } from '../schema/part.ts';
import { durableId } from './definitions.ts';

const PREFIX = '03d';
const Metadata = z.record(z.string(), z.unknown());
const Created = z.object({ FullName: z.string(), Metadata });
const Changed = z.object({ Metadata });

/** `POST /tooling/sobjects/ValidationRule {FullName: "Contact.Named", Metadata: {…}}` */
export const createValidationRule: Handler = async (request) => {
  await assertMayCustomize(request.org, request.session);
  const parsed = Created.safeParse(request.body);
  if (!parsed.success) throw missing(['FullName', 'Metadata']);
  const { FullName: fullName, Metadata: metadata } = parsed.data;
  await changeSchema(request.org, (draft, schema) =>
    applyPart(draft, schema, { type: 'ValidationRule', fullName, metadata, mode: 'create' }),
  );
  const id = metadataId(PREFIX, fullName);
  return { status: 201, body: { id, success: true, errors: [], warnings: [], infos: [] } };
};

/** The record with its `Metadata`, which no query gives. */
export const readValidationRule: Handler = async (request) => {
  const { fullName, definitions } = await find(request);
  const { fullName: _name, ...metadata } = shownPart(definitions, 'ValidationRule', fullName) ?? {};
  const [object = '', name = ''] = fullName.split('.');
  const owner = request.org.schema().findObject(object);
  const id = metadataId(PREFIX, fullName);
  const url = `/services/data/v${request.version}/tooling/sobjects/ValidationRule/${id}`;
  return ok({
    attributes: { type: 'ValidationRule', url },
    Id: id,
    ValidationName: name,
    EntityDefinitionId: owner === undefined ? object : durableId(owner),
    FullName: fullName,
    Active: metadata['active'] ?? false,
    Description: metadata['description'] ?? null,
    ErrorDisplayField: metadata['errorDisplayField'] ?? null,
    ErrorMessage: metadata['errorMessage'] ?? null,
    Metadata: metadata,
  });
};

/** `PATCH … {Metadata}` says anew what the rule is. */
export const changeValidationRule: Handler = async (request) => {
  const { fullName } = await find(request);
  const parsed = Changed.safeParse(request.body);
  if (!parsed.success) throw missing(['Metadata']);
  const { Metadata: metadata } = parsed.data;
  await changeSchema(request.org, (draft, schema) =>
    applyPart(draft, schema, { type: 'ValidationRule', fullName, metadata, mode: 'update' }),
  );
  return NO_CONTENT;
};

export const deleteValidationRule: Handler = async (request) => {
  const { fullName } = await find(request);
  await changeSchema(request.org, (draft) => {
    removePart(draft, 'ValidationRule', fullName);
  });
  return NO_CONTENT;
};

async function find(request: RestRequest) {
  await assertMayCustomize(request.org, request.session);
  const wanted = segment(request, 3).slice(0, 15);
  const definitions = await inTransaction(request.org.pool, readDefinitions);
  const rule = partsOf(definitions.parts, 'ValidationRule').find(
    ({ fullName }) => metadataId(PREFIX, fullName).slice(0, 15) === wanted,
  );
  if (rule === undefined) throw notFound();
  return { fullName: rule.fullName, definitions };
}

function missing(names: readonly string[]): SalesforceError {
  return new SalesforceError(
    'REQUIRED_FIELD_MISSING',
    `Required fields are missing: [${names.join(', ')}]`,
    { fields: names },
  );
}
