import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { present } from '../../../src/kit/assert.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';
import { queryOrg } from '../support/query-org.ts';

let testOrg: TestOrg;
beforeAll(async () => {
  testOrg = await openTestOrg();
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

const DAY_MS = 86_400_000;

test('what was done and what is still to be done stand below accounts, people and cases', async () => {
  const { org, context } = testOrg;
  const create = async (object: string, record: Record<string, unknown>): Promise<string> => {
    const [result] = await org.records.create(context, object, [record]);
    return present(result?.id, 'id');
  };
  const AccountId = await create('Account', { Name: 'Busy' });
  const WhoId = await create('Contact', { LastName: 'Bee', AccountId });
  const ended = { WhoId, DurationInMinutes: 30 };
  await create('Task', { Subject: 'Call', Status: 'Completed', WhoId, ActivityDate: '2026-01-02' });
  await create('Task', { Subject: 'Write', Status: 'Not Started', WhoId });
  await create('Event', {
    Subject: 'Met',
    ActivityDateTime: new Date(Date.now() - DAY_MS).toISOString(),
    ...ended,
  });
  await create('Event', {
    Subject: 'Meet',
    ActivityDateTime: new Date(Date.now() + DAY_MS).toISOString(),
    ...ended,
  });
  const [contact] = await queryOrg(
    org,
    `SELECT (SELECT Subject, IsTask, IsClosed FROM ActivityHistories ORDER BY Subject), (SELECT Subject FROM OpenActivities ORDER BY Subject) FROM Contact WHERE Id = '${WhoId}'`,
  );
  expect(contact).toMatchObject({
    ActivityHistories: {
      totalSize: 2,
      records: [
        { Subject: 'Call', IsTask: true, IsClosed: true },
        { Subject: 'Met', IsTask: false },
      ],
    },
    OpenActivities: { records: [{ Subject: 'Meet' }, { Subject: 'Write' }] },
  });
  const all = await queryOrg(
    org,
    'SELECT Id, (SELECT Id, Subject FROM ActivityHistories ORDER BY ActivityDate DESC, LastModifiedDate DESC LIMIT 500) FROM Account',
  );
  expect(all.length).toBeGreaterThan(10);
  await expect(queryOrg(org, 'SELECT Id FROM ActivityHistory')).rejects.toThrow(
    'entity type ActivityHistory does not support query',
  );
  const [deleted] = await org.records.delete(context, [WhoId]);
  expect(deleted?.errors).toEqual([]);
});
