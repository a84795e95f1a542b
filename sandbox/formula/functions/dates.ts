import { NOW_SQL, TODAY_SQL, ZONE_SQL } from '../template.ts';
import { made, type Kind, type Value } from '../value.ts';
import { NUMBER, plain, type FunctionCall, type FunctionRule } from './rule.ts';

const DATE: readonly Kind[] = ['Date'];
const TIME: readonly Kind[] = ['Time'];

const part = (field: string, takes: readonly Kind[]): FunctionRule =>
  plain('Number', [takes], (d) => `extract(${field} from ${d})::numeric`);

/** Of a date, or of a moment's day in Greenwich. */
const isoPart = (field: string): FunctionRule => ({
  takes: [['Date', 'DateTime']],
  needs: 1,
  make: ({ values }) => {
    const [value] = values;
    const day = value?.kind === 'DateTime' ? `(${value.sql} at time zone 'UTC')` : value?.sql;
    return made('Number', `extract(${field} from ${day ?? 'null::date'})::numeric`, values);
  },
});

export const DATE_FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  ADDMONTHS: {
    takes: [['Date', 'DateTime'], NUMBER],
    needs: 2,
    make: ({ values }) => {
      const [start, months] = values;
      const sql = `formula.months_after(${start?.sql ?? 'null'}, ${months?.sql ?? 'null'})`;
      return made(start?.kind ?? 'Date', sql, values);
    },
  },
  DATE: plain('Date', [NUMBER, NUMBER, NUMBER], (y, m, d) => `formula.date_of(${y}, ${m}, ${d})`, {
    fault: (y, m, d) =>
      `(num_nulls(${y}, ${m}, ${d}) = 0 and formula.date_of(${y}, ${m}, ${d}) is null)`,
  }),
  DATETIMEVALUE: { takes: [['Text', 'Date', 'DateTime']], needs: 1, make: dateTime },
  DATEVALUE: { takes: [['Text', 'DateTime', 'Date']], needs: 1, make: date },
  DAY: part('day', DATE),
  DAYOFYEAR: part('doy', DATE),
  FROMUNIXTIME: plain(
    'DateTime',
    [NUMBER],
    (seconds) =>
      `(case when abs(${seconds}) < 2e11 then to_timestamp((${seconds})::double precision) end)`,
  ),
  HOUR: part('hour', TIME),
  ISOWEEK: isoPart('week'),
  ISOYEAR: isoPart('isoyear'),
  MILLISECOND: plain('Number', [TIME], (t) => `mod(formula.milliseconds_of(${t}), 1000)`),
  MINUTE: part('minute', TIME),
  MONTH: part('month', DATE),
  NOW: plain('DateTime', [], () => NOW_SQL),
  SECOND: plain('Number', [TIME], (t) => `trunc(extract(second from ${t}))::numeric`),
  TIMENOW: plain('Time', [], () => `(${NOW_SQL} at time zone 'UTC')::time(3)`),
  TIMEVALUE: { takes: [['Text', 'DateTime', 'Time']], needs: 1, make: time },
  TODAY: plain('Date', [], () => `(${TODAY_SQL})`),
  UNIXTIMESTAMP: {
    takes: [['Date', 'DateTime', 'Time']],
    needs: 1,
    make: ({ values }) =>
      made('Number', `trunc(extract(epoch from ${values[0]?.sql ?? 'null'}))::numeric`, values),
  },
  WEEKDAY: plain('Number', [DATE], (d) => `(extract(dow from ${d}) + 1)::numeric`),
  YEAR: part('year', DATE),
};

/** Text that is no date, where a date is wanted, is #Error!. */
function fromText(kind: Value['kind'], parser: string, values: readonly Value[]): Value {
  const text = values[0]?.sql ?? 'null';
  const sql = `formula.${parser}(${text})`;
  return made(kind, sql, values, `(coalesce(${text}, '') <> '' and ${sql} is null)`);
}

function date({ values }: FunctionCall): Value {
  const [value] = values;
  if (value?.kind === 'Date') return value;
  if (value?.kind !== 'DateTime') return fromText('Date', 'date_from', values);
  return made('Date', `(${value.sql} at time zone ${ZONE_SQL})::date`, values);
}

function dateTime({ values }: FunctionCall): Value {
  const [value] = values;
  if (value?.kind === 'DateTime') return value;
  if (value?.kind !== 'Date') return fromText('DateTime', 'datetime_from', values);
  return made('DateTime', `(${value.sql}::timestamp at time zone 'UTC')`, values);
}

function time({ values }: FunctionCall): Value {
  const [value] = values;
  if (value?.kind === 'Time') return value;
  if (value?.kind !== 'DateTime') return fromText('Time', 'time_from', values);
  return made('Time', `(${value.sql} at time zone 'UTC')::time(3)`, values);
}
