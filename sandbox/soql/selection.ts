import { unreachable } from '../../src/kit/assert.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import type { Call, Name, Path, Query, SelectItem, TypeOf } from './ast.ts';
import type { Build } from './build.ts';
import type { Column } from './compiled.ts';
import { FIELDS_LIMIT_MAX } from './limits.ts';
import type { Operand } from './operand.ts';
import { shownValue } from './shown-value.ts';
import type { Parent, Row, Source } from './source.ts';
import { noSuchColumn, noSuchObject, noSuchRelationship } from './words.ts';

/** One key of a record in the answer. */
export type Entry =
  | { readonly kind: 'field'; readonly name: string; readonly row: Row; readonly field: FieldDef }
  | { readonly kind: 'value'; readonly name: string; readonly operand: Operand }
  | { readonly kind: 'parent'; readonly name: string; readonly node: RecordNode }
  | { readonly kind: 'typeof'; readonly name: string; readonly branches: readonly RecordNode[] }
  | Children;

/** SQL of how many records a list holds; `most` of it are counted. */
export type Weight = (build: Build, most: number) => string;

export interface Children {
  readonly kind: 'children';
  readonly name: string;
  readonly object: ObjectDef;
  readonly columns: readonly Column[];
  /** The SQL of the whole answer, `{"totalSize":…}` or `null`. */
  readonly json: string;
  /** The SQL of how many records it holds. */
  readonly weight: Weight;
}

/** The keys of one record, in the order of the answer; found by their lower-case names. */
export interface RecordNode {
  readonly row: Row;
  /** For a polymorphic parent, the objects it may be; else empty. */
  readonly possible: readonly ObjectDef[];
  readonly entries: Map<string, Entry>;
}

export interface SelectContext {
  readonly build: Build;
  readonly source: Source;
  compileChildren(query: Query, parent: Source): Children;
}

/** The select list of a query for records. */
export function compileSelection(context: SelectContext, query: Query): RecordNode {
  const node: RecordNode = { row: context.source, possible: [], entries: new Map() };
  for (const item of query.select) addItem(context, node, { item, query });
  return node;
}

function addItem(
  context: SelectContext,
  node: RecordNode,
  { item, query }: { item: SelectItem; query: Query },
): void {
  switch (item.kind) {
    case 'subquery':
      add(context.build, node, context.compileChildren(item.query, context.source), item.query);
      return;
    case 'typeof':
      addTypeOf(context, node, item);
      return;
    case 'expression': {
      const { expression, alias } = item;
      if (alias !== undefined && (expression.kind === 'path' || expression.name === 'FIELDS')) {
        throw context.build.problem(
          'MALFORMED_QUERY',
          'only aggregate expressions use field aliasing',
          alias,
        );
      }
      if (expression.kind === 'path') addPath(context, node, expression);
      else if (expression.name === 'FIELDS')
        addAll(context.build, node, { call: expression, query });
      else addFunction(context, node, { call: expression, alias });
    }
  }
}

function addPath({ build, source }: SelectContext, node: RecordNode, path: Path): void {
  const steps = source.steps(path);
  // A path that ends at a relationship selects nothing.
  const { row, field, parents } = source.field(path);
  let at = node;
  steps.slice(0, -1).forEach((_, index) => {
    const parent = parents[index];
    if (parent !== undefined) at = parentNode(build, at, parent);
  });
  add(build, at, { kind: 'field', name: field.name, row, field }, path);
}

/** The node of a parent, made at its first mention. */
function parentNode(build: Build, node: RecordNode, parent: Parent): RecordNode {
  const known = node.entries.get(parent.name.toLowerCase());
  if (known?.kind === 'parent') return known.node;
  const made: RecordNode = {
    row: parent,
    possible: possibleParents(build, parent),
    entries: new Map(),
  };
  node.entries.set(parent.name.toLowerCase(), { kind: 'parent', name: parent.name, node: made });
  return made;
}

function possibleParents(build: Build, { reference, object }: Parent): readonly ObjectDef[] {
  if (!object.isView) return [];
  return reference.referenceTo.flatMap((name) => build.options.schema.findObject(name) ?? []);
}

function add(build: Build, node: RecordNode, entry: Entry, place: { readonly at: number }): void {
  const key = entry.name.toLowerCase();
  if (node.entries.has(key)) {
    throw build.problem('INVALID_FIELD', `duplicate field selected: ${entry.name}`, place);
  }
  node.entries.set(key, entry);
}

function addAll(
  build: Build,
  node: RecordNode,
  { call, query }: { call: Call; query: Query },
): void {
  const [argument] = call.arguments;
  const which = argument?.kind === 'path' ? argument.names[0].text.toUpperCase() : '';
  if (which !== 'STANDARD' && (query.limit === undefined || query.limit > FIELDS_LIMIT_MAX)) {
    throw build.problem(
      'MALFORMED_QUERY',
      `The SOQL FIELDS function must have a LIMIT of at most ${FIELDS_LIMIT_MAX}`,
      call,
    );
  }
  for (const field of node.row.object.fields) {
    if (which !== 'ALL' && field.custom !== (which === 'CUSTOM')) continue;
    add(build, node, { kind: 'field', name: field.name, row: node.row, field }, call);
  }
}

/** `toLabel(Status)` answers under the field's name, where its path would stand; an alias is a key of the record itself. */
function addFunction(
  { build, source }: SelectContext,
  node: RecordNode,
  { call, alias }: { call: Call; alias: Name | undefined },
): void {
  const { operand, path } = shownValue(build, source, call);
  if (alias !== undefined || path === undefined) {
    const name = alias?.text ?? call.name.toLowerCase();
    add(build, node, { kind: 'value', name, operand }, call);
    return;
  }
  const { field, parents } = source.field(path);
  let at = node;
  for (const parent of parents) at = parentNode(build, at, parent);
  add(build, at, { kind: 'value', name: field.name, operand }, call);
}

/** TYPEOF: the row of each possible type is joined; an id belongs to one object, so at most one of them is there. */
function addTypeOf({ build, source }: SelectContext, node: RecordNode, item: TypeOf): void {
  const { schema } = build.options;
  const steps = source.steps(item.path);
  const last = steps.at(-1) ?? item.path.names[0];
  const above = source.parents(steps.slice(0, -1), item);
  const row = above.at(-1) ?? source;
  const reference = schema.findReference(row.object, last.text);
  if (reference === undefined || reference.relationshipName === null) {
    throw build.problem('INVALID_FIELD', noSuchRelationship(last.text), item.path);
  }
  const branches = item.when.map(({ type, fields }) => {
    const object = schema.findObject(type.text);
    if (object === undefined || !reference.referenceTo.includes(object.name)) {
      throw build.problem('INVALID_TYPE', noSuchObject(type.text), type);
    }
    const joined = source.joinTyped(row, reference, object);
    return branch(build, joined, { object, fields });
  });
  if (item.otherwise !== undefined) {
    const parent = source.parents(steps, item).at(-1);
    if (parent !== undefined) {
      const made = branch(build, parent, { object: parent.object, fields: item.otherwise });
      branches.push({ ...made, possible: possibleParents(build, parent) });
    }
  }
  let at = node;
  for (const parent of above) at = parentNode(build, at, parent);
  add(build, at, { kind: 'typeof', name: reference.relationshipName, branches }, item);
}

function branch(
  build: Build,
  row: Row,
  { object, fields }: { object: ObjectDef; fields: readonly Path[] },
): RecordNode {
  const node: RecordNode = { row, possible: [], entries: new Map() };
  for (const path of fields) {
    const [first, ...deeper] = path.names;
    if (deeper.length > 0) {
      throw build.problem('MALFORMED_QUERY', 'TYPEOF does not take parent paths here', path);
    }
    const field = build.options.schema.findField(object, first.text);
    if (field === undefined) {
      throw build.problem('INVALID_FIELD', noSuchColumn(first.text, object.name), path);
    }
    add(build, node, { kind: 'field', name: field.name, row, field }, path);
  }
  return node;
}

/** What was selected, for those who show it. */
export function columnsOf(node: RecordNode): readonly Column[] {
  return [...node.entries.values()].map((entry): Column => {
    const { name } = entry;
    switch (entry.kind) {
      case 'field':
        return { kind: 'field', name, object: entry.row.object, field: entry.field };
      case 'value':
        return { kind: 'expression', name, type: entry.operand.type, aggregate: false };
      case 'parent':
        return {
          kind: 'parent',
          name,
          object: entry.node.row.object,
          columns: columnsOf(entry.node),
        };
      case 'typeof':
        return { kind: 'typeof', name, columns: entry.branches.flatMap(columnsOf) };
      case 'children':
        return { kind: 'children', name, object: entry.object, columns: entry.columns };
      default:
        return unreachable(entry);
    }
  });
}
