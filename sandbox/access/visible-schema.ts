import { unreachable } from '../../src/kit/assert.ts';
import type { FieldDef } from '../schema/field.ts';
import { PERSON_ACCOUNT } from '../schema/record-types.ts';
import { Schema, type ObjectDef } from '../schema/schema.ts';
import type { Access, ObjectRights } from './access.ts';
import { permissionField, ruleOf } from './object-rules.ts';

const NO_RIGHTS: ObjectRights = { read: false, create: false, edit: false, delete: false };
const READING: ObjectRights = { ...NO_RIGHTS, read: true };
const ALL_RIGHTS: ObjectRights = { read: true, create: true, edit: true, delete: true };

/**
 * The schema as a user may see it: objects and fields he may not read are not there, and the flags of those he may not
 * write are lowered. Everything that answers him from this schema obeys his permissions without asking further.
 */
export function visibleSchema(schema: Schema, access: Access): Schema {
  const readable = new Set<string>();
  const rights = new Map<string, ObjectRights>();
  for (const object of schema.objects) {
    const own = rightsOn(object, access);
    rights.set(object.name, own);
    if (own.read) readable.add(object.name);
  }
  const objects = schema.objects.flatMap((object) => {
    const own = rights.get(object.name) ?? NO_RIGHTS;
    return own.read ? [visibleObject(object, own, { access, readable })] : [];
  });
  const hidden = schema.objects.filter(({ name }) => !readable.has(name));
  return new Schema(
    objects,
    hidden.flatMap(({ keyPrefix }) => keyPrefix ?? []),
  );
}

/** Whether a user may read records of an object at all. */
export function mayRead(object: ObjectDef, access: Access): boolean {
  return rightsOn(object, access).read;
}

function rightsOn(object: ObjectDef, access: Access): ObjectRights {
  const rule = ruleOf(object);
  switch (rule.kind) {
    case 'granted':
      return grantedRights(object.name, access);
    case 'with': {
      const all = rule.objects.map((name) => grantedRights(name, access));
      if (all.some(({ read }) => !read)) return NO_RIGHTS;
      return all[0]?.edit === true ? ALL_RIGHTS : READING;
    }
    case 'everyone':
      return ALL_RIGHTS;
    case 'setup':
      if (rule.read !== undefined && !access.permissions.has(rule.read)) return NO_RIGHTS;
      return access.permissions.has(rule.write) ? ALL_RIGHTS : READING;
    default:
      return unreachable(rule);
  }
}

function grantedRights(name: string, { objects, permissions }: Access): ObjectRights {
  if (permissions.has('ModifyAllData')) return ALL_RIGHTS;
  const granted = objects.get(name) ?? NO_RIGHTS;
  return permissions.has('ViewAllData') ? { ...granted, read: true } : granted;
}

interface View {
  readonly access: Access;
  readonly readable: ReadonlySet<string>;
}

function visibleObject(object: ObjectDef, rights: ObjectRights, view: View): ObjectDef {
  const { flags } = object;
  return {
    ...object,
    flags: {
      ...flags,
      createable: flags.createable && rights.create,
      updateable: flags.updateable && rights.edit,
      deletable: flags.deletable && rights.delete,
      undeletable: flags.undeletable && rights.delete,
      mergeable: flags.mergeable && rights.edit && rights.delete,
    },
    recordTypes: givenTypes(object, view.access),
    fields: object.fields.flatMap((field) => visibleField(object, field, view) ?? []),
  };
}

/** Where no profile and no permission set says anything about an object's record types, everybody may give all of them. */
function givenTypes(object: ObjectDef, { recordTypes }: Access): ObjectDef['recordTypes'] {
  const name = object.name.toLowerCase();
  if (![...recordTypes.values()].some((rights) => rights.object === name))
    return object.recordTypes;
  return object.recordTypes.map((type) => {
    const owner = type.isPerson ? PERSON_ACCOUNT : object.name;
    const rights = recordTypes.get(`${owner}.${type.developerName}`.toLowerCase());
    const available = type.active && rights?.visible === true;
    return { ...type, available, isDefault: available && rights.isDefault };
  });
}

function visibleField(
  object: ObjectDef,
  field: FieldDef,
  { access, readable }: View,
): FieldDef | undefined {
  const deciding = permissionField(object, field);
  const rights =
    deciding === undefined
      ? { read: true, edit: true }
      : access.fields.get(`${object.name}.${deciding.name}`);
  if (rights?.read !== true) return undefined;
  const referenceTo = field.referenceTo.every((name) => readable.has(name))
    ? field.referenceTo
    : field.referenceTo.filter((name) => readable.has(name));
  return {
    ...field,
    ...(field.encrypted ? { revealed: access.permissions.has('ViewEncryptedData') } : {}),
    referenceTo,
    createable: field.createable && rights.edit,
    updateable: field.updateable && rights.edit,
  };
}
