import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, RowRules } from '../schema/schema.ts';
import {
  STANDARD_PARENTS,
  standardSharingModel,
  type SharingModel,
} from '../schema/sharing-model.ts';
import { columnName, storedTable } from '../store/layout.ts';
import {
  attachedCondition,
  isAttached,
  type Asked,
  type Level,
  type Viewer,
} from './attached-rows.ts';
import { ruleCondition } from './rule-condition.ts';

export type { Viewer } from './attached-rows.ts';

/**
 * Which records of an object a user may read, edit, delete and give away, as SQL: the one place where record sharing is
 * decided. Undefined when he may do so with all of them, as administrators may.
 */
export function rowRules(viewer: Viewer, object: ObjectDef): RowRules | undefined {
  if (modelOf(viewer, object) === undefined && !isAttached(object)) return undefined;
  // Each is made when it is first asked for: most calls read, and read one object.
  const made = new Map<Level, string | undefined>();
  const rule = (level: Level): string | undefined => {
    if (!made.has(level)) made.set(level, rowCondition(viewer, object, { level, row: 'record' }));
    return made.get(level);
  };
  return {
    masters:
      modelOf(viewer, object) === 'ControlledByParent'
        ? parentFields(object).map(({ name }) => name)
        : [],
    get read() {
      return rule('read');
    },
    get edit() {
      return rule('edit');
    },
    get delete() {
      return rule('delete');
    },
    get transfer() {
      return rule('transfer');
    },
  };
}

/** The organization-wide default; undefined for objects whose records nobody shares. */
function modelOf(
  { access, schema }: Pick<Viewer, 'access' | 'schema'>,
  object: ObjectDef,
): SharingModel | undefined {
  if (!object.custom) return access.models.get(object.name) ?? standardSharingModel(object.name);
  if (masters(object).length > 0) return 'ControlledByParent';
  if (schema.findField(object, 'OwnerId') === undefined) return undefined;
  return access.models.get(object.name) ?? 'ReadWrite';
}

/** Master-detail references. */
function masters(object: ObjectDef): readonly FieldDef[] {
  return object.fields.filter(
    ({ custom, type, cascadeDelete }) => custom && type === 'reference' && cascadeDelete,
  );
}

function parentFields(object: ObjectDef): readonly FieldDef[] {
  const names = STANDARD_PARENTS[object.name];
  return names === undefined
    ? masters(object)
    : object.fields.filter((field) => names.includes(field.name));
}

const PARENTS_DEEP_MAX = 5;

function rowCondition(viewer: Viewer, object: ObjectDef, asked: Asked): string | undefined {
  const { access } = viewer;
  const all = access.allRecords.get(object.name);
  if (access.permissions.has('ModifyAllData') || all?.modify === true) return undefined;
  if (asked.level === 'read' && (access.permissions.has('ViewAllData') || all?.view === true))
    return undefined;
  const model = modelOf(viewer, object);
  if (model === undefined) return attachedCondition({ viewer, object, asked, rowCondition });
  if (model === 'ControlledByParent') return parentsCondition(viewer, object, asked);
  if (OPEN[model].includes(asked.level)) return undefined;
  const terms = [
    ...ownTerms(viewer, object, asked),
    ...(object.name === 'Account' && asked.level === 'read'
      ? childTerms(viewer, asked.row)
      : accountTerms(viewer, object, asked)),
  ];
  return `(${terms.join(' or ')})`;
}

/** What everybody may do by the default alone. */
const OPEN: Readonly<Record<Exclude<SharingModel, 'ControlledByParent'>, readonly Level[]>> = {
  Private: [],
  Read: ['read'],
  ReadWrite: ['read', 'edit'],
  ReadWriteTransfer: ['read', 'edit', 'transfer'],
  FullAccess: ['read', 'edit', 'delete', 'transfer'],
};

/** By owning the record or standing above its owner; by shares; by sharing rules. */
function ownTerms(
  viewer: Viewer,
  object: ObjectDef,
  { level, row }: Asked,
): readonly [string, ...string[]] {
  const owned = `${row}."ownerid" in (select public.sharing_owners(${quoteLiteral(viewer.userId)}))`;
  if (level === 'delete' || level === 'transfer') return [owned];
  return [
    owned,
    ...shareTerms(viewer, object, { level, row }),
    ...viewer.access.rules
      .filter((rule) => rule.object === object.name && (level === 'read' || rule.level === 'Edit'))
      .flatMap((rule) => {
        const given = `${quoteLiteral(rule.toGroup)} in (select public.sharing_grantees(${quoteLiteral(viewer.userId)}))`;
        if (rule.fromGroup !== undefined)
          return `(${given} and ${row}."ownerid" in (select public.sharing_members(${quoteLiteral(rule.fromGroup)})))`;
        const condition = ruleCondition(viewer.schema, object, rule);
        if (condition === undefined) return [];
        return `(${given} and exists (select from ${condition.from} where ${condition.id} = ${row}."id" and ${condition.where}))`;
      }),
  ];
}

function shareTerms(viewer: Viewer, object: ObjectDef, { level, row }: Asked): readonly string[] {
  const share = viewer.schema.findObject(
    object.custom ? object.name.replace(/__c$/, '__Share') : `${object.name}Share`,
  );
  const parent = share?.fields.find(({ type }) => type === 'reference');
  const access = share?.fields.find(({ type }) => type === 'picklist');
  if (share === undefined || parent === undefined || access === undefined) return [];
  const enough = level === 'read' ? '' : ` and ${columnName(access)} in ('Edit', 'All')`;
  return [
    `${row}."id" in (select ${columnName(parent)} from ${storedTable(share)} where not "isdeleted" and "userorgroupid" in (select public.sharing_grantees(${quoteLiteral(viewer.userId)}))${enough})`,
  ];
}

/** What an account's owner and those it is shared with may see of what belongs to the account. */
const ACCOUNT_CHILDREN = ['Case', 'Contact', 'Opportunity'] as const;

/** Who has been given something that belongs to an account may read the account. */
function childTerms(viewer: Viewer, row: string): readonly string[] {
  return ACCOUNT_CHILDREN.flatMap((name) => {
    const child = viewer.schema.findObject(name);
    if (child === undefined || modelOf(viewer, child) !== 'Private') return [];
    const terms = ownTerms(viewer, child, { level: 'read', row: 'child' });
    return `exists (select from ${storedTable(child)} as child where child."accountid" = ${row}."id" and not child."isdeleted" and (${terms.join(' or ')}))`;
  });
}

/** Who owns an account, or has been given it, has what belongs to it as far as his role or the share says. */
function accountTerms(viewer: Viewer, object: ObjectDef, { level, row }: Asked): readonly string[] {
  const name = ACCOUNT_CHILDREN.find((child) => child === object.name);
  if (name === undefined || level === 'delete' || level === 'transfer') return [];
  const user = quoteLiteral(viewer.userId);
  const enough = level === 'read' ? `in ('Read', 'Edit')` : `= 'Edit'`;
  const column = name.toLowerCase();
  return [
    `exists (select from org.account join org."user" as holder on holder.id = account.ownerid left join org.userrole on userrole.id = holder.userroleid where account.id = ${row}."accountid" and coalesce(userrole.${column}accessforaccountowner, 'Edit') ${enough} and account.ownerid in (select public.sharing_owners(${user})))`,
    `${row}."accountid" in (select accountid from org.accountshare where not isdeleted and userorgroupid in (select public.sharing_grantees(${user})) and ${column}accesslevel ${enough})`,
  ];
}

/** A detail is its masters': all of them must allow it. Deleting or adding one is editing the master. */
function parentsCondition(
  viewer: Viewer,
  object: ObjectDef,
  { level, row, depth = 0 }: Asked,
): string | undefined {
  const needed = object.custom && level !== 'read' ? 'edit' : level;
  const terms = parentFields(object).flatMap((field) => {
    const parent = viewer.schema.findObject(field.referenceTo[0] ?? '');
    if (parent === undefined || depth >= PARENTS_DEEP_MAX) return [];
    const alias = `${row}_of`;
    const condition = rowCondition(viewer, parent, {
      level: needed,
      row: alias,
      depth: depth + 1,
    });
    if (condition === undefined) return [];
    const held = `exists (select from ${storedTable(parent)} as ${alias} where ${alias}."id" = ${row}.${columnName(field)} and ${condition})`;
    if (viewer.schema.findField(object, 'OwnerId') === undefined) return held;
    // A contact without an account is its owner's.
    const [owned] = ownTerms(viewer, object, { level: 'delete', row });
    return `(${held} or (${row}.${columnName(field)} is null and ${owned}))`;
  });
  return terms.length === 0 ? undefined : `(${terms.join(' and ')})`;
}
