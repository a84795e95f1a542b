import { unreachable } from '../../src/kit/assert.ts';
import type { FieldDef } from '../schema/field.ts';
import type { Call, Path } from './ast.ts';
import type { Build } from './build.ts';
import { compileField, derived, pathArgument } from './expression.ts';
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
    return { operand: derived(call, formatted(operand), 'string'), path };
  }
  const path = pathArgument(build, call);
  const operand = compileField(build, source, path);
  switch (call.name) {
    case 'TOLABEL':
      return { operand: labelled(build, operand), path };
    case 'CONVERTCURRENCY':
      return { operand, path };
    case 'FORMAT':
      return { operand: derived(call, formatted(operand), 'string'), path };
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

/** A value in the form of the locale en_US. */
export function formatted({ sql, type, field }: Operand): string {
  const digits = numberPattern(field);
  if (type === 'currency') {
    return `(case when ${sql} < 0 then '-' else '' end || '$' || to_char(abs(${sql}), ${digits}))`;
  }
  if (type === 'percent') return `(to_char(${sql}, ${digits}) || '%')`;
  const kind = kindOf(type);
  if (kind === 'decimal' || kind === 'integer') return `to_char(${sql}, ${digits})`;
  if (kind === 'date') return `to_char(${sql}, 'FMMM/FMDD/YYYY')`;
  if (kind === 'datetime') {
    return `to_char(${sql} at time zone 'UTC', 'FMMM/FMDD/YYYY, FMHH12:MI AM')`;
  }
  if (kind === 'time') return `to_char(${sql}, 'FMHH12:MI AM')`;
  return kind === 'boolean' ? `(${sql})::text` : sql;
}

function numberPattern(field: FieldDef | undefined): string {
  const scale = field?.scale ?? 0;
  return `'FM999,999,999,999,999,990${scale === 0 ? '' : `.${'0'.repeat(scale)}`}'`;
}
