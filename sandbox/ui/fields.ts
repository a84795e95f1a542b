import { html, type Html } from '../oauth/pages/html.ts';
import type { Org } from '../org.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { readChoices } from './read.ts';

type Values = Readonly<Record<string, unknown>>;

/** A value as a person reads it. References show their record's name. */
export function shownValue(
  field: FieldDef,
  value: unknown,
  names: ReadonlyMap<string, string>,
): Html | string {
  if (value === null || value === undefined) return '';
  if (field.type === 'reference' && typeof value === 'string') {
    return html`<a href="/${value}">${names.get(value) ?? value}</a>`;
  }
  if (field.type === 'email') return html`<a href="mailto:${asText(value)}">${asText(value)}</a>`;
  if (field.type === 'boolean') return value === true ? 'Yes' : 'No';
  if (field.type === 'datetime')
    return asText(value).replace('T', ' ').replace('.000+0000', ' UTC');
  if (field.type === 'currency' && typeof value === 'number')
    return value.toLocaleString('en-US', { style: 'currency', currency: 'USD' });
  return asText(value);
}

/** A field as its page calls it: a reference is called by what it refers to. */
export function shownLabel({ type, label }: FieldDef): string {
  return type === 'reference' ? label.replace(/ ID$/, '') : label;
}

/** The fields a person may fill in on a form: first what must be given, then the rest, addresses last. */
export function formFields(
  object: ObjectDef,
  writing: 'createable' | 'updateable',
): readonly FieldDef[] {
  const rank = (field: FieldDef): number => {
    if (field.required || field.compoundFieldName === 'Name') return 0;
    return field.compoundFieldName === null ? 1 : 2;
  };
  return object.fields
    .filter(({ type, column, ...field }) => field[writing] && column !== null && type !== 'base64')
    .toSorted((a, b) => rank(a) - rank(b));
}

/** The inputs of a form, filled with values. */
export async function inputs(
  org: Org,
  fields: readonly FieldDef[],
  values: Values,
): Promise<readonly Html[]> {
  return Promise.all(
    fields.map(async (field) => {
      const choices = field.type === 'reference' ? await readChoices(org, field) : [];
      return input(field, inputText(field, values[field.name]), choices);
    }),
  );
}

/** Before the name of a field: what its input showed when the form was sent to the browser. */
const WAS = 'was.';

/** Remembers in the form what it showed, so that only what the person changes is written. */
export function originals(fields: readonly FieldDef[], values: Values): readonly Html[] {
  return fields.map(
    (field) =>
      html`<input type="hidden" name="${WAS}${field.name}" value="${inputText(field, values[field.name])}" />`,
  );
}

/** What a form that comes back showed at first. */
export function formOriginals(form: Readonly<Record<string, string>>): Values {
  return Object.fromEntries(
    Object.entries(form)
      .filter(([name]) => name.startsWith(WAS))
      .map(([name, text]) => [name.slice(WAS.length), text]),
  );
}

/** The fields whose input says something else than it said at first, with what it says. */
export function changedInputs(
  fields: readonly FieldDef[],
  form: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const { name, type } of fields) {
    const before = form[WAS + name] ?? '';
    // A box that is not ticked is not sent.
    const after = type === 'boolean' ? String(form[name] === 'true') : (form[name] ?? before);
    if (lines(after) !== lines(before)) changed[name] = lines(after);
  }
  return changed;
}

/** Browsers send CR LF for the ends of lines. */
function lines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** A value as the form shows it and gives it back; equal texts mean that nothing was changed. */
function inputText(field: FieldDef, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (field.type === 'datetime') return asText(value).slice(0, 16);
  if (field.type === 'time') return asText(value).slice(0, 8);
  return asText(value);
}

/** Texts, numbers and flags as they are; an address as its parts. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value)
    .filter((part) => typeof part === 'string')
    .join(', ');
}

function input(
  field: FieldDef,
  text: string,
  choices: readonly { readonly id: string; readonly name: string }[],
): Html {
  const { name, required } = field;
  const label = shownLabel(field);
  const star = required ? ' *' : '';
  switch (field.type) {
    case 'boolean':
      return html`<label><input type="checkbox" name="${name}" value="true" ${text === 'true' ? 'checked' : ''} /> ${label}</label>`;
    case 'textarea':
      return html`<label class="wide">${label}${star}<textarea name="${name}">${text}</textarea></label>`;
    case 'picklist':
      return select(field, text, star);
    case 'reference':
      return html`<label>${label}${star}<input name="${name}" value="${text}" list="choices-${name}" /><datalist id="choices-${name}">${choices.map((choice) => html`<option value="${choice.id}">${choice.name}</option>`)}</datalist></label>`;
    case 'address':
    case 'anyType':
    case 'base64':
    case 'combobox':
    case 'complexvalue':
    case 'currency':
    case 'date':
    case 'datetime':
    case 'double':
    case 'email':
    case 'encryptedstring':
    case 'id':
    case 'int':
    case 'location':
    case 'long':
    case 'multipicklist':
    case 'percent':
    case 'phone':
    case 'string':
    case 'time':
    case 'url':
    default:
      return html`<label>${label}${star}<input type="${inputType(field)}" name="${name}" value="${text}" ${inputType(field) === 'number' ? 'step=any' : ''} /></label>`;
  }
}

function select(field: FieldDef, text: string, star: string): Html {
  const known = field.picklistValues.some(({ value }) => value === text);
  return html`<label>${field.label}${star}<select name="${field.name}"><option value=""></option>${
    known || text === '' ? '' : html`<option selected>${text}</option>`
  }${field.picklistValues.map(({ value, label }) => html`<option value="${value}" ${value === text ? 'selected' : ''}>${label}</option>`)}</select></label>`;
}

const INPUT_TYPES: Readonly<Record<string, string>> = {
  date: 'date',
  datetime: 'datetime-local',
  time: 'time',
  int: 'number',
  double: 'number',
  currency: 'number',
  percent: 'number',
  email: 'email',
  phone: 'tel',
  url: 'url',
};

function inputType({ type }: FieldDef): string {
  return INPUT_TYPES[type] ?? 'text';
}
