import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { columnName, tableName } from '../store/layout.ts';
import { PATH_LEVELS_MAX, RELATIONSHIPS_MAX } from './limits.ts';
import { FormulaProblem, noSuchField } from './problem.ts';
import { ROW, USER_SQL } from './template.ts';
import type { Value } from './value.ts';

/** A row the formula reads: its own, or a parent's. */
export interface Source {
  readonly object: ObjectDef;
  readonly alias: string;
  /** The relationships from the formula's own row, in lower case. */
  readonly path: string;
}

/** The rows one formula reads. A parent that several references name is joined once. */
export class Rows {
  readonly #schema: Schema;
  readonly #joined = new Map<string, Source>();
  readonly #joins: string[] = [];

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** The joins behind the formula's own row; empty when it reads that row alone. */
  get joins(): string {
    return this.#joins.join(' ');
  }

  /** The parent that relationships lead to. */
  parent(from: Source, steps: readonly string[], whole: string): Source {
    let source = from;
    for (const step of steps) source = this.#step(source, step, whole);
    return source;
  }

  #step(from: Source, step: string, whole: string): Source {
    const [name = '', type] = step.split(':');
    const path = `${from.path}.${step.toLowerCase()}`;
    const known = this.#joined.get(path);
    if (known !== undefined) return known;
    const reference = this.#schema.findReference(from.object, name);
    if (reference === undefined || reference.column === null) throw noSuchField(whole);
    const object =
      type === undefined
        ? this.#schema.findParent(from.object, name)
        : this.#typed(reference, type, whole);
    if (object === undefined) throw noSuchField(whole);
    if (path.split('.').length - 1 > PATH_LEVELS_MAX) {
      throw new FormulaProblem(
        `${whole}: a reference may lead over at most ${PATH_LEVELS_MAX} relationships`,
      );
    }
    if (this.#joined.size >= RELATIONSHIPS_MAX) {
      throw new FormulaProblem(
        `You must remove at least 1 relationship(s) in order to save this formula. It may refer to at most ${RELATIONSHIPS_MAX}`,
      );
    }
    const source = { object, alias: `j${this.#joined.size + 1}`, path };
    this.#joined.set(path, source);
    this.#joins.push(
      `left join ${tableName(object)} ${source.alias} on ${source.alias}."id" = ${from.alias}.${columnName(reference)}`,
    );
    return source;
  }

  #typed(reference: FieldDef, type: string, whole: string): ObjectDef | undefined {
    const wanted = type.toLowerCase() === 'queue' ? 'Group' : type;
    const name = reference.referenceTo.find((one) => one.toLowerCase() === wanted.toLowerCase());
    if (name !== undefined) return this.#schema.findObject(name);
    throw new FormulaProblem(
      `${type} is an invalid object type for the ${whole} field. Check spelling.`,
    );
  }
}

export function ownRow(object: ObjectDef): Source {
  return { object, alias: ROW, path: '' };
}

/** A stored field's value, its column being `column`. */
export function fieldValue(field: FieldDef, column: string, name: string): Value {
  const value = (kind: Value['kind'], sql: string): Value => ({ kind, sql, field });
  switch (field.type) {
    case 'id':
    case 'reference':
      // Formulas know ids by their first 15 characters.
      return value('Text', `left(${column}, 15)`);
    case 'boolean':
      return value('Boolean', `coalesce(${column}, false)`);
    case 'int':
    case 'long':
    case 'double':
    case 'currency':
      return value('Number', `(${column})::numeric`);
    case 'percent':
      return value('Number', `((${column})::numeric / 100)`);
    case 'date':
      return value('Date', column);
    case 'datetime':
      return value('DateTime', column);
    case 'time':
      return value('Time', column);
    case 'picklist':
      return value('Picklist', column);
    case 'multipicklist':
      return value('Multi-Select Picklist', column);
    case 'textarea':
      if (field.length > SHORT_TEXT_LENGTH) throw unsupported('Long Text Area', name);
      return value('Text', column);
    case 'string':
    case 'combobox':
    case 'email':
    case 'phone':
    case 'url':
      return value('Text', column);
    case 'encryptedstring':
      throw unsupported('Text (Encrypted)', name);
    case 'address':
      throw unsupported('Address', name);
    case 'anyType':
    case 'base64':
    case 'complexvalue':
    case 'location':
    default:
      throw unsupported(field.type, name);
  }
}

const SHORT_TEXT_LENGTH = 255;

function unsupported(type: string, name: string): FormulaProblem {
  return new FormulaProblem(
    `You referenced an unsupported field type called "${type}" using the following field: ${name}`,
  );
}

/** What `$User`, `$Profile` and so on are rows of: a table with a condition on it. */
const GLOBALS: ReadonlyMap<string, { readonly object: string; readonly where: string }> = new Map([
  ['$user', { object: 'User', where: `g."id" = ${USER_SQL}` }],
  ['$organization', { object: 'Organization', where: 'true' }],
  ['$profile', { object: 'Profile', where: ofUser('profileid') }],
  ['$userrole', { object: 'UserRole', where: ofUser('userroleid') }],
]);

function ofUser(column: string): string {
  return `g."id" = (select u."${column}" from org."user" u where u."id" = ${USER_SQL})`;
}

/** `$User.Country`: one value for all rows, so PostgreSQL reads it once a statement. */
export function globalValue(schema: Schema, name: string): Value {
  const [base = '', ...rest] = name.split('.');
  const known = GLOBALS.get(base.toLowerCase());
  if (known !== undefined) {
    const object = schema.findObject(known.object);
    const field = object === undefined ? undefined : schema.findField(object, rest.join('.'));
    if (object === undefined || field === undefined || field.column === null)
      throw noSuchField(name);
    const column = `(select g.${columnName(field)} from ${tableName(object)} g where ${known.where} limit 1)`;
    const { field: _field, ...value } = fieldValue(field, column, name);
    return value;
  }
  switch (base.toLowerCase()) {
    case '$system':
      if (rest.join('.').toLowerCase() === 'origindatetime')
        return { kind: 'DateTime', sql: `timestamptz '1900-01-01Z'` };
      break;
    case '$label':
      return labelValue(rest.join('.'));
    case '$api':
      return apiValue(name, rest.join('.'));
    case '$setup':
      return settingValue(schema, name, rest);
    case '$custommetadata':
      return metadataValue(schema, name, rest);
    default:
  }
  throw new FormulaProblem(`${name}: the sandbox org does not know ${base} in formulas`);
}

/** A custom label's text, as it is when the formula is read. */
function labelValue(label: string): Value {
  const sql = `(select l.definition->>'value' from schema_parts l where l.type = 'CustomLabel' and lower(l.name) = ${quoteLiteral(label.toLowerCase())})`;
  return { kind: 'Text', sql };
}

/** `$Api.Partner_Server_URL_260`: below the org's own address, which formulas do not know; a session's token never is in one. */
function apiValue(name: string, property: string): Value {
  const url = /^(partner|enterprise)_server_url_(\d+)0$/i.exec(property);
  if (url !== null) {
    const [, kind = '', version = ''] = url;
    const path = kind.toLowerCase() === 'partner' ? 'u' : 'c';
    return { kind: 'Text', sql: quoteLiteral(`/services/Soap/${path}/${version}.0`) };
  }
  if (/^session_id$/i.test(property)) return { kind: 'Text', sql: 'null::text' };
  throw noSuchField(name);
}

/** A hierarchy setting: the user's own value, else his profile's, else the org's. */
function settingValue(
  schema: Schema,
  name: string,
  [objectName = '', fieldName = '']: readonly string[],
): Value {
  const object = schema.findObject(objectName);
  const field = object === undefined ? undefined : schema.findField(object, fieldName);
  if (object?.flags.customSetting !== true || field === undefined || field.column === null)
    throw noSuchField(name);
  const owner = schema.findField(object, 'SetupOwnerId');
  if (owner === undefined) throw noSuchField(name);
  const column = `(select g.${columnName(field)} from ${tableName(object)} g
    where not g."isdeleted" and g.${columnName(field)} is not null
      and (g."setupownerid" = ${USER_SQL} or left(g."setupownerid", 3) = '00D'
           or g."setupownerid" = (select u."profileid" from org."user" u where u."id" = ${USER_SQL}))
    order by array_position(array['005', '00e', '00D'], left(g."setupownerid", 3)) limit 1)`;
  const { field: _field, ...value } = fieldValue(field, column, name);
  return value;
}

/** `$CustomMetadata.Rate__mdt.Standard.Value__c`: of the record with that developer name. */
function metadataValue(
  schema: Schema,
  name: string,
  [objectName = '', record = '', fieldName = '']: readonly string[],
): Value {
  const object = schema.findObject(objectName);
  const field = object === undefined ? undefined : schema.findField(object, fieldName);
  const key = object === undefined ? undefined : schema.findField(object, 'DeveloperName');
  if (object === undefined || key === undefined || field === undefined || field.column === null)
    throw noSuchField(name);
  const column = `(select g.${columnName(field)} from ${tableName(object)} g where lower(g.${columnName(key)}) = ${quoteLiteral(record.toLowerCase())} limit 1)`;
  const { field: _field, ...value } = fieldValue(field, column, name);
  return value;
}
