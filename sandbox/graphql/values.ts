import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLString,
  type GraphQLInputType,
  type GraphQLOutputType,
} from 'graphql';

import { displayValue, labelOf } from '../display-value.ts';
import type { FieldDef, FieldType } from '../schema/field.ts';

const scalar = (name: string): GraphQLScalarType => new GraphQLScalarType({ name });
const DATE = scalar('Date');
const DATE_TIME = scalar('DateTime');
export const LONG = scalar('Long');

interface Kind {
  readonly value: GraphQLObjectType;
  readonly operators: GraphQLInputObjectType;
  readonly input: GraphQLInputType;
}

/** What a field's value is resolved from. */
export interface FieldValue {
  readonly field: FieldDef;
  readonly value: unknown;
}

function valueType(name: string, type: GraphQLOutputType, labelled = false): GraphQLObjectType {
  return new GraphQLObjectType<FieldValue>({
    name: `${name}Value`,
    fields: {
      value: { type, resolve: ({ value }) => value },
      displayValue: {
        type: GraphQLString,
        // Text shows as it is, and Salesforce answers null for it.
        resolve: ({ field, value }) =>
          type === GraphQLString && !labelled ? null : displayValue(field, value),
      },
      ...(labelled
        ? {
            label: {
              type: GraphQLString,
              resolve: ({ field, value }: FieldValue) =>
                typeof value === 'string' ? labelOf(field, value) : null,
            },
          }
        : {}),
    },
  });
}

function operatorsType(
  name: string,
  type: GraphQLInputType,
  text: boolean,
): GraphQLInputObjectType {
  const single = { type };
  const list = { type: new GraphQLList(type) };
  return new GraphQLInputObjectType({
    name: `${name}Operators`,
    fields: {
      eq: single,
      ne: single,
      lt: single,
      gt: single,
      lte: single,
      gte: single,
      in: list,
      nin: list,
      ...(text ? { like: single } : {}),
    },
  });
}

function kind(
  name: string,
  type: GraphQLScalarType,
  more: { text?: boolean; label?: boolean } = {},
): Kind {
  return {
    value: valueType(name, type, more.label),
    operators: operatorsType(name, type, more.text ?? false),
    input: type,
  };
}

const DATE_LITERALS = [
  'LAST_FISCAL_QUARTER',
  'LAST_FISCAL_YEAR',
  'LAST_MONTH',
  'LAST_QUARTER',
  'LAST_WEEK',
  'LAST_YEAR',
  'LAST_90_DAYS',
  'NEXT_FISCAL_QUARTER',
  'NEXT_FISCAL_YEAR',
  'NEXT_MONTH',
  'NEXT_QUARTER',
  'NEXT_WEEK',
  'NEXT_YEAR',
  'NEXT_90_DAYS',
  'THIS_FISCAL_QUARTER',
  'THIS_FISCAL_YEAR',
  'THIS_MONTH',
  'THIS_QUARTER',
  'THIS_WEEK',
  'THIS_YEAR',
  'TODAY',
  'TOMORROW',
  'YESTERDAY',
] as const;
const DATE_LITERAL = new GraphQLEnumType({
  name: 'DateLiteral',
  values: Object.fromEntries(DATE_LITERALS.map((name) => [name, { value: name }])),
});
const RANGES = ['days', 'weeks', 'months', 'quarters', 'years'].flatMap((unit) => [
  `last_n_${unit}`,
  `next_n_${unit}`,
]);
const DATE_RANGE = new GraphQLInputObjectType({
  name: 'DateRange',
  fields: Object.fromEntries(RANGES.map((name) => [name, { type: GraphQLInt }])),
});

/** Moments are compared with a value, a literal (`TODAY`) or a range (`last_n_days: 7`). */
function moment(name: string, type: GraphQLScalarType): Kind {
  const input = new GraphQLInputObjectType({
    name: `${name}Input`,
    fields: {
      value: { type },
      literal: { type: DATE_LITERAL },
      range: { type: DATE_RANGE },
    },
  });
  return {
    value: valueType(name, type),
    operators: operatorsType(name, input, false),
    input: type,
  };
}

const PICKLIST = kind('Picklist', GraphQLString, { text: true, label: true });
const STRING = kind('String', GraphQLString, { text: true });
const DOUBLE = kind('Double', GraphQLFloat);
const KINDS: Readonly<Record<FieldType, Kind>> = {
  address: STRING,
  anyType: STRING,
  base64: kind('Base64', scalar('Base64')),
  boolean: kind('Boolean', GraphQLBoolean),
  combobox: STRING,
  complexvalue: STRING,
  currency: kind('Currency', GraphQLFloat),
  date: moment('Date', DATE),
  datetime: moment('DateTime', DATE_TIME),
  double: DOUBLE,
  email: kind('Email', scalar('EmailAddress'), { text: true }),
  encryptedstring: kind('EncryptedString', scalar('EncryptedString'), { text: true }),
  id: kind('ID', GraphQLID),
  int: kind('Int', GraphQLInt),
  location: STRING,
  long: kind('Long', LONG),
  multipicklist: kind('MultiPicklist', scalar('MultiPicklist'), { text: true, label: true }),
  percent: kind('Percent', GraphQLFloat),
  phone: kind('PhoneNumber', scalar('PhoneNumber'), { text: true }),
  picklist: PICKLIST,
  reference: kind('Reference', GraphQLID),
  string: STRING,
  textarea: kind('TextArea', scalar('TextArea'), { text: true }),
  time: kind('Time', scalar('Time')),
  url: kind('Url', scalar('Url'), { text: true }),
};

/** How a field is read, filtered and written. */
export function kindOf({ type }: FieldDef): Kind {
  return KINDS[type];
}
