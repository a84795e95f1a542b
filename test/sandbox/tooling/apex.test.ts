import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';
import { deployFiles, metadataXml } from '../support/deploy.ts';

let org: ServedOrg;
beforeAll(async () => {
  org = await serveOrg();
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

const meta = metadataXml('ApexClass', '<apiVersion>61.0</apiVersion><status>Active</status>');
const query = (soql: string) => org.ask('GET', `tooling/query?q=${encodeURIComponent(soql)}`);

test('a class of a package that is no Apex is refused with its line and column, and the others with it', async () => {
  const deployed = await deployFiles(
    org.org,
    { ApexClass: ['Good', 'Bad'] },
    {
      'classes/Bad.cls': 'public class Bad {\n  void f() { return 1 }\n}',
      'classes/Bad.cls-meta.xml': meta,
      'classes/Good.cls': 'public class Good { /* fine */ }',
      'classes/Good.cls-meta.xml': meta,
    },
  );
  expect(deployed.success).toBe(false);
  expect(deployed.details.componentFailures).toEqual([
    expect.objectContaining({
      fullName: 'Bad',
      problem: expect.stringContaining("'}'"),
      lineNumber: 2,
      columnNumber: expect.any(Number),
    }),
  ]);
  expect((await query('SELECT Id FROM ApexClass')).body).toMatchObject({ totalSize: 0 });
});

test('a deployed class is a record of the Tooling API, and is gone when it is removed', async () => {
  const body = 'public class Good { /* fine */ }';
  const files = { 'classes/Good.cls': body, 'classes/Good.cls-meta.xml': meta };
  expect(await deployFiles(org.org, { ApexClass: ['Good'] }, files)).toMatchObject({
    success: true,
  });
  const found = "SELECT Name, Body, ApiVersion, Status FROM ApexClass WHERE Name = 'Good'";
  expect((await query(found)).body).toMatchObject({
    records: [{ Name: 'Good', Body: body, ApiVersion: 61, Status: 'Active' }],
  });
  const removal = metadataXml(
    'Package',
    '<types><members>Good</members><name>ApexClass</name></types><version>60.0</version>',
  );
  await deployFiles(org.org, {}, { 'destructiveChanges.xml': removal });
  expect((await query(found)).body).toMatchObject({ totalSize: 0 });
});

test('executing text says what of it does not compile, and of the rest that nothing runs', async () => {
  const execute = (text: string) =>
    org.ask('GET', `tooling/executeAnonymous?anonymousBody=${encodeURIComponent(text)}`);
  expect(await execute('Integer x = ;')).toMatchObject({
    status: 200,
    body: {
      compiled: false,
      success: false,
      line: 1,
      column: 13,
      compileProblem: "Unexpected token ';'.",
    },
  });
  expect(await execute("System.debug('a');")).toMatchObject({
    status: 501,
    body: [{ errorCode: 'NOT_IMPLEMENTED', message: expect.stringContaining('Apex') }],
  });
  const made = await org.ask('POST', 'tooling/sobjects/ApexClass', { Name: 'X', Body: 'class {' });
  expect(made).toMatchObject({ status: 400, body: [{ fields: ['Body'] }] });
});

test('logs, tests and coverage are there to be asked for, and empty', async () => {
  const queries = [
    'SELECT Id, Application, DurationMilliseconds, Location, LogLength, LogUser.Name, Operation, Request, StartTime, Status FROM ApexLog ORDER BY StartTime DESC',
    'SELECT Id, Outcome, ApexClass.Name FROM ApexTestResult',
    'SELECT PercentCovered FROM ApexOrgWideCoverage',
    'SELECT NumLinesCovered, ApexClassOrTrigger.Name FROM ApexCodeCoverageAggregate',
  ];
  for (const soql of queries)
    expect(await query(soql)).toMatchObject({ status: 200, body: { totalSize: 0 } });
  expect((await org.ask('GET', 'tooling/completions?type=apex')).body).toMatchObject({
    publicDeclarations: {
      Schema: {
        Account: { properties: expect.arrayContaining([{ name: 'Industry', references: [] }]) },
      },
    },
  });
});
