import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Connection } from 'jsforce';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { serveStreamingOrg, type StreamingOrg } from './served-org.ts';

const Body = z.object({
  payload: z
    .looseObject({
      ChangeEventHeader: z.looseObject({
        entityName: z.string(),
        changeType: z.string(),
        recordIds: z.array(z.string()),
        transactionKey: z.string(),
        commitNumber: z.number(),
        changedFields: z.array(z.string()),
      }),
    })
    .catchall(z.json()),
});
type Payload = z.infer<typeof Body>['payload'];
const Created = z.object({ id: z.string() });

let org: StreamingOrg;
let soap: Connection['soap'];
beforeAll(async () => {
  org = await serveStreamingOrg();
  soap = new Connection({ instanceUrl: org.url, accessToken: org.token, version: '60.0' }).soap;
  // What the org is made of is not what the tests are about.
  await until(
    async () => {
      const { rowCount } = await org.org.pool.query('select from change_journal limit 1');
      return rowCount === 0 ? true : undefined;
    },
    { what: 'the seed to be published' },
  );
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('changes of one transaction, which have one key and one commit number', () => {
  test('of a merge: the loser is deleted, what it had moves, the master changes', async () => {
    const [master, loser] = [
      await create('Account', { Name: 'Master' }),
      await create('Account', { Name: 'Loser' }),
    ];
    const contact = await create('Contact', { LastName: 'Moved', AccountId: loser });
    const events = await eventsOf(3, async () => {
      const masterRecord = { type: 'Account', Id: master, Phone: '7' };
      const merged = await soap.merge({
        masterRecord,
        recordToMergeIds: [loser],
      });
      expect(merged).toMatchObject({ success: true });
    });
    expect(kinds(events)).toEqual(
      [`UPDATE ${master}`, `UPDATE ${contact}`, `DELETE ${loser}`].toSorted(),
    );
    expect(of(events, contact)).toMatchObject({ AccountId: master });
    expectOneTransaction(events);
  });

  test('of a lead’s conversion: what was made of it, and the lead itself', async () => {
    const lead = await create('Lead', { LastName: 'Newton', Company: 'Principia' });
    const events = await eventsOf(4, async () => {
      const converted = await soap.convertLead({
        leadId: lead,
        convertedStatus: 'Closed - Converted',
      });
      expect(converted).toMatchObject({ success: true });
    });
    expect(of(events, lead)).toMatchObject({
      IsConverted: true,
      ConvertedAccountId: expect.stringMatching(/^001/),
      ChangeEventHeader: { changeType: 'UPDATE' },
    });
    const made = events.filter(({ ChangeEventHeader: header }) => header.changeType === 'CREATE');
    expect(made.map(({ ChangeEventHeader: header }) => header.entityName)).toEqual(
      expect.arrayContaining(['Account', 'Contact', 'Opportunity']),
    );
    expectOneTransaction(events);
  });

  test('of a composite call', async () => {
    const url = '/services/data/v60.0/sobjects/Account';
    const events = await eventsOf(2, async () => {
      await org.ask('POST', 'composite', {
        allOrNone: true,
        compositeRequest: [
          { method: 'POST', url, referenceId: 'one', body: { Name: 'One' } },
          { method: 'POST', url, referenceId: 'two', body: { Name: 'Two', ParentId: '@{one.id}' } },
        ],
      });
    });
    expect(kinds(events).map((kind) => kind.slice(0, 10))).toEqual(['CREATE 001', 'CREATE 001']);
    expectOneTransaction(events);
  });
});

test('a deletion tells of what it takes along, an undeletion of what comes back with all its values', async () => {
  const account = await create('Account', { Name: 'Parent' });
  const contact = await create('Contact', { LastName: 'Child', AccountId: account });
  const gone = await eventsOf(2, () => org.ask('DELETE', `sobjects/Account/${account}`));
  expect(kinds(gone)).toEqual([`DELETE ${account}`, `DELETE ${contact}`].toSorted());
  expect(Object.keys(of(gone, contact) ?? {})).toEqual(['ChangeEventHeader']);
  const back = await eventsOf(2, () => soap.undelete([account]));
  expect(kinds(back)).toEqual([`UNDELETE ${account}`, `UNDELETE ${contact}`].toSorted());
  expect(of(back, contact)).toMatchObject({ Name: { LastName: 'Child' }, AccountId: account });
});

test('a hard deletion is one like any other, and emptying the recycle bin tells of nothing', async () => {
  const { records } = org.org;
  const [hard, soft] = [
    await create('Account', { Name: 'Hard' }),
    await create('Account', { Name: 'Soft' }),
  ];
  const events = await eventsOf(3, async () => {
    await records.delete(org.context, [hard], { hard: true });
    await records.delete(org.context, [soft]);
    await soap.emptyRecycleBin([soft]);
    await create('Account', { Name: 'Last' });
  });
  expect(kinds(events).slice(1)).toEqual([`DELETE ${hard}`, `DELETE ${soft}`].toSorted());
  expect(events).toHaveLength(3);
});

test('formulas and roll-ups are in no event, and changes of theirs alone make none', async () => {
  const field = async (FullName: string, Metadata: object): Promise<void> => {
    const made = await org.ask('POST', 'tooling/sobjects/CustomField', { FullName, Metadata });
    expect(made).toMatchObject({ status: 201 });
  };
  await field('Account.Shout__c', { label: 'Shout', type: 'Text', formula: 'UPPER(Name)' });
  await field('Account.Deals__c', {
    label: 'Deals',
    type: 'Summary',
    summaryOperation: 'count',
    summaryForeignKey: 'Opportunity.AccountId',
  });
  const [account] = await eventsOf(1, () => create('Account', { Name: 'quiet' }));
  expect(account).not.toHaveProperty('Shout__c');
  expect(account).not.toHaveProperty('Deals__c');
  const AccountId = account?.ChangeEventHeader.recordIds[0];
  const events = await eventsOf(1, () =>
    create('Opportunity', {
      Name: 'Deal',
      AccountId,
      StageName: 'Prospecting',
      CloseDate: '2026-12-01',
    }),
  );
  expect(kinds(events)).toEqual([expect.stringMatching(/^CREATE 006/)]);
  const { body } = await org.ask('GET', `sobjects/Account/${AccountId}?fields=Deals__c`);
  expect(body).toMatchObject({ Deals__c: 1 });
});

test('amounts come with their currency, and persons with their names', async () => {
  const on = await org.ask('PATCH', '/admin/settings', {
    multiCurrency: true,
    personAccounts: true,
  });
  expect(on).toMatchObject({ status: 200 });
  const [account] = await eventsOf(1, () => create('Account', { Name: 'Rich', AnnualRevenue: 12 }));
  expect(account).toMatchObject({ AnnualRevenue: 12, CurrencyIsoCode: 'USD' });
  const events = await eventsOf(2, () =>
    create('Account', { FirstName: 'Emmy', LastName: 'Noether' }),
  );
  const names = events.map(({ ChangeEventHeader: { entityName }, Name }) => ({ entityName, Name }));
  expect(names).toEqual(
    expect.arrayContaining([
      {
        entityName: 'Account',
        Name: expect.objectContaining({ FirstName: 'Emmy', LastName: 'Noether' }),
      },
      { entityName: 'Contact', Name: expect.objectContaining({ LastName: 'Noether' }) },
    ]),
  );
});

async function create(object: string, values: object): Promise<string> {
  return Created.parse((await org.ask('POST', `sobjects/${object}`, values)).body).id;
}

/** The change events that come of something: at least so many, and whatever comes with the last of them. */
async function eventsOf(count: number, work: () => Promise<unknown>): Promise<readonly Payload[]> {
  const { feed } = org.streaming.publisher;
  await until(
    async () => {
      const { rowCount } = await org.org.pool.query(
        'select from change_journal union all select from stream_events where replay_id > $1',
        [feed.head],
      );
      return rowCount === 0 ? true : undefined;
    },
    { what: 'earlier events' },
  );
  const after = feed.head;
  await work();
  return until(
    async () => {
      const events = await feed.read({ kind: 'change' }, after);
      const payloads = events.map(({ body }) => Body.parse(body).payload);
      const records = payloads.flatMap(({ ChangeEventHeader: header }) => header.recordIds);
      return records.length >= count ? payloads : undefined;
    },
    { what: `${count} events` },
  );
}

function kinds(events: readonly Payload[]): readonly string[] {
  return events
    .flatMap(({ ChangeEventHeader: { changeType, recordIds } }) =>
      recordIds.map((id) => `${changeType} ${id}`),
    )
    .toSorted();
}

function of(events: readonly Payload[], id: string): Payload | undefined {
  return events.find(({ ChangeEventHeader: header }) => header.recordIds.includes(id));
}

function expectOneTransaction(events: readonly Payload[]): void {
  const keys = events.map(({ ChangeEventHeader: { transactionKey, commitNumber } }) =>
    [transactionKey, commitNumber].join(' '),
  );
  expect(new Set(keys).size).toBe(1);
}
