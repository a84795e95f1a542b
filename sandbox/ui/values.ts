import { html, type Html } from '../oauth/pages/html.ts';
import type { FieldDef } from '../schema/field.ts';
import { parentName, type Row } from './select.ts';
import { shownDate, shownTime, type TimeStyle } from './time.ts';

/** A field's value in a record, as a person reads it. References show their record's name. */
export function shownValue(field: FieldDef, row: Row, time: TimeStyle): Html | string {
  const value = row[field.name];
  if (value === null || value === undefined || value === '') return '';
  if (field.htmlFormatted && typeof value === 'string') return textOfHtml(value);
  switch (field.type) {
    case 'reference':
      return html`<a href="/${asText(value)}">${parentName(field, row) ?? asText(value)}</a>`;
    case 'email':
      return html`<a href="mailto:${asText(value)}">${asText(value)}</a>`;
    case 'phone':
      return html`<a href="tel:${asText(value).replaceAll(/[^\d+]/g, '')}">${asText(value)}</a>`;
    case 'url':
      return shownUrl(asText(value));
    case 'boolean':
      return value === true ? '✓ Yes' : '– No';
    case 'datetime':
      return timeElement(new Date(asText(value)), time);
    case 'date':
      return shownDate(time, asText(value));
    case 'time':
      return asText(value).slice(0, 8);
    case 'percent':
      return `${asText(value)} %`;
    case 'currency':
      return typeof value === 'number'
        ? value.toLocaleString(time.language, { style: 'currency', currency: 'USD' })
        : asText(value);
    case 'int':
    case 'long':
    case 'double':
      return typeof value === 'number'
        ? value.toLocaleString(time.language, { maximumFractionDigits: 17 })
        : asText(value);
    case 'multipicklist':
      return asText(value).replaceAll(';', '; ');
    case 'address':
      return shownAddress(value);
    case 'location':
    case 'anyType':
    case 'base64':
    case 'combobox':
    case 'complexvalue':
    case 'encryptedstring':
    case 'id':
    case 'picklist':
    case 'string':
    case 'textarea':
    default:
      return asText(value);
  }
}

export function timeElement(value: Date, time: TimeStyle): Html {
  if (Number.isNaN(value.getTime())) return html``;
  return html`<time datetime="${value.toISOString()}" title="${value.toISOString()}">${shownTime(time, value)}</time>`;
}

/** A field as its page calls it: a reference is called by what it refers to. */
export function shownLabel({ type, label }: Pick<FieldDef, 'type' | 'label'>): string {
  return type === 'reference' ? label.replace(/ ID$/, '') : label;
}

/** Only what leads to the web becomes a link: a stored `javascript:` must not run in the reader's session. */
function shownUrl(text: string): Html | string {
  const address = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`;
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return text;
  return html`<a href="${url.href}" rel="noreferrer noopener">${text}</a>`;
}

const ADDRESS_LINES = [['street'], ['postalCode', 'city'], ['state'], ['country']] as const;

function shownAddress(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const parts = new Map(Object.entries(value));
  return ADDRESS_LINES.map((line) =>
    line
      .map((part) => asText(parts.get(part)))
      .filter((text) => text !== '')
      .join(' '),
  )
    .filter((line) => line !== '')
    .join('\n');
}

/** Rich text as plain text: what others have written is shown, and not run. */
function textOfHtml(value: string): string {
  return value
    .replaceAll(/<(?:br|\/p|\/div|\/li)\b[^>]*>/gi, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (entity) => ENTITIES[entity] ?? entity)
    .trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': ' ',
};

/** Texts, numbers and flags as they are; of what is made of parts, the parts. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value)
    .filter((part) => typeof part === 'string' || typeof part === 'number')
    .join(', ');
}
