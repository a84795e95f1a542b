import { unreachable } from '../../src/kit/assert.ts';
import { quoteLiteral } from '../../src/kit/identifiers.ts';
import { CURRENCY_FIELD } from '../schema/currencies.ts';
import type { FieldDef, FieldType } from '../schema/field.ts';
import {
  DATE_FUNCTIONS,
  type Argument,
  type Call,
  type DateFunction,
  type Expression,
  type Geolocation,
  type Path,
} from './ast.ts';
import type { Build } from './build.ts';
import type { Calendar } from './calendar.ts';
import { columnOf, kindOf, type Operand } from './operand.ts';
import type { FoundField, Row, Source } from './source.ts';
import { noSuchColumn } from './words.ts';

/** A field path or a function that is computed row by row (WHERE, GROUP BY, plain ORDER BY). Aggregates are refused. */
export function compileField(build: Build, source: Source, expression: Expression): Operand {
  if (expression.kind === 'path') return pathOperand(build, source.field(expression), expression);
  return compileRowFunction(build, source, expression);
}

function pathOperand(build: Build, found: FoundField, path: Path): Operand {
  const { row, field, parents } = found;
  const compound =
    kindOf(field.type) === 'compound' || (field.column === null && field.formula === null);
  return {
    sql: compound ? 'null' : columnOf(row.alias, field),
    type: field.type,
    label: path.names.map(({ text }) => text).join('.'),
    field,
    nullable: field.nillable || parents.length > 0,
    aggregate: false,
    ...currencyOf(build, row, field),
    at: path.at,
  };
}

function currencyOf(
  build: Build,
  { object, alias }: Row,
  { type }: FieldDef,
): Pick<Operand, 'currency'> {
  if (type !== 'currency') return {};
  const code = build.options.schema.findField(object, CURRENCY_FIELD);
  return code === undefined ? {} : { currency: columnOf(alias, code) };
}

function compileRowFunction(build: Build, source: Source, call: Call): Operand {
  if (call.name === 'CONVERTCURRENCY' || call.name === 'TOLABEL') {
    return compileField(build, source, pathArgument(build, call));
  }
  if (call.name === 'DISTANCE') {
    return derived(call, compileDistance(build, source, call), 'double');
  }
  const name = DATE_FUNCTIONS.find((known) => known === call.name);
  if (name === undefined) {
    throw build.problem('MALFORMED_QUERY', `unexpected token: '${call.name}'`, call);
  }
  return compileDateFunction(build, source, { ...call, name });
}

function compileDateFunction(
  build: Build,
  source: Source,
  call: Call & { readonly name: DateFunction },
): Operand {
  const [argument] = call.arguments;
  const inner = argument?.kind === 'call' ? argument.arguments[0] : argument;
  if (inner?.kind !== 'path') throw build.problem('MALFORMED_QUERY', "unexpected token: ')'", call);
  const operand = compileField(build, source, inner);
  const kind = kindOf(operand.type);
  const needsTime = call.name === 'HOUR_IN_DAY' || call.name === 'DAY_ONLY';
  if (kind !== 'datetime' && (kind !== 'date' || needsTime)) {
    throw build.problem(
      'INVALID_FIELD',
      `Field ${operand.label} is not supported for date function ${call.name}`,
      operand,
    );
  }
  // Moments are cut into days and hours in UTC, unless convertTimezone() asks for the user's own time zone.
  const { calendar } = build.moment;
  const zone = argument?.kind === 'call' ? calendar.zone : 'UTC';
  const local =
    kind === 'datetime' ? `(${operand.sql} at time zone ${quoteLiteral(zone)})` : operand.sql;
  return derived(
    call,
    dateFunctionSql(call.name, local, calendar),
    call.name === 'DAY_ONLY' ? 'date' : 'int',
  );
}

function dateFunctionSql(name: DateFunction, local: string, calendar: Calendar): string {
  const part = (field: string, of = local): string => `extract(${field} from ${of})::integer`;
  const sinceStart = calendar.fiscalStartMonth - 1;
  // A fiscal year that begins in April is like a calendar year three months earlier.
  const fiscal = sinceStart === 0 ? local : `(${local} - interval '${sinceStart} months')`;
  switch (name) {
    case 'CALENDAR_MONTH':
      return part('month');
    case 'FISCAL_MONTH':
      return part('month', fiscal);
    case 'CALENDAR_QUARTER':
      return part('quarter');
    case 'FISCAL_QUARTER':
      return part('quarter', fiscal);
    case 'CALENDAR_YEAR':
      return part('year');
    case 'FISCAL_YEAR':
      return sinceStart > 0 && !calendar.fiscalNamedByStart
        ? `(${part('year', fiscal)} + 1)`
        : part('year', fiscal);
    case 'DAY_IN_MONTH':
      return part('day');
    case 'DAY_IN_WEEK':
      return `(${part('dow')} + 1)`;
    case 'DAY_IN_YEAR':
      return part('doy');
    case 'DAY_ONLY':
      return `${local}::date`;
    case 'HOUR_IN_DAY':
      return part('hour');
    case 'WEEK_IN_MONTH':
      return `((${part('day')} + 6) / 7)`;
    case 'WEEK_IN_YEAR':
      return `((${part('doy')} + 6) / 7)`;
    default:
      return unreachable(name);
  }
}

export function derived(call: Call, sql: string, type: FieldType): Operand {
  return {
    sql,
    type,
    label: call.name,
    field: undefined,
    nullable: true,
    aggregate: false,
    at: call.at,
  };
}

/** The field path a function is of. */
export function pathArgument(build: Build, call: Call): Path {
  const [argument] = call.arguments;
  if (argument?.kind === 'path') return argument;
  throw build.problem('MALFORMED_QUERY', "unexpected token: ')'", call);
}

const EARTH_RADIUS = { km: 6_371.009, mi: 3_958.7613 } as const;

/** Great-circle distance between two places, of which each is a location field or GEOLOCATION(latitude, longitude). */
function compileDistance(build: Build, source: Source, call: Call): string {
  const [from, to, unit] = call.arguments;
  const word = unit?.kind === 'string' ? unit.value.toLowerCase() : '';
  if (word !== 'km' && word !== 'mi') {
    throw build.problem('MALFORMED_QUERY', "DISTANCE unit must be 'mi' or 'km'", unit ?? call);
  }
  const a = compilePlace(build, source, from, call);
  const b = compilePlace(build, source, to, call);
  return `(2 * ${EARTH_RADIUS[word]} * asin(least(1, sqrt(power(sin(radians(${b.latitude} - ${a.latitude}) / 2), 2) + cos(radians(${a.latitude})) * cos(radians(${b.latitude})) * power(sin(radians(${b.longitude} - ${a.longitude}) / 2), 2)))))`;
}

interface PlaceSql {
  readonly latitude: string;
  readonly longitude: string;
}

function compilePlace(
  build: Build,
  source: Source,
  argument: Argument | undefined,
  call: Call,
): PlaceSql {
  if (argument?.kind === 'geolocation') return fixedPlace(build, argument);
  if (argument?.kind !== 'path') {
    throw build.problem('MALFORMED_QUERY', 'DISTANCE needs two locations', call);
  }
  const { row, field } = source.field(argument);
  const latitude = component(build, row, field, 'latitude');
  const longitude = component(build, row, field, 'longitude');
  if (latitude === undefined || longitude === undefined) {
    throw build.problem(
      'INVALID_FIELD',
      `field '${field.name}' does not support distance queries`,
      argument,
    );
  }
  return { latitude, longitude };
}

function fixedPlace(build: Build, { latitude, longitude, ...place }: Geolocation): PlaceSql {
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) {
    throw build.problem('MALFORMED_QUERY', 'GEOLOCATION is out of range', place);
  }
  return {
    latitude: build.value(String(latitude), 'double precision'),
    longitude: build.value(String(longitude), 'double precision'),
  };
}

function component(build: Build, row: Row, field: FieldDef, part: string): string | undefined {
  const name = field.components?.[part];
  if (name === undefined) return undefined;
  const found = build.options.schema.findField(row.object, name);
  if (found === undefined) throw new TypeError(noSuchColumn(name, row.object.name));
  return columnOf(row.alias, found);
}
