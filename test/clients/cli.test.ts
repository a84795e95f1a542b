import { generateKeyPairSync } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';

import { defineApp } from '../../sandbox/oauth/prepare.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { OrgClient } from '../support/org-client.ts';
import { until } from '../support/until.ts';
import { startOrgProcess, type OrgProcess } from '../sandbox/bulk/org-process.ts';
import { Cli } from './support/cli.ts';
import { installCli } from './support/install-cli.ts';

const USERNAME = 'admin@landbridge.example';
const PROJECT = join(import.meta.dirname, 'project');

// Every command is a process that loads a large program: a second each, several on a busy machine.
jest.setTimeout(120_000);

const installation = await installCli();
const { program } = installation;
const describeCli = program === undefined ? describe.skip : describe;

const Rows = z.looseObject({ records: z.array(z.record(z.string(), z.unknown())) });
const Saved = z.looseObject({ id: z.string(), success: z.literal(true) });
const Deployed = z.looseObject({
  status: z.string(),
  id: z.string(),
  numberComponentErrors: z.number(),
  details: z.looseObject({
    componentSuccesses: z.array(z.looseObject({ componentType: z.string(), fullName: z.string() })),
  }),
});

describeCli(
  `sf, the command line${program === undefined ? ` (not run: ${installation.reason})` : ''}`,
  () => {
    const stack = new AsyncDisposableStack();
    let org: OrgProcess;
    let cli: Cli;
    let client: OrgClient;
    /** A copy of the project: what is retrieved is written into it. */
    let project: string;

    beforeAll(async () => {
      org = stack.use(await startOrgProcess());
      cli = stack.use(await Cli.open(program ?? ''));
      project = join(cli.home, 'project');
      await cp(PROJECT, project, { recursive: true });
      const token = await org.login();
      client = new OrgClient(org.url, token);
      await cli.run(
        ['org', 'login', 'access-token', '--instance-url', org.url, '--no-prompt', '--set-default'],
        { environment: { SF_ACCESS_TOKEN: token } },
      );
    });
    afterAll(async () => {
      await stack[Symbol.asyncDispose]();
    });

    test('knows the org it logged in to by an access token', async () => {
      const { result } = await cli.run(['org', 'display']);
      expect(result).toMatchObject({ username: USERNAME, connectedStatus: 'Connected' });
    });

    test('creates, reads, changes, finds and deletes a record', async () => {
      const { result: created } = await cli.run([
        ['data', 'create', 'record', '--sobject', 'Account'],
        ['--values', "Name='Command Line Ltd' NumberOfEmployees=7"],
      ]);
      const { id } = Saved.parse(created);
      const { result: read } = await cli.run([
        ['data', 'get', 'record', '--sobject', 'Account', '--record-id', id],
      ]);
      expect(read).toMatchObject({ Name: 'Command Line Ltd', NumberOfEmployees: 7 });
      await cli.run([
        ['data', 'update', 'record', '--sobject', 'Account'],
        ['--where', "Name='Command Line Ltd'", '--values', 'NumberOfEmployees=8'],
      ]);
      const { result: queried } = await cli.run([
        ['data', 'query', '--query'],
        `SELECT Name, NumberOfEmployees, (SELECT Id FROM Contacts) FROM Account WHERE Id = '${id}'`,
      ]);
      expect(Rows.parse(queried).records).toMatchObject([{ NumberOfEmployees: 8, Contacts: null }]);
      const { result: found } = await cli.run([
        ['data', 'search', '--query', 'FIND {"Command Line"} IN NAME FIELDS RETURNING Account'],
      ]);
      expect(found).toMatchObject({ searchRecords: [{ Id: id }] });
      await cli.run(['data', 'delete', 'record', '--sobject', 'Account', '--record-id', id]);
      expect(await client.query(`SELECT Id FROM Account WHERE Id = '${id}'`)).toEqual([]);
    });

    test('is told in Salesforce’s words what is wrong with a query', async () => {
      const answer = await cli.attempt(['data', 'query', '--query', 'SELECT Nme FROM Account']);
      expect(answer).toMatchObject({ status: 1, name: 'INVALID_FIELD' });
      expect(answer.message).toContain("No such column 'Nme' on entity 'Account'");
    });

    test('imports, changes, exports and deletes in bulk', async () => {
      const rows = Array.from({ length: 300 }, (_, index) => `Bulk ${index},Prospect`);
      await writeFile(join(cli.home, 'new.csv'), `Name,Type\n${rows.join('\n')}\n`);
      const imported = await bulk(['import', 'bulk', '--file', 'new.csv']);
      expect(imported).toMatchObject({ processedRecords: 300, failedRecords: 0 });
      const { result: exported } = await cli.run([
        ['data', 'export', 'bulk', '--output-file', 'out.csv', '--wait', '3'],
        ['--query', "SELECT Id, Name FROM Account WHERE Name LIKE 'Bulk %'"],
      ]);
      expect(exported).toMatchObject({ totalSize: 300 });
      const lines = (await readFile(join(cli.home, 'out.csv'), 'utf8')).trim().split('\n');
      const ids = lines.slice(1).map((line) => line.split(',')[0]?.replaceAll('"', '') ?? '');
      const changes = ids.map((id, index) => `${index === 7 ? '001000000000000AAA' : id},Other`);
      await writeFile(join(cli.home, 'changed.csv'), `Id,Type\n${changes.join('\n')}\n`);
      const changed = await bulk(['update', 'bulk', '--file', 'changed.csv']);
      expect(changed).toMatchObject({ successfulRecords: 299, failedRecords: 1 });
      const others = "SELECT COUNT(Id) n FROM Account WHERE Name LIKE 'Bulk %' AND Type = 'Other'";
      expect(await client.query(others)).toMatchObject([{ n: 299 }]);
      await writeFile(join(cli.home, 'ids.csv'), `Id\n${ids.join('\n')}\n`);
      await bulk(['delete', 'bulk', '--file', 'ids.csv']);
      expect(await client.query("SELECT Id FROM Account WHERE Name LIKE 'Bulk %'")).toEqual([]);
    });

    /** Sent without waiting: `sf` would ask every five seconds only. */
    async function bulk(words: readonly string[]): Promise<unknown> {
      const { result } = await cli.run([
        ['data', ...words, '--sobject', 'Account', '--line-ending', 'LF'],
      ]);
      // `delete` answers with the job itself.
      const { jobId } = z
        .union([
          z.object({ jobId: z.string() }),
          z
            .object({ jobInfo: z.object({ id: z.string() }) })
            .transform(({ jobInfo }) => ({ jobId: jobInfo.id })),
        ])
        .parse(result);
      await until(
        async () =>
          (await client.get(`/jobs/ingest/${jobId}`)).state === 'JobComplete' ? 1 : undefined,
        { what: `bulk job ${jobId}` },
      );
      return (await cli.run(['data', 'bulk', 'results', '--job-id', jobId])).result;
    }

    test('validates a project, deploys what it validated, and retrieves it as it was', async () => {
      const inProject = { cwd: project };
      const validated = await cli.run(
        [
          ['project', 'deploy', 'validate', '--source-dir', 'force-app'],
          ['--test-level', 'RunLocalTests', '--wait', '3'],
        ],
        inProject,
      );
      const { id } = Deployed.parse(validated.result);
      const site = "SELECT Id FROM EntityDefinition WHERE QualifiedApiName = 'Site__c'";
      expect(await client.query(site)).toEqual([]);
      const quick = await cli.run(
        ['project', 'deploy', 'quick', '--job-id', id, '--wait', '3'],
        inProject,
      );
      const deployed = Deployed.parse(quick.result);
      expect(deployed).toMatchObject({ status: 'Succeeded', numberComponentErrors: 0 });
      expect(await client.query(site)).toHaveLength(1);
      const names = deployed.details.componentSuccesses.map(
        ({ componentType, fullName }) => `${componentType} ${fullName}`,
      );
      expect(names).toEqual(
        expect.arrayContaining([
          'CustomObject Site__c',
          'CustomField Visit__c.Minutes__c',
          'RecordType Visit__c.Inspection',
          'ListView Contact.With_Badge',
          'ApexClass VisitPlanner',
          'PermissionSet Visit_Planner',
          'LightningComponentBundle siteCard',
        ]),
      );
      expect(
        await client.query('SELECT DeveloperName, Travel_Hours__c FROM Region__mdt'),
      ).toMatchObject([{ DeveloperName: 'North', Travel_Hours__c: 2.5 }]);
      await cli.run(['project', 'retrieve', 'start', '--source-dir', 'force-app'], inProject);
      expect(await filesOf(project)).toEqual(await filesOf(PROJECT));
    });

    test('imports a tree by its plan, and the org’s own rules act on it', async () => {
      await cli.run(['data', 'import', 'tree', '--plan', 'data/plan.json'], { cwd: project });
      const sites =
        'SELECT Name, Total_Hours__c, (SELECT Minutes__c, State__c FROM Visits__r ORDER BY Name) FROM Site__c ORDER BY Name';
      expect(await client.query(sites)).toMatchObject([
        {
          Name: 'Harbour',
          Total_Hours__c: 4,
          Visits__r: { records: [{ Minutes__c: 150, State__c: 'Done' }, { Minutes__c: 90 }] },
        },
        { Name: 'Mill', Total_Hours__c: 3, Visits__r: { records: [{ State__c: 'Planned' }] } },
      ]);
      const zero = await cli.attempt([
        ['data', 'update', 'record', '--sobject', 'Visit__c', '--where', "State__c='Done'"],
        ['--values', 'Hours__c=0'],
      ]);
      expect(zero.status).toBe(1);
      expect(zero.message).toContain('A visit takes some time.');
    });

    test('assigns the deployed permission set', async () => {
      await cli.run(['org', 'assign', 'permset', '--name', 'Visit_Planner']);
      expect(
        await client.query(
          "SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Visit_Planner'",
        ),
      ).toMatchObject([{ Assignee: { Username: USERNAME } }]);
    });

    test('logs in by a JWT of a connected app', async () => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
      await writeFile(join(cli.home, 'server.key'), key);
      await defineApp(
        { pool: org.pool, clock: systemClock },
        {
          clientId: 'jwt',
          name: 'JWT',
          clientSecret: undefined,
          callbackUrls: ['http://localhost:1717/OauthRedirect'],
          certificate: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
          approvedUsers: [USERNAME],
        },
      );
      const jwt = ['org', 'login', 'jwt', '--client-id', 'jwt', '--jwt-key-file', 'server.key'];
      const { result } = await cli.run([
        jwt,
        ['--username', USERNAME, '--instance-url', org.url, '--alias', 'by-jwt'],
      ]);
      expect(result).toMatchObject({ username: USERNAME });
      const { result: answer } = await cli.run([
        ['data', 'query', '--target-org', 'by-jwt', '--query', 'SELECT COUNT() FROM Site__c'],
      ]);
      expect(answer).toMatchObject({ totalSize: 2 });
    });
  },
);

/** The files of a project with their text, but for the order and spacing that XML leaves open. */
async function filesOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const root = join(folder, 'force-app');
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.map(
      async (path) => [relative(root, path), (await readFile(path, 'utf8')).trim()] as const,
    ),
  );
  return Object.fromEntries(texts.toSorted(([a], [b]) => a.localeCompare(b)));
}
