import { html, type Html } from '../oauth/pages/html.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import { valuesFor } from '../schema/record-types.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { findId18 } from '../store/record-id.ts';
import { CHOSEN, input } from './inputs.ts';
import { hiddenInput, type Problems } from './parts.ts';
import { findNamed } from './records/lookup.ts';
import { parentName, type Row } from './select.ts';
import { instantOf, localText } from './time.ts';
import { asText } from './values.ts';
import type { Visit } from './visit.ts';

/** What the inputs of a form show: of each field the text, and of references the name of what they lead to. */
export interface FormState {
  readonly texts: Readonly<Record<string, string>>;
  readonly names: Readonly<Record<string, string>>;
}

/** The fields a person may fill in: first what must be given, then the rest as the object has them. */
export function formFields(
  object: ObjectDef,
  writing: 'createable' | 'updateable',
): readonly FieldDef[] {
  const rank = (field: FieldDef): number => {
    const part = PERSON_NAME.indexOf(field.name);
    if (field.compoundFieldName === 'Name' && part !== -1) return part;
    return field.required || field.nameField ? PERSON_NAME.length : PERSON_NAME.length + 1;
  };
  return object.fields
    .filter(({ type, column, ...field }) => field[writing] && column !== null && type !== 'base64')
    .toSorted((a, b) => rank(a) - rank(b));
}

/** As a person's name is said. */
const PERSON_NAME = ['Salutation', 'FirstName', 'MiddleName', 'LastName', 'Suffix'];

/** A record as a form shows it. */
export function stateOf(visit: Visit, fields: readonly FieldDef[], row: Row): FormState {
  const texts = fields.map((field) => [field.name, inputText(visit, field, row[field.name])]);
  const names = fields
    .filter(({ type }) => type === 'reference')
    .map((field) => [field.name, parentName(field, row) ?? asText(row[field.name])]);
  return { texts: Object.fromEntries(texts), names: Object.fromEntries(names) };
}

/** A value as its input holds it and gives it back; equal texts mean that nothing was changed. */
function inputText({ time }: Visit, field: FieldDef, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (field.type === 'datetime') {
    const at = new Date(asText(value));
    return Number.isNaN(at.getTime()) ? '' : localText(time, at);
  }
  if (field.type === 'time') return asText(value).slice(0, 8);
  return asText(value);
}

/** What was sent, to show it again. */
export function sentState(fields: readonly FieldDef[], form: Visit['form']): FormState {
  const references = fields.filter(({ type }) => type === 'reference');
  return {
    texts: Object.fromEntries(
      fields.map((field) => [
        field.name,
        (field.type === 'reference' ? form[field.name + CHOSEN] : form[field.name]) ?? '',
      ]),
    ),
    names: Object.fromEntries(references.map(({ name }) => [name, form[name] ?? ''])),
  };
}

/** Before the name of a field: what its input showed when the form was first sent to the browser. */
const WAS = 'was.';

/** Remembers in the form what it showed, so that only what the person changes is written. */
export function originals(fields: readonly FieldDef[], { texts }: FormState): readonly Html[] {
  return fields.map(({ name }) => hiddenInput(WAS + name, texts[name] ?? ''));
}

/** What a form that comes back showed at first. */
export function sentOriginals(form: Visit['form']): FormState {
  const texts = Object.entries(form)
    .filter(([name]) => name.startsWith(WAS))
    .map(([name, text]) => [name.slice(WAS.length), text]);
  return { texts: Object.fromEntries(texts), names: {} };
}

export interface Sent {
  /** What is to be written, as text. */
  readonly values: Readonly<Record<string, string>>;
  readonly errors: readonly SalesforceError[];
}

/** What the form says of each field that it has an input for. References that were typed are looked for by their name. */
export async function readSent(
  visit: Visit,
  fields: readonly FieldDef[],
  { onlyChanged }: { readonly onlyChanged: boolean },
): Promise<Sent> {
  const values: Record<string, string> = {};
  const errors: SalesforceError[] = [];
  for (const field of fields) {
    const before = visit.form[WAS + field.name] ?? '';
    try {
      const after = await sentText(visit, field);
      if (onlyChanged ? lines(after) === lines(before) : after === '') continue;
      values[field.name] = writtenText(visit, field, lines(after));
    } catch (error) {
      if (!(error instanceof SalesforceError)) throw error;
      errors.push(error);
    }
  }
  return { values, errors };
}

async function sentText(visit: Visit, field: FieldDef): Promise<string> {
  const text = visit.form[field.name];
  // Boxes that are not ticked are not sent.
  if (field.type === 'boolean') return String(text === 'true');
  if (field.type === 'multipicklist') return text ?? '';
  if (field.type !== 'reference') return text ?? visit.form[WAS + field.name] ?? '';
  return referenceOf(visit, field, text);
}

async function referenceOf(visit: Visit, field: FieldDef, typed = ''): Promise<string> {
  const chosen = visit.form[field.name + CHOSEN] ?? '';
  if (field.name === 'RecordTypeId') return chosen;
  if (typed.trim() === '') return '';
  if (chosen !== '') return chosen;
  const id = findId18(typed.trim());
  if (id !== undefined) return id;
  const [found, ...others] = await findNamed(visit, field, typed.trim());
  if (found !== undefined && others.length === 0) return found.id;
  const problem =
    found === undefined
      ? `There is no record of the name ${typed}.`
      : `Several records have the name ${typed}. Choose one of the list.`;
  throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', problem, { fields: [field.name] });
}

/** As the engine takes texts: a local time is the person's own. */
function writtenText({ time }: Visit, field: FieldDef, text: string): string {
  if (text === '') return '';
  if (field.type === 'datetime') return instantOf(time, text)?.toISOString() ?? text;
  if (field.type === 'time') return `${text.length === 5 ? `${text}:00` : text}.000Z`;
  return text;
}

/** Browsers send CR LF for the ends of lines. */
function lines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** The inputs of a form: what belongs to an address stands together. */
export function inputsOf(
  object: ObjectDef,
  fields: readonly FieldDef[],
  { state, problems }: { readonly state: FormState; readonly problems: Problems },
): Html {
  const type = object.recordTypes.find(({ id }) => id === state.texts['RecordTypeId']);
  const one = (field: FieldDef): Html =>
    input({
      object,
      field: { ...field, picklistValues: valuesFor(field, type) },
      text: state.texts[field.name] ?? '',
      name: state.names[field.name] ?? '',
      problem: problems.fields[field.name],
    });
  const groups = object.fields.filter(({ components }) => components !== null);
  const inGroup = (field: FieldDef): boolean =>
    groups.some(({ name }) => name === field.compoundFieldName);
  const long = (field: FieldDef): boolean => field.type === 'textarea';
  const plain = fields.filter((field) => !inGroup(field));
  return html`<div class="grid">${plain.filter((field) => !long(field)).map(one)}</div>
    ${groups.map((group) => {
      const parts = fields.filter(({ compoundFieldName }) => compoundFieldName === group.name);
      if (parts.length === 0) return html``;
      return html`<fieldset><legend>${group.label}</legend><div class="grid">${parts.map(one)}</div></fieldset>`;
    })}
    <div class="grid long">${plain.filter(long).map(one)}</div>`;
}
