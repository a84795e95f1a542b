import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import type { InputRecord, SaveResult, WriteContext } from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { inRequestTransaction } from '../store/request-transaction.ts';
import { listOf, mapOf, NIL, textOf, type ElementMap, type Xml } from './envelope.ts';
import { CONVERTED_LEADS_MAX } from './limits.ts';
import { required, writeContext, type Operation, type SoapRequest } from './operation.ts';
import { assertDone } from './merge.ts';
import { errorXml } from './to-xml.ts';

/** A lead becomes an account, a contact and, unless told not to, an opportunity. */
export const convertLead: Operation = async (request) => {
  const conversions = listOf(request.args['leadConverts']);
  if (conversions.length > CONVERTED_LEADS_MAX) {
    throw new SalesforceError(
      'LIMIT_EXCEEDED',
      `No more than ${CONVERTED_LEADS_MAX} leads can be converted in one call`,
    );
  }
  const results = [];
  for (const conversion of conversions) results.push(await convertOne(request, mapOf(conversion)));
  return results;
};

interface Converted {
  readonly accountId: string;
  readonly contactId: string;
  readonly opportunityId: string | undefined;
}

async function convertOne(request: SoapRequest, args: ElementMap): Promise<Xml> {
  const leadId = textOf(args['leadId']) ?? '';
  try {
    // One transaction: no crash leaves an account of a lead that is not converted.
    const converted = await inRequestTransaction(request, (client) =>
      convert(request, { ...writeContext(request), allOrNone: true, client }, args),
    );
    return {
      accountId: converted.accountId,
      contactId: converted.contactId,
      errors: [],
      leadId,
      opportunityId: converted.opportunityId ?? NIL,
      success: true,
    };
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return {
      accountId: NIL,
      contactId: NIL,
      errors: [errorXml(error)],
      leadId: leadId === '' ? NIL : leadId,
      opportunityId: NIL,
      success: false,
    };
  }
}

type Context = WriteContext & { readonly client: NonNullable<WriteContext['client']> };

async function convert(
  request: SoapRequest,
  context: Context,
  args: ElementMap,
): Promise<Converted> {
  const status = required(args, 'convertedStatus');
  const lead = await lockLead(context, required(args, 'leadId'));
  if (lead.isconverted)
    throw new SalesforceError('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead');
  const owner = textOf(args['ownerId']) ?? lead.ownerid;
  const accountId =
    textOf(args['accountId']) ?? (await make(request, context, 'Account', accountOf(lead, owner)));
  const contactId =
    textOf(args['contactId']) ??
    (await make(request, context, 'Contact', contactOf(lead, { owner, accountId })));
  const opportunityId =
    textOf(args['doNotCreateOpportunity']) === 'true'
      ? undefined
      : await make(request, context, 'Opportunity', {
          Name: textOf(args['opportunityName']) ?? `${lead.company ?? lead.lastname}-`,
          AccountId: accountId,
          StageName: 'Prospecting',
          CloseDate: endOfQuarter(new Date(request.org.clock.now())),
          OwnerId: owner,
        });
  assertDone(await request.org.records.update(context, 'Lead', [{ Id: lead.id, Status: status }]));
  await context.client.query(MARK_CONVERTED, [
    lead.id,
    accountId,
    contactId,
    opportunityId ?? null,
    new Date(request.org.clock.now()),
  ]);
  await context.client.query(TELL_CONVERTED, [lead.id]);
  await context.client.query(MOVE_MEMBERSHIPS, [lead.id, contactId]);
  await context.client.query(COUNT_MEMBERS, [lead.id]);
  return { accountId, contactId, opportunityId };
}

const MOVE_MEMBERSHIPS = `/* moveMemberships */
update org.campaignmember set contactid = $2 where leadid = $1 and contactid is null and not isdeleted`;

const COUNT_MEMBERS = `/* countMembers */
update org.campaign as campaign
   set numberofconvertedleads = counted.converted, numberofcontacts = counted.contacts
  from (select member.campaignid as id, count(*) filter (where lead.isconverted)::integer as converted,
               count(member.contactid)::integer as contacts
          from org.campaignmember as member left join org.lead as lead on lead.id = member.leadid
         where not member.isdeleted
           and member.campaignid in (select campaignid from org.campaignmember where leadid = $1 and not isdeleted)
         group by 1) as counted
 where campaign.id = counted.id`;

const MARK_CONVERTED = `/* markConverted */
update org.lead
   set isconverted = true, converteddate = $5::timestamptz::date, convertedaccountid = $2, convertedcontactid = $3,
       convertedopportunityid = $4
 where id = $1`;

/** What marks a lead as converted is told with its new status: one change of one record. */
const TELL_CONVERTED = `/* tellConverted */
update change_journal as entry
   set changed_fields = entry.changed_fields || array(select jsonb_object_keys(marked.fields)),
       record = entry.record || marked.fields,
       previous = entry.previous || '{"IsConverted": false}'
  from (select jsonb_strip_nulls(jsonb_build_object(
                 'IsConverted', isconverted, 'ConvertedDate', converteddate, 'ConvertedAccountId', convertedaccountid,
                 'ConvertedContactId', convertedcontactid, 'ConvertedOpportunityId', convertedopportunityid)) as fields
          from org.lead where id = $1) as marked
 where entry.xid = pg_current_xact_id() and entry.record_id = $1 and entry.change_type = 'UPDATE'`;

async function make(
  request: SoapRequest,
  context: Context,
  object: string,
  record: InputRecord,
): Promise<string> {
  const results: readonly SaveResult[] = await request.org.records.create(context, object, [
    record,
  ]);
  assertDone(results);
  return present(results[0]?.id, 'id');
}

async function lockLead({ client }: Context, id: string): Promise<Lead> {
  const { rows } = await client.query(LOCK_LEAD, [id]);
  const lead = z.array(Lead).parse(rows)[0];
  if (lead === undefined)
    throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  return lead;
}

const LOCK_LEAD = `/* lockLead */
select id, company, firstname, lastname, salutation, title, email, phone, mobilephone, fax, website, industry,
       street, city, state, postalcode, country, leadsource, ownerid, isconverted
  from org.lead
 where left(id, 15) = left($1, 15) and not isdeleted
   for update`;

const Text = z.string().nullable();
const Lead = z.object({
  id: z.string(),
  company: Text,
  firstname: Text,
  lastname: z.string(),
  salutation: Text,
  title: Text,
  email: Text,
  phone: Text,
  mobilephone: Text,
  fax: Text,
  website: Text,
  industry: Text,
  street: Text,
  city: Text,
  state: Text,
  postalcode: Text,
  country: Text,
  leadsource: Text,
  ownerid: z.string(),
  isconverted: z.boolean(),
});
type Lead = Readonly<z.infer<typeof Lead>>;

function accountOf(lead: Lead, owner: string): InputRecord {
  return {
    Name: lead.company ?? lead.lastname,
    Phone: lead.phone,
    Fax: lead.fax,
    Website: lead.website,
    Industry: lead.industry,
    BillingStreet: lead.street,
    BillingCity: lead.city,
    BillingState: lead.state,
    BillingPostalCode: lead.postalcode,
    BillingCountry: lead.country,
    OwnerId: owner,
  };
}

function contactOf(
  lead: Lead,
  of: { readonly owner: string; readonly accountId: string },
): InputRecord {
  return {
    AccountId: of.accountId,
    Salutation: lead.salutation,
    FirstName: lead.firstname,
    LastName: lead.lastname,
    Title: lead.title,
    Email: lead.email,
    Phone: lead.phone,
    MobilePhone: lead.mobilephone,
    Fax: lead.fax,
    LeadSource: lead.leadsource,
    MailingStreet: lead.street,
    MailingCity: lead.city,
    MailingState: lead.state,
    MailingPostalCode: lead.postalcode,
    MailingCountry: lead.country,
    OwnerId: of.owner,
  };
}

function endOfQuarter(now: Date): string {
  const month = Math.floor(now.getUTCMonth() / 3) * 3 + 3;
  return new Date(Date.UTC(now.getUTCFullYear(), month, 0)).toISOString().slice(0, 10);
}
