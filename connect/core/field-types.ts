import type { FieldDescribe } from './describe.ts';

/**
 * Which PostgreSQL type holds a Salesforce field: exactly Heroku Connect's choices, since applications and their
 * migrations were written against them.
 */
export type ColumnType =
  | 'boolean'
  | 'integer'
  | 'bigint'
  | 'double precision'
  | 'date'
  | 'timestamp without time zone'
  | 'time without time zone'
  | 'text'
  | `character varying(${number})`;

export type Typed =
  | { readonly mappable: true; readonly type: ColumnType }
  | { readonly mappable: false; readonly why: string };

export interface TypeOptions {
  /** Connections made before 2018 hold picklists in 40 characters, newer ones in 255. */
  readonly picklistLength: 40 | 255;
}

export const DEFAULT_TYPE_OPTIONS: TypeOptions = { picklistLength: 255 };

/** Salesforce calls a text area long above 4,000 characters; Heroku Connect holds what is longer than a multi-select picklist (4,099) as text. */
const VARCHAR_MAX = 4099;

export function columnType(
  field: FieldDescribe,
  { picklistLength }: TypeOptions = DEFAULT_TYPE_OPTIONS,
): Typed {
  switch (field.type) {
    case 'id':
    case 'reference':
      return varchar(18);
    case 'string':
    case 'encryptedstring':
    case 'textarea':
      return characters(field.length);
    case 'picklist':
      return isCurrencyCode(field) ? varchar(3) : varchar(picklistLength);
    case 'combobox':
      return varchar(255);
    case 'multipicklist':
      return varchar(4099);
    case 'email':
      return varchar(80);
    case 'phone':
      return varchar(40);
    case 'url':
      return varchar(255);
    case 'boolean':
      return { mappable: true, type: 'boolean' };
    case 'int':
      return { mappable: true, type: 'integer' };
    case 'long':
      return { mappable: true, type: 'bigint' };
    case 'double':
    case 'currency':
    case 'percent':
      return { mappable: true, type: 'double precision' };
    case 'date':
      return { mappable: true, type: 'date' };
    case 'datetime':
      return { mappable: true, type: 'timestamp without time zone' };
    case 'time':
      return { mappable: true, type: 'time without time zone' };
    case 'anyType':
      return { mappable: true, type: 'text' };
    case 'address':
    case 'location':
      return unmappable(
        `${field.name} is a compound field: map its components instead (${field.name} cannot be written or loaded in bulk)`,
      );
    case 'base64':
      return unmappable(`${field.name} holds binary data, which cannot be loaded in bulk`);
    default:
      return unmappable(`${field.name} has the type ${field.type}, which has no column type`);
  }
}

/** A multi-currency org's CurrencyIsoCode is a picklist of three-letter codes, and the one picklist with a type of its own. */
function isCurrencyCode(field: FieldDescribe): boolean {
  return field.name.toLowerCase() === 'currencyisocode';
}

function characters(length: number): Typed {
  return length === 0 || length > VARCHAR_MAX ? { mappable: true, type: 'text' } : varchar(length);
}

function varchar(length: number): Typed {
  return { mappable: true, type: `character varying(${length})` };
}

function unmappable(why: string): Typed {
  return { mappable: false, why };
}
