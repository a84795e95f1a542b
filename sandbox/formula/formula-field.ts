import type { FieldDef, FieldType } from '../schema/field.ts';
import { Schema, type ObjectDef } from '../schema/schema.ts';
import { columnType } from '../store/layout.ts';
import { compileFormula, type Compiled } from './compile.ts';
import { FormulaProblem, picklistProblem } from './problem.ts';
import type { Kind, Value } from './value.ts';

/** What a formula of each type of field must answer; of the others, text. */
export const KINDS: Readonly<Partial<Record<FieldType, Kind>>> = {
  boolean: 'Boolean',
  double: 'Number',
  currency: 'Number',
  percent: 'Number',
  date: 'Date',
  datetime: 'DateTime',
  time: 'Time',
};

/**
 * Gives every formula field its SQL. A formula that cannot be compiled (it came before formulas were computed, or what it
 * refers to is gone) leaves its field empty; who writes such a formula is told by `checkFormula`.
 */
export function withFormulas(schema: Schema): Schema {
  if (!schema.objects.some(({ fields }) => fields.some(isFormula))) return schema;
  return new Schema(
    schema.objects.map((object) =>
      object.fields.some(isFormula)
        ? { ...object, fields: object.fields.map((field) => computed(schema, object, field)) }
        : object,
    ),
    schema.hiddenPrefixes,
  );
}

/** Whether a field is computed when it is read. */
export function isFormula({ calculatedFormula, derivedFrom, column }: FieldDef): boolean {
  return (calculatedFormula !== null || derivedFrom !== undefined) && column === null;
}

function computed(schema: Schema, object: ObjectDef, field: FieldDef): FieldDef {
  if (!isFormula(field)) return field;
  try {
    return { ...field, formula: formulaSql(field, compileField(schema, object, field)) };
  } catch (error) {
    if (!(error instanceof FormulaProblem)) throw error;
    return { ...field, formula: field.type === 'boolean' ? 'false' : `null::${columnType(field)}` };
  }
}

/** @throws FormulaProblem */
export function compileField(schema: Schema, object: ObjectDef, field: FieldDef): Compiled {
  const compiled = compileFormula(field.calculatedFormula ?? field.derivedFrom ?? '', {
    schema,
    object,
    of: field,
    place: 'field',
    blanksAreZero: field.formulaTreatNullNumberAsZero,
  });
  checkResult(compiled.value, KINDS[field.type] ?? 'Text');
  return compiled;
}

export function checkResult({ kind, field }: Value, expected: Kind): void {
  if (kind === expected || kind === 'Null') return;
  if (kind === 'Picklist' || kind === 'Multi-Select Picklist')
    throw picklistProblem(kind, field?.name ?? '');
  throw new FormulaProblem(
    `Formula result is data type (${kind}), incompatible with expected data type (${expected}).`,
  );
}

/** The value a query shows: #Error! is empty, and a percentage is told in hundredths. */
function formulaSql(field: FieldDef, { value, joins }: Compiled): string {
  const shown = shownSql(field, value.sql);
  const faultless =
    value.fault === undefined
      ? shown
      : `(case when ${value.fault} then ${field.type === 'boolean' ? 'false' : 'null'} else ${shown} end)`;
  return withJoins(faultless, joins);
}

/** One value of one row, with the parents it reads. */
export function withJoins(sql: string, joins: string): string {
  return joins === '' ? sql : `(select ${sql} from (values (1)) as one(one) ${joins})`;
}

function shownSql({ type }: FieldDef, sql: string): string {
  switch (KINDS[type]) {
    case 'Boolean':
      return `coalesce(${sql}, false)`;
    case 'Number':
      return `formula.result_of(${type === 'percent' ? `${sql} * 100` : sql})`;
    case 'Date':
      return `(${sql})::date`;
    case 'DateTime':
      return `(${sql})::timestamptz`;
    case 'Time':
      return `(${sql})::time(3)`;
    case 'Geolocation':
    case 'Multi-Select Picklist':
    case 'Null':
    case 'Picklist':
    case 'Text':
    case undefined:
    default:
      return `nullif((${sql})::text, '')`;
  }
}
