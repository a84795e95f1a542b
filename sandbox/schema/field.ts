import type { Summary } from '../formula/summary.ts';

/** Salesforce's field types, as `describe` names them. */
export type FieldType =
  | 'id'
  | 'reference'
  | 'string'
  | 'textarea'
  | 'picklist'
  | 'multipicklist'
  | 'combobox'
  | 'boolean'
  | 'int'
  | 'long'
  | 'double'
  | 'currency'
  | 'percent'
  | 'date'
  | 'datetime'
  | 'time'
  | 'email'
  | 'phone'
  | 'url'
  | 'address'
  | 'location'
  | 'base64'
  | 'encryptedstring'
  | 'anyType'
  | 'complexvalue';

export interface PicklistValue {
  readonly active: boolean;
  readonly defaultValue: boolean;
  readonly label: string;
  /** Base64 bitmap of the controlling values this one is valid for; null when the picklist depends on nothing. */
  readonly validFor: string | null;
  readonly value: string;
}

/** What describe tells of a lookup's filter. */
interface FilteredLookup {
  readonly controllingFields: readonly string[];
  readonly dependent: boolean;
  readonly optionalFilter: boolean;
}

/** Which records a lookup may lead to. */
export interface LookupFilter {
  readonly active: boolean;
  readonly booleanFilter: string | null;
  readonly errorMessage: string | null;
  /** Advice alone: other records are taken as well. */
  readonly isOptional: boolean;
  readonly filterItems: readonly {
    readonly field: string;
    readonly operation: string;
    readonly value: string;
    /** The field compared with, in place of a value. */
    readonly valueField: string | null;
  }[];
}

/** The 57 keys of a field in a `describe` answer, in Salesforce's (alphabetical) order. */
export interface FieldDescribe {
  readonly aggregatable: boolean;
  readonly aiPredictionField: boolean;
  readonly autoNumber: boolean;
  readonly byteLength: number;
  readonly calculated: boolean;
  readonly calculatedFormula: string | null;
  readonly cascadeDelete: boolean;
  readonly caseSensitive: boolean;
  readonly compoundFieldName: string | null;
  readonly controllerName: string | null;
  readonly createable: boolean;
  readonly custom: boolean;
  readonly defaultValue: string | number | boolean | null;
  readonly defaultValueFormula: string | null;
  readonly defaultedOnCreate: boolean;
  readonly dependentPicklist: boolean;
  readonly deprecatedAndHidden: boolean;
  readonly digits: number;
  readonly displayLocationInDecimal: boolean;
  readonly encrypted: boolean;
  readonly externalId: boolean;
  readonly extraTypeInfo: string | null;
  readonly filterable: boolean;
  readonly filteredLookupInfo: FilteredLookup | null;
  readonly formulaTreatNullNumberAsZero: boolean;
  readonly groupable: boolean;
  readonly highScaleNumber: boolean;
  readonly htmlFormatted: boolean;
  readonly idLookup: boolean;
  readonly inlineHelpText: string | null;
  readonly label: string;
  readonly length: number;
  readonly mask: string | null;
  readonly maskType: string | null;
  readonly name: string;
  readonly nameField: boolean;
  readonly namePointing: boolean;
  readonly nillable: boolean;
  readonly permissionable: boolean;
  readonly picklistValues: readonly PicklistValue[];
  readonly polymorphicForeignKey: boolean;
  readonly precision: number;
  readonly queryByDistance: boolean;
  readonly referenceTargetField: string | null;
  readonly referenceTo: readonly string[];
  readonly relationshipName: string | null;
  readonly relationshipOrder: number | null;
  readonly restrictedDelete: boolean;
  readonly restrictedPicklist: boolean;
  readonly scale: number;
  readonly searchPrefilterable: boolean;
  readonly soapType: string;
  readonly sortable: boolean;
  readonly type: FieldType;
  readonly unique: boolean;
  readonly updateable: boolean;
  readonly writeRequiresMasterRead: boolean;
}

/** A field: what `describe` says of it, and what only the org itself knows. */
export interface FieldDef extends FieldDescribe {
  /** Its column in the object's table: the lower-case API name. Null for a compound address or location, which is read from its components, and for a formula. */
  readonly column: string | null;
  /**
   * For a compound address or location: which field each part is read from, in the order of the JSON answer, such as
   * `{ city: 'MailingCity', … }`. Null for every other field.
   */
  readonly components: Readonly<Record<string, string>> | null;
  /** For a reference: the name of the relationship from the parent (`Contacts`); null when there is none to query by. */
  readonly childRelationshipName: string | null;
  /** SQL over the other columns of the same row, for a column that PostgreSQL computes (a compound name). */
  readonly generated: string | null;
  /**
   * What a formula field is read by, in place of a column: SQL with marks for the row's alias, the reader and the time
   * (formula/template.ts). Null for every field that is stored.
   */
  readonly formula: string | null;
  /** Of standard fields that show what stands in other records: the formula they are read by. Describe is silent about it. */
  readonly derivedFrom?: string;
  readonly lookupFilter?: LookupFilter;
  /** What a roll-up summary adds up; null for every other field. */
  readonly summary: Summary | null;
  /** Whether the reader sees what an encrypted field holds; he sees a mask else. */
  readonly revealed?: boolean;
  /** How an auto-number is shown, such as `{00000000}`; null for every other field. */
  readonly displayFormat: string | null;
  /** Deletion of the parent: `cascade` deletes this record, `restrict` refuses, `clear` empties the reference. */
  readonly onParentDelete: 'cascade' | 'restrict' | 'clear';
  /** Whether a caller must give a value when creating: not nillable, createable and without a default. */
  readonly required: boolean;
}
