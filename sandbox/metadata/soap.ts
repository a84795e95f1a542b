import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { metadataId } from '../schema/add-custom.ts';
import { changeSchema, type SchemaDraft } from '../schema/change-schema.ts';
import { readDefinitions } from '../schema/custom-store.ts';
import type { Schema } from '../schema/schema.ts';
import type { Session } from '../session.ts';
import { deploy, deployValidated } from './deploy.ts';
import { findComponents, getJob } from './jobs.ts';
import { KINDS } from './kinds.ts';
import {
  applyField,
  applyObject,
  removeField,
  removeObject,
  renameObject,
  shownObject,
  type Applied,
  type Mode,
} from './objects.ts';
import { retrieve } from './retrieve.ts';

export interface MetadataCall {
  readonly org: Org;
  readonly session: Session;
  readonly version: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

type Method = (call: MetadataCall) => unknown;

/** The Metadata API's calls by name. */
export const METADATA_METHODS: Readonly<Record<string, Method>> = {
  createMetadata: (call) => write(call, 'create'),
  updateMetadata: (call) => write(call, 'update'),
  upsertMetadata: (call) => write(call, 'upsert'),
  deleteMetadata,
  renameMetadata,
  readMetadata,
  listMetadata,
  describeMetadata,
  deploy: startDeploy,
  checkDeployStatus,
  cancelDeploy,
  deployRecentValidation,
  retrieve: startRetrieve,
  checkRetrieveStatus,
};

const Written = z.object({
  metadata: z.array(z.looseObject({ '@type': z.string().optional(), fullName: z.string() })),
});

/** What is written one by one in Salesforce, each to its own result, is one by one here too. */
async function write({ org, parameters }: MetadataCall, mode: Mode): Promise<unknown> {
  const { metadata } = parse(Written, parameters);
  const results = [];
  for (const { '@type': given, ...component } of metadata) {
    const type = given?.replace(/^.*:/, '') ?? 'CustomObject';
    const { fullName } = component;
    results.push(
      await outcome(fullName, async () => {
        const applied = await changeSchema(org, (draft, schema): Applied => {
          const target = { fullName, metadata: component, mode };
          if (type === 'CustomField') return applyField(draft, schema, target);
          if (type === 'CustomObject') return applyObject(draft, schema, target);
          throw notBuilt(`writing metadata of type ${type}`);
        });
        return mode === 'upsert' ? { created: applied.created } : {};
      }),
    );
  }
  return results;
}

async function outcome(
  fullName: string,
  work: () => Promise<Readonly<Record<string, unknown>>>,
): Promise<unknown> {
  try {
    return { ...(await work()), fullName, success: true };
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    const { message, errorCode } = error;
    return { errors: { message, statusCode: errorCode }, fullName, success: false };
  }
}

const Named = z.object({ type: z.string(), fullNames: z.array(z.string()) });

async function deleteMetadata({ org, parameters }: MetadataCall): Promise<unknown> {
  const { type, fullNames } = parse(Named, parameters);
  const remove = remover(type);
  const results = [];
  for (const fullName of fullNames) {
    results.push(
      await outcome(fullName, async () => {
        await changeSchema(org, (draft) => {
          remove(draft, fullName);
        });
        return {};
      }),
    );
  }
  return results;
}

function remover(type: string): (draft: SchemaDraft, fullName: string) => void {
  if (type === 'CustomObject') return removeObject;
  if (type === 'CustomField') return removeField;
  throw notBuilt(`deleting metadata of type ${type}`);
}

const Rename = z.object({ type: z.string(), oldFullName: z.string(), newFullName: z.string() });

async function renameMetadata({ org, parameters }: MetadataCall): Promise<unknown> {
  const { type, oldFullName, newFullName } = parse(Rename, parameters);
  if (type !== 'CustomObject') throw notBuilt(`renaming metadata of type ${type}`);
  return outcome(oldFullName, async () => {
    await changeSchema(org, (draft) => {
      renameObject(draft, oldFullName, newFullName);
    });
    return {};
  });
}

async function readMetadata({ org, version, parameters }: MetadataCall): Promise<unknown> {
  const { type, fullNames } = parse(Named, parameters);
  const definitions = await inTransaction(org.pool, readDefinitions);
  const schema = org.schema();
  const records = fullNames.map((fullName) => {
    if (type === 'CustomObject') return shownObject(definitions, schema, fullName);
    if (type !== 'CustomField') throw notBuilt(`reading metadata of type ${type}`);
    const field = definitions.fields.get(fullName.toLowerCase());
    return field === undefined
      ? shownStandardField(schema, fullName, version)
      : { ...field.definition, fullName };
  });
  // What is not there is an empty record, as in Salesforce.
  return { records: records.map((record) => ({ '@type': type, ...record })) };
}

/** From this version on the values of standard picklists are metadata of their own. */
const VALUE_SETS_SINCE = 38;

/** A standard field: what it is called, and in old versions its picklist's values. */
function shownStandardField(
  schema: Schema,
  fullName: string,
  version: string,
): Readonly<Record<string, unknown>> | undefined {
  const [objectName = '', fieldName = ''] = fullName.split('.');
  const object = schema.findObject(objectName);
  const field = object === undefined ? undefined : schema.findField(object, fieldName);
  if (object === undefined || field === undefined) return undefined;
  const picklist = {
    picklistValues: field.picklistValues.map(({ value, defaultValue }) => ({
      fullName: value,
      default: defaultValue,
      ...(object.name === 'Lead' && field.name === 'Status'
        ? { converted: value === CONVERTED_STATUS }
        : {}),
    })),
    sorted: false,
  };
  const old = Number(version) < VALUE_SETS_SINCE && field.picklistValues.length > 0;
  return {
    fullName,
    label: field.label,
    ...(old ? { picklist } : {}),
    type: field.type === 'picklist' ? 'Picklist' : undefined,
  };
}

/** The lead status that says: this lead has become a contact. */
const CONVERTED_STATUS = 'Closed - Converted';

const Queries = z.object({
  queries: z.array(z.object({ type: z.string(), folder: z.string().optional() })),
});

async function listMetadata({ org, session, parameters }: MetadataCall): Promise<unknown> {
  const { queries } = parse(Queries, parameters);
  const listed = [];
  for (const { type } of queries) {
    for (const { fullName, fileName } of await namesOf(org, type)) {
      const now = new Date(org.clock.now()).toISOString();
      listed.push({
        createdById: session.userId,
        createdByName: session.username,
        createdDate: now,
        fileName,
        fullName,
        id: metadataId('01I', `${type}.${fullName}`),
        lastModifiedById: session.userId,
        lastModifiedByName: session.username,
        lastModifiedDate: now,
        type,
      });
    }
  }
  return listed;
}

async function namesOf(
  org: Org,
  type: string,
): Promise<readonly { fullName: string; fileName: string }[]> {
  const schema: Schema = org.schema();
  if (type === 'CustomObject') {
    return schema.objects
      .filter(({ isView, flags }) => !isView && flags.createable)
      .map(({ name }) => ({ fullName: name, fileName: `objects/${name}.object` }));
  }
  if (type === 'CustomField') {
    return schema.objects.flatMap(({ name, fields }) =>
      fields
        .filter(({ custom }) => custom)
        .map((field) => ({
          fullName: `${name}.${field.name}`,
          fileName: `objects/${name}.object`,
        })),
    );
  }
  return findComponents(org, type);
}

function describeMetadata(): unknown {
  return {
    metadataObjects: KINDS.map(({ type, folder, suffix, inFolder, metaFile }) => ({
      childXmlNames: type === 'CustomObject' ? ['CustomField'] : [],
      directoryName: folder,
      inFolder,
      metaFile,
      ...(suffix === '' ? {} : { suffix }),
      xmlName: type,
    })),
    organizationNamespace: '',
    partialSaveAllowed: false,
    testRequired: false,
  };
}

const DeployOptions = z.looseObject({
  checkOnly: z.string().optional(),
  runTests: z.array(z.string()).optional(),
});
const Deploy = z.object({
  ZipFile: z.string(),
  // Without options the element is there and empty.
  DeployOptions: z.preprocess(
    (value) => (value === '' ? undefined : value),
    DeployOptions.optional(),
  ),
});

async function startDeploy({ org, session, parameters }: MetadataCall): Promise<unknown> {
  const { ZipFile, DeployOptions: options } = parse(Deploy, parameters);
  const id = await deploy(org, session, Buffer.from(ZipFile, 'base64'), {
    checkOnly: options?.checkOnly === 'true',
    runTests: options?.runTests ?? [],
  });
  return { done: false, id, state: 'Queued' };
}

const Process = z.object({
  asyncProcessId: z.string(),
  includeDetails: z.string().optional(),
  includeZip: z.string().optional(),
});

async function checkDeployStatus({ org, parameters }: MetadataCall): Promise<unknown> {
  const { asyncProcessId, includeDetails } = parse(Process, parameters);
  const { details, ...result } = (await getJob(org, 'deploy', asyncProcessId)).result;
  return includeDetails === 'true' ? { ...result, details } : result;
}

/** A deploy is done before its caller hears of it: there is nothing to cancel any more. */
async function cancelDeploy({ org, parameters }: MetadataCall): Promise<unknown> {
  const { id } = parse(
    z.looseObject({ id: z.string().optional(), String: z.string().optional() }),
    parameters,
  );
  const job = await getJob(org, 'deploy', id ?? '');
  return { done: true, id: job.id };
}

async function deployRecentValidation({
  org,
  session,
  parameters,
}: MetadataCall): Promise<unknown> {
  const { validationId } = parse(z.object({ validationId: z.string() }), parameters);
  return deployValidated(org, session, validationId);
}

async function startRetrieve({ org, session, parameters }: MetadataCall): Promise<unknown> {
  const id = await retrieve(org, session, parameters['retrieveRequest'] ?? parameters['request']);
  return { done: false, id, state: 'Queued' };
}

async function checkRetrieveStatus({ org, parameters }: MetadataCall): Promise<unknown> {
  const { asyncProcessId, includeZip } = parse(Process, parameters);
  const { result, zip } = await getJob(org, 'retrieve', asyncProcessId);
  return includeZip === 'false' || zip === null
    ? result
    : { ...result, zipFile: zip.toString('base64') };
}

function parse<T>(shape: z.ZodType<T>, parameters: unknown): T {
  const parsed = shape.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SalesforceError('INVALID_INPUT', faults.join('; '));
}
