import { quoteName } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { columnName, tableName } from '../store/layout.ts';
import { compileFormula } from './compile.ts';
import { checkResult, KINDS, withJoins } from './formula-field.ts';
import { lookupFilterRule } from './lookup-filter.ts';
import { FormulaProblem } from './problem.ts';
import { IS_NEW, ofRow, PRIOR } from './template.ts';

/** A condition under which records of an object are refused. */
export interface ValidationRule {
  readonly name: string;
  readonly active: boolean;
  readonly formula: string;
  readonly message: string;
  /** The field beside which the message stands; null: at the top of the page. */
  readonly displayField: string | null;
  /** FIELD_CUSTOM_VALIDATION_EXCEPTION unless given. */
  readonly errorCode?: string;
}

/**
 * A rule's condition as SQL over the rows `record` (as it shall be) and `prior` (as it is).
 * @throws FormulaProblem
 */
export function ruleSql(schema: Schema, object: ObjectDef, { formula }: ValidationRule): string {
  const options = { schema, object, place: 'rule', blanksAreZero: false } as const;
  const { value, joins } = compileFormula(formula, options);
  checkResult(value, 'Boolean');
  const condition =
    value.fault === undefined
      ? value.sql
      : `(case when ${value.fault} then false else ${value.sql} end)`;
  return `coalesce(${withJoins(condition, joins)}, false)`;
}

/** One statement for all active rules of an object; undefined when it has none. */
export interface RuleCheck {
  readonly rules: readonly ValidationRule[];
  /** `$1`: JSON array of the values to be written, by column; rows `{ at, failed }`, positions from 1. */
  readonly ofNew: string;
  readonly ofChanged: string;
}

const CHECKS = new WeakMap<Schema, Map<string, RuleCheck | undefined>>();

export function ruleCheck(schema: Schema, object: ObjectDef): RuleCheck | undefined {
  const known = CHECKS.get(schema) ?? new Map<string, RuleCheck | undefined>();
  CHECKS.set(schema, known);
  if (!known.has(object.name)) known.set(object.name, makeCheck(schema, object));
  return known.get(object.name);
}

function makeCheck(schema: Schema, object: ObjectDef): RuleCheck | undefined {
  const compiled = [...object.validationRules, ...filterRules(schema, object)]
    .filter(({ active }) => active)
    .flatMap((rule) => {
      const sql = tryRule(schema, object, rule);
      return sql === undefined ? [] : [{ rule, sql }];
    });
  if (compiled.length === 0) return undefined;
  const conditions = compiled.map(({ sql }) => sql);
  return {
    rules: compiled.map(({ rule }) => rule),
    ofNew: statement(object, conditions, true),
    ofChanged: statement(object, conditions, false),
  };
}

function filterRules(schema: Schema, object: ObjectDef): readonly ValidationRule[] {
  return object.fields.flatMap((field) => {
    if (field.lookupFilter === undefined) return [];
    try {
      return lookupFilterRule(schema, object, field) ?? [];
    } catch (error) {
      if (error instanceof FormulaProblem) return [];
      throw error;
    }
  });
}

/** What a rule referred to may be gone: then the rule holds nobody back. Who writes such a rule is refused. */
function tryRule(schema: Schema, object: ObjectDef, rule: ValidationRule): string | undefined {
  try {
    return ruleSql(schema, object, rule);
  } catch (error) {
    if (error instanceof FormulaProblem) return undefined;
    throw error;
  }
}

/**
 * The records as they shall be: what is written, laid over what is there. PostgreSQL puts them together, so a rule sees
 * the very values, in the types of the columns, that a query would see afterwards.
 */
function statement(object: ObjectDef, conditions: readonly string[], isNew: boolean): string {
  const failed = conditions.map((sql, at) => `case when ${sql} then ${at} end`).join(', ');
  return `/* validationRules */ select checked.at::integer as at, checked.failed
  from (${overChanges(object, `array_remove(array[${failed}], null) as failed`, isNew)}) as checked
 where cardinality(checked.failed) > 0`;
}

/** `$1`: JSON array of what is written, by column: for each the columns asked for, and its position `at`, from 1. */
export function overChanges(object: ObjectDef, columns: string, isNew: boolean): string {
  const table = tableName(object);
  const stored = object.fields.flatMap((field) =>
    field.column === null ? [] : [columnSql(field)],
  );
  const base = isNew
    ? `cross join lateral jsonb_populate_record(null::${table}, item.change) as base`
    : `join ${table} as there on there."id" = item.change->>'id'
       cross join lateral jsonb_populate_record(there, item.change) as base`;
  const filled = ofRow(columns, 'record')
    .replaceAll(PRIOR, 'prior')
    .replaceAll(IS_NEW, String(isNew));
  return `select record."_at"::integer as at, ${filled}
  from (select ${stored.join(', ')}, shaped."_at"
          from (select base.*, item.at as "_at"
                  from jsonb_array_elements($1::jsonb) with ordinality as item(change, at) ${base}) as shaped) as record
  left join ${table} as prior on prior."id" = record."id"`;
}

/** A compound name is computed from its parts as they shall be. */
function columnSql(field: FieldDef): string {
  const name = columnName(field);
  return field.generated === null ? `shaped.${name}` : `(${field.generated}) as ${name}`;
}

/**
 * The values fields have of themselves in new records, as one SQL query that answers one row of JSON values by field
 * name; undefined when no field has a formula for it.
 */
export function defaultsSql(schema: Schema, object: ObjectDef): string | undefined {
  const columns = object.fields.flatMap((field) => {
    const sql = tryDefault(schema, field);
    return sql === undefined ? [] : [`${sql} as ${quoteName(field.name)}`];
  });
  if (columns.length === 0) return undefined;
  return `/* defaultValues */ select to_jsonb(item) as defaults from (select ${columns.join(', ')}) as item`;
}

function tryDefault(schema: Schema, field: FieldDef): string | undefined {
  if (field.defaultValueFormula === null || field.column === null) return undefined;
  try {
    return defaultSql(schema, field);
  } catch (error) {
    if (error instanceof FormulaProblem) return undefined;
    throw error;
  }
}

/** @throws FormulaProblem */
export function defaultSql(schema: Schema, field: FieldDef): string {
  const { value, joins } = compileFormula(field.defaultValueFormula ?? '', {
    schema,
    object: undefined,
    place: 'default',
    blanksAreZero: false,
  });
  const expected = KINDS[field.type] ?? 'Text';
  checkResult(value, expected);
  const sql = withJoins(`(${value.sql})`, joins);
  const shown = storedSql(field, sql);
  return value.fault === undefined
    ? shown
    : `(case when ${value.fault} then null else ${shown} end)`;
}

/** As the store takes it. */
export function storedSql({ type, length, scale }: FieldDef, sql: string): string {
  const kind = KINDS[type] ?? 'Text';
  if (kind === 'Boolean') return sql;
  if (kind === 'Number')
    return `round(${type === 'percent' ? `${sql} * 100` : sql}, ${scale})::double precision`;
  if (kind === 'Date') return `to_char(${sql}, 'YYYY-MM-DD')`;
  if (kind === 'Time') return `to_char(${sql}, 'HH24:MI:SS.MS')`;
  if (kind === 'DateTime')
    return `to_char(date_trunc('second', ${sql}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return `nullif(${length === 0 ? sql : `left(${sql}, ${length})`}, '')`;
}
