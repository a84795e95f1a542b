import { z } from 'zod';

import type { SaveResult, WriteContext } from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, storedTable, tableName } from '../store/layout.ts';
import { inRequestTransaction } from '../store/request-transaction.ts';
import { listOf, mapOf, NIL, textOf, textsOf, type ElementMap, type Xml } from './envelope.ts';
import { MERGED_RECORDS_MAX } from './limits.ts';
import { writeContext, type Operation, type SoapRequest } from './operation.ts';
import { readRecord } from './record-operations.ts';
import { errorXml } from './to-xml.ts';

/** Joins records into one: the master takes its new values and the others' children; the others are deleted and remember it. */
export const merge: Operation = async (request) => {
  const results = [];
  for (const element of listOf(request.args['mergeRequests'] ?? request.args['request'])) {
    results.push(await mergeOne(request, mapOf(element)));
  }
  return results;
};

async function mergeOne(request: SoapRequest, args: ElementMap): Promise<Xml> {
  const master = readRecord(mapOf(args['masterRecord']));
  const masterId = textOf(mapOf(args['masterRecord'])['Id']) ?? '';
  const losers = textsOf(args['recordToMergeIds']);
  try {
    const object = assertMergeable(request, { type: master.type, ids: [masterId, ...losers] });
    // One transaction: a merge is whole or has not happened, also for who reads or crashes in between.
    const moved = await inRequestTransaction(request, async (client) => {
      const context = { ...writeContext(request), allOrNone: true, client };
      assertDone(
        await request.org.records.update(context, master.type, [
          { ...master.record, Id: masterId },
        ]),
      );
      const children = await moveChildren(request, context, { object, masterId, losers });
      assertDone(await request.org.records.delete(context, losers));
      await client.query(
        `/* rememberMaster */ update ${storedTable(object)} set masterrecordid = $1 where left(id, 15) = any($2)`,
        [masterId, losers.map((id) => id.slice(0, 15))],
      );
      return children;
    });
    return {
      errors: [],
      id: masterId,
      mergedRecordIds: [...losers],
      success: true,
      updatedRelatedIds: [...moved],
    };
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return {
      errors: [errorXml(error)],
      id: NIL,
      mergedRecordIds: [],
      success: false,
      updatedRelatedIds: [],
    };
  }
}

function assertMergeable(
  request: SoapRequest,
  of: { readonly type: string; readonly ids: readonly string[] },
): ObjectDef {
  const schema = request.org.schema();
  const object = schema.findObject(of.type);
  if (object === undefined || !object.flags.mergeable) {
    throw new SalesforceError('INVALID_TYPE', `cannot merge entity of type ${of.type}`);
  }
  if (of.ids.length < 2 || of.ids.length - 1 > MERGED_RECORDS_MAX) {
    throw new SalesforceError(
      'NUMBER_OUTSIDE_VALID_RANGE',
      `1 to ${MERGED_RECORDS_MAX} records can be merged into a master record`,
    );
  }
  if (of.ids.some((id) => schema.findObjectOfId(id)?.name !== object.name)) {
    throw new SalesforceError('INVALID_ID_FIELD', 'all records of a merge must be of one type');
  }
  if (new Set(of.ids.map((id) => id.slice(0, 15))).size !== of.ids.length) {
    throw new SalesforceError('DUPLICATE_VALUE', 'a record cannot be merged with itself');
  }
  return object;
}

/** Everything that hung on the losers hangs on the master. Resolves to the ids that were moved. */
async function moveChildren(
  request: SoapRequest,
  context: WriteContext & { readonly client: NonNullable<WriteContext['client']> },
  of: { readonly object: ObjectDef; readonly masterId: string; readonly losers: readonly string[] },
): Promise<readonly string[]> {
  // All of them, also those the caller may not see: a merge leaves none behind.
  const { records, ...whole } = request.org.whole;
  const schema = whole.schema();
  const moved: string[] = [];
  for (const { childSObject, field: name } of schema.childRelationships(of.object)) {
    const child = schema.findObject(childSObject);
    const field = child === undefined ? undefined : schema.findField(child, name);
    if (child === undefined || field === undefined || !field.updateable || field.column === null)
      continue;
    const { rows } = await context.client.query(
      `/* childrenToMove */ select id from ${tableName(child)} where left(${columnName(field)}, 15) = any($1) and not isdeleted`,
      [of.losers.map((id) => id.slice(0, 15))],
    );
    const ids = z
      .array(z.object({ id: z.string() }))
      .parse(rows)
      .map(({ id }) => id);
    if (ids.length === 0) continue;
    assertDone(
      await records.update(
        context,
        child.name,
        ids.map((id) => ({ Id: id, [field.name]: of.masterId })),
      ),
    );
    moved.push(...ids);
  }
  return moved;
}

export function assertDone(results: readonly SaveResult[]): void {
  for (const { errors } of results) {
    const [error] = errors;
    if (error !== undefined && error.errorCode !== 'ALL_OR_NONE_OPERATION_ROLLED_BACK') throw error;
  }
}
