import {
  getArgumentValues,
  getNamedType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from 'graphql';

import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { PAGE_RECORDS, PAGE_RECORDS_MAX, SELECTED_FIELDS_MAX } from './limits.ts';
import { orderText, whereText } from './where.ts';

/** Reads what a document asks of records, to ask it in one SOQL statement. */
export class Selection {
  readonly #schema: Schema;
  readonly #info: GraphQLResolveInfo;
  #opened = 0;

  constructor(schema: Schema, info: GraphQLResolveInfo) {
    this.#schema = schema;
    this.#info = info;
  }

  /** The selected fields below the fields of these names: `['edges', 'node']`. */
  below(nodes: readonly FieldNode[], path: readonly string[]): readonly FieldNode[] {
    return path.reduce<readonly FieldNode[]>(
      (found, name) =>
        found
          .flatMap((node) => this.#fields(node.selectionSet))
          .filter((node) => node.name.value === name),
      nodes,
    );
  }

  /** The select list for records of an object, whose nodes these are. */
  list(object: ObjectDef, type: GraphQLObjectType, nodes: readonly FieldNode[]): string {
    const items = new Set(['Id', ...this.#items(object, type, nodes, '')]);
    return [...items].join(', ');
  }

  #items(
    object: ObjectDef,
    type: GraphQLObjectType,
    nodes: readonly FieldNode[],
    prefix: string,
  ): readonly string[] {
    const asked = nodes.flatMap((node) => this.#fields(node.selectionSet, type.name));
    const relationships = new Set<string>();
    return asked.flatMap((node) => {
      const name = node.name.value;
      const field = this.#schema.findField(object, name);
      if (field !== undefined) return [`${prefix}${field.name}`];
      if (name === 'DisplayValue') {
        const shown = this.#schema.findNameField(object);
        return shown === undefined ? [] : [`${prefix}${shown.name}`];
      }
      if (name === 'WeakEtag') return hasStamp(object) ? [`${prefix}SystemModstamp`] : [];
      const reference = this.#schema.findReference(object, name);
      if (reference !== undefined) return this.#parent(object, type, { node, prefix });
      const child = this.#schema.findChildRelationship(object, name);
      if (child === undefined) return [];
      if (prefix !== '' || relationships.has(name)) {
        throw new SalesforceError(
          'NOT_IMPLEMENTED',
          `The sandbox org reads children of the queried records only, and each kind once: ${name}`,
        );
      }
      relationships.add(name);
      return [this.#children(type, node, name)];
    });
  }

  #parent(
    object: ObjectDef,
    type: GraphQLObjectType,
    { node, prefix }: { readonly node: FieldNode; readonly prefix: string },
  ): readonly string[] {
    const name = node.name.value;
    const reference = this.#schema.findReference(object, name);
    const target = getNamedType(type.getFields()[name]?.type);
    const parents = reference?.referenceTo.flatMap((to) => this.#schema.findObject(to) ?? []) ?? [];
    const [only] = parents;
    if (isObjectType(target) && only !== undefined)
      return [`${prefix}${name}.Id`, ...this.#items(only, target, [node], `${prefix}${name}.`)];
    const cases = parents.flatMap((parent) => {
      const asked = this.#fields(node.selectionSet, parent.name, false);
      const fields = asked.flatMap(
        ({ name: { value } }) => this.#schema.findField(parent, value)?.name ?? [],
      );
      return fields.length === 0
        ? []
        : [`WHEN ${parent.name} THEN ${[...new Set(['Id', ...fields])].join(', ')}`];
    });
    return cases.length === 0
      ? [`${prefix}${reference?.name ?? 'Id'}`]
      : [`TYPEOF ${prefix}${name} ${cases.join(' ')} ELSE Id END`];
  }

  #children(type: GraphQLObjectType, node: FieldNode, name: string): string {
    const field = type.getFields()[name];
    const connection = getNamedType(field?.type);
    const child = this.#childType(connection);
    if (field === undefined || child === undefined) return 'Id';
    const given = getArgumentValues(field, node, this.#info.variableValues);
    const place = { schema: this.#schema, object: child.object, prefix: '' };
    if (typeof given['after'] === 'string')
      throw new SalesforceError(
        'NOT_IMPLEMENTED',
        'The sandbox org pages the queried records only, not their children',
      );
    const where = whereText(place, given['where']);
    const list = this.list(child.object, child.type, this.below([node], ['edges', 'node']));
    return `(SELECT ${list} FROM ${name}${where === undefined ? '' : ` WHERE ${where}`}${orderText(place, given['orderBy'])} LIMIT ${pageSize(given['first'])})`;
  }

  #childType(connection: unknown): { object: ObjectDef; type: GraphQLObjectType } | undefined {
    if (!isObjectType(connection)) return undefined;
    const name = connection.name.replace(/Connection$/, '');
    const object = this.#schema.findObject(name);
    const type = this.#info.schema.getType(name);
    return object !== undefined && isObjectType(type) ? { object, type } : undefined;
  }

  /** The fields of a selection set, fragments opened. Of fragments on other types only those of `on` count. */
  #fields(set: SelectionSetNode | undefined, on?: string, plain = true): readonly FieldNode[] {
    if (set === undefined) return [];
    // Fragments that hold others twice double with each level.
    this.#opened += set.selections.length;
    if (this.#opened > SELECTED_FIELDS_MAX) {
      throw new SalesforceError(
        'QUERY_TOO_COMPLICATED',
        `A query selects at most ${SELECTED_FIELDS_MAX} fields, fragments opened`,
      );
    }
    return set.selections.flatMap((node): readonly FieldNode[] => {
      if (node.kind === Kind.FIELD) return plain ? [node] : [];
      const fragment =
        node.kind === Kind.INLINE_FRAGMENT ? node : this.#info.fragments[node.name.value];
      const condition = fragment?.typeCondition?.name.value;
      const fits =
        on === undefined || condition === undefined || condition === on || condition === 'Record';
      return fits ? this.#fields(fragment?.selectionSet, on) : [];
    });
  }
}

function hasStamp(object: ObjectDef): boolean {
  return object.fields.some(({ name }) => name === 'SystemModstamp');
}

export function pageSize(first: unknown): number {
  if (first === null || first === undefined) return PAGE_RECORDS;
  const size = Number(first);
  if (Number.isInteger(size) && size >= 1 && size <= PAGE_RECORDS_MAX) return size;
  throw new SalesforceError('INVALID_INPUT', `first must be from 1 to ${PAGE_RECORDS_MAX}`);
}
