import type { FieldDef } from './schema/field.ts';

const CURRENCY = 'USD';

/** A value as a person of the org's locale (en_US, UTC) reads it; null for none. */
export function displayValue(field: FieldDef, value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null;
  const { type }: { readonly type: string } = field;
  switch (type) {
    case 'boolean':
      return textOf(value);
    case 'currency':
      return numberText(value, {
        style: 'currency',
        currency: CURRENCY,
        ...fraction(field.scale),
      });
    case 'percent':
      return `${numberText(value, fraction(field.scale))}%`;
    case 'double':
    case 'int':
    case 'long':
      return numberText(value, fraction(field.scale));
    case 'date':
      return dayText(value);
    case 'datetime':
      return momentText(value);
    case 'picklist':
      return labelOf(field, textOf(value));
    case 'multipicklist':
      return textOf(value)
        .split(';')
        .map((part) => labelOf(field, part))
        .join(';');
    default:
      return textOf(value);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function fraction(scale: number): Intl.NumberFormatOptions {
  return { minimumFractionDigits: scale, maximumFractionDigits: scale };
}

function numberText(value: unknown, options: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat('en-US', options).format(Number(value));
}

function dayText(value: unknown): string {
  const date = dateOf(value);
  if (date === undefined) return textOf(value);
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
}

function momentText(value: unknown): string {
  const date = dateOf(value);
  if (date === undefined) return textOf(value);
  const hour = date.getUTCHours();
  const minute = String(date.getUTCMinutes()).padStart(2, '0');
  return `${dayText(value)}, ${hour % 12 === 0 ? 12 : hour % 12}:${minute} ${hour < 12 ? 'AM' : 'PM'}`;
}

function dateOf(value: unknown): Date | undefined {
  const date = new Date(textOf(value).replace(/\+0000$/, 'Z'));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A picklist value's label; the value itself when the picklist no longer has it. */
export function labelOf(field: FieldDef, value: string): string {
  return field.picklistValues.find((entry) => entry.value === value)?.label ?? value;
}
