import {
  GraphQLBoolean,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLFieldConfigMap,
} from 'graphql';
import { z } from 'zod';

import { writeContext, type RestRequest } from '../rest/request.ts';
import { throwRefusal } from '../rest/record.ts';
import type { SaveResult } from '../records/engine.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { readOne } from './read.ts';
import { kindOf } from './values.ts';

const Input = z.looseObject({ Id: z.string().optional() });
const Values = z.record(z.string(), z.unknown()).default({});

interface Written {
  readonly id: string;
}

/** `uiapi { AccountCreate(input: { Account: { Name: "…" } }) { Record { Id } } }`, and Update and Delete. */
export function mutationType(
  objects: readonly ObjectDef[],
  typeOf: (object: ObjectDef) => GraphQLObjectType,
): GraphQLObjectType {
  const uiapi = new GraphQLObjectType<unknown, RestRequest>({
    name: 'UIAPIMutations',
    fields: () =>
      Object.assign(
        {},
        ...objects.map((object) => ({
          ...(object.flags.createable ? saving(object, typeOf, 'Create') : {}),
          ...(object.flags.updateable ? saving(object, typeOf, 'Update') : {}),
          ...(object.flags.deletable ? deleting(object) : {}),
        })),
      ),
  });
  return new GraphQLObjectType({
    name: 'Mutation',
    fields: { uiapi: { type: new GraphQLNonNull(uiapi), resolve: () => ({}) } },
  });
}

function saving(
  object: ObjectDef,
  typeOf: (object: ObjectDef) => GraphQLObjectType,
  operation: 'Create' | 'Update',
): GraphQLFieldConfigMap<unknown, RestRequest> {
  const may = operation === 'Create' ? 'createable' : 'updateable';
  const name = `${object.name}${operation}`;
  const values = new GraphQLInputObjectType({
    name: `${name}Representation`,
    fields: Object.fromEntries(
      object.fields
        .filter((field) => field[may] && field.components === null && field.type !== 'id')
        .map((field) => [field.name, { type: kindOf(field).input }]),
    ),
  });
  const input = new GraphQLInputObjectType({
    name: `${name}Input`,
    fields: {
      [object.name]: { type: new GraphQLNonNull(values) },
      ...(operation === 'Update' ? { Id: { type: new GraphQLNonNull(GraphQLID) } } : {}),
    },
  });
  const payload = new GraphQLObjectType<Written, RestRequest>({
    name: `${name}Payload`,
    fields: () => ({
      Record: {
        type: typeOf(object),
        resolve: ({ id }, _given, request, info) => readOne(request, object, { id, info }),
      },
      success: { type: GraphQLBoolean, resolve: () => true },
    }),
  });
  return {
    [name]: {
      type: payload,
      args: { input: { type: new GraphQLNonNull(input) } },
      resolve: async (_source, given, request): Promise<Written> => {
        const { Id: id, ...rest } = Input.parse(given['input']);
        const record = {
          ...Values.parse(rest[object.name]),
          ...(id === undefined ? {} : { Id: id }),
        };
        const { records } = request.org;
        const context = writeContext(request);
        const [result] =
          operation === 'Create'
            ? await records.create(context, object.name, [record])
            : await records.update(context, object.name, [record]);
        return written(result);
      },
    },
  };
}

function deleting(object: ObjectDef): GraphQLFieldConfigMap<unknown, RestRequest> {
  const name = `${object.name}Delete`;
  const input = new GraphQLInputObjectType({
    name: `${name}Input`,
    fields: { Id: { type: new GraphQLNonNull(GraphQLID) } },
  });
  const payload = new GraphQLObjectType<Written>({
    name: `${name}Payload`,
    fields: { Id: { type: GraphQLID, resolve: ({ id }) => id } },
  });
  return {
    [name]: {
      type: payload,
      args: { input: { type: new GraphQLNonNull(input) } },
      resolve: async (_source, given, request: RestRequest): Promise<Written> => {
        const { Id: id = '' } = Input.parse(given['input']);
        const [result] = await request.org.records.delete(writeContext(request), [id]);
        return written(result);
      },
    },
  };
}

function written(result: SaveResult | undefined): Written {
  if (result !== undefined) throwRefusal(result);
  return { id: result?.id ?? '' };
}
