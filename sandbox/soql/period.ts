import { unreachable } from '../../src/kit/assert.ts';
import { dayIn, weekStartOf, type Calendar, type Day } from './calendar.ts';

/** A stretch of days, the end not included, as `YYYY-MM-DD`. */
export interface Period {
  readonly start: string;
  readonly end: string;
}

const UNITS = ['DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR', 'FISCAL_QUARTER', 'FISCAL_YEAR'] as const;
type Unit = (typeof UNITS)[number];

const FIXED =
  /^(?:YESTERDAY|TODAY|TOMORROW|(?:LAST|NEXT)_90_DAYS|(?:LAST|THIS|NEXT)_(?:WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR))$/;
const COUNTED =
  /^(?:(?:LAST|NEXT)_N_(?:DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S|N_(?:DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S_AGO)$/;

/** Whether the (upper-case) word is a date literal such as TODAY or LAST_N_DAYS. */
export function isPeriod(word: string): boolean {
  return FIXED.test(word) || COUNTED.test(word);
}

/** Whether the date literal is followed by `:n`. */
export function takesCount(word: string): boolean {
  return COUNTED.test(word);
}

interface Today extends Day {
  readonly calendar: Calendar;
}

/**
 * What a date literal means at a moment: whole days of the user's time zone, weeks from his locale's first day, fiscal
 * years of the organization. The LAST literals with a number of days include today; the NEXT ones begin tomorrow.
 */
export function periodOf(
  name: string,
  count: number | undefined,
  { now, calendar }: { readonly now: Date; readonly calendar: Calendar },
): Period {
  const today = { ...dayIn(calendar.zone, now), calendar };
  switch (name) {
    case 'YESTERDAY':
      return units('DAY', -1, 0, today);
    case 'TODAY':
      return units('DAY', 0, 1, today);
    case 'TOMORROW':
      return units('DAY', 1, 2, today);
    case 'LAST_90_DAYS':
      return units('DAY', -90, 1, today);
    case 'NEXT_90_DAYS':
      return units('DAY', 1, 91, today);
    default:
      return relative(name, count ?? 0, today);
  }
}

function relative(name: string, count: number, today: Today): Period {
  const unit = unitOf(name);
  if (name.startsWith('N_')) return units(unit, -count, 1 - count, today);
  if (name.startsWith('LAST_N_')) return units(unit, -count, unit === 'DAY' ? 1 : 0, today);
  if (name.startsWith('NEXT_N_')) return units(unit, 1, 1 + count, today);
  if (name.startsWith('LAST_')) return units(unit, -1, 0, today);
  if (name.startsWith('NEXT_')) return units(unit, 1, 2, today);
  return units(unit, 0, 1, today);
}

function unitOf(name: string): Unit {
  const bare = name.replace(/^(?:LAST_N|NEXT_N|LAST|NEXT|THIS|N)_/, '').replace(/_AGO$/, '');
  return UNITS.find((unit) => bare === unit || bare === `${unit}S`) ?? 'DAY';
}

/** From the `from`th unit counted from the present one to the `to`th, that one not included. */
function units(unit: Unit, from: number, to: number, today: Today): Period {
  return { start: startOf(unit, from, today), end: startOf(unit, to, today) };
}

function startOf(unit: Unit, offset: number, today: Today): string {
  const { year, month, day, weekday, calendar } = today;
  switch (unit) {
    case 'DAY':
      return isoDate(year, month, day + offset);
    case 'WEEK': {
      const sinceStart = (weekday - weekStartOf(calendar.locale) + 7) % 7;
      return isoDate(year, month, day - sinceStart + 7 * offset);
    }
    case 'MONTH':
      return isoDate(year, month + offset, 1);
    case 'QUARTER':
      return isoDate(year, month - (month % 3) + 3 * offset, 1);
    case 'YEAR':
      return isoDate(year + offset, 0, 1);
    case 'FISCAL_QUARTER':
      return isoDate(year, month - (fiscalMonth(today) % 3) + 3 * offset, 1);
    case 'FISCAL_YEAR':
      return isoDate(year + offset, month - fiscalMonth(today), 1);
    default:
      return unreachable(unit);
  }
}

/** Whole months since the fiscal year began, 0 to 11. */
function fiscalMonth({ month, calendar }: Today): number {
  return (month - (calendar.fiscalStartMonth - 1) + 12) % 12;
}

/** PostgreSQL holds years 1 to 9999 in this form; anything beyond means the same as the bound. */
function isoDate(year: number, month: number, day: number): string {
  const date = new Date(Date.UTC(year, month, day));
  const time = date.getTime();
  if (Number.isNaN(time) || date.getUTCFullYear() > 9999) return '9999-12-31';
  if (date.getUTCFullYear() < 1) return '0001-01-01';
  return date.toISOString().slice(0, 10);
}
