import {
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  type GraphQLFieldConfigMap,
  type GraphQLInputFieldConfigMap,
  type GraphQLOutputType,
} from 'graphql';

import type { RestRequest } from '../rest/request.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { ORDER_CLAUSE, PAGE_INFO, RECORD, SCOPE } from './common-types.ts';
import { childConnection, cursorOf, readConnection, type Connection, type Row } from './read.ts';
import { kindOf, LONG, type FieldValue } from './values.ts';
import { mutationType } from './write.ts';

type Fields = GraphQLFieldConfigMap<Row, RestRequest>;

const built = new WeakMap<Schema, GraphQLSchema>();

/** The org's objects and fields, as far as a caller may see them, in GraphQL's terms; made once for each view of them. */
export function graphqlSchemaOf(schema: Schema): GraphQLSchema {
  const known = built.get(schema);
  if (known !== undefined) return known;
  const made = new Types(schema).schema();
  built.set(schema, made);
  return made;
}

class Types {
  readonly #schema: Schema;
  readonly #objects: ReadonlyMap<string, ObjectDef>;
  readonly #made = new Map<string, GraphQLObjectType>();
  readonly #inputs = new Map<string, GraphQLInputObjectType>();

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#objects = new Map(
      schema.objects
        .filter(({ isView, flags, keyPrefix }) => !isView && flags.queryable && keyPrefix !== null)
        .map((object) => [object.name, object]),
    );
  }

  schema(): GraphQLSchema {
    const recordQuery = new GraphQLObjectType<unknown, RestRequest>({
      name: 'RecordQuery',
      fields: () =>
        Object.fromEntries(
          [...this.#objects.values()].map((object) => [
            object.name,
            {
              type: this.#connection(object),
              args: { ...this.#arguments(object), scope: { type: SCOPE } },
              resolve: (_source, given, request, info) =>
                readConnection(request, object, { given, info }),
            },
          ]),
        ),
    });
    const empty = (): object => ({});
    const uiapi = new GraphQLObjectType({
      name: 'UIAPI',
      fields: { query: { type: new GraphQLNonNull(recordQuery), resolve: empty } },
    });
    const objects = [...this.#objects.values()];
    return new GraphQLSchema({
      query: new GraphQLObjectType({
        name: 'Query',
        fields: { uiapi: { type: new GraphQLNonNull(uiapi), resolve: empty } },
      }),
      mutation: mutationType(objects, (object) => this.#object(object)),
      types: objects.map((object) => this.#object(object)),
      assumeValid: true,
    });
  }

  #object(object: ObjectDef): GraphQLObjectType {
    const known = this.#made.get(object.name);
    if (known !== undefined) return known;
    const made = new GraphQLObjectType<Row, RestRequest>({
      name: object.name,
      interfaces: [RECORD],
      fields: () => ({ ...this.#own(object), ...this.#parents(object), ...this.#children(object) }),
    });
    this.#made.set(object.name, made);
    return made;
  }

  #own(object: ObjectDef): Fields {
    const name = this.#schema.findNameField(object);
    return {
      ApiName: { type: new GraphQLNonNull(GraphQLString), resolve: () => object.name },
      DisplayValue: {
        type: GraphQLString,
        resolve: (row) => (name === undefined ? null : row[name.name]),
      },
      Id: { type: new GraphQLNonNull(GraphQLID), resolve: (row) => row['Id'] },
      WeakEtag: {
        type: new GraphQLNonNull(LONG),
        resolve: ({ SystemModstamp: stamp }) =>
          typeof stamp === 'string' ? Date.parse(stamp.replace('+0000', 'Z')) : 0,
      },
      ...Object.fromEntries(
        object.fields.filter(isShown).map((field) => [
          field.name,
          {
            type: kindOf(field).value,
            resolve: (row: Row): FieldValue => ({ field, value: row[field.name] ?? null }),
          },
        ]),
      ),
    };
  }

  #parents(object: ObjectDef): Fields {
    return Object.fromEntries(
      object.fields.flatMap((field) => {
        const { relationshipName } = field;
        const type = relationshipName === null ? undefined : this.#parentType(object, field);
        return relationshipName === null || type === undefined
          ? []
          : [[relationshipName, { type, resolve: (row: Row) => row[relationshipName] ?? null }]];
      }),
    );
  }

  #parentType(object: ObjectDef, field: FieldDef): GraphQLOutputType | undefined {
    const parents = field.referenceTo.flatMap((name) => this.#objects.get(name) ?? []);
    const [only, ...others] = parents;
    if (only === undefined) return undefined;
    if (others.length === 0 && field.referenceTo.length === 1) return this.#object(only);
    return new GraphQLUnionType({
      name: `${object.name}_${field.relationshipName ?? field.name}`,
      types: parents.map((parent) => this.#object(parent)),
      resolveType: typeNameOf,
    });
  }

  #children(object: ObjectDef): Fields {
    return Object.fromEntries(
      this.#schema.childRelationships(object).flatMap(({ relationshipName, childSObject }) => {
        const child = this.#objects.get(childSObject);
        return relationshipName === null || child === undefined
          ? []
          : [
              [
                relationshipName,
                {
                  type: this.#connection(child),
                  args: this.#arguments(child),
                  resolve: (row: Row) => childConnection(row[relationshipName]),
                },
              ],
            ];
      }),
    );
  }

  #connection(object: ObjectDef): GraphQLObjectType {
    const name = `${object.name}Connection`;
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const edge = new GraphQLObjectType<{ readonly row: Row; readonly place: number }>({
      name: `${object.name}Edge`,
      fields: () => ({
        cursor: {
          type: new GraphQLNonNull(GraphQLString),
          resolve: ({ place }) => cursorOf(place),
        },
        node: { type: this.#object(object), resolve: ({ row }) => row },
      }),
    });
    const made = new GraphQLObjectType<Connection>({
      name,
      fields: {
        edges: {
          type: new GraphQLList(edge),
          resolve: ({ rows, offset }) =>
            rows.map((row, index) => ({ row, place: offset + index + 1 })),
        },
        pageInfo: { type: new GraphQLNonNull(PAGE_INFO), resolve: (connection) => connection },
        pageResultCount: {
          type: new GraphQLNonNull(GraphQLInt),
          resolve: ({ rows }) => rows.length,
        },
        totalCount: { type: new GraphQLNonNull(GraphQLInt), resolve: ({ total }) => total() },
      },
    });
    this.#made.set(name, made);
    return made;
  }

  #arguments(object: ObjectDef) {
    return {
      after: { type: GraphQLString },
      first: { type: GraphQLInt },
      orderBy: { type: this.#orderBy(object) },
      where: { type: this.#filter(object) },
    };
  }

  #filter(object: ObjectDef): GraphQLInputObjectType {
    return this.#input(`${object.name}_Filter`, (own) => ({
      and: { type: new GraphQLList(own) },
      or: { type: new GraphQLList(own) },
      not: { type: own },
      ...Object.fromEntries(
        object.fields
          .filter((field) => field.filterable && (isShown(field) || field.type === 'id'))
          .map((field) => [field.name, { type: kindOf(field).operators }]),
      ),
      ...this.#parentInputs(object, (parent) => this.#filter(parent)),
    }));
  }

  #orderBy(object: ObjectDef): GraphQLInputObjectType {
    return this.#input(`${object.name}_OrderBy`, () => ({
      ...Object.fromEntries(
        object.fields
          .filter(({ sortable, column }) => sortable && column !== null)
          .map(({ name }) => [name, { type: ORDER_CLAUSE }]),
      ),
      ...this.#parentInputs(object, (parent) => this.#orderBy(parent)),
    }));
  }

  #parentInputs(
    object: ObjectDef,
    type: (parent: ObjectDef) => GraphQLInputObjectType,
  ): GraphQLInputFieldConfigMap {
    return Object.fromEntries(
      object.fields.flatMap(({ relationshipName, referenceTo: [only, ...others] }) => {
        const parent = others.length === 0 ? this.#objects.get(only ?? '') : undefined;
        return relationshipName === null || parent === undefined
          ? []
          : [[relationshipName, { type: type(parent) }]];
      }),
    );
  }

  #input(
    name: string,
    fields: (own: GraphQLInputObjectType) => GraphQLInputFieldConfigMap,
  ): GraphQLInputObjectType {
    const known = this.#inputs.get(name);
    if (known !== undefined) return known;
    const made: GraphQLInputObjectType = new GraphQLInputObjectType({
      name,
      fields: () => fields(made),
    });
    this.#inputs.set(name, made);
    return made;
  }
}

function isShown({ type }: FieldDef): boolean {
  return type !== 'id' && type !== 'address' && type !== 'location' && type !== 'base64';
}

/** TYPEOF says of each record what it is. */
function typeNameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('attributes' in value)) return undefined;
  const { attributes } = value;
  if (typeof attributes !== 'object' || attributes === null || !('type' in attributes))
    return undefined;
  return typeof attributes.type === 'string' ? attributes.type : undefined;
}
