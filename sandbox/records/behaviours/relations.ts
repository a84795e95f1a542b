import { z } from 'zod';

import { SalesforceError } from '../../salesforce-error.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';

const RESPONDED = 'Responded';

/** A member is a lead or a contact, each once in a campaign, and remembers when it first responded. */
export const CAMPAIGN_MEMBER_BEHAVIOUR: Behaviour = {
  reads: ['FirstRespondedDate'],
  async beforeCreate(dml, drafts) {
    for (const draft of drafts) {
      if (draft.values['Status'] === RESPONDED)
        draft.values['FirstRespondedDate'] = dml.stamp.toISOString().slice(0, 10);
      const people = ['LeadId', 'ContactId'].filter(
        (name) => typeof draft.values[name] === 'string',
      );
      if (people.length === 0)
        draft.error = new SalesforceError(
          'REQUIRED_FIELD_MISSING',
          'Required fields are missing: [LeadId, ContactId]',
          { fields: ['LeadId', 'ContactId'] },
        );
    }
    await refuseSecond(dml, drafts);
  },
  async beforeUpdate(dml, drafts, before) {
    await Promise.resolve();
    for (const { id, values } of drafts) {
      if (values['Status'] !== RESPONDED) continue;
      values['FirstRespondedDate'] =
        text(before.get(id ?? '')?.['FirstRespondedDate']) ?? dml.stamp.toISOString().slice(0, 10);
    }
  },
};

const MemberRow = z.object({ campaign: z.string(), person: z.string() });

/** The campaigns are locked first: two calls at the same time cannot both add one person. */
async function refuseSecond(dml: Dml, drafts: readonly Draft[]): Promise<void> {
  const wanted = drafts.flatMap((draft) => {
    const campaign = draft.values['CampaignId'];
    const person = draft.values['ContactId'] ?? draft.values['LeadId'];
    return typeof campaign === 'string' && typeof person === 'string'
      ? [{ draft, campaign, person }]
      : [];
  });
  if (wanted.length === 0) return;
  const campaigns = [...new Set(wanted.map(({ campaign }) => campaign))].toSorted();
  await dml.client.query(LOCK_CAMPAIGNS, [campaigns]);
  const { rows } = await dml.client.query(FIND_MEMBERS, [
    wanted.map(({ campaign }) => campaign),
    wanted.map(({ person }) => person),
  ]);
  const taken = new Set(
    z
      .array(MemberRow)
      .parse(rows)
      .map(({ campaign, person }) => `${campaign} ${person}`),
  );
  for (const { draft, campaign, person } of wanted) {
    const key = `${campaign} ${person}`;
    if (taken.has(key) && draft.error === undefined)
      draft.error = new SalesforceError('DUPLICATE_VALUE', 'Already a campaign member.', {
        fields: [],
      });
    taken.add(key);
  }
}

const LOCK_CAMPAIGNS = `/* lockCampaigns */
select id from org.campaign where id = any($1::text[]) order by id for no key update`;

const FIND_MEMBERS = `/* findMembers */
select member.campaignid as campaign, coalesce(member.contactid, member.leadid) as person
  from unnest($1::text[], $2::text[]) as wanted(campaign, person)
  join org.campaignmember as member
    on member.campaignid = wanted.campaign and coalesce(member.contactid, member.leadid) = wanted.person and not member.isdeleted`;

/** An opportunity has one primary contact: who becomes it takes the place of who was. */
export const CONTACT_ROLE_BEHAVIOUR: Behaviour = {
  reads: ['OpportunityId', 'IsPrimary'],
  async afterCreate(dml, drafts) {
    await onlyPrimary(
      dml,
      drafts.filter(({ values }) => values['IsPrimary'] === true),
      (draft) => draft.values['OpportunityId'],
    );
  },
  async afterUpdate(dml, drafts, before) {
    await onlyPrimary(
      dml,
      drafts.filter((draft) => draft.values['IsPrimary'] === true && draft.mirrored !== true),
      ({ id }) => before.get(id ?? '')?.['OpportunityId'],
    );
  },
};

async function onlyPrimary(
  dml: Dml,
  drafts: readonly Draft[],
  opportunityOf: (draft: Draft) => unknown,
): Promise<void> {
  // Of several in one call the last one stays.
  const primary = new Map(drafts.map((draft) => [opportunityOf(draft), draft.id]));
  if (primary.size === 0) return;
  const { rows } = await dml.client.query(OTHER_PRIMARIES, [
    [...primary.keys()],
    [...primary.values()],
  ]);
  const others = z.array(z.object({ id: z.string() })).parse(rows);
  await dml.updateRows(
    dml,
    'OpportunityContactRole',
    others.map(({ id }) => ({ Id: id, IsPrimary: false })),
  );
}

const OTHER_PRIMARIES = `/* otherPrimaries */
select role.id
  from unnest($1::text[], $2::text[]) as chosen(opportunity, id)
  join org.opportunitycontactrole as role
    on role.opportunityid = chosen.opportunity and role.isprimary and not role.isdeleted and role.id <> chosen.id
 order by role.id`;

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
