import { describesOf, ObjectDescribe, type Describes } from '../../../connect/core/describe.ts';
import { DEFAULT_TYPE_OPTIONS } from '../../../connect/core/field-types.ts';
import { readMappingDocument } from '../../../connect/core/mapping.ts';
import { planTable, type TablePlan } from '../../../connect/core/table-plan.ts';

type Field = readonly [
  name: string,
  type: string,
  length?: number,
  more?: Readonly<Record<string, unknown>>,
];

const READ_ONLY = { createable: false, updateable: false };

function object(name: string, keyPrefix: string, fields: readonly Field[]): ObjectDescribe {
  return ObjectDescribe.parse({
    name,
    keyPrefix,
    queryable: true,
    createable: true,
    updateable: true,
    deletable: true,
    replicateable: true,
    fields: fields.map(([field, type, length = 0, more = {}]) => ({
      name: field,
      type,
      length,
      createable: true,
      updateable: true,
      ...more,
    })),
  });
}

const SYSTEM: readonly Field[] = [
  ['Id', 'id', 18, { ...READ_ONLY, idLookup: true }],
  ['IsDeleted', 'boolean', 0, READ_ONLY],
  ['CreatedDate', 'datetime', 0, READ_ONLY],
  ['LastModifiedDate', 'datetime', 0, READ_ONLY],
  ['SystemModstamp', 'datetime', 0, READ_ONLY],
];

/** A small org, as its describes tell of it. */
export const ORG: Describes = describesOf([
  object('Account', '001', [
    ...SYSTEM,
    ['Name', 'string', 255],
    ['BillingAddress', 'address', 0, READ_ONLY],
    ['BillingCity', 'string', 40],
    ['Industry', 'picklist', 40],
    ['AnnualRevenue', 'currency'],
    ['NumberOfEmployees', 'int'],
    ['Website', 'url', 255],
    ['Key__c', 'string', 20, { externalId: true, unique: true }],
  ]),
  object('Contact', '003', [
    ...SYSTEM,
    ['Name', 'string', 121, READ_ONLY],
    ['FirstName', 'string', 40],
    ['LastName', 'string', 80, { nillable: false }],
    ['Email', 'email', 80],
    ['Phone', 'phone', 40],
    ['Birthdate', 'date'],
    ['Description', 'textarea', 32_000],
    ['MailingStreet', 'textarea', 255],
    ['AccountId', 'reference', 18, { relationshipName: 'Account', referenceTo: ['Account'] }],
    ['OwnerId', 'reference', 18, { relationshipName: 'Owner', referenceTo: ['Group', 'User'] }],
    ['Score__c', 'double'],
    ['Vip__c', 'boolean'],
    ['Tags__c', 'multipicklist', 4099],
    ['External_Contact_Id__c', 'string', 40, { externalId: true, unique: true }],
  ]),
  object('User', '005', [
    ['Id', 'id', 18, READ_ONLY],
    ['Name', 'string', 121],
    ['SystemModstamp', 'datetime', 0, READ_ONLY],
  ]),
]);

export interface PlanOptions {
  readonly access?: 'read_only' | 'read_write';
  readonly fields?: readonly string[];
  readonly upsertField?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

export function plan(
  objectName: string,
  { access = 'read_write', fields = [], upsertField, more = {} }: PlanOptions = {},
): TablePlan {
  const described = ORG.get(objectName.toLowerCase());
  if (described === undefined || described === null)
    throw new Error(`no describe of ${objectName}`);
  const { config } = readMappingDocument(objectName, {
    access,
    fields: Object.fromEntries(
      ['Id', 'SystemModstamp', 'IsDeleted', 'CreatedDate', ...fields].map((field) => [field, {}]),
    ),
    ...(upsertField === undefined ? {} : { upsert_field: upsertField }),
    ...more,
  });
  return planTable({ config, object: described, describes: ORG, types: DEFAULT_TYPE_OPTIONS });
}

/** Contact as most tests want it: writable, with a key of ours. */
export function contactPlan(options: PlanOptions = {}): TablePlan {
  return plan('Contact', {
    fields: [
      'Name',
      'FirstName',
      'LastName',
      'Email',
      'Phone',
      'Birthdate',
      'Description',
      'AccountId',
      'Score__c',
      'Vip__c',
      'External_Contact_Id__c',
    ],
    upsertField: 'External_Contact_Id__c',
    ...options,
  });
}
