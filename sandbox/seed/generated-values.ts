import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';

const FIRST_NAMES = [
  'Ada',
  'Ben',
  'Chloe',
  'Dmitri',
  'Elena',
  'Farid',
  'Grace',
  'Hiro',
  'Ines',
  'Jonas',
  'Kwame',
  'Linnea',
  'Mateo',
  'Noor',
  'Olga',
  'Priya',
  'Quentin',
  'Rosa',
  'Søren',
  'Thanh',
  'Uma',
  'Viktor',
  'Wen',
  'Ximena',
  'Yusuf',
  'Zoë',
];
const LAST_NAMES = [
  'Abara',
  'Bergström',
  'Costa',
  'Dubois',
  'Eriksen',
  'Fischer',
  'García',
  'Haddad',
  'Ivanova',
  'Jansen',
  'Kowalski',
  'Laurent',
  'Müller',
  'Nakamura',
  "O'Brien",
  'Petrov',
  'Quispe',
  'Rossi',
  'Schmidt',
  'Tanaka',
  'Ueda',
  'Vargas',
  'Wang',
  'Xu',
  'Yilmaz',
  'Zhang',
];
const CITIES = [
  'Austin',
  'Berlin',
  'Chicago',
  'Dublin',
  'Edinburgh',
  'Florence',
  'Geneva',
  'Helsinki',
  'Istanbul',
  'Jakarta',
  'Kyoto',
  'Lisbon',
  'Madrid',
  'Nairobi',
  'Oslo',
  'Paris',
  'Quito',
  'Rome',
  'Seoul',
  'Toronto',
];
const STATES = ['CA', 'IL', 'MA', 'NY', 'OR', 'TX', 'WA'];
const COUNTRIES = ['USA', 'Germany', 'France', 'Japan', 'Kenya', 'Spain'];
const TITLES = [
  'CEO',
  'CFO',
  'Director of Operations',
  'SVP, Procurement',
  'VP, Facilities',
  'Head of Research',
  'Account Manager',
];
const DEPARTMENTS = ['Finance', 'Operations', 'Procurement', 'Research', 'Technology'];
const COMPANIES = [
  'Acme',
  'Borealis',
  'Cobalt',
  'Delta',
  'Evergreen',
  'Foundry',
  'Granite',
  'Harbor',
];

export interface ValueOptions {
  /** Different for each field, so that fields do not move together. */
  readonly salt: number;
  readonly parents: readonly string[];
}

/**
 * The SQL of a field's value in the row number `n` of the seed `seed`; undefined leaves the field empty. About twenty
 * fields of a contact get one.
 */
export function generated(field: FieldDef, { salt, parents }: ValueOptions): string | undefined {
  if (field.type === 'boolean') return field.defaultValue === true ? 'true' : 'false';
  if (field.autoNumber) return `lpad(n::text, 8, '0')`;
  if (field.type === 'reference') return parents.length === 0 ? undefined : pick(parents, salt);
  if (!field.createable) return undefined;
  const words = wordsFor(field.name);
  if (words !== undefined) return pick(words, salt);
  if (field.picklistValues.length > 0) return picklist(field, salt);
  return byType(field, salt);
}

/** A number from 0 to 2³¹ − 1 by the row, the seed and the salt. */
function chance(salt: number): string {
  return `(hashint8extended(n, seed + ${salt}) & 2147483647)`;
}

function pick(words: readonly string[], salt: number): string {
  return `(array[${words.map((word) => quoteLiteral(word)).join(', ')}])[1 + ${chance(salt)} % ${words.length}]`;
}

function picklist(field: FieldDef, salt: number): string {
  return pick(
    field.picklistValues.map(({ value }) => value),
    salt,
  );
}

function wordsFor(name: string): readonly string[] | undefined {
  if (name === 'FirstName') return FIRST_NAMES;
  if (name === 'Title') return TITLES;
  if (name === 'Department') return DEPARTMENTS;
  if (/^(Mailing|Billing)?City$/.test(name)) return CITIES;
  if (/^(Mailing|Billing)?State$/.test(name)) return STATES;
  if (/^(Mailing|Billing)?Country$/.test(name)) return COUNTRIES;
  return undefined;
}

function byType(field: FieldDef, salt: number): string | undefined {
  switch (field.type) {
    case 'email':
      return `'person' || n || '.' || seed || '@example.com'`;
    case 'phone':
      return field.name === 'Phone' || field.name === 'MobilePhone'
        ? `'(555) ' || lpad((${chance(salt)} % 1000)::text, 3, '0') || '-' || lpad((n % 10000)::text, 4, '0')`
        : undefined;
    case 'date':
      return `date '1950-01-01' + (${chance(salt)} % 20000)::integer`;
    case 'int':
    case 'long':
      return `(${chance(salt)} % 1000)::integer`;
    case 'double':
    case 'currency':
    case 'percent':
      return field.compoundFieldName === null
        ? `round((${chance(salt)} % 10000)::numeric / 100, ${Math.min(2, field.scale)})`
        : undefined;
    case 'datetime':
      return field.required ? 'stamp' : undefined;
    case 'string':
      return text(field, salt);
    case 'textarea':
      return /^(Mailing|Billing)?Street$/.test(field.name)
        ? `(1 + ${chance(salt)} % 999) || ' Harbor Street'`
        : field.name === 'Description'
          ? `'Record ' || n || ' of seed ' || seed || '. ' || repeat('Lorem ipsum dolor sit amet. ', (${chance(salt)} % 4)::integer)`
          : undefined;
    case 'address':
    case 'anyType':
    case 'base64':
    case 'boolean':
    case 'combobox':
    case 'complexvalue':
    case 'encryptedstring':
    case 'id':
    case 'location':
    case 'multipicklist':
    case 'picklist':
    case 'reference':
    case 'time':
    case 'url':
    default:
      return undefined;
  }
}

function text(field: FieldDef, salt: number): string | undefined {
  if (field.name === 'LastName') return `${pick(LAST_NAMES, salt)} || ' ' || n`;
  if (field.externalId || field.unique) return `'seed-' || seed || '-' || n`;
  if (field.name.endsWith('PostalCode')) return `lpad((${chance(salt)} % 100000)::text, 5, '0')`;
  if (field.name === 'Name' || field.name === 'Company')
    return `${pick(COMPANIES, salt)} || ' ' || n`;
  if (field.name === 'AssistantName') return pick(FIRST_NAMES, salt);
  return field.required
    ? `left(${quoteLiteral(field.label)} || ' ' || n, ${Math.max(1, field.length)})`
    : undefined;
}
