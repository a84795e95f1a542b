import { html, type Html } from '../../oauth/pages/html.ts';
import { FORMULA_RESULTS, MetadataType } from '../../schema/custom-definition.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import { sendPage } from '../page.ts';
import {
  checkField,
  crumbs,
  fieldFrame,
  hasProblems,
  heading,
  hiddenInput,
  problemNote,
  selectField,
  textField,
  type Problems,
} from '../parts.ts';
import { quoteSoql } from '../../soap/quote-soql.ts';
import { select, type Row } from '../select.ts';
import { asText } from '../values.ts';
import type { Visit } from '../visit.ts';
import { FIELD_KINDS, type Ask, type FieldKind } from './field-types.ts';

/** The types that this org can make, and the formula, which has the type of its result. */
export function offeredKinds(): readonly FieldKind[] {
  const known: readonly string[] = [...MetadataType.options, 'Formula'];
  return FIELD_KINDS.filter(({ type }) => known.includes(type));
}

/** The wizard's first step. */
export function sendTypeChoice(visit: Visit, object: ObjectDef): void {
  sendPage(visit, {
    title: 'New Custom Field',
    body: html`<div class="card">
      ${heading('New Custom Field', crumbs(['/setup', 'Object Manager'], [`/setup/objects/${object.name}`, object.label]))}
      <p class="muted">Step 1 of 2: the type.</p>
      <form method="get" action="/setup/objects/${object.name}/fields/new">
        <fieldset class="plain"><legend>Data type</legend>
        <ul class="choice">${offeredKinds().map(
          ({ type, label, about }) =>
            html`<li><label><input type="radio" name="type" value="${type}"${type === 'Text' ? html` checked` : ''} /><span>${label}<small>${about}</small></span></label></li>`,
        )}</ul></fieldset>
        <div class="buttons"><button class="main">Next</button><a class="button" href="/setup/objects/${object.name}">Cancel</a></div>
      </form>
    </div>`,
  });
}

export interface FieldForm {
  readonly object: ObjectDef;
  readonly kind: FieldKind;
  readonly values: Readonly<Record<string, string>>;
  readonly problems: Problems;
  /** The API name of a field that is there already. */
  readonly existing: string | undefined;
}

/** The wizard's second step, and the page of a field that is there already. */
export async function sendFieldForm(visit: Visit, form: FieldForm): Promise<void> {
  const { object, kind, problems, existing, values } = form;
  const base = `/setup/objects/${object.name}`;
  const title =
    existing === undefined ? `New ${kind.label} Field` : `Edit ${values['label'] ?? existing}`;
  sendPage(visit, {
    title,
    status: hasProblems(problems) ? 400 : 200,
    body: html`<div class="card">
      ${heading(title, crumbs(['/setup', 'Object Manager'], [base, object.label]))}
      ${existing === undefined ? html`<p class="muted">Step 2 of 2: the details. <a href="${base}/fields/new">Another type</a></p>` : html`<p class="muted">${kind.label}, <span class="code">${existing}</span></p>`}
      ${problemNote(problems, { name: 'Field name', label: 'Field label' })}
      <form class="fields" method="post" action="${existing === undefined ? `${base}/fields/new` : `${base}/fields/${existing}`}">
        ${hiddenInput('csrf', visit.csrf)}${hiddenInput('type', kind.type)}
        <div class="grid">
          ${textField({ name: 'label', label: 'Field label', required: true, value: values['label'] ?? '', problem: problems.fields['label'], more: html`required maxlength="40"` })}
          ${
            existing === undefined
              ? textField({
                  name: 'name',
                  label: 'Field name',
                  required: true,
                  value: values['name'] ?? '',
                  problem: problems.fields['name'],
                  help: 'Its API name, such as External_Contact_Id; __c is added.',
                  more: html`required maxlength="43" pattern="[A-Za-z][A-Za-z0-9_]*" data-name-of="label"`,
                })
              : ''
          }
          ${kind.asks.map((ask) => inputFor(visit, form, ask))}
          ${textField({ name: 'help', label: 'Help text', value: values['help'] ?? '', help: 'Shown under the field on forms.', more: html`maxlength="510"` })}
          ${textField({ name: 'description', label: 'Description', value: values['description'] ?? '', help: 'For administrators.', more: html`maxlength="1000"` })}
        </div>
        ${existing === undefined ? await visibleTo(visit, values) : ''}
        <div class="buttons"><button class="main">Save</button><a class="button" href="${base}">Cancel</a></div>
      </form>
    </div>`,
  });
}

/** Profiles whose users see and write the new field; administrators do anyway. */
async function visibleTo(visit: Visit, values: FieldForm['values']): Promise<Html> {
  const sets = await select(
    visit,
    `SELECT Id, Profile.Name FROM PermissionSet WHERE IsOwnedByProfile = true AND ProfileId != ${quoteSoql(visit.org.adminProfileId)} ORDER BY Profile.Name`,
  );
  const ticked = values['visibleTo']?.split(';');
  const boxes = sets.map((set) => {
    const id = asText(set['Id']);
    const name = nameOfProfile(set);
    const checked = ticked === undefined ? name === 'Standard User' : ticked.includes(id);
    return html`<label class="check"><input type="checkbox" name="visibleTo" value="${id}"${checked ? html` checked` : ''} /> ${name}</label>`;
  });
  return html`<fieldset><legend>Visible to the users of</legend><div class="grid">${boxes}</div><p class="help">Administrators see it in any case, and required fields are seen by all who see the object.</p></fieldset>`;
}

function nameOfProfile(set: Row): string {
  const profile = set['Profile'];
  return typeof profile === 'object' && profile !== null && 'Name' in profile
    ? asText(profile.Name)
    : '';
}

const ON_DELETE = [
  ['SetNull', 'empty this field'],
  ['Restrict', 'refuse to delete it'],
  ['Cascade', 'delete this record too'],
] as const;

function inputFor(visit: Visit, { object, values, existing }: FieldForm, ask: Ask): Html {
  const value = (name: string, fallback: string): string => values[name] ?? fallback;
  const ticked = (name: string): boolean => values[name] === 'true';
  const whole = (
    name: string,
    label: string,
    [fallback, min, max]: readonly [string, number, number],
  ): Html =>
    textField({
      name,
      label,
      required: true,
      type: 'number',
      value: value(name, fallback),
      more: html`required min="${min}" max="${max}"`,
    });
  switch (ask) {
    case 'length':
      return whole('length', 'Length', ['32', 1, 255]);
    case 'longLength':
      return whole('length', 'Length', ['32768', 256, 131_072]);
    case 'number':
      return html`${whole('digits', 'Digits before the point', ['16', 0, 18])}${whole('scale', 'Decimal places', ['2', 0, 17])}`;
    case 'decimals':
      return whole('scale', 'Decimal places', ['6', 0, 15]);
    case 'visibleLines':
      return whole('visibleLines', 'Visible lines', ['4', 1, 50]);
    case 'required':
      return checkField({
        name: 'required',
        label: 'Required',
        checked: ticked('required'),
        help: 'A record is refused without it.',
      });
    case 'unique':
      return checkField({
        name: 'unique',
        label: 'Unique',
        checked: ticked('unique'),
        help: 'No two records have the same value, whatever its case.',
      });
    case 'externalId':
      return checkField({
        name: 'externalId',
        label: 'External ID',
        checked: ticked('externalId'),
        help: 'The id of another system: upserts find records by it.',
      });
    case 'checked':
      return selectField({
        name: 'checked',
        label: 'Default value',
        value: value('checked', 'false'),
        options: [
          ['false', 'Unchecked'],
          ['true', 'Checked'],
        ],
      });
    case 'values':
      return valuesInputs(object, values, existing);
    case 'format':
      return html`${textField({ name: 'format', label: 'Display format', required: true, value: value('format', 'A-{0000}'), more: html`required` })}${existing === undefined ? whole('start', 'Starting number', ['1', 0, 999_999_999]) : ''}`;
    case 'reference':
      return referenceInputs(visit, object, values, existing);
    case 'onDelete':
      return selectField({
        name: 'onDelete',
        label: 'When the parent is deleted',
        value: value('onDelete', 'SetNull'),
        options: ON_DELETE,
      });
    case 'formula':
      return html`${selectField({ name: 'result', label: 'Result', value: value('result', 'Text'), options: FORMULA_RESULTS.map((type) => [type, type]) })}${textField({ name: 'scale', label: 'Decimal places of a number', type: 'number', value: value('scale', '2'), more: html`min="0" max="17"` })}${selectField(
        {
          name: 'blanks',
          label: 'Blank fields are',
          value: value('blanks', 'BlankAsZero'),
          options: [
            ['BlankAsZero', 'zeroes'],
            ['BlankAsBlank', 'blanks'],
          ],
        },
      )}${fieldFrame({ name: 'formula', label: 'Formula', required: true, wide: true, help: 'FirstName & " " & LastName' }, (attributes) => html`<textarea ${attributes} class="code" required spellcheck="false">${value('formula', '')}</textarea>`)}`;
    case 'summary':
    default:
      return summaryInputs(visit, object, values);
  }
}

function valuesInputs(
  object: ObjectDef,
  values: FieldForm['values'],
  existing: string | undefined,
): Html {
  const global = values['valueSetName'];
  const dependency =
    existing === undefined
      ? ''
      : html`<p class="wide"><a href="/setup/objects/${object.name}/fields/${existing}/dependency">Field dependency</a>: which values go with which of another field.</p>`;
  const list =
    global === undefined
      ? html`${fieldFrame({ name: 'values', label: 'Values, one a line', required: true, wide: true }, (attributes) => html`<textarea ${attributes} required>${values['values'] ?? ''}</textarea>`)}${checkField({ name: 'firstIsDefault', label: 'The first value is the default', checked: values['firstIsDefault'] === 'true' })}`
      : html`<p class="wide">The values are those of the global value set ${global}.</p>`;
  return html`${list}${checkField({ name: 'restricted', label: 'Only these values are accepted', checked: values['restricted'] !== 'false' })}${dependency}`;
}

function referenceInputs(
  { org }: Visit,
  object: ObjectDef,
  values: FieldForm['values'],
  existing: string | undefined,
): Html {
  const targets = org
    .schema()
    .objects.filter(
      ({ isView, keyPrefix, flags }) => !isView && keyPrefix !== null && flags.queryable,
    )
    .map(({ name, label }) => [name, `${label} (${name})`] as const);
  const target = values['referenceTo'] ?? 'Account';
  return html`${
    existing === undefined
      ? selectField({ name: 'referenceTo', label: 'Related to', value: target, options: targets })
      : hiddenInput('referenceTo', target)
  }${textField({ name: 'relationshipName', label: 'Child relationship name', value: values['relationshipName'] ?? '', help: `How queries name the list of ${object.labelPlural} of a parent; made up when empty.` })}`;
}

const SUMMARIES = [
  ['count', 'Count of records'],
  ['sum', 'Sum'],
  ['min', 'Least'],
  ['max', 'Greatest'],
] as const;

function summaryInputs({ org }: Visit, object: ObjectDef, values: FieldForm['values']): Html {
  const schema = org.schema();
  const details = schema
    .childRelationships(object)
    .filter(({ cascadeDelete }) => cascadeDelete)
    .map(
      ({ childSObject, field }) =>
        [`${childSObject}.${field}`, `${childSObject} by ${field}`] as const,
    );
  return html`${selectField({ name: 'summaryForeignKey', label: 'Summarized detail records', value: values['summaryForeignKey'] ?? '', options: details, required: true, help: details.length === 0 ? 'This object is the master of none.' : undefined })}${selectField({ name: 'operation', label: 'Roll-up', value: values['operation'] ?? 'count', options: SUMMARIES })}${textField({ name: 'summarizedField', label: 'Field to aggregate', value: values['summarizedField'] ?? '', help: 'Detail__c.Amount__c; not for a count.' })}`;
}
