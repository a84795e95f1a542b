import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { changeSchema, type SchemaDraft } from '../schema/change-schema.ts';
import { readDefinitions } from '../schema/custom-store.ts';
import type { Schema } from '../schema/schema.ts';
import type { Session } from '../session.ts';
import type { Applied, Mode } from './applied.ts';
import { findLiveType } from './access/live-types.ts';
import { removeComponent, writeComponent } from './access/write-component.ts';
import { DeployOptions, queueDeploy, queueValidated } from './deploy.ts';
import { cancelJob, getJob, isDone, shownDeploy } from './jobs.ts';
import { describeMetadata, listMetadata } from './list.ts';
import { COMPONENTS_PER_CALL_MAX } from './limits.ts';
import type { MetadataJobs } from './metadata-jobs.ts';
import {
  applyField,
  applyObject,
  removeField,
  removeObject,
  renameObject,
  shownObject,
} from './objects.ts';
import { parse } from './parse-parameters.ts';
import { applyPart, isPartType, removePart, shownPart } from './parts.ts';
import { queueRetrieve } from './retrieve.ts';

export interface MetadataCall {
  readonly org: Org;
  readonly jobs: MetadataJobs;
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
async function write({ org, session, parameters }: MetadataCall, mode: Mode): Promise<unknown> {
  const { metadata } = parse(Written, parameters);
  refuseMany(metadata.length);
  const results = [];
  for (const { '@type': given, ...component } of metadata) {
    const type = given?.replace(/^.*:/, '') ?? 'CustomObject';
    const { fullName } = component;
    results.push(
      await outcome(fullName, async () => {
        if (findLiveType(type) !== undefined) {
          const target = { type, fullName, metadata: component, mode };
          const written = await writeComponent({ org, session }, target);
          return mode === 'upsert' ? { created: written.outcome === 'created' } : {};
        }
        const applied = await changeSchema(org, (draft, schema): Applied => {
          const target = { fullName, metadata: component, mode };
          if (type === 'CustomField') return applyField(draft, schema, target);
          if (type === 'CustomObject') return applyObject(draft, schema, target);
          if (isPartType(type)) return applyPart(draft, schema, { ...target, type });
          throw notBuilt(`writing metadata of type ${type}`);
        });
        return mode === 'upsert' ? { created: applied.outcome === 'created' } : {};
      }),
    );
  }
  return results;
}

function refuseMany(components: number): void {
  if (components <= COMPONENTS_PER_CALL_MAX) return;
  throw new SalesforceError(
    'EXCEEDED_ID_LIMIT',
    `record limit reached. cannot submit more than ${COMPONENTS_PER_CALL_MAX} records in this operation`,
  );
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

async function deleteMetadata({ org, session, parameters }: MetadataCall): Promise<unknown> {
  const { type, fullNames } = parse(Named, parameters);
  refuseMany(fullNames.length);
  const live = findLiveType(type) !== undefined;
  const remove = live ? () => undefined : remover(type);
  const results = [];
  for (const fullName of fullNames) {
    results.push(
      await outcome(fullName, async () => {
        if (live) {
          await removeComponent({ org, session }, type, fullName);
          return {};
        }
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
  if (isPartType(type))
    return (draft, fullName) => {
      removePart(draft, type, fullName);
    };
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
  refuseMany(fullNames.length);
  const live = findLiveType(type);
  if (live !== undefined) {
    const shown = await Promise.all(
      fullNames.map(async (fullName) => ({
        fullName,
        content: await live.show(org.pool, fullName),
      })),
    );
    return {
      records: shown.map(({ fullName, content }) =>
        content === undefined ? { '@type': type } : { '@type': type, fullName, ...content },
      ),
    };
  }
  const definitions = await inTransaction(org.pool, readDefinitions);
  const schema = org.schema();
  const records = fullNames.map((fullName) => {
    if (type === 'CustomObject') return shownObject(definitions, schema, fullName);
    if (isPartType(type)) return shownPart(definitions, type, fullName);
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

const Deploy = z.object({
  ZipFile: z.string(),
  // Without options the element is there and empty.
  DeployOptions: z.preprocess((value) => (value === '' ? {} : value), DeployOptions.optional()),
});

async function startDeploy({ org, jobs, session, parameters }: MetadataCall): Promise<unknown> {
  const { ZipFile, DeployOptions: options } = parse(Deploy, parameters);
  const zip = Buffer.from(ZipFile, 'base64');
  const id = await queueDeploy(org, session, zip, options ?? DeployOptions.parse({}));
  jobs.wake();
  return { done: false, id, state: 'Queued' };
}

const Process = z.object({
  asyncProcessId: z.string(),
  includeDetails: z.string().optional(),
  includeZip: z.string().optional(),
});

async function checkDeployStatus({ org, parameters }: MetadataCall): Promise<unknown> {
  const { asyncProcessId, includeDetails } = parse(Process, parameters);
  return shownDeploy(await getJob(org, 'deploy', asyncProcessId), includeDetails === 'true');
}

const Cancelled = z.looseObject({ id: z.string().optional(), String: z.string().optional() });

async function cancelDeploy({ org, parameters }: MetadataCall): Promise<unknown> {
  const { id, String: named } = parse(Cancelled, parameters);
  const wanted = id ?? named ?? '';
  return { done: await cancelJob(org, 'deploy', wanted), id: wanted };
}

async function deployRecentValidation({
  org,
  jobs,
  session,
  parameters,
}: MetadataCall): Promise<unknown> {
  const { validationId } = parse(z.object({ validationId: z.string() }), parameters);
  const id = await queueValidated(org, session, validationId);
  jobs.wake();
  return id;
}

async function startRetrieve({ org, jobs, session, parameters }: MetadataCall): Promise<unknown> {
  const request = parameters['retrieveRequest'] ?? parameters['request'];
  const id = await queueRetrieve(org, session, request);
  jobs.wake();
  return { done: false, id, state: 'Queued' };
}

async function checkRetrieveStatus({ org, parameters }: MetadataCall): Promise<unknown> {
  const { asyncProcessId, includeZip } = parse(Process, parameters);
  const { id, state, result, zip } = await getJob(org, 'retrieve', asyncProcessId);
  const shown = { ...result, done: isDone(state), id, status: state };
  return includeZip === 'false' || zip === null
    ? shown
    : { ...shown, zipFile: zip.toString('base64') };
}
