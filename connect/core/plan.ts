/**
 * A mapping as the engine needs it: one Salesforce object, one table, and what may be written where.
 * It is made from the mapping file and the object's describe; the engine never looks at either.
 */
export interface MappingPlan {
  /** The mapping's id (uuid). */
  readonly id: string;
  /** The connection's id (uuid). */
  readonly connection: string;
  /** API name of the Salesforce object: `Contact`. */
  readonly object: string;
  readonly schema: string;
  readonly table: string;
  readonly access: 'read_only' | 'read_write';
  /** `ordered`: each change its own write, in log order (`poll_db_no_merge`). `merged`: a record's waiting changes become one write. */
  readonly writes: 'ordered' | 'merged';
  /** Who wins a field that both sides changed without having seen each other. */
  readonly conflict: ConflictRule;
  /** The field whose value is known before Salesforce knows the record; every create is an upsert on it. */
  readonly externalId: { readonly field: string; readonly column: string } | null;
  /** The field that says when a record last changed; null: the object has none and is read whole. */
  readonly stampField: 'SystemModstamp' | 'LastModifiedDate' | 'CreatedDate' | null;
  /** Whether the object has `IsDeleted` (User and RecordType do not). */
  readonly hasIsDeleted: boolean;
  /** Every mapped field except `Id`, which is always the column `sfid`. */
  readonly fields: readonly MappedField[];
}

export type ConflictRule = 'salesforce' | 'postgres';

export interface MappedField {
  /** As Salesforce spells it: `LastName`, or `Account.External_Id__c` style for a parent's external id. */
  readonly name: string;
  readonly column: string;
  readonly kind: ValueKind;
  readonly createable: boolean;
  readonly updateable: boolean;
  /** Set where the column holds an external id of a parent: a write names the parent by it. */
  readonly parent?: ParentLink | undefined;
}

/** `column` of a child holds the value of `externalIdColumn` of its parent's table. */
export interface ParentLink {
  /** The relationship as Salesforce names it in a nested reference: `Account`, `Parent__r`. */
  readonly relationship: string;
  /** The parent's object and its external id field. */
  readonly object: string;
  readonly externalIdField: string;
  /** The parent's table and column, when the parent is mapped too: a child waits while its parent is not yet in Salesforce. */
  readonly table: string | null;
  readonly externalIdColumn: string | null;
}

/** How two values of a field are compared and spelt; see values.ts. */
export type ValueKind = 'text' | 'boolean' | 'integer' | 'double' | 'date' | 'datetime' | 'time';
