import { READ_ONLY, SYSTEM, area, email, flag, lookup, phone, pick, text } from '../define.ts';
import type { FieldDef } from '../field.ts';

/** What a member shows of the lead or contact it is; a lead that has been converted is its contact. */
function of(lead: string, contact = lead) {
  return { ...READ_ONLY, derivedFrom: `IF(ISBLANK(ContactId), Lead.${lead}, Contact.${contact})` };
}

const checked = (name: string) => ({
  ...SYSTEM,
  derivedFrom: `IF(ISBLANK(ContactId), Lead.${name}, Contact.${name})`,
});

export function memberFields(): readonly FieldDef[] {
  return [
    pick('Salutation', 'Salutation', [], {
      ...READ_ONLY,
      derivedFrom: 'IF(ISBLANK(ContactId), TEXT(Lead.Salutation), TEXT(Contact.Salutation))',
    }),
    text('Name', 361, 'Name', of('Name')),
    text('FirstName', 40, 'First Name', of('FirstName')),
    text('LastName', 80, 'Last Name', of('LastName')),
    text('Title', 128, 'Title', of('Title')),
    area('Street', 255, 'Street', of('Street', 'MailingStreet')),
    text('City', 40, 'City', of('City', 'MailingCity')),
    text('State', 80, 'State/Province', of('State', 'MailingState')),
    text('PostalCode', 20, 'Zip/Postal Code', of('PostalCode', 'MailingPostalCode')),
    text('Country', 80, 'Country', of('Country', 'MailingCountry')),
    email('Email', 'Email', of('Email')),
    phone('Phone', 'Phone', of('Phone')),
    phone('Fax', 'Fax', of('Fax')),
    phone('MobilePhone', 'Mobile', of('MobilePhone')),
    flag('DoNotCall', 'Do Not Call', checked('DoNotCall')),
    flag('HasOptedOutOfEmail', 'Email Opt Out', checked('HasOptedOutOfEmail')),
    flag('HasOptedOutOfFax', 'Fax Opt Out', checked('HasOptedOutOfFax')),
    pick('LeadSource', 'Lead Source', [], {
      ...READ_ONLY,
      derivedFrom: 'IF(ISBLANK(ContactId), TEXT(Lead.LeadSource), TEXT(Contact.LeadSource))',
    }),
    text('CompanyOrAccount', 255, 'Company (Account)', of('Company', 'Account.Name')),
    text('Type', 40, 'Type', {
      ...READ_ONLY,
      derivedFrom: 'IF(ISBLANK(ContactId), "Lead", "Contact")',
    }),
    lookup('LeadOrContactId', 'Related Record ID', ['Contact', 'Lead'], {
      ...READ_ONLY,
      relationshipName: null,
      derivedFrom: 'CASESAFEID(IF(ISBLANK(ContactId), LeadId, ContactId))',
    }),
    lookup('LeadOrContactOwnerId', 'Related Record Owner ID', ['Group', 'User'], {
      ...READ_ONLY,
      relationshipName: null,
      derivedFrom: 'CASESAFEID(IF(ISBLANK(ContactId), Lead.OwnerId, Contact.OwnerId))',
    }),
  ];
}
