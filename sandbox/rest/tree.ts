import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { TREE_LEVELS_MAX, TREE_RECORDS_MAX } from '../limits.ts';
import type { InputRecord } from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { inRequestTransaction } from '../store/request-transaction.ts';
import { writeContext, type Handler, type RestRequest } from './request.ts';
import { getObject } from './sobjects.ts';

const Tree = z.object({ records: z.array(z.record(z.string(), z.unknown())) });
const Attributes = z.object({ type: z.string(), referenceId: z.string() });
const Children = z.object({ records: z.array(z.record(z.string(), z.unknown())) });

/** A record of the tree: its own values, where it hangs, and its children. */
interface Node {
  readonly object: ObjectDef;
  readonly referenceId: string;
  readonly values: Record<string, unknown>;
  readonly parent: { readonly node: Node; readonly field: string } | undefined;
  readonly level: number;
  id: string | undefined;
}

/** Thrown to roll the transaction back. */
class TreeRefused extends Error {
  override readonly name = 'TreeRefused';
  readonly results: readonly unknown[];

  constructor(results: readonly unknown[]) {
    super('a record of the tree was refused');
    this.results = results;
  }
}

/** `POST /composite/tree/X`: up to 200 records in five levels, parents before children, all or nothing. */
export const createTree: Handler = async (request) => {
  const object = getObject(request, 2);
  const parsed = Tree.safeParse(request.body);
  if (!parsed.success)
    throw new SalesforceError(
      'JSON_PARSER_ERROR',
      'The body must hold records, an array of sObjects',
    );
  const nodes: Node[] = [];
  for (const record of parsed.data.records)
    collect(request, nodes, { record, object, parent: undefined, level: 1 });
  if (nodes.length > TREE_RECORDS_MAX) {
    throw new SalesforceError(
      'INVALID_INPUT',
      `Total number of records exceeds ${TREE_RECORDS_MAX}`,
    );
  }
  const references = nodes.map(({ referenceId }) => referenceId);
  const twice = references.find((reference, index) => references.indexOf(reference) !== index);
  if (twice !== undefined)
    return refused([
      {
        referenceId: twice,
        errors: [
          {
            statusCode: 'INVALID_INPUT',
            message: `Duplicate ReferenceId provided in the request. ReferenceId: ${twice}`,
            fields: [],
          },
        ],
      },
    ]);
  try {
    await inRequestTransaction(request, async (client) => {
      await createLevels({ ...request, client }, nodes);
    });
  } catch (error) {
    if (error instanceof TreeRefused) return refused(error.results);
    throw error;
  }
  return {
    status: 201,
    body: {
      hasErrors: false,
      results: nodes.map(({ referenceId, id }) => ({ referenceId, id: present(id, 'id') })),
    },
  };
};

function refused(results: readonly unknown[]): { status: number; body: unknown } {
  return { status: 400, body: { hasErrors: true, results } };
}

interface Branch {
  readonly record: InputRecord;
  readonly object: ObjectDef;
  readonly parent: Node['parent'];
  readonly level: number;
}

function collect(
  request: RestRequest,
  nodes: Node[],
  { record, object, parent, level }: Branch,
): void {
  if (level > TREE_LEVELS_MAX)
    throw new SalesforceError('INVALID_INPUT', `Record trees may have ${TREE_LEVELS_MAX} levels`);
  const { attributes: given, ...rest } = record;
  const attributes = Attributes.safeParse(given);
  if (!attributes.success) {
    throw new SalesforceError(
      'INVALID_INPUT',
      "Include attributes with a 'type' and a 'referenceId' in each record",
    );
  }
  const { type, referenceId } = attributes.data;
  if (type.toLowerCase() !== object.name.toLowerCase()) {
    throw new SalesforceError(
      'INVALID_INPUT',
      `The type ${type} does not match the expected type ${object.name}`,
    );
  }
  const node: Node = { object, referenceId, values: {}, parent, level, id: undefined };
  nodes.push(node);
  const schema = request.org.schema();
  for (const [name, value] of Object.entries(rest)) {
    const child =
      schema.findField(object, name) === undefined
        ? schema.findChildRelationship(object, name)
        : undefined;
    const children = Children.safeParse(value);
    if (child === undefined || !children.success) {
      node.values[name] = value;
      continue;
    }
    const childObject = present(schema.findObject(child.childSObject), child.childSObject);
    for (const below of children.data.records) {
      collect(request, nodes, {
        record: below,
        object: childObject,
        parent: { node, field: child.field },
        level: level + 1,
      });
    }
  }
}

/** Level by level, so that the parents' ids are known. */
async function createLevels(request: RestRequest, nodes: readonly Node[]): Promise<void> {
  for (let level = 1; level <= TREE_LEVELS_MAX; level += 1) {
    const here = nodes.filter((node) => node.level === level);
    for (const object of new Set(here.map((node) => node.object))) {
      const own = here.filter((node) => node.object === object);
      const results = await request.org.records.create(
        writeContext(request),
        object.name,
        own.map(({ values, parent }) =>
          parent === undefined
            ? values
            : { ...values, [parent.field]: present(parent.node.id, 'parent') },
        ),
      );
      const refusals = results.flatMap(({ success, errors }, index) =>
        success
          ? []
          : [
              {
                referenceId: own[index]?.referenceId,
                errors: errors.map(({ errorCode, message, fields }) => ({
                  statusCode: errorCode,
                  message,
                  fields,
                })),
              },
            ],
      );
      if (refusals.length > 0) throw new TreeRefused(refusals);
      for (const [index, node] of own.entries()) node.id = present(results[index]?.id, 'id');
    }
  }
}
