import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';

const Answer = z.object({ records: z.array(z.record(z.string(), z.unknown())) });

let org: ServedOrg;

beforeAll(async () => {
  org = await serveOrg();
  const { records, pool, adminUserId } = org.org;
  await pool.query('delete from org.lead');
  const [queue] = await records.create(org.context, 'Group', [{ Name: 'Leads', Type: 'Queue' }]);
  await records.create(org.context, 'QueueSobject', [{ QueueId: queue?.id, SobjectType: 'Lead' }]);
  await records.create(org.context, 'GroupMember', [
    { GroupId: queue?.id, UserOrGroupId: adminUserId },
  ]);
  const leads = ['Own', 'Queued', 'Foreign'].map((LastName) => ({ LastName, Company: 'x' }));
  await records.create(org.context, 'Lead', leads);
  await pool.query(`update org.lead set ownerid = $1 where lastname = 'Queued'`, [queue?.id]);
  await pool.query(`update org.lead set ownerid = '005000000000009AAA' where lastname = 'Foreign'`);
  await records.create(org.context, 'Task', [{ Subject: 'Own' }, { Subject: 'Given' }]);
  await pool.query(`update org.task set ownerid = '005000000000009AAA' where subject = 'Given'`);
});

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

test.each([
  ['everything', 'Lead', 'LastName', ['Foreign', 'Own', 'Queued']],
  ['mine', 'Lead', 'LastName', ['Own']],
  ['mine_and_my_groups', 'Lead', 'LastName', ['Own', 'Queued']],
  ['delegated', 'Task', 'Subject', ['Given']],
])('USING SCOPE %s of %s', async (scope, object, field, expected) => {
  const soql = `SELECT ${field} FROM ${object} USING SCOPE ${scope} ORDER BY ${field}`;
  const { body } = await org.ask('GET', `query?q=${encodeURIComponent(soql)}`);
  expect(Answer.parse(body).records.map((record) => record[field])).toEqual(expected);
});

test('a scope that needs a feature the org lacks is refused', async () => {
  const soql = encodeURIComponent('SELECT Id FROM Account USING SCOPE team');
  expect(await org.ask('GET', `query?q=${soql}`)).toMatchObject({
    status: 400,
    body: [{ errorCode: 'MALFORMED_QUERY', message: expect.stringContaining('team selling') }],
  });
});

test('who asks for it gets JSON for people', async () => {
  const response = await fetch(`${org.url}/services/data/v60.0/limits`, {
    headers: { Authorization: `Bearer ${org.token}`, 'X-PrettyPrint': '1' },
  });
  expect(await response.text()).toMatch(/^\{\n {2}"/);
});

test('what a caller viewed last is recent, when he says so', async () => {
  const headers = { 'Sforce-Mru': 'updateMru=true' };
  await org.ask('POST', 'sobjects/Account', { Name: 'Silent' });
  await org.ask('POST', 'sobjects/Account', { Name: 'Seen' }, headers);
  const { body } = await org.ask('GET', 'recent');
  const names = z.array(z.object({ Name: z.string().nullable() })).parse(body);
  expect(names.map(({ Name }) => Name)).toContain('Seen');
  expect(names.map(({ Name }) => Name)).not.toContain('Silent');
});
