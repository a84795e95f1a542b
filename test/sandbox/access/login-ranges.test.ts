import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { deploy, metadataXml } from '../support/deploy.ts';
import { openOrgWithUsers, type OrgWithUsers } from './org-with-users.ts';

const USERNAME = 'ranger@access.example';
const PASSWORD = 'correct horse battery';
let org: OrgWithUsers;

beforeAll(async () => {
  org = await openOrgWithUsers();
  await deployRanges([['10.0.0.0', '10.255.255.255']]);
  await org.makeUser(USERNAME, 'Rangers');
}, 60_000);
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

test('nobody of the profile logs in from outside its ranges, however he tries', async () => {
  expect(await org.logIn(USERNAME)).toEqual({
    status: 400,
    body: { error: 'invalid_grant', error_description: 'ip restricted' },
  });
  const soap = await org.soap(
    'login',
    `<username>${USERNAME}</username><password>${PASSWORD}</password>`,
  );
  expect(soap.status).toBe(500);
  expect(soap.body).toContain('sf:LOGIN_DURING_RESTRICTED_DOMAIN');
});

test('from inside they do, and whom no profile restricts is let in from everywhere', async () => {
  await deployRanges([
    ['10.0.0.0', '10.255.255.255'],
    ['127.0.0.1', '127.0.0.1'],
  ]);
  expect(await org.logIn(USERNAME)).toMatchObject({ status: 200 });
  await org.makeUser('anywhere@access.example', 'Standard User');
  expect(await org.logIn('anywhere@access.example')).toMatchObject({ status: 200 });
});

test('an address that is none is refused with the profile', async () => {
  await expect(deployRanges([['10.0.0.0', 'everywhere']])).rejects.toThrow(/Invalid IP address/);
  expect(await org.logIn(USERNAME)).toMatchObject({ status: 200 });
});

async function deployRanges(ranges: readonly (readonly [string, string])[]): Promise<void> {
  const given = ranges.map(
    ([first, last]) =>
      `<loginIpRanges><endAddress>${last}</endAddress><startAddress>${first}</startAddress></loginIpRanges>`,
  );
  const body = `<custom>true</custom>${given.join('')}<userLicense>Salesforce</userLicense><userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>`;
  const faults = await deploy(
    org.org,
    { Profile: ['Rangers'] },
    { 'profiles/Rangers.profile': metadataXml('Profile', body) },
  );
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
}
