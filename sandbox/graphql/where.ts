import { z } from 'zod';

import { quote } from '../criteria/condition.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';

const Input = z.record(z.string(), z.unknown());
const Inputs = z.array(Input);
const Moment = z.object({
  value: z.string().nullish(),
  literal: z.string().nullish(),
  range: z.record(z.string(), z.number()).nullish(),
});

/** An object a condition is about, and the path that leads to it in SOQL. */
export interface Place {
  readonly schema: Schema;
  readonly object: ObjectDef;
  readonly prefix: string;
}

/** A `where` argument as a condition of SOQL; undefined when it says nothing. */
export function whereText(place: Place, given: unknown): string | undefined {
  const parsed = Input.safeParse(given);
  if (!parsed.success) return undefined;
  const parts = Object.entries(parsed.data).flatMap(([name, value]) => part(place, name, value));
  return joined(parts, 'AND');
}

function joined(parts: readonly string[], sign: 'AND' | 'OR'): string | undefined {
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : `(${parts.join(` ${sign} `)})`;
}

function part(place: Place, name: string, value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  if (name === 'and' || name === 'or') {
    const list = Inputs.parse(value).flatMap((item) => whereText(place, item) ?? []);
    return joined(list, name === 'and' ? 'AND' : 'OR') === undefined
      ? []
      : [joined(list, name === 'and' ? 'AND' : 'OR') ?? ''];
  }
  if (name === 'not') {
    const inner = whereText(place, value);
    return inner === undefined ? [] : [`(NOT ${inner})`];
  }
  const { schema, object, prefix } = place;
  const field = schema.findField(object, name);
  if (field !== undefined) {
    return Object.entries(Input.parse(value)).map(([operator, operand]) =>
      comparison(`${prefix}${field.name}`, field, { operator, operand }),
    );
  }
  const parent = schema.findParent(object, name);
  if (parent === undefined) throw new SalesforceError('INVALID_FIELD', `Unknown field ${name}`);
  const inner = whereText({ schema, object: parent, prefix: `${prefix}${name}.` }, value);
  return inner === undefined ? [] : [inner];
}

const SIGNS: Readonly<Record<string, string>> = {
  eq: '=',
  ne: '!=',
  lt: '<',
  gt: '>',
  lte: '<=',
  gte: '>=',
  like: 'LIKE',
};

function comparison(
  path: string,
  field: FieldDef,
  { operator, operand }: { readonly operator: string; readonly operand: unknown },
): string {
  if (operator === 'in' || operator === 'nin') {
    const values = z.array(z.unknown()).parse(operand);
    // SOQL knows no empty list: nothing is in it.
    if (values.length === 0) return operator === 'in' ? 'Id = null' : 'Id != null';
    const list = values.map((value) => literal(field, value)).join(', ');
    return `${path} ${operator === 'in' ? 'IN' : 'NOT IN'} (${list})`;
  }
  return `${path} ${SIGNS[operator] ?? '='} ${literal(field, operand)}`;
}

function literal(field: FieldDef, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (field.type === 'date' || field.type === 'datetime') return momentText(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (field.type === 'time' && typeof value === 'string') return value;
  return quote(z.string().parse(value));
}

function momentText(given: unknown): string {
  const { value, literal: word, range } = Moment.parse(given);
  if (typeof word === 'string') {
    const days = /^(LAST|NEXT)_90_DAYS$/.test(word);
    return days ? word : word.toUpperCase();
  }
  const [[name, count] = []] = Object.entries(range ?? {});
  if (name !== undefined) return `${name.toUpperCase()}:${count}`;
  if (typeof value !== 'string') return 'null';
  if (!/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/.test(value))
    throw new SalesforceError('INVALID_FIELD', `Invalid date: ${value}`);
  return value;
}

const Clause = z.object({
  order: z.enum(['ASC', 'DESC']).default('ASC'),
  nulls: z.enum(['FIRST', 'LAST']).optional(),
});

/** An `orderBy` argument: fields in the order given, the id last, so that pages never overlap. */
export function orderText(place: Place, given: unknown): string {
  return ` ORDER BY ${[...clauses(place, given), `${place.prefix}Id`].join(', ')}`;
}

function clauses({ schema, object, prefix }: Place, given: unknown): readonly string[] {
  const parsed = Input.safeParse(given);
  if (!parsed.success) return [];
  return Object.entries(parsed.data).flatMap(([name, value]) => {
    const field = schema.findField(object, name);
    if (field !== undefined) {
      const { order, nulls } = Clause.parse(value);
      return [`${prefix}${field.name} ${order}${nulls === undefined ? '' : ` NULLS ${nulls}`}`];
    }
    const parent = schema.findParent(object, name);
    return parent === undefined
      ? []
      : clauses({ schema, object: parent, prefix: `${prefix}${name}.` }, value);
  });
}
