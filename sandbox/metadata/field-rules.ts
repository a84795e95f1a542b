import { SalesforceError } from '../salesforce-error.ts';
import {
  FORMULA_RESULTS,
  type CustomField,
  type MetadataType,
} from '../schema/custom-definition.ts';

/** What Salesforce wants to be told of a field of each type. */
const NEEDED: Readonly<Partial<Record<MetadataType, readonly (keyof CustomField)[]>>> = {
  Checkbox: ['defaultValue'],
  Currency: ['precision', 'scale'],
  EncryptedText: ['length'],
  Html: ['length', 'visibleLines'],
  Location: ['scale'],
  LongTextArea: ['length', 'visibleLines'],
  MultiselectPicklist: ['valueSet', 'visibleLines'],
  Number: ['precision', 'scale'],
  Percent: ['precision', 'scale'],
  Picklist: ['valueSet'],
  Text: ['length'],
};

const FORMULA_TYPES: ReadonlySet<MetadataType> = new Set(FORMULA_RESULTS);

const TEXT_LENGTH_MAX = 255;
const LONG_TEXT_LENGTH_MIN = 256;

/** Refuses a field's metadata as Salesforce does; `before` is the field as it is now. */
export function checkField(
  fullName: string,
  field: CustomField,
  before: CustomField | undefined,
): void {
  const refuse = (problem: string): never => {
    throw new SalesforceError('INVALID_INPUT', `${fullName}: ${problem}`, { fields: [] });
  };
  const formula = isFormula(field);
  if (formula !== isFormula(before ?? field))
    refuse('Cannot change between a formula and a field that holds a value');
  if (formula) {
    if (!FORMULA_TYPES.has(field.type)) refuse(`A formula cannot be of type ${field.type}`);
    if (field.unique === true || field.externalId === true || field.required === true)
      refuse('A formula cannot be required, unique or an external ID');
    return;
  }
  for (const name of NEEDED[field.type] ?? []) {
    if (field[name] === undefined || field[name] === null)
      refuse(`Must specify '${name}' for a CustomField of type ${field.type}`);
  }
  checkNumbers(field, refuse);
  if (field.type === 'Hierarchy' && !fullName.startsWith('User.'))
    refuse('A CustomField of type Hierarchy can only be created on User');
  if (field.type === 'MasterDetail' && field.required === true)
    refuse('Can not specify required for a CustomField of type MasterDetail');
  const values = field.valueSet?.valueSetDefinition?.value.map((value) => value.fullName) ?? [];
  const twin = values.find((value, at) => values.indexOf(value) !== at);
  if (twin !== undefined) refuse(`Duplicate picklist value specified: ${twin}`);
}

function isFormula({ formula }: CustomField): boolean {
  return formula !== undefined && formula !== null;
}

function checkNumbers(
  { type, length, precision, scale }: CustomField,
  refuse: (problem: string) => never,
): void {
  if (length !== undefined && type === 'Text' && length > TEXT_LENGTH_MAX)
    refuse(`The length of a CustomField of type Text must be between 1 and ${TEXT_LENGTH_MAX}`);
  if (
    length !== undefined &&
    (type === 'LongTextArea' || type === 'Html') &&
    length < LONG_TEXT_LENGTH_MIN
  )
    refuse(
      `The length of a CustomField of type ${type} must be between ${LONG_TEXT_LENGTH_MIN} and 131072`,
    );
  if (precision !== undefined && scale !== undefined && scale > precision)
    refuse('The scale must not exceed the precision');
}
