import type { InputRecord, SaveResult, WriteContext } from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { inRequestTransaction } from '../store/request-transaction.ts';
import {
  isList,
  listOf,
  mapOf,
  textOf,
  textsOf,
  type Element,
  type ElementMap,
} from './envelope.ts';
import { RECORDS_MAX } from './limits.ts';
import { required, writeContext, type Operation, type SoapRequest } from './operation.ts';
import { saveResult, upsertResult } from './to-xml.ts';

/** A record as a message gives it: its type, and its fields as text. */
export interface SoapRecord {
  readonly type: string;
  readonly record: InputRecord;
}

export const create: Operation = async (request) =>
  (
    await writeByType(request, (context, type, records) =>
      request.org.records.create(context, type, records),
    )
  ).map(saveResult);

export const update: Operation = async (request) =>
  (
    await writeByType(request, (context, type, records) =>
      request.org.records.update(context, type, records),
    )
  ).map(saveResult);

export const upsert: Operation = async (request) => {
  const externalIdField = textOf(request.args['externalIDFieldName']) ?? 'Id';
  const results = await writeByType(request, (context, object, records) =>
    request.org.records.upsert(context, { object, externalIdField }, records),
  );
  return results.map(upsertResult);
};

export const remove: Operation = async (request) =>
  (await request.org.records.delete(writeContext(request), idsOf(request))).map(saveResult);

export const undelete: Operation = async (request) =>
  (await request.org.records.undelete(writeContext(request), idsOf(request))).map(saveResult);

export const emptyRecycleBin: Operation = async (request) =>
  (await request.org.records.delete(writeContext(request), idsOf(request), { hard: true })).map(
    saveResult,
  );

function idsOf({ args }: SoapRequest): readonly string[] {
  const ids = textsOf(args['ids']);
  assertCount(ids.length);
  return ids;
}

type Write = (
  context: WriteContext,
  type: string,
  records: readonly InputRecord[],
) => Promise<readonly SaveResult[]>;

/**
 * Records of several types in one call: each run of one type is one write. With AllOrNone all runs share one
 * transaction, which a refusal in any of them undoes.
 */
async function writeByType(request: SoapRequest, write: Write): Promise<readonly SaveResult[]> {
  const records = listOf(request.args['sObjects']).map((element) => readRecord(mapOf(element)));
  assertCount(records.length);
  const context = writeContext(request);
  const runs = runsOf(records);
  if (!context.allOrNone || runs.length < 2) return writeRuns(context, runs, write);
  try {
    return await inRequestTransaction(request, async (client) => {
      const results = await writeRuns({ ...context, client }, runs, write);
      if (results.some(({ success }) => !success)) throw new RolledBack(results);
      return results;
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.results.map(asRolledBack);
    throw error;
  }
}

async function writeRuns(
  context: WriteContext,
  runs: readonly Run[],
  write: Write,
): Promise<readonly SaveResult[]> {
  const results: SaveResult[] = [];
  for (const { type, records } of runs) results.push(...(await write(context, type, records)));
  return results;
}

class RolledBack extends Error {
  override readonly name = 'RolledBack';
  readonly results: readonly SaveResult[];

  constructor(results: readonly SaveResult[]) {
    super('rolled back because not all records were valid');
    this.results = results;
  }
}

function asRolledBack(result: SaveResult): SaveResult {
  if (!result.success) return result;
  const error = new SalesforceError(
    'ALL_OR_NONE_OPERATION_ROLLED_BACK',
    'Record rolled back because not all records were valid and the request was using AllOrNone header',
  );
  return { id: null, success: false, created: false, errors: [error] };
}

interface Run {
  readonly type: string;
  readonly records: readonly InputRecord[];
}

function runsOf(records: readonly SoapRecord[]): readonly Run[] {
  const runs: { type: string; records: InputRecord[] }[] = [];
  for (const { type, record } of records) {
    const last = runs.at(-1);
    if (last !== undefined && last.type.toLowerCase() === type.toLowerCase())
      last.records.push(record);
    else runs.push({ type, records: [record] });
  }
  return runs;
}

/** A parent given by its external id is an element of its own: `<Account><Ext__c>…</Ext__c></Account>`. */
export function readRecord(element: ElementMap): SoapRecord {
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(element)) {
    if (name === 'type' || name === 'fieldsToNull' || name.startsWith('@')) continue;
    const parent = parentOf(value);
    if (parent === undefined) record[name] = textOf(value) ?? null;
    else record[`${name}.${parent.key}`] = parent.value;
  }
  for (const name of textsOf(element['fieldsToNull'])) record[name] = null;
  return { type: required(element, 'type'), record };
}

function parentOf(element: Element): { readonly key: string; readonly value: string } | undefined {
  if (typeof element === 'string' || isList(element)) return undefined;
  const key = Object.keys(element).find(
    (name) => name !== 'type' && !name.startsWith('@') && name !== '#text',
  );
  const value = key === undefined ? undefined : textOf(element[key]);
  return key === undefined || value === undefined ? undefined : { key, value };
}

function assertCount(count: number): void {
  if (count > RECORDS_MAX) {
    throw new SalesforceError(
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${RECORDS_MAX} records in this operation`,
    );
  }
}
