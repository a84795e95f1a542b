import type { CustomField } from '../../schema/custom-definition.ts';
import type { ObjectDef } from '../../schema/schema.ts';

type Form = Readonly<Record<string, string>>;
type Metadata = Readonly<Record<string, unknown>>;

const SIZED = new Set(['Text', 'EncryptedText', 'LongTextArea', 'Html']);
const NUMERIC = new Set(['Number', 'Currency', 'Percent']);
const SEVERAL_LINES = new Set(['LongTextArea', 'Html', 'MultiselectPicklist']);

/** What the wizard's form says, as the Metadata API would. */
export function metadataOf(object: ObjectDef, form: Form, before?: CustomField): Metadata {
  const { type = 'Text' } = form;
  const common = {
    label: form['label'] ?? '',
    ...given('inlineHelpText', form['help']),
    ...given('description', form['description']),
  };
  if (type === 'Formula') return { ...common, ...formulaOf(form) };
  return {
    ...common,
    type,
    ...(SIZED.has(type) ? { length: form['length'] } : {}),
    ...(NUMERIC.has(type) ? digitsOf(form) : {}),
    ...(SEVERAL_LINES.has(type) ? { visibleLines: form['visibleLines'] ?? '4' } : {}),
    ...(type === 'Checkbox' ? { defaultValue: form['checked'] === 'true' } : {}),
    ...(type === 'Location' ? { scale: form['scale'], displayLocationInDecimal: true } : {}),
    ...(type === 'AutoNumber'
      ? { displayFormat: form['format'], ...given('startingNumber', form['start']) }
      : {}),
    ...(type === 'Lookup' || type === 'MasterDetail' ? referenceOf(object, form) : {}),
    ...(type.includes('Picklist') ? { valueSet: valueSetOf(form, before) } : {}),
    ...(type === 'Summary' ? summaryOf(form) : {}),
    ...(form['required'] === 'true' ? { required: true } : {}),
    ...(form['unique'] === 'true' ? { unique: true } : {}),
    ...(form['externalId'] === 'true' ? { externalId: true } : {}),
  };
}

function given(name: string, text: string | undefined): Metadata {
  return text === undefined || text.trim() === '' ? {} : { [name]: text };
}

/** Salesforce counts all digits, people those before the point. */
function digitsOf(form: Form): Metadata {
  const scale = Number(form['scale'] ?? 0);
  const precision = form['precision'] ?? Number(form['digits'] ?? 16) + scale;
  return { precision, scale };
}

function formulaOf(form: Form): Metadata {
  const { result = 'Text' } = form;
  return {
    type: result,
    formula: form['formula'] ?? '',
    formulaTreatBlanksAs: form['blanks'] ?? 'BlankAsZero',
    ...(NUMERIC.has(result) ? { precision: 18, scale: form['scale'] ?? '2' } : {}),
  };
}

function referenceOf(object: ObjectDef, form: Form): Metadata {
  const made = `${object.labelPlural.replaceAll(/\W/g, '')}_${(form['name'] ?? '').replace(/__c$/, '')}`;
  const { relationshipName = '' } = form;
  return {
    referenceTo: form['referenceTo'] ?? '',
    relationshipName: (relationshipName.trim() === '' ? made : relationshipName.trim()).slice(
      0,
      40,
    ),
    ...(form['type'] === 'Lookup' ? { deleteConstraint: form['onDelete'] ?? 'SetNull' } : {}),
    ...(form['type'] === 'MasterDetail' ? { relationshipOrder: 0 } : {}),
  };
}

/** Values that are kept keep what else is known of them; so does what controls them. */
function valueSetOf(form: Form, before: CustomField | undefined): Metadata {
  const set = before?.valueSet ?? undefined;
  const restricted = form['restricted'] === 'true';
  if (typeof set?.valueSetName === 'string') return { ...set, restricted };
  const lines = (form['values'] ?? '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const known = set?.valueSetDefinition?.value ?? [];
  return {
    ...set,
    restricted,
    valueSettings: set?.valueSettings?.filter(({ valueName }) => lines.includes(valueName)),
    valueSetDefinition: {
      value: lines.map((fullName, index) => ({
        label: fullName,
        ...known.find((value) => value.fullName === fullName),
        fullName,
        default: index === 0 && form['firstIsDefault'] === 'true',
      })),
    },
  };
}

function summaryOf(form: Form): Metadata {
  return {
    summaryForeignKey: form['summaryForeignKey'] ?? '',
    summaryOperation: form['operation'] ?? 'count',
    ...given('summarizedField', form['summarizedField']),
  };
}

/** A definition as the wizard's form would say it. */
export function formOf(definition: CustomField): Form {
  const { type, formula, valueSet, precision = 18, scale = 0 } = definition;
  const isFormula = formula !== undefined && formula !== null;
  const more: Readonly<Record<string, unknown>> = definition;
  const entries: readonly (readonly [string, unknown])[] = [
    ['type', isFormula ? 'Formula' : type],
    ['label', definition.label],
    ['help', definition.inlineHelpText],
    ['description', definition.description],
    ['length', definition.length],
    ['digits', precision - scale],
    ['scale', scale],
    ['visibleLines', definition.visibleLines],
    ['required', definition.required],
    ['unique', definition.unique],
    ['externalId', definition.externalId],
    ['checked', String(definition.defaultValue ?? false)],
    ['format', definition.displayFormat],
    ['start', definition.startingNumber],
    ['referenceTo', definition.referenceTo],
    ['relationshipName', definition.relationshipName],
    ['onDelete', definition.deleteConstraint],
    ['result', isFormula ? type : undefined],
    ['formula', formula],
    ['blanks', definition.formulaTreatBlanksAs],
    ['valueSetName', valueSet?.valueSetName],
    ['restricted', valueSet?.restricted ?? false],
    ['values', valueSet?.valueSetDefinition?.value.map(({ fullName }) => fullName).join('\n')],
    ['firstIsDefault', valueSet?.valueSetDefinition?.value[0]?.default],
    ['summaryForeignKey', more['summaryForeignKey']],
    ['operation', more['summaryOperation']],
    ['summarizedField', more['summarizedField']],
  ];
  return Object.fromEntries(
    entries.flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[name, String(value)]]
        : [],
    ),
  );
}
