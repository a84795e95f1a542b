import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';

/** What reports of a type are about: one object, and the parents its records lead to. */
export interface ReportType {
  readonly name: string;
  readonly label: string;
  readonly object: ObjectDef;
  /** Columns whose names do not follow from the field's: name → path in SOQL. */
  readonly columns: Readonly<Record<string, string>>;
}

const AUDIT = {
  CREATED: 'CreatedBy.Name',
  CREATED_BY: 'CreatedBy.Name',
  CREATED_DATE: 'CreatedDate',
  CREATED_DATEONLY: 'CreatedDate',
  LAST_UPDATE: 'LastModifiedDate',
  LAST_MODIFIED_DATE: 'LastModifiedDate',
  UPDATED: 'LastModifiedBy.Name',
  LAST_UPDATE_BY: 'LastModifiedBy.Name',
  LAST_ACTIVITY: 'LastActivityDate',
  DUE_DATE: 'LastActivityDate',
} as const;
const OWNER = {
  OWNER: 'Owner.Name',
  FULL_NAME: 'Owner.Name',
  'USERS.NAME': 'Owner.Name',
  OWNER_FULL_NAME: 'Owner.Name',
} as const;

function address(prefix: string, name: string): Readonly<Record<string, string>> {
  return {
    [`${prefix}STREET`]: `${name}Street`,
    [`${prefix}CITY`]: `${name}City`,
    [`${prefix}STATE`]: `${name}State`,
    [`${prefix}ZIP`]: `${name}PostalCode`,
    [`${prefix}COUNTRY`]: `${name}Country`,
  };
}

interface Listed {
  readonly label: string;
  readonly object: string;
  readonly columns: Readonly<Record<string, string>>;
}

/** The standard report types of one object and its parents. */
const STANDARD: Readonly<Record<string, Listed>> = {
  AccountList: {
    label: 'Accounts',
    object: 'Account',
    columns: {
      ...AUDIT,
      ...OWNER,
      ...address('ADDRESS1_', 'Billing'),
      ...address('ADDRESS2_', 'Shipping'),
      ACCOUNT_ID: 'Id',
      NAME: 'Name',
      'ACCOUNT.NAME': 'Name',
      PARENT_NAME: 'Parent.Name',
      PHONE1: 'Phone',
      PHONE2: 'Fax',
      SALES: 'AnnualRevenue',
      EMPLOYEES: 'NumberOfEmployees',
      URL: 'Website',
      TICKER: 'TickerSymbol',
    },
  },
  ContactList: {
    label: 'Contacts & Accounts',
    object: 'Contact',
    columns: {
      ...AUDIT,
      ...OWNER,
      ...address('ADDRESS1_', 'Mailing'),
      ...address('ADDRESS2_', 'Other'),
      CONTACT_ID: 'Id',
      CONTACT_OWNER: 'Owner.Name',
      'ACCOUNT.NAME': 'Account.Name',
      ACCOUNT_ID: 'AccountId',
      REPORTS_TO: 'ReportsTo.Name',
      PHONE1: 'Phone',
      PHONE2: 'Fax',
      PHONE3: 'MobilePhone',
      PHONE4: 'HomePhone',
      PHONE5: 'OtherPhone',
      PHONE6: 'AssistantPhone',
      INDUSTRY: 'Account.Industry',
      RATING: 'Account.Rating',
      TYPE: 'Account.Type',
    },
  },
  LeadList: {
    label: 'Leads',
    object: 'Lead',
    columns: {
      ...AUDIT,
      ...OWNER,
      ...address('', ''),
      LEAD_ID: 'Id',
      REVENUE: 'AnnualRevenue',
      EMPLOYEES: 'NumberOfEmployees',
      CONVERTED: 'IsConverted',
      UNREAD: 'IsUnreadByOwner',
    },
  },
  Opportunity: {
    label: 'Opportunities',
    object: 'Opportunity',
    columns: {
      ...AUDIT,
      ...OWNER,
      OPPORTUNITY_ID: 'Id',
      OPPORTUNITY_NAME: 'Name',
      ACCOUNT_NAME: 'Account.Name',
      'ACCOUNT.NAME': 'Account.Name',
      ACCOUNT_ID: 'AccountId',
      EXP_AMOUNT: 'ExpectedRevenue',
      FORECAST_CATEGORY: 'ForecastCategoryName',
      CLOSED: 'IsClosed',
      WON: 'IsWon',
      CAMPAIGN_NAME: 'Campaign.Name',
      INDUSTRY: 'Account.Industry',
    },
  },
  OpportunityProduct: {
    label: 'Opportunities with Products',
    object: 'OpportunityLineItem',
    columns: {
      ...AUDIT,
      OPPORTUNITY_NAME: 'Opportunity.Name',
      STAGE_NAME: 'Opportunity.StageName',
      CLOSE_DATE: 'Opportunity.CloseDate',
      AMOUNT: 'Opportunity.Amount',
      FULL_NAME: 'Opportunity.Owner.Name',
      ACCOUNT_NAME: 'Opportunity.Account.Name',
      PRODUCT_NAME: 'Product2.Name',
      PRODUCT_CODE: 'Product2.ProductCode',
      FAMILY: 'Product2.Family',
      TOTAL_PRICE: 'TotalPrice',
    },
  },
  CaseList: {
    label: 'Cases',
    object: 'Case',
    columns: {
      ...AUDIT,
      ...OWNER,
      CASE_ID: 'Id',
      CASE_NUMBER: 'CaseNumber',
      'ACCOUNT.NAME': 'Account.Name',
      NAME: 'Contact.Name',
      EMAIL: 'Contact.Email',
      CLOSED_DATE: 'ClosedDate',
      CLOSED_DATEONLY: 'ClosedDate',
      CLOSED: 'IsClosed',
      ESCALATED: 'IsEscalated',
      PARENT: 'Parent.CaseNumber',
    },
  },
  CampaignList: {
    label: 'Campaigns',
    object: 'Campaign',
    columns: { ...AUDIT, ...OWNER, CAMPAIGN_NAME: 'Name', CAMPAIGN_ID: 'Id', ACTIVE: 'IsActive' },
  },
  ProductList: {
    label: 'Products',
    object: 'Product2',
    columns: { ...AUDIT, PRODUCT_NAME: 'Name', ACTIVE: 'IsActive' },
  },
  UserList: { label: 'Users', object: 'User', columns: { ...AUDIT, ACTIVE: 'IsActive' } },
};

/** Of a custom object: its own records, or those that have a parent of a given kind. */
const CUSTOM = /^(?:CustomEntity|(?:CustomEntity|\w+?)CustomEntity\$\w+)\$(\w+)$/;

/** @throws SalesforceError naming a type this org cannot report on */
export function getReportType(schema: Schema, { type }: { readonly type: string }): ReportType {
  const standard = STANDARD[type];
  if (standard !== undefined) {
    const object = schema.findObject(standard.object);
    if (object === undefined) throw unknownType(type);
    return { name: type, label: standard.label, object, columns: standard.columns };
  }
  const name = CUSTOM.exec(type)?.[1];
  const object = name === undefined ? undefined : schema.findObject(name);
  if (object === undefined) throw unknownType(type);
  return {
    name: type,
    label: object.labelPlural,
    object,
    columns: {
      ...AUDIT,
      ...OWNER,
      CUST_ID: 'Id',
      CUST_NAME: 'Name',
      CUST_OWNER_NAME: 'Owner.Name',
      CUST_CREATED_DATE: 'CreatedDate',
      CUST_CREATED_NAME: 'CreatedBy.Name',
      CUST_LAST_UPDATE: 'LastModifiedDate',
      CUST_UPDATED_NAME: 'LastModifiedBy.Name',
    },
  };
}

function unknownType(type: string): SalesforceError {
  const known = [...Object.keys(STANDARD), 'CustomEntity$…'].join(', ');
  return new SalesforceError(
    'NOT_IMPLEMENTED',
    `The sandbox org does not run reports of type ${type}: it has ${known}`,
  );
}

/** The types of this org, as `/analytics/reportTypes` lists them. */
export function listReportTypes(schema: Schema): readonly { type: string; label: string }[] {
  return [
    ...Object.entries(STANDARD).flatMap(([type, { label, object }]) =>
      schema.findObject(object) === undefined ? [] : [{ type, label }],
    ),
    ...schema.objects
      .filter(({ name }) => name.endsWith('__c'))
      .map(({ name, labelPlural }) => ({ type: `CustomEntity$${name}`, label: labelPlural })),
  ];
}
