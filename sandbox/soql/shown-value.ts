import { unreachable } from '../../src/kit/assert.ts';
import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { Call, Path } from './ast.ts';
import type { Build } from './build.ts';
import { compileField, derived, pathArgument } from './expression.ts';
import { localFormatOf } from './local-format.ts';
import { inOwnCurrency } from './currency.ts';
import { kindOf, type Operand } from './operand.ts';
import type { Source } from './source.ts';

/** A function of the select list as a value, and the field path whose place it takes in the answer, when there is one. */
export function shownValue(
  build: Build,
  source: Source,
  call: Call,
): { readonly operand: Operand; readonly path: Path | undefined } {
  if (call.name === 'DISTANCE') {
    return { operand: compileField(build, source, call), path: undefined };
  }
  if (call.name !== 'TOLABEL' && call.name !== 'CONVERTCURRENCY' && call.name !== 'FORMAT') {
    throw build.problem('MALFORMED_QUERY', `${call.name} needs a GROUP BY clause`, call);
  }
  const [argument] = call.arguments;
  if (call.name === 'FORMAT' && argument?.kind === 'call') {
    const { operand, path } = shownValue(build, source, argument);
    return { operand: derived(call, formatted(build, operand), 'string'), path };
  }
  const path = pathArgument(build, call);
  const operand = compileField(build, source, path);
  switch (call.name) {
    case 'TOLABEL':
      return { operand: labelled(build, operand), path };
    case 'CONVERTCURRENCY':
      return { operand: { ...operand, sql: inOwnCurrency(build, operand) }, path };
    case 'FORMAT':
      return { operand: derived(call, formatted(build, operand), 'string'), path };
    default:
      return unreachable(call.name);
  }
}

/** A picklist value as people see it. */
function labelled(build: Build, operand: Operand): Operand {
  const renamed = (operand.field?.picklistValues ?? []).filter(
    ({ value, label }) => value !== label,
  );
  if (renamed.length === 0) return { ...operand, type: 'string' };
  const cases = renamed.map(
    ({ value, label }) => `when ${build.value(value, 'text')} then ${build.value(label, 'text')}`,
  );
  return {
    ...operand,
    sql: `case ${operand.sql} ${cases.join(' ')} else ${operand.sql} end`,
    type: 'string',
  };
}

/** A value as people of the caller's locale write it, moments in his time zone. */
export function formatted(build: Build, { sql, type, field, currency }: Operand): string {
  const { zone, locale } = build.moment.calendar;
  const local = localFormatOf(locale);
  const number = (value: string): string => {
    const text = `to_char(${value}, ${numberPattern(field)})`;
    const signs = `${local.group}${local.decimal}`;
    return signs === ',.' ? text : `translate(${text}, ',.', ${quoteLiteral(signs)})`;
  };
  if (type === 'currency' && currency !== undefined) {
    return `(${currency} || ' ' || ${number(sql)})`;
  }
  if (type === 'currency') {
    return `(case when ${sql} < 0 then '-' else '' end || '$' || ${number(`abs(${sql})`)})`;
  }
  if (type === 'percent') return `(${number(sql)} || '%')`;
  const kind = kindOf(type);
  if (kind === 'decimal' || kind === 'integer') return number(sql);
  if (kind === 'date') return `to_char(${sql}, ${quoteLiteral(local.date)})`;
  if (kind === 'datetime') {
    return `to_char(${sql} at time zone ${quoteLiteral(zone)}, ${quoteLiteral(local.datetime)})`;
  }
  if (kind === 'time') return `to_char(${sql}, ${quoteLiteral(local.time)})`;
  return kind === 'boolean' ? `(${sql})::text` : sql;
}

function numberPattern(field: FieldDef | undefined): string {
  const scale = field?.scale ?? 0;
  return `'FM999,999,999,999,999,990${scale === 0 ? '' : `.${'0'.repeat(scale)}`}'`;
}
