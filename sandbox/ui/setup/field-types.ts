import type { FieldDef } from '../../schema/field.ts';

/** What the wizard asks of a field of each type. */
export type Ask =
  | 'length'
  | 'longLength'
  | 'number'
  | 'unique'
  | 'externalId'
  | 'required'
  | 'checked'
  | 'values'
  | 'reference'
  | 'onDelete'
  | 'format'
  | 'visibleLines'
  | 'decimals'
  | 'formula'
  | 'summary';

export interface FieldKind {
  /** Of the Metadata API; a formula has the type of its result. */
  readonly type: string;
  readonly label: string;
  readonly about: string;
  readonly asks: readonly Ask[];
}

/** The types of the wizard, in the order of Salesforce's. */
export const FIELD_KINDS: readonly FieldKind[] = [
  {
    type: 'AutoNumber',
    label: 'Auto Number',
    about: 'A number the org counts up, in a format of yours.',
    asks: ['format', 'externalId'],
  },
  {
    type: 'Formula',
    label: 'Formula',
    about: 'Computed from other fields; nobody writes it.',
    asks: ['formula'],
  },
  {
    type: 'Summary',
    label: 'Roll-Up Summary',
    about: 'Count, sum, least or greatest of a master’s detail records.',
    asks: ['summary'],
  },
  {
    type: 'Lookup',
    label: 'Lookup Relationship',
    about: 'Leads to a record of another object.',
    asks: ['reference', 'onDelete', 'required'],
  },
  {
    type: 'MasterDetail',
    label: 'Master-Detail Relationship',
    about: 'Belongs to a record of another object, and is deleted with it.',
    asks: ['reference'],
  },
  { type: 'Checkbox', label: 'Checkbox', about: 'True or false.', asks: ['checked'] },
  {
    type: 'Currency',
    label: 'Currency',
    about: 'An amount of money.',
    asks: ['number', 'required'],
  },
  { type: 'Date', label: 'Date', about: 'A day.', asks: ['required'] },
  { type: 'DateTime', label: 'Date/Time', about: 'A day and the time of it.', asks: ['required'] },
  {
    type: 'Email',
    label: 'Email',
    about: 'An e-mail address, checked.',
    asks: ['required', 'unique', 'externalId'],
  },
  {
    type: 'Location',
    label: 'Geolocation',
    about: 'Latitude and longitude.',
    asks: ['decimals', 'required'],
  },
  {
    type: 'Number',
    label: 'Number',
    about: 'Any number.',
    asks: ['number', 'required', 'unique', 'externalId'],
  },
  {
    type: 'Percent',
    label: 'Percent',
    about: 'A number shown with %.',
    asks: ['number', 'required'],
  },
  { type: 'Phone', label: 'Phone', about: 'A telephone number.', asks: ['required'] },
  {
    type: 'Picklist',
    label: 'Picklist',
    about: 'One of the values you list.',
    asks: ['values', 'required'],
  },
  {
    type: 'MultiselectPicklist',
    label: 'Picklist (Multi-Select)',
    about: 'Any of the values you list.',
    asks: ['values', 'visibleLines', 'required'],
  },
  {
    type: 'Text',
    label: 'Text',
    about: 'Letters and numbers in one line.',
    asks: ['length', 'required', 'unique', 'externalId'],
  },
  {
    type: 'TextArea',
    label: 'Text Area',
    about: 'Up to 255 characters on several lines.',
    asks: ['required'],
  },
  {
    type: 'LongTextArea',
    label: 'Text Area (Long)',
    about: 'Up to 131,072 characters on several lines.',
    asks: ['longLength', 'visibleLines'],
  },
  {
    type: 'Html',
    label: 'Text Area (Rich)',
    about: 'Formatted text.',
    asks: ['longLength', 'visibleLines'],
  },
  {
    type: 'EncryptedText',
    label: 'Text (Encrypted)',
    about: 'Shown masked to who may not see it.',
    asks: ['length', 'required'],
  },
  { type: 'Time', label: 'Time', about: 'A time of the day.', asks: ['required'] },
  { type: 'Url', label: 'URL', about: 'An address of the web.', asks: ['required'] },
];

/** A field's type as the Object Manager calls it: `Text(32) (External ID) (Unique)`. */
export function shownType(field: FieldDef): string {
  const formula = field.calculated && field.calculatedFormula !== null ? 'Formula ' : '';
  return formula === '' ? plainType(field) : `${formula}(${plainType(field)})`;
}

function plainType(field: FieldDef): string {
  const { type, length, precision, scale, referenceTo, autoNumber, htmlFormatted } = field;
  const digits = `${precision - scale}, ${scale}`;
  switch (type) {
    case 'id':
      return 'ID';
    case 'string':
      return autoNumber ? 'Auto Number' : `Text(${length})`;
    case 'textarea':
      if (htmlFormatted) return `Rich Text Area(${length})`;
      return length > 255 ? `Long Text Area(${length})` : `Text Area(${length})`;
    case 'encryptedstring':
      return `Text (Encrypted)(${length})`;
    case 'reference':
      return `${field.cascadeDelete && field.relationshipOrder !== null ? 'Master-Detail' : 'Lookup'}(${referenceTo.length > 4 ? `${referenceTo.slice(0, 3).join(', ')}, …` : referenceTo.join(', ')})`;
    case 'double':
      return `Number(${digits})`;
    case 'int':
    case 'long':
      return `Number(${field.digits || 9}, 0)`;
    case 'currency':
      return `Currency(${digits})`;
    case 'percent':
      return `Percent(${digits})`;
    case 'boolean':
      return 'Checkbox';
    case 'picklist':
      return field.dependentPicklist ? `Picklist (by ${field.controllerName ?? ''})` : 'Picklist';
    case 'multipicklist':
      return 'Picklist (Multi-Select)';
    case 'combobox':
      return 'Combo Box';
    case 'date':
      return 'Date';
    case 'datetime':
      return 'Date/Time';
    case 'time':
      return 'Time';
    case 'email':
      return 'Email';
    case 'phone':
      return 'Phone';
    case 'url':
      return `URL(${length})`;
    case 'address':
      return 'Address';
    case 'location':
      return 'Geolocation';
    case 'base64':
      return 'File';
    case 'anyType':
    case 'complexvalue':
    default:
      return type;
  }
}
