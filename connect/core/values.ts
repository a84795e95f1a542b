import { unreachable } from '../../src/kit/assert.ts';
import type { ValueKind } from './plan.ts';
import type { Value } from './row.ts';

/**
 * One spelling for a field's value, whichever side it comes from: text, or null where empty.
 *
 * | kind     | canonical                  | PostgreSQL's text           | Salesforce's JSON              |
 * |----------|----------------------------|-----------------------------|--------------------------------|
 * | boolean  | `true`                     | `t`, `true`                 | `true`                         |
 * | integer  | `12`                       | `12`                        | `12`, `12.0`                   |
 * | double   | `0.3` (shortest)           | `0.3`, `0.30000000000000004`| `0.3`                          |
 * | date     | `2026-11-21`               | `2026-11-21`                | `2026-11-21`                   |
 * | datetime | `2026-11-21T06:41:31.000Z` | `2026-11-21 06:41:31`       | `2026-11-21T06:41:31.000+0000` |
 * | time     | `06:41:31.000`             | `06:41:31`                  | `06:41:31.000Z`                |
 */
export function canonical(
  kind: ValueKind,
  raw: string | number | boolean | null | undefined,
): Value {
  if (raw === null || raw === undefined) return null;
  const text = String(raw);
  switch (kind) {
    case 'text':
      return text;
    case 'boolean':
      return text === 't' || text === 'true' || text === '1' ? 'true' : 'false';
    case 'integer':
      return number(text, (value) => String(Math.trunc(value)));
    case 'double':
      return number(text, String);
    case 'date':
      return text.slice(0, 10);
    case 'datetime':
      return datetime(text);
    case 'time':
      return time(text);
    default:
      return unreachable(kind);
  }
}

/**
 * Whether Salesforce would show the same after writing either: it trims text and empties `''`, keeps about fifteen
 * digits of a number and whole seconds of a time. What only normalisation made different is no change.
 */
export function sameValue(kind: ValueKind, a: Value, b: Value): boolean {
  return a === b || shown(kind, a) === shown(kind, b);
}

function shown(kind: ValueKind, value: Value): Value {
  if (value === null) return null;
  switch (kind) {
    case 'text': {
      const trimmed = value.replaceAll('\r\n', '\n').trim();
      return trimmed === '' ? null : trimmed;
    }
    case 'double':
      return number(value, (parsed) => parsed.toPrecision(DIGITS_KEPT));
    case 'datetime':
      return value.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
    case 'time':
      return value.slice(0, 'HH:MM:SS'.length);
    case 'boolean':
    case 'integer':
    case 'date':
      return value;
    default:
      return unreachable(kind);
  }
}

/** Salesforce keeps a double's first fifteen significant digits. */
const DIGITS_KEPT = 15;

/** The value as Salesforce's JSON takes it. */
export function toJson(kind: ValueKind, value: Value): string | number | boolean | null {
  if (value === null) return null;
  switch (kind) {
    case 'boolean':
      return value === 'true';
    case 'integer':
    case 'double': {
      const parsed = Number(value);
      return Number.isFinite(parsed) ? parsed : value;
    }
    case 'time':
      return `${value}Z`;
    case 'text':
    case 'date':
    case 'datetime':
      return value;
    default:
      return unreachable(kind);
  }
}

function number(text: string, spell: (value: number) => string): string {
  const value = Number(text);
  return Number.isFinite(value) ? spell(value) : text;
}

/** PostgreSQL's `timestamp without time zone` is in UTC in every mapped table. */
function datetime(text: string): string {
  const iso = text.replace(' ', 'T').replace(/([+-]\d\d)(\d\d)$/, '$1:$2');
  const ms = Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(iso) ? iso : `${iso}Z`);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
}

function time(text: string): string {
  const match = /^(\d\d:\d\d)(:\d\d)?(\.\d+)?/.exec(text);
  if (match === null) return text;
  const [, minutes = '', seconds = ':00', fraction = '.0'] = match;
  return `${minutes}${seconds}${fraction.slice(0, 4).padEnd(4, '0')}`;
}
