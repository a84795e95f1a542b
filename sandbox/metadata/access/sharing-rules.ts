import { z } from 'zod';

import { ruleCondition } from '../../access/rule-condition.ts';
import type { SystemWrite } from '../../records/system-records.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { ObjectDef, Schema } from '../../schema/schema.ts';
import { many } from '../../schema/xml-list.ts';
import type { Actor } from '../actors.ts';
import type { LiveType } from './live-type.ts';
import { findGroup, findRoleGroup } from './people.ts';
import { readComponent } from './xml.ts';

const SharedTo = z.looseObject({
  allInternalUsers: z.string().optional(),
  group: z.string().optional(),
  queue: z.string().optional(),
  role: z.string().optional(),
  roleAndSubordinates: z.string().optional(),
  roleAndSubordinatesInternal: z.string().optional(),
});
type SharedTo = z.infer<typeof SharedTo>;

const Rule = z.looseObject({
  fullName: z.string(),
  accessLevel: z.enum(['Read', 'Edit']),
  label: z.string(),
  sharedTo: SharedTo,
});
const Criterion = z.looseObject({
  field: z.string(),
  operation: z.string(),
  // The reader of XML makes lists of all elements of this name.
  value: z.preprocess((value) => (Array.isArray(value) ? value[0] : value), z.string().default('')),
});
const Rules = z.looseObject({
  sharingOwnerRules: many(Rule.extend({ sharedFrom: SharedTo })),
  sharingCriteriaRules: many(
    Rule.extend({ booleanFilter: z.string().optional(), criteriaItems: many(Criterion) }),
  ),
});

/** An object's rules. Rules that a file does not name stay as they are. */
export const SHARING_RULES_ACTOR: Actor = {
  async keep(write, component) {
    const object = write.schema.findObject(component.fullName);
    if (object === undefined) {
      throw new SalesforceError(
        'INVALID_CROSS_REFERENCE_KEY',
        `no CustomObject named ${component.fullName} found`,
      );
    }
    const xml = readComponent(component, Rules);
    for (const rule of xml.sharingOwnerRules) {
      const from = await groupOf(write, rule.sharedFrom, 'sharedFrom');
      await saveRule(write, object, { rule, from, condition: undefined });
    }
    for (const rule of xml.sharingCriteriaRules) {
      const condition = conditionOf(write.schema, object, rule);
      await saveRule(write, object, { rule, from: undefined, condition });
    }
    return undefined;
  },
  async drop({ client }, fullName) {
    await client.query(
      '/* dropRules */ delete from sharing_rules where lower(object) = lower($1)',
      [fullName],
    );
  },
};

async function saveRule(
  write: SystemWrite,
  object: ObjectDef,
  of: {
    readonly rule: z.infer<typeof Rule>;
    readonly from: string | undefined;
    readonly condition: string | undefined;
  },
): Promise<void> {
  const { rule, from, condition } = of;
  const to = await groupOf(write, rule.sharedTo, 'sharedTo');
  await write.client.query(SAVE_RULE, [
    object.name,
    rule.fullName,
    from === undefined ? 'criteria' : 'owner',
    from ?? null,
    to,
    rule.accessLevel,
    condition ?? null,
    JSON.stringify(rule),
  ]);
}

const SAVE_RULE = `/* saveRule */
insert into sharing_rules (object, name, kind, from_group, to_group, level, condition, definition) values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (object, name) do update
   set kind = excluded.kind, from_group = excluded.from_group, to_group = excluded.to_group, level = excluded.level,
       condition = excluded.condition, definition = excluded.definition`;

/** The group that people are named by. An element without text (`<allInternalUsers/>`) is there and empty. */
async function groupOf({ client }: SystemWrite, named: SharedTo, field: string): Promise<string> {
  const [kind = '', name = ''] =
    Object.entries(named).find(([, value]) => typeof value === 'string') ?? [];
  const find = async (): Promise<string | undefined> => {
    switch (kind) {
      case 'allInternalUsers':
        return findGroup(client, 'AllInternalUsers', 'Organization');
      case 'group':
        return findGroup(client, String(name), 'Regular');
      case 'queue':
        return findGroup(client, String(name), 'Queue');
      case 'role':
        return findRoleGroup(client, String(name), 'Role');
      case 'roleAndSubordinates':
      case 'roleAndSubordinatesInternal':
        return findRoleGroup(client, String(name), 'RoleAndSubordinates');
      default:
        throw new SalesforceError(
          'INVALID_INPUT',
          `${field}: the sandbox org shares with groups, queues, roles and all internal users, not with ${kind}`,
        );
    }
  };
  const id = await find();
  if (id !== undefined) return id;
  throw new SalesforceError(
    'INVALID_CROSS_REFERENCE_KEY',
    `In field: ${field} - no ${kind} named ${String(name)} found`,
  );
}

const OPERATORS: Readonly<Record<string, string>> = {
  equals: '=',
  notEqual: '!=',
  lessThan: '<',
  greaterThan: '>',
  lessOrEqual: '<=',
  greaterOrEqual: '>=',
};

/** Criteria as a condition in SOQL: several values of one criterion stand between commas. */
function conditionOf(
  schema: Schema,
  object: ObjectDef,
  rule: {
    readonly fullName: string;
    readonly booleanFilter?: string | undefined;
    readonly criteriaItems: readonly z.infer<typeof Criterion>[];
  },
): string {
  const terms = rule.criteriaItems.map((item) => termOf(schema, object, item));
  const filter = rule.booleanFilter ?? terms.map((_, index) => index + 1).join(' AND ');
  if (terms.length === 0 || !/^(?:\d+|AND|OR|NOT|[()\s])+$/i.test(filter))
    throw new SalesforceError(
      'INVALID_INPUT',
      `${rule.fullName}: Invalid boolean filter ${filter}`,
    );
  const condition = filter.replaceAll(/\d+/g, (number) => {
    const term = terms[Number(number) - 1];
    if (term === undefined)
      throw new SalesforceError(
        'INVALID_INPUT',
        `${rule.fullName}: There is no criterion ${number}`,
      );
    return term;
  });
  if (ruleCondition(schema, object, { condition }) === undefined)
    throw new SalesforceError(
      'INVALID_INPUT',
      `${rule.fullName}: The criteria cannot be read: ${condition}`,
    );
  return condition;
}

function termOf(
  schema: Schema,
  object: ObjectDef,
  { field: name, operation, value }: z.infer<typeof Criterion>,
): string {
  const field = schema.findField(object, name.replace(`${object.name}.`, ''));
  if (field === undefined) {
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: field - no CustomField named ${object.name}.${name} found`,
    );
  }
  const bare = ['boolean', 'int', 'double', 'currency', 'percent', 'date', 'datetime'].includes(
    field.type,
  );
  const literal = (text: string): string =>
    text === '' ? 'null' : bare ? text.toLowerCase() : quoted(text);
  const values = (field.type === 'string' ? [value] : value.split(',')).map((text) => text.trim());
  const any = (one: (text: string) => string): string => `(${values.map(one).join(' OR ')})`;
  switch (operation) {
    case 'contains':
      return any((text) => `${field.name} LIKE ${quoted(`%${text}%`)}`);
    case 'notContain':
      return `(NOT ${any((text) => `${field.name} LIKE ${quoted(`%${text}%`)}`)})`;
    case 'startsWith':
      return any((text) => `${field.name} LIKE ${quoted(`${text}%`)}`);
    case 'includes':
      return `${field.name} INCLUDES (${values.map(quoted).join(', ')})`;
    case 'excludes':
      return `${field.name} EXCLUDES (${values.map(quoted).join(', ')})`;
    case 'notEqual':
      return `(${values.map((text) => `${field.name} != ${literal(text)}`).join(' AND ')})`;
    default: {
      const operator = OPERATORS[operation];
      if (operator === undefined)
        throw new SalesforceError(
          'INVALID_INPUT',
          `operation: there is no filter operation ${operation}`,
        );
      return any((text) => `${field.name} ${operator} ${literal(text)}`);
    }
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

const RuleRow = z.object({
  object: z.string(),
  kind: z.string(),
  definition: z.record(z.string(), z.unknown()),
});

export const SHARING_RULES_TYPE: LiveType = {
  type: 'SharingRules',
  async names(pool) {
    const { rows } = await pool.query(
      '/* ruleObjects */ select distinct object as id from sharing_rules order by 1',
    );
    return z
      .array(z.object({ id: z.string() }))
      .parse(rows)
      .map(({ id }) => id);
  },
  async show(pool, fullName) {
    const { rows } = await pool.query(
      '/* shownRules */ select object, kind, definition from sharing_rules where lower(object) = lower($1) order by name',
      [fullName],
    );
    const rules = z.array(RuleRow).parse(rows);
    if (rules.length === 0) return undefined;
    const of = (wanted: string) =>
      rules.filter(({ kind }) => kind === wanted).map(({ definition }) => definition);
    return { sharingCriteriaRules: of('criteria'), sharingOwnerRules: of('owner') };
  },
};
