import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import { findId18 } from '../store/record-id.ts';

/** What a field may hold once validated: see StoredRecord. */
export type StoredValue = string | number | boolean | null;

export interface CoerceOptions {
  /** `text`: the value is a cell of a CSV file, not of JSON. */
  readonly text: boolean;
  /** Cut what is too long. */
  readonly truncate: boolean;
}

const EMAIL = /^[^\s@"(),:;<>[\\\]]+@[^\s@"(),:;<>[\\\]]+\.[^\s@"(),:;<>[\\\].]{2,}$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATETIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/;
const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?Z?$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const BASE64 = /^[A-Za-z0-9+/\r\n]*={0,2}$/;
/** 32-bit, as Salesforce's int. */
const INT_MAX = 2_147_483_647;

/**
 * Turns a caller's value into what the store holds, or says in Salesforce's words why it cannot be. Strings are trimmed
 * and empty ones are null, as in Salesforce.
 * @throws SalesforceError about the record; JSON_PARSER_ERROR, about the whole request, for a JSON value of the wrong kind.
 */
export function coerce(field: FieldDef, given: unknown, options: CoerceOptions): StoredValue {
  const value = typeof given === 'string' ? clean(given) : given;
  if (value === null || value === undefined || value === '')
    return field.type === 'boolean' ? nullBoolean(field) : null;
  if (typeof value === 'object') throw wrongKind(field, 'START_OBJECT', '', options);
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw wrongKind(field, 'VALUE_EMBEDDED_OBJECT', '', options);
  }
  switch (field.type) {
    case 'boolean':
      return boolean(field, value, options);
    case 'int':
    case 'long':
    case 'double':
    case 'currency':
    case 'percent':
      return number(field, value, options);
    case 'date':
      return date(field, value, options);
    case 'datetime':
      return datetime(field, value, options);
    case 'time':
      return time(field, value, options);
    case 'id':
    case 'reference':
      return reference(field, String(value));
    case 'base64':
      return base64(field, value, options);
    case 'email':
      return email(field, sized(field, String(value), options));
    case 'multipicklist':
      return multipicklist(field, String(value));
    case 'picklist':
      return picklist(field, String(value), options);
    case 'address':
    case 'anyType':
    case 'combobox':
    case 'complexvalue':
    case 'encryptedstring':
    case 'location':
    case 'phone':
    case 'string':
    case 'textarea':
    case 'url':
    default:
      return sized(field, String(value), options);
  }
}

/** PostgreSQL's text holds no NUL, and no lone surrogate. */
function clean(text: string): string {
  return text.replaceAll('\0', '').toWellFormed().trim();
}

function nullBoolean(field: FieldDef): boolean {
  return field.defaultValue === true;
}

function boolean(
  field: FieldDef,
  value: string | number | boolean,
  options: CoerceOptions,
): boolean {
  if (typeof value === 'boolean') return value;
  const text = String(value).toLowerCase();
  if (text === 'true' || (options.text && (text === '1' || text === 'yes'))) return true;
  if (text === 'false' || (options.text && (text === '0' || text === 'no'))) return false;
  throw wrongKind(field, kindOf(value), String(value), options);
}

function number(field: FieldDef, value: string | number | boolean, options: CoerceOptions): number {
  const text = String(value);
  if (typeof value === 'boolean' || !NUMBER.test(text))
    throw wrongKind(field, kindOf(value), text, options);
  const parsed = Number(text);
  if (!Number.isFinite(parsed)) throw outsideRange(field, text);
  if (field.type === 'int' || field.type === 'long') {
    if (!Number.isInteger(parsed)) throw wrongKind(field, kindOf(value), text, options);
    if (field.type === 'int' && Math.abs(parsed) > INT_MAX) throw outsideRange(field, text);
    return parsed;
  }
  const whole = field.precision - field.scale;
  if (field.precision > 0 && Math.abs(parsed) >= 10 ** whole) throw outsideRange(field, text);
  return round(parsed, field.scale);
}

/** Half away from zero, as Salesforce; a number with more digits than a double holds is left alone. */
function round(value: number, scale: number): number {
  if (scale >= 15 || Math.abs(value) > 2 ** 52) return value;
  const shifted = Number(`${Math.abs(value)}e${scale}`);
  if (!Number.isFinite(shifted)) return value;
  const rounded = Number(`${Math.round(shifted)}e-${scale}`);
  return Number.isFinite(rounded) ? Math.sign(value) * rounded : value;
}

function date(field: FieldDef, value: string | number | boolean, options: CoerceOptions): string {
  const text = String(value);
  // A datetime is accepted for a date: its day in UTC.
  const day = DATETIME.test(text) ? text.slice(0, 10) : text;
  const match = DATE.exec(day);
  if (match === null || !isCalendarDay(day)) throw wrongKind(field, kindOf(value), text, options);
  return day;
}

function isCalendarDay(day: string): boolean {
  const parsed = new Date(`${day}T00:00:00Z`);
  return (
    !Number.isNaN(parsed.getTime()) &&
    parsed.toISOString().startsWith(day) &&
    day >= '1700-01-01' &&
    day <= '4000-12-31'
  );
}

function datetime(
  field: FieldDef,
  value: string | number | boolean,
  options: CoerceOptions,
): string {
  const text = String(value);
  if (DATE.test(text) && isCalendarDay(text)) return `${text}T00:00:00.000Z`;
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text)
    ? text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
    : `${text}Z`;
  const parsed = DATETIME.test(text) ? new Date(zoned) : undefined;
  if (
    parsed === undefined ||
    Number.isNaN(parsed.getTime()) ||
    !isCalendarDay(parsed.toISOString().slice(0, 10))
  ) {
    throw wrongKind(field, kindOf(value), text, options);
  }
  // Salesforce keeps whole seconds.
  return `${parsed.toISOString().slice(0, 19)}.000Z`;
}

function time(field: FieldDef, value: string | number | boolean, options: CoerceOptions): string {
  const match = TIME.exec(String(value));
  const [, hours = '', minutes = '', seconds = '00', millis = '0'] = match ?? [];
  if (match === null || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
    throw wrongKind(field, kindOf(value), String(value), options);
  }
  return `${hours}:${minutes}:${seconds}.${millis.padEnd(3, '0')}`;
}

function reference(field: FieldDef, text: string): string {
  const id = findId18(text);
  if (id === undefined) {
    throw new SalesforceError(
      'MALFORMED_ID',
      `${field.label}: id value of incorrect type: ${text}`,
      {
        fields: [field.name],
      },
    );
  }
  return id;
}

function base64(field: FieldDef, value: string | number | boolean, options: CoerceOptions): string {
  if (typeof value !== 'string' || !BASE64.test(value))
    throw wrongKind(field, kindOf(value), '', options);
  return value;
}

function email(field: FieldDef, text: string): string {
  if (!EMAIL.test(text)) {
    throw new SalesforceError(
      'INVALID_EMAIL_ADDRESS',
      `${field.label}: invalid email address: ${text}`,
      {
        fields: [field.name],
      },
    );
  }
  return text;
}

function picklist(field: FieldDef, text: string, options: CoerceOptions): string {
  // A known value is stored as it was defined, whatever the case it was given in.
  const known = field.picklistValues.find(
    ({ active, value }) => active && value.toLowerCase() === text.toLowerCase(),
  );
  if (known !== undefined) return known.value;
  if (field.restrictedPicklist) throw badPicklistValue(field, text);
  return sized(field, text, options);
}

function multipicklist(field: FieldDef, text: string): string {
  const given = text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const order = field.picklistValues.map(({ value }) => value);
  const chosen = given.map(
    (part) => order.find((value) => value.toLowerCase() === part.toLowerCase()) ?? part,
  );
  const active = new Set(
    field.picklistValues.flatMap((entry) => (entry.active ? [entry.value] : [])),
  );
  const unknown = chosen.find((part) => !active.has(part));
  if (unknown !== undefined && field.restrictedPicklist) throw badPicklistValue(field, unknown);
  const rank = (part: string): number =>
    order.includes(part) ? order.indexOf(part) : order.length;
  return [...new Set(chosen)].toSorted((a, b) => rank(a) - rank(b)).join(';');
}

function sized(field: FieldDef, text: string, { truncate }: CoerceOptions): string {
  if (field.length === 0 || text.length <= field.length) return text;
  if (truncate) return text.slice(0, field.length).toWellFormed();
  const shown = text.length > 255 ? text.slice(0, 255) : text;
  throw new SalesforceError(
    'STRING_TOO_LONG',
    `${field.label}: data value too large: ${shown} (max length=${field.length})`,
    { fields: [field.name] },
  );
}

export function badPicklistValue(field: FieldDef, text: string): SalesforceError {
  return new SalesforceError(
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    `${field.label}: bad value for restricted picklist field: ${text}`,
    { fields: [field.name] },
  );
}

function outsideRange(field: FieldDef, text: string): SalesforceError {
  return new SalesforceError(
    'NUMBER_OUTSIDE_VALID_RANGE',
    `${field.label}: value outside of valid range on numeric field: ${text}`,
    { fields: [field.name] },
  );
}

function kindOf(value: string | number | boolean): string {
  if (typeof value === 'string') return 'VALUE_STRING';
  if (typeof value === 'boolean') return value ? 'VALUE_TRUE' : 'VALUE_FALSE';
  return Number.isInteger(value) ? 'VALUE_NUMBER_INT' : 'VALUE_NUMBER_FLOAT';
}

function wrongKind(
  field: FieldDef,
  kind: string,
  text: string,
  options: CoerceOptions,
): SalesforceError {
  if (options.text) {
    return new SalesforceError(
      'INVALID_TYPE_ON_FIELD_IN_RECORD',
      `${field.label}: value not of required type: ${text}`,
      { fields: [field.name] },
    );
  }
  // Salesforce reads the request into typed records before it looks at any of them, so this refuses the whole request.
  return new SalesforceError(
    'JSON_PARSER_ERROR',
    `Cannot deserialize instance of ${field.type} from ${kind} value ${text} or request may be missing a required field at [line:1, column:1]`,
  );
}
