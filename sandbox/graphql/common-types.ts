import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql';

import { cursorOf, type Connection } from './read.ts';
import { LONG } from './values.ts';

export const PAGE_INFO = new GraphQLObjectType<Connection>({
  name: 'PageInfo',
  fields: {
    hasNextPage: { type: new GraphQLNonNull(GraphQLBoolean), resolve: ({ more }) => more },
    hasPreviousPage: {
      type: new GraphQLNonNull(GraphQLBoolean),
      resolve: ({ offset }) => offset > 0,
    },
    startCursor: {
      type: GraphQLString,
      resolve: ({ rows, offset }) => (rows.length === 0 ? null : cursorOf(offset + 1)),
    },
    endCursor: {
      type: GraphQLString,
      resolve: ({ rows, offset }) => (rows.length === 0 ? null : cursorOf(offset + rows.length)),
    },
  },
});
export const RECORD = new GraphQLInterfaceType({
  name: 'Record',
  fields: {
    ApiName: { type: new GraphQLNonNull(GraphQLString) },
    DisplayValue: { type: GraphQLString },
    Id: { type: new GraphQLNonNull(GraphQLID) },
    WeakEtag: { type: new GraphQLNonNull(LONG) },
  },
});
const ORDER = new GraphQLEnumType({ name: 'ResultOrder', values: { ASC: {}, DESC: {} } });
const NULLS = new GraphQLEnumType({ name: 'NullOrder', values: { FIRST: {}, LAST: {} } });
export const ORDER_CLAUSE = new GraphQLInputObjectType({
  name: 'OrderByClause',
  fields: { order: { type: ORDER }, nulls: { type: NULLS } },
});
export const SCOPE = new GraphQLEnumType({
  name: 'SupportedScopes',
  values: { EVERYTHING: {}, MINE: {} },
});
