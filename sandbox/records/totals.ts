import { z } from 'zod';

import type { Dml } from './dml.ts';

/**
 * Totals that stand in ordinary fields of a parent: unlike roll-up summaries they can be written as long as there is
 * nothing to add up, and their change is a change of the record, with its journal entry and its validation rules.
 */
export interface Totals {
  readonly parent: string;
  readonly child: string;
  readonly reference: string;
  /** The child's fields whose change may change a total. */
  readonly reads: readonly string[];
  /** The parents among `$1` whose fields are to change: rows `id` and `fields`, by API name. */
  readonly statement: string;
}

const TotalsRow = z.object({
  id: z.string(),
  fields: z.record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.null()])),
});

/** Writes what has changed, in the transaction that writes the children: a crash leaves both or neither. */
export async function bringTotals(
  dml: Dml,
  { parent, statement }: Totals,
  ids: readonly string[],
): Promise<void> {
  const { rows } = await dml.client.query(statement, [ids]);
  const records = z
    .array(TotalsRow)
    .parse(rows)
    .map(({ id, fields }) => ({ ...fields, Id: id }));
  await dml.updateRows(dml, parent, records);
}

/** When the last item goes, the opportunity keeps its amount, which can then be written again. */
const OPPORTUNITY_TOTALS = `/* opportunityTotals */
with total as (
  select opportunity.id, count(item.id) > 0 as has,
         sum(item.totalprice::numeric)::double precision as amount,
         sum(item.quantity::numeric)::double precision as quantity,
         min(entry.pricebook2id) as pricebook
    from org.opportunity as opportunity
    left join org.opportunitylineitem as item on item.opportunityid = opportunity.id and not item.isdeleted
    left join org.pricebookentry as entry on entry.id = item.pricebookentryid
   where opportunity.id = any($1::text[]) and not opportunity.isdeleted
   group by opportunity.id
)
select total.id,
       case when total.has
            then jsonb_build_object('HasOpportunityLineItem', true, 'Amount', total.amount,
                   'TotalOpportunityQuantity', total.quantity, 'Pricebook2Id', coalesce(opportunity.pricebook2id, total.pricebook))
            else jsonb_build_object('HasOpportunityLineItem', false) end as fields
  from total join org.opportunity as opportunity on opportunity.id = total.id
 where opportunity.hasopportunitylineitem is distinct from total.has
    or (total.has and row(opportunity.amount, opportunity.totalopportunityquantity) is distinct from row(total.amount, total.quantity))
    or (total.has and opportunity.pricebook2id is null and total.pricebook is not null)
 order by total.id`;

/** A campaign counts the members that came from leads which have become contacts. */
const CONVERTED_LEADS = `/* convertedLeads */
select campaign.id, jsonb_build_object('NumberOfConvertedLeads', converted.number) as fields
  from org.campaign as campaign
  cross join lateral (
    select count(*)::integer as number
      from org.campaignmember as member join org.lead as lead on lead.id = member.leadid
     where member.campaignid = campaign.id and not member.isdeleted and lead.isconverted
  ) as converted
 where campaign.id = any($1::text[]) and not campaign.isdeleted
   and campaign.numberofconvertedleads is distinct from converted.number
 order by campaign.id`;

export const TOTALS: readonly Totals[] = [
  {
    parent: 'Opportunity',
    child: 'OpportunityLineItem',
    reference: 'OpportunityId',
    reads: ['TotalPrice', 'Quantity'],
    statement: OPPORTUNITY_TOTALS,
  },
  {
    parent: 'Campaign',
    child: 'CampaignMember',
    reference: 'CampaignId',
    reads: ['LeadId'],
    statement: CONVERTED_LEADS,
  },
];
