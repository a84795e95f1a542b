import {
  auditFields,
  date,
  defineObject,
  flag,
  id,
  int,
  number,
  pick,
  READ_ONLY,
  text,
} from './define.ts';
import type { FieldDef } from './field.ts';
import type { ObjectDef } from './schema.ts';

/** What amounts are kept in before an org has several currencies, and converted by afterwards. */
export const CORPORATE_CURRENCY = 'USD';
export const CURRENCY_FIELD = 'CurrencyIsoCode';
/** Objects without layouts of their own whose amounts have a currency, too. */
const ALSO: ReadonlySet<string> = new Set([
  'CampaignMember',
  'OpportunityLineItem',
  'OrderItem',
  'PricebookEntry',
]);

/** The objects of an org with several currencies: every record says what its amounts are in. */
export function withCurrencies(
  objects: readonly ObjectDef[],
  active: readonly string[],
): readonly ObjectDef[] {
  const isoCode = pick(CURRENCY_FIELD, 'Currency ISO Code', active, {
    length: 3,
    byteLength: 9,
    defaultedOnCreate: true,
    permissionable: false,
    restrictedPicklist: true,
  });
  const own = pick('DefaultCurrencyIsoCode', 'Default Currency ISO Code', active, {
    length: 3,
    byteLength: 9,
    defaultedOnCreate: true,
    restrictedPicklist: true,
  });
  return [
    ...objects.map((object) => {
      if (object.name === 'User') return withField(withField(object, own), isoCode);
      return hasAmounts(object) ? withField(object, isoCode) : object;
    }),
    CURRENCY_TYPE,
    DATED_CONVERSION_RATE,
  ];
}

function hasAmounts({ name, flags, isView }: ObjectDef): boolean {
  if (isView || name.endsWith('__e') || name.endsWith('__mdt')) return false;
  return ALSO.has(name) || (flags.createable && (flags.layoutable || flags.customSetting));
}

/** Before who made the record, and when. */
function withField(object: ObjectDef, field: FieldDef): ObjectDef {
  const at = object.fields.findIndex(({ name }) => name === 'CreatedDate');
  const before = at === -1 ? object.fields.length : at;
  return {
    ...object,
    fields: [...object.fields.slice(0, before), field, ...object.fields.slice(before)],
  };
}

const SETUP = {
  feedEnabled: false,
  layoutable: false,
  mruEnabled: false,
  searchable: false,
  triggerable: false,
  undeletable: false,
} as const;

const CURRENCY_TYPE = defineObject({
  name: 'CurrencyType',
  label: 'Currency Type',
  labelPlural: 'Currency Types',
  keyPrefix: '01L',
  flags: { ...SETUP, deletable: false },
  fields: [
    id('Currency Type ID'),
    text('IsoCode', 3, 'Currency ISO Code', {
      nillable: false,
      nameField: true,
      updateable: false,
      unique: true,
    }),
    number('ConversionRate', 'Conversion Rate', { nillable: false, precision: 18, scale: 6 }),
    int('DecimalPlaces', 'Decimal Places', { nillable: false }),
    flag('IsActive', 'Active'),
    flag('IsCorporate', 'Corporate Currency', READ_ONLY),
    auditFields(),
  ],
});

const DATED_CONVERSION_RATE = defineObject({
  name: 'DatedConversionRate',
  label: 'Dated Conversion Rate',
  labelPlural: 'Dated Conversion Rates',
  keyPrefix: '04w',
  flags: SETUP,
  fields: [
    id('Dated Conversion Rate ID'),
    text('IsoCode', 3, 'Currency ISO Code', { nillable: false, updateable: false }),
    date('StartDate', 'Start Date', { nillable: false }),
    date('NextStartDate', 'Next Start Date', READ_ONLY),
    number('ConversionRate', 'Conversion Rate', { nillable: false, precision: 18, scale: 6 }),
    auditFields(),
  ],
});
