import { expect, test } from '@jest/globals';

import { readConfig } from '../../connect/config.ts';

const GOOD = {
  LANDBRIDGE_CONNECT_DATABASE_URL: 'postgres://u:p@localhost/landbridge_connect',
  LANDBRIDGE_HOME: '/home/u/.landbridge',
  LANDBRIDGE_CONNECT_PASSWORD: 'a-password-of-length',
  LANDBRIDGE_CONNECT_PLATFORM_TOKEN: 'a-token-of-some-length',
  SF_CLIENT_ID: 'id',
  SF_CLIENT_SECRET: 'secret',
};

test('the least that is needed gives everything', () => {
  expect(readConfig({ ...GOOD, LANDBRIDGE_SF_HOSTS: ' 127.0.0.1:5070, ,localhost:5070' })).toEqual({
    port: 5056,
    databaseUrl: GOOD.LANDBRIDGE_CONNECT_DATABASE_URL,
    keyFile: '/home/u/.landbridge/connect.key',
    logLevel: 'info',
    publicUrl: 'http://localhost:5055',
    platformUrl: 'http://localhost:5055',
    partnerPassword: GOOD.LANDBRIDGE_CONNECT_PASSWORD,
    platformToken: GOOD.LANDBRIDGE_CONNECT_PLATFORM_TOKEN,
    salesforce: {
      clientId: 'id',
      clientSecret: 'secret',
      callbackUrl: 'http://localhost:5055/oauth/salesforce/callback',
      loginUrl: 'https://login.salesforce.com',
      namedHosts: ['127.0.0.1:5070', 'localhost:5070'],
      namedHostsApplyWithinMs: undefined,
      jwtKeyFile: undefined,
    },
  });
});

test('every fault of the environment is told at once', () => {
  expect(() =>
    readConfig({ ...GOOD, SF_CLIENT_ID: undefined, LANDBRIDGE_CONNECT_PORT: 'x' }),
  ).toThrow(/LANDBRIDGE_CONNECT_PORT: .*; SF_CLIENT_ID: /);
});
