import { html, type Html } from '../oauth/pages/html.ts';
import type { FieldDef, PicklistValue } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { fieldFrame, hiddenInput, selectField, type FieldOf } from './parts.ts';
import { shownLabel } from './values.ts';

/** After the name of a reference: the hidden field with the id of what was chosen by its name. */
export const CHOSEN = '.id';

interface InputOf {
  readonly object: ObjectDef;
  readonly field: FieldDef;
  /** As the form gives it back. */
  readonly text: string;
  /** Of a reference: the name of what `text` is the id of. */
  readonly name: string;
  readonly problem: string | undefined;
}

/** A field's input by its type, with label, help and what is wrong with it. */
export function input(of: InputOf): Html {
  const { field, text, problem } = of;
  const frame: FieldOf = {
    name: field.name,
    label: shownLabel(field),
    required: field.required && field.type !== 'boolean',
    help: field.inlineHelpText ?? undefined,
    problem,
    wide: field.type === 'textarea',
  };
  switch (field.type) {
    case 'boolean':
      return checkbox(frame, text === 'true');
    case 'textarea':
      return fieldFrame(
        frame,
        (attributes) =>
          html`<textarea ${attributes} maxlength="${field.length}">${text}</textarea>`,
      );
    case 'picklist':
      return picklist(of, frame);
    case 'multipicklist':
      return multipicklist(of, frame);
    case 'combobox':
      return combobox(of, frame);
    case 'reference':
      return field.name === 'RecordTypeId' ? recordType(of, frame) : lookup(of, frame);
    case 'address':
    case 'anyType':
    case 'base64':
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
    case 'percent':
    case 'phone':
    case 'string':
    case 'time':
    case 'url':
    default:
      return fieldFrame(
        frame,
        (attributes) => html`<input ${typeAttributes(field)} ${attributes} value="${text}" />`,
      );
  }
}

function checkbox({ name, label, help, problem }: FieldOf, checked: boolean): Html {
  return html`<div class="field">
    <label class="check" for="f-${name}"><input type="checkbox" id="f-${name}" name="${name}" value="true"${checked ? html` checked` : ''} /> ${label}</label>
    ${help === undefined ? '' : html`<p class="help">${help}</p>`}${problem === undefined ? '' : html`<p class="wrong">${problem}</p>`}
  </div>`;
}

function picklist({ object, field, text }: InputOf, frame: FieldOf): Html {
  const known = field.picklistValues.some(({ value }) => value === text);
  const controller = controllerOf(object, field);
  return fieldFrame(
    frame,
    (attributes) =>
      html`<select ${attributes}${
        controller === undefined ? '' : html` data-depends="${controller.name}"`
      }><option value="">${frame.required === true ? '— choose —' : '— none —'}</option>${
        known || text === '' ? '' : html`<option value="${text}" selected>${text}</option>`
      }${field.picklistValues
        .filter(({ active, value }) => active || value === text)
        .map(
          (entry) =>
            html`<option value="${entry.value}"${entry.value === text ? html` selected` : ''}${validFor(controller, entry)}>${entry.label}</option>`,
        )}</select>`,
  );
}

/** Which of the controlling field's values a value goes with, for the script that narrows the choice. */
function validFor(controller: FieldDef | undefined, entry: PicklistValue): Html {
  if (controller === undefined || entry.validFor === null) return html``;
  const bits = Buffer.from(entry.validFor, 'base64');
  const controlling =
    controller.type === 'boolean'
      ? ['false', 'true']
      : controller.picklistValues.map(({ value }) => value);
  const valid = controlling.filter(
    (_, index) => ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0,
  );
  return html` data-valid="${JSON.stringify(valid)}"`;
}

function controllerOf(object: ObjectDef, field: FieldDef): FieldDef | undefined {
  if (field.controllerName === null) return undefined;
  return object.fields.find(({ name }) => name === field.controllerName);
}

function multipicklist({ field, text }: InputOf, frame: FieldOf): Html {
  const chosen = new Set(text.split(';'));
  const about = frame.problem === undefined ? '' : html` aria-describedby="f-${frame.name}-wrong"`;
  return html`<div class="field"><fieldset class="plain" id="f-${frame.name}" tabindex="-1"${about}><legend>${frame.required === true ? html`<span class="need" aria-hidden="true">*</span> ` : ''}${frame.label}</legend><div class="checks">${field.picklistValues
    .filter(({ active, value }) => active || chosen.has(value))
    .map(
      ({ value, label }) =>
        html`<label class="check"><input type="checkbox" name="${field.name}" value="${value}"${chosen.has(value) ? html` checked` : ''} /> ${label}</label>`,
    )}</div></fieldset>${frame.help === undefined ? '' : html`<p class="help">${frame.help}</p>`}${frame.problem === undefined ? '' : html`<p class="wrong" id="f-${frame.name}-wrong">${frame.problem}</p>`}</div>`;
}

function combobox({ field, text }: InputOf, frame: FieldOf): Html {
  return fieldFrame(
    frame,
    (attributes) =>
      html`<input type="text" ${attributes} value="${text}" maxlength="${field.length}" list="l-${field.name}" /><datalist id="l-${field.name}">${field.picklistValues.map(({ value }) => html`<option value="${value}"></option>`)}</datalist>`,
  );
}

/**
 * A lookup takes a name; what it leads to is told by the hidden id, which the script sets on a choice. Without script the
 * name that was typed is looked for when the form is sent.
 */
function lookup({ object, field, text, name }: InputOf, frame: FieldOf): Html {
  return html`${fieldFrame(
    frame,
    (attributes) =>
      html`<input type="text" ${attributes} value="${name}" placeholder="Search ${placeholder(field)}" data-lookup="/ui/lookup/${object.name}/${field.name}" data-id="${field.name}${CHOSEN}" autocomplete="off" />${hiddenInput(`${field.name}${CHOSEN}`, text)}`,
  )}`;
}

/** Record types are few: they are chosen from a list. */
function recordType({ object, field, text }: InputOf, frame: FieldOf): Html {
  const offered = object.recordTypes.filter(({ available, id }) => available || id === text);
  return selectField({
    ...frame,
    name: field.name + CHOSEN,
    problem: frame.problem,
    value: text,
    options: [['', '— none —'], ...offered.map(({ id, name }) => [id, name] as const)],
  });
}

function placeholder({ referenceTo }: FieldDef): string {
  const [only = '', ...others] = referenceTo;
  return others.length === 0 ? only.replace(/__c$/, '').replaceAll('_', ' ') : 'by name';
}

const INPUT_TYPES: Readonly<Record<string, string>> = {
  date: 'date',
  datetime: 'datetime-local',
  time: 'time',
  int: 'number',
  long: 'number',
  double: 'number',
  currency: 'number',
  percent: 'number',
  email: 'email',
  phone: 'tel',
  url: 'url',
};

function typeAttributes({ type, length }: FieldDef): Html {
  const kind = INPUT_TYPES[type] ?? 'text';
  if (kind === 'number') return html`type="number" step="any"`;
  if (kind === 'time') return html`type="time" step="1"`;
  return length > 0 ? html`type="${kind}" maxlength="${length}"` : html`type="${kind}"`;
}
