import { quoteLiteral } from '../../src/kit/identifiers.ts';
import { columnName, tableName } from '../store/layout.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import type { Name, Path } from './ast.ts';
import type { Build } from './build.ts';
import { PARENT_LEVELS_MAX, PARENT_RELATIONSHIPS_MAX } from './limits.ts';
import { noSuchColumn, noSuchRelationship } from './words.ts';

/** An object's table in a statement under its alias. */
export interface Row {
  readonly object: ObjectDef;
  readonly alias: string;
}

/** A parent reached over one relationship; `name` is the relationship's, as the schema spells it. */
export interface Parent extends Row {
  readonly name: string;
  readonly reference: FieldDef;
}

/** A field of the statement's object or of a parent. */
export interface FoundField {
  readonly row: Row;
  readonly field: FieldDef;
  readonly parents: readonly Parent[];
}

/** One FROM object with the parents that paths from it have joined so far. A parent that several paths name is joined once. */
export class Source implements Row {
  readonly object: ObjectDef;
  readonly alias: string;
  readonly #build: Build;
  readonly #names: ReadonlyMap<string, readonly Name[]>;
  readonly #parents = new Map<string, Parent>();
  readonly #joins: string[] = [];

  /** `names`: what paths may begin with for this object itself, or (aliases of the FROM clause) for a parent of it. */
  constructor(build: Build, object: ObjectDef, names: ReadonlyMap<string, readonly Name[]>) {
    this.#build = build;
    this.object = object;
    this.alias = build.alias();
    this.#names = names;
  }

  /** `"org"."contact" t1 left join "org"."account" t2 on t2."id" = t1."accountid"` */
  get from(): string {
    return [`${tableName(this.object)} ${this.alias}`, ...this.#joins].join(' ');
  }

  /** The same, but only those rows that join with another relation. */
  fromAmong(relation: string, on: string): string {
    const own = `${relation} join ${tableName(this.object)} ${this.alias} on ${on}`;
    return [own, ...this.#joins].join(' ');
  }

  /** The steps of a path without the alias it may begin with. */
  steps(path: Path): readonly Name[] {
    const [first, ...rest] = path.names;
    const meant = rest.length === 0 ? undefined : this.#names.get(first.text.toLowerCase());
    if (meant === undefined) return path.names;
    return [...meant, ...rest];
  }

  field(path: Path): FoundField {
    const steps = this.steps(path);
    const last = steps.at(-1) ?? path.names[0];
    const parents = this.parents(steps.slice(0, -1), path);
    const row = parents.at(-1) ?? this;
    const field = this.#build.options.schema.findField(row.object, last.text);
    if (field === undefined) {
      throw this.#build.problem('INVALID_FIELD', noSuchColumn(last.text, row.object.name), path);
    }
    return { row, field, parents };
  }

  /** The parents along relationships, each joined. */
  parents(steps: readonly Name[], place: { readonly at: number }): readonly Parent[] {
    if (steps.length > PARENT_LEVELS_MAX) {
      throw this.#build.problem(
        'MALFORMED_QUERY',
        `maximum ${PARENT_LEVELS_MAX} levels of parent relationships are allowed in a path`,
        place,
      );
    }
    const parents: Parent[] = [];
    let row: Row = { object: this.object, alias: this.alias };
    let key = '';
    for (const step of steps) {
      key += `.${step.text.toLowerCase()}`;
      const parent: Parent = this.#parents.get(key) ?? this.#join(row, step, key, place);
      parents.push(parent);
      row = parent;
    }
    return parents;
  }

  /** Joins the rows of one object that a polymorphic reference may point to. */
  joinTyped(row: Row, reference: FieldDef, object: ObjectDef): Row {
    const alias = this.#build.alias();
    this.#joins.push(
      `left join ${tableName(object)} ${alias} on ${alias}."id" = ${row.alias}.${columnName(reference)}`,
    );
    return { object, alias };
  }

  #join(row: Row, step: Name, key: string, place: { readonly at: number }): Parent {
    const { schema } = this.#build.options;
    const reference = schema.findReference(row.object, step.text);
    const object = schema.findParent(row.object, step.text);
    if (reference === undefined || object === undefined || reference.relationshipName === null) {
      throw this.#build.problem('INVALID_FIELD', noSuchRelationship(step.text), place);
    }
    const alias = this.#build.alias();
    const prefix = `left(${alias}."id", 3)`;
    const hidden = object.isView ? schema.hiddenPrefixes.map(quoteLiteral) : [];
    const seen = hidden.length === 0 ? '' : ` and ${prefix} not in (${hidden.join(', ')})`;
    this.#joins.push(
      `left join ${tableName(object)} ${alias} on ${alias}."id" = ${row.alias}.${columnName(reference)}${seen}`,
    );
    const parent = { object, alias, name: reference.relationshipName, reference };
    this.#parents.set(key, parent);
    this.#build.relationships.add(`${this.alias}${key}`);
    if (this.#build.relationships.size > PARENT_RELATIONSHIPS_MAX) {
      throw this.#build.problem(
        'MALFORMED_QUERY',
        `maximum ${PARENT_RELATIONSHIPS_MAX} child-to-parent relationships are allowed in a query`,
        place,
      );
    }
    return parent;
  }
}
