import type { ValidationRule } from '../formula/rules.ts';
import type { FieldDef } from './field.ts';
import type { RecordType } from './record-types.ts';

/** A child relationship as seen from the parent: `Account` has `Contacts` through `Contact.AccountId`. */
export interface ChildRelationship {
  readonly childSObject: string;
  readonly field: string;
  /** Null when it cannot be used in a subquery. */
  readonly relationshipName: string | null;
  readonly cascadeDelete: boolean;
  readonly restrictedDelete: boolean;
}

/** Which rows a viewer may see and write who may not do so with all: SQL over a row named `record`; undefined is all. */
export interface RowRules {
  readonly read: string | undefined;
  readonly edit: string | undefined;
  readonly delete: string | undefined;
  readonly transfer: string | undefined;
  /** References whose records must be editable for such a record to be made: those to its masters. */
  readonly masters: readonly string[];
}

/** What of an object is not about its fields; the flags `describe` answers stand in `flags`. */
export interface ObjectDef {
  /** Canonical API name: `Contact`, `Broker__c`. */
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  /** First three characters of its ids; null for objects without records of their own. */
  readonly keyPrefix: string | null;
  readonly custom: boolean;
  /** Table in the schema `org` of the org's database: the lower-case API name. Quote with `tableName()` of store/layout.ts. */
  readonly table: string;
  /** In `describe` order. */
  readonly fields: readonly FieldDef[];
  /** Its record types besides Master, in the order they were made. */
  readonly recordTypes: readonly RecordType[];
  /** What refuses records of it besides their fields, in the order of their making. */
  readonly validationRules: readonly ValidationRule[];
  /** True when records go to the recycle bin; false when a delete is final. Every table has the column `isdeleted` in either case. */
  readonly undeletable: boolean;
  /** True when the object can be queried, read, written: the flags of describeGlobal. */
  readonly flags: ObjectFlags;
  /** True for a union view over other tables (`Name`, the target of polymorphic references): read through parents only. */
  readonly isView: boolean;
  /** Of an object as a user sees it: which of its records. */
  readonly rows?: RowRules;
  /** SQL to read in place of the table, for what is worked out when asked. */
  readonly relation?: string;
  /** Of a platform event: published whatever becomes of the transaction; else when that has been committed. */
  readonly publishedImmediately?: boolean;
}

export interface ObjectFlags {
  readonly activateable: boolean;
  readonly createable: boolean;
  readonly customSetting: boolean;
  readonly deletable: boolean;
  readonly feedEnabled: boolean;
  readonly layoutable: boolean;
  readonly mergeable: boolean;
  readonly mruEnabled: boolean;
  readonly queryable: boolean;
  readonly replicateable: boolean;
  readonly retrieveable: boolean;
  readonly searchable: boolean;
  readonly triggerable: boolean;
  readonly undeletable: boolean;
  readonly updateable: boolean;
}

/** The virtual object that a polymorphic parent path (`Owner.Name`, `Who.Email`) reads: a view over the possible parents. */
export const NAME_OBJECT = 'Name';

/**
 * All objects and fields of the org at one moment. Immutable: adding a field makes a new one, so a request that took
 * `org.schema()` once sees one schema to its end. Names are found whatever their case.
 */
export class Schema {
  readonly objects: readonly ObjectDef[];
  /** First characters of the ids of objects left out, whose records a polymorphic path must not show. */
  readonly hiddenPrefixes: readonly string[];
  readonly #objectsByName: ReadonlyMap<string, IndexedObject>;
  readonly #objectsByPrefix: ReadonlyMap<string, ObjectDef>;
  readonly #children: ReadonlyMap<string, readonly ChildRelationship[]>;

  constructor(objects: readonly ObjectDef[], hiddenPrefixes: readonly string[] = []) {
    this.hiddenPrefixes = hiddenPrefixes;
    this.objects = objects.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    this.#objectsByName = new Map(
      this.objects.map((object) => [object.name.toLowerCase(), indexed(object)]),
    );
    this.#objectsByPrefix = new Map(
      this.objects.flatMap((object) =>
        object.keyPrefix === null ? [] : [[object.keyPrefix, object]],
      ),
    );
    this.#children = childrenOf(this.objects);
  }

  findObject(name: string): ObjectDef | undefined {
    return this.#objectsByName.get(name.toLowerCase())?.object;
  }

  /** The object a record id belongs to, by its first three characters. */
  findObjectOfId(id: string): ObjectDef | undefined {
    return this.#objectsByPrefix.get(id.slice(0, 3));
  }

  findField(object: ObjectDef, name: string): FieldDef | undefined {
    return this.#objectsByName.get(object.name.toLowerCase())?.fields.get(name.toLowerCase());
  }

  /** The reference field behind a parent path's step: `Account` on Contact is AccountId, `Broker__r` is Broker__c. */
  findReference(object: ObjectDef, relationshipName: string): FieldDef | undefined {
    return this.#objectsByName
      .get(object.name.toLowerCase())
      ?.references.get(relationshipName.toLowerCase());
  }

  /** The object a parent path's step reads: the one possible parent, or the view `Name` when there are several. */
  findParent(object: ObjectDef, relationshipName: string): ObjectDef | undefined {
    const field = this.findReference(object, relationshipName);
    const [only, ...others] = field?.referenceTo ?? [];
    if (only === undefined) return undefined;
    return this.findObject(others.length === 0 ? only : NAME_OBJECT);
  }

  childRelationships(object: ObjectDef): readonly ChildRelationship[] {
    return this.#children.get(object.name) ?? [];
  }

  /** The relationship a subquery names: `Contacts` on Account. */
  findChildRelationship(
    object: ObjectDef,
    relationshipName: string,
  ): ChildRelationship | undefined {
    const wanted = relationshipName.toLowerCase();
    return this.childRelationships(object).find(
      (child) => child.relationshipName?.toLowerCase() === wanted,
    );
  }

  /** The field that names a record to a person: Name, CaseNumber, Subject; undefined for junctions without one. */
  findNameField(object: ObjectDef): FieldDef | undefined {
    return object.fields.find((field) => field.nameField);
  }
}

interface IndexedObject {
  readonly object: ObjectDef;
  readonly fields: ReadonlyMap<string, FieldDef>;
  readonly references: ReadonlyMap<string, FieldDef>;
}

function indexed(object: ObjectDef): IndexedObject {
  let fields: ReadonlyMap<string, FieldDef> | undefined;
  let references: ReadonlyMap<string, FieldDef> | undefined;
  // Made when first asked for: a schema is made for each user, and a call asks for a few objects of it.
  return {
    object,
    get fields() {
      fields ??= new Map(object.fields.map((field) => [field.name.toLowerCase(), field]));
      return fields;
    },
    get references() {
      references ??= new Map(
        object.fields.flatMap((field) =>
          field.relationshipName === null ? [] : [[field.relationshipName.toLowerCase(), field]],
        ),
      );
      return references;
    },
  };
}

function childrenOf(objects: readonly ObjectDef[]): Map<string, ChildRelationship[]> {
  const known = new Set(objects.map(({ name }) => name));
  const children = new Map<string, ChildRelationship[]>();
  for (const object of objects) {
    for (const field of object.fields) {
      for (const parent of field.referenceTo) {
        if (!known.has(parent) || object.name === NAME_OBJECT) continue;
        const list = children.get(parent) ?? [];
        list.push({
          childSObject: object.name,
          field: field.name,
          relationshipName: field.childRelationshipName,
          // An account's orders are in the way of its deletion, and would go with it.
          cascadeDelete: field.onParentDelete === 'cascade' || field.cascadeDelete,
          restrictedDelete: field.onParentDelete === 'restrict',
        });
        children.set(parent, list);
      }
    }
  }
  return children;
}
