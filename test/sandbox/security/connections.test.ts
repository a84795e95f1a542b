import { expect, test } from '@jest/globals';

import { POOL_CONNECTIONS_MAX } from '../../../sandbox/limits.ts';
import { serveOrg } from '../rest/serve-org.ts';

test('transactions that read by a second connection do not wait for each other for ever', async () => {
  await using org = await serveOrg();
  const search = `search?q=${encodeURIComponent('FIND {nobody} RETURNING Account')}`;
  const answers = await Promise.all(
    Array.from({ length: POOL_CONNECTIONS_MAX * 2 }, (_, index) =>
      org.ask('POST', 'composite', {
        allOrNone: true,
        compositeRequest: [
          { method: 'GET', url: `/services/data/v60.0/${search}`, referenceId: 'found' },
          {
            method: 'POST',
            url: '/services/data/v60.0/sobjects/Account',
            referenceId: 'made',
            body: { Name: `By transaction ${index}` },
          },
        ],
      }),
    ),
  );
  for (const { body } of answers) {
    expect(body).toMatchObject({
      compositeResponse: [{ httpStatusCode: 200 }, { httpStatusCode: 201 }],
    });
  }
}, 30_000);

test('what is one transaction by itself is part of the one it stands in', async () => {
  await using org = await serveOrg();
  const answer = await org.ask('POST', 'composite', {
    allOrNone: true,
    compositeRequest: [
      {
        method: 'POST',
        url: '/services/data/v60.0/composite/tree/Account',
        referenceId: 'tree',
        body: { records: [{ attributes: { type: 'Account', referenceId: 'a' }, Name: 'Undone' }] },
      },
      {
        method: 'POST',
        url: '/services/data/v60.0/sobjects/Account',
        referenceId: 'bad',
        body: {},
      },
    ],
  });
  expect(JSON.stringify(answer.body)).toContain('REQUIRED_FIELD_MISSING');
  const left = await org.ask('GET', "query?q=SELECT+Id+FROM+Account+WHERE+Name='Undone'");
  expect(left.body).toMatchObject({ totalSize: 0 });
}, 30_000);
