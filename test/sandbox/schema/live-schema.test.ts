import { expect, test } from '@jest/globals';
import { z } from 'zod';

import { serveOrg } from '../rest/serve-org.ts';

const Described = z.object({ recordTypeInfos: z.array(z.object({ developerName: z.string() })) });

test('a record type whose transaction is rolled back was never seen, one that is committed is', async () => {
  await using org = await serveOrg();
  const shown = async (): Promise<readonly string[]> => {
    const { body } = await org.ask('GET', 'sobjects/Account/describe');
    return Described.parse(body).recordTypeInfos.map(({ developerName }) => developerName);
  };
  const make = (DeveloperName: string, account: object) =>
    org.ask('POST', 'composite', {
      allOrNone: true,
      compositeRequest: [
        {
          method: 'POST',
          url: '/services/data/v60.0/sobjects/RecordType',
          referenceId: 'kind',
          body: { Name: DeveloperName, DeveloperName, SobjectType: 'Account', IsActive: true },
        },
        {
          method: 'POST',
          url: '/services/data/v60.0/sobjects/Account',
          referenceId: 'account',
          body: { RecordTypeId: '@{kind.id}', ...account },
        },
      ],
    });
  await make('Ghost', {});
  expect(await shown()).toEqual(['Master']);
  const made = await make('Real', { Name: 'Of the new kind' });
  expect(JSON.stringify(made.body)).not.toContain('errorCode');
  expect(await shown()).toEqual(expect.arrayContaining(['Master', 'Real']));
}, 60_000);
