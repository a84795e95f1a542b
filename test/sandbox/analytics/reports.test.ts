import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';
import { deployFiles, metadataXml } from '../support/deploy.ts';

const Records = z.object({ records: z.array(z.object({ Id: z.string() })) });
const Facts = z.record(
  z.string(),
  z.object({
    aggregates: z.array(z.object({ value: z.number().nullable() })),
    rows: z.array(z.object({ dataCells: z.array(z.object({ label: z.string() })) })).optional(),
  }),
);
const Groupings = z.object({
  groupings: z.array(
    z.object({ key: z.string(), label: z.string(), value: z.string().nullable() }),
  ),
});
const Result = z.looseObject({
  factMap: Facts,
  groupingsDown: Groupings,
  groupingsAcross: Groupings,
  allData: z.boolean(),
});

const column = (field: string, sum = ''): string =>
  `<columns>${sum === '' ? '' : `<aggregateTypes>${sum}</aggregateTypes>`}<field>${field}</field></columns>`;
const SUMMARY = metadataXml(
  'Report',
  `${column('OPPORTUNITY_NAME')}${column('AMOUNT', 'Sum')}<format>Summary</format>
<groupingsDown><dateGranularity>Day</dateGranularity><field>STAGE_NAME</field><sortOrder>Asc</sortOrder></groupingsDown>
<filter><booleanFilter>1 AND (2 OR 3)</booleanFilter>
<criteriaItems><column>OPPORTUNITY_NAME</column><operator>startsWith</operator><value>Report</value></criteriaItems>
<criteriaItems><column>AMOUNT</column><operator>greaterThan</operator><value>150</value></criteriaItems>
<criteriaItems><column>STAGE_NAME</column><operator>equals</operator><value>Prospecting</value></criteriaItems></filter>
<name>Pipeline</name><reportType>Opportunity</reportType><scope>organization</scope><showDetails>true</showDetails>
<timeFrameFilter><dateColumn>CLOSE_DATE</dateColumn><interval>INTERVAL_CUSTOM</interval></timeFrameFilter>`,
);
const MATRIX = metadataXml(
  'Report',
  `${column('AMOUNT', 'Sum')}<format>Matrix</format>
<groupingsAcross><dateGranularity>Year</dateGranularity><field>CLOSE_DATE</field><sortOrder>Asc</sortOrder></groupingsAcross>
<groupingsDown><dateGranularity>Day</dateGranularity><field>STAGE_NAME</field><sortOrder>Desc</sortOrder></groupingsDown>
<filter><criteriaItems><column>OPPORTUNITY_NAME</column><operator>contains</operator><value>Report</value></criteriaItems></filter>
<name>Years</name><reportType>Opportunity</reportType>`,
);

let org: ServedOrg;
let summaryId: string;
let matrixId: string;
beforeAll(async () => {
  org = await serveOrg();
  const deployed = await deployFiles(
    org.org,
    { Report: ['Sales', 'Sales/Pipeline', 'Sales/Years'], Dashboard: ['Boards', 'Boards/Main'] },
    {
      'dashboards/Boards-meta.xml': metadataXml('DashboardFolder', '<name>Boards</name>'),
      'dashboards/Boards/Main.dashboard': metadataXml(
        'Dashboard',
        '<dashboardType>SpecifiedUser</dashboardType><leftSection><columnSize>Medium</columnSize><components><componentType>Bar</componentType><report>Sales/Pipeline</report></components></leftSection><title>Main</title>',
      ),
      'reports/Sales-meta.xml': metadataXml('ReportFolder', '<name>Sales</name>'),
      'reports/Sales/Pipeline.report': SUMMARY,
      'reports/Sales/Years.report': MATRIX,
    },
  );
  expect(deployed.details.componentFailures).toEqual([]);
  await org.org.records.create(
    org.context,
    'Opportunity',
    (
      [
        ['Report A', 'Prospecting', 100, '2025-03-01'],
        ['Report B', 'Closed Won', 200, '2025-06-01'],
        ['Report C', 'Closed Won', 300, '2026-06-01'],
        ['Report D', 'Qualification', 120, '2026-06-02'],
        ['Other', 'Closed Won', 900, '2026-06-03'],
      ] as const
    ).map(([Name, StageName, Amount, CloseDate]) => ({ Name, StageName, Amount, CloseDate })),
  );
  summaryId = await idOf('Pipeline');
  matrixId = await idOf('Years');
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

async function idOf(name: string): Promise<string> {
  const { body } = await org.ask(
    'GET',
    `query?q=${encodeURIComponent(`SELECT Id FROM Report WHERE Name = '${name}'`)}`,
  );
  return Records.parse(body).records[0]?.Id ?? '';
}

async function run(method: 'GET' | 'POST', path: string, body?: unknown) {
  const answer = await org.ask(method, `analytics/reports/${path}`, body);
  expect(answer).toMatchObject({ status: 200 });
  return Result.parse(answer.body);
}

test('a summary report groups, filters by its logic and adds up, with the rows of each group', async () => {
  const { factMap, groupingsDown, allData } = await run('GET', `${summaryId}?includeDetails=true`);
  // D has neither 150 nor the stage; the order of stages is the picklist's.
  expect(groupingsDown.groupings.map(({ label }) => label)).toEqual(['Prospecting', 'Closed Won']);
  const values = (key: string) => factMap[key]?.aggregates.map(({ value }) => value);
  expect([values('0!T'), values('1!T'), values('T!T')]).toEqual([
    [100, 1],
    [500, 2],
    [600, 3],
  ]);
  const names = factMap['1!T']?.rows?.map(({ dataCells }) => dataCells[0]?.label);
  expect(names?.toSorted()).toEqual(['Report B', 'Report C']);
  expect(allData).toBe(true);
});

test('a matrix report crosses its groupings, with totals of rows, columns and all', async () => {
  const { factMap, groupingsDown, groupingsAcross } = await run('GET', matrixId);
  expect(groupingsDown.groupings.map(({ label }) => label)).toEqual([
    'Closed Won',
    'Qualification',
    'Prospecting',
  ]);
  expect(groupingsAcross.groupings.map(({ label }) => label)).toEqual(['CY2025', 'CY2026']);
  const sum = (key: string) => factMap[key]?.aggregates[0]?.value;
  expect(['0!0', '0!1', '0!T', 'T!0', 'T!1', 'T!T', '2!1'].map(sum)).toEqual([
    200,
    300,
    500,
    300,
    420,
    720,
    undefined,
  ]);
});

test('filters given with a run hold for that run alone', async () => {
  const reportFilters = [{ column: 'AMOUNT', operator: 'greaterOrEqual', value: '300' }];
  const body = { reportMetadata: { reportFilters, reportBooleanFilter: null } };
  const filtered = await run('POST', `${summaryId}?includeDetails=false`, body);
  const rows = filtered.factMap['T!T']?.aggregates[1]?.value ?? 0;
  expect(rows).toBeGreaterThan(1);
  expect(filtered.factMap['T!T']?.rows).toBeUndefined();
  expect((await run('GET', summaryId)).factMap['T!T']?.aggregates[1]?.value).toBe(3);
});

test('what a report cannot be run by is named', async () => {
  const ask = (reportMetadata: unknown) =>
    org.ask('POST', `analytics/reports/${summaryId}`, { reportMetadata });
  expect(await ask({ reportType: { type: 'ActivityHistory' } })).toMatchObject({
    status: 501,
    body: [{ errorCode: 'NOT_IMPLEMENTED', message: expect.stringContaining('ActivityHistory') }],
  });
  expect(await ask({ detailColumns: ['NO_SUCH'] })).toMatchObject({
    status: 400,
    body: [{ message: expect.stringContaining('NO_SUCH') }],
  });
  expect(await ask({ reportBooleanFilter: '1 AND (2 OR' })).toMatchObject({ status: 400 });
});

test('asynchronous runs are kept for their caller, and a dashboard shows its components’ results', async () => {
  const started = await org.ask('POST', `analytics/reports/${summaryId}/instances`);
  const { id } = z.looseObject({ id: z.string(), status: z.literal('New') }).parse(started.body);
  const kept = await org.ask('GET', `analytics/reports/${summaryId}/instances/${id}`);
  expect(kept.body).toMatchObject({
    attributes: { id, status: 'Success' },
    factMap: { 'T!T': {} },
  });
  const listed = await org.ask('GET', 'analytics/dashboards');
  const [board] = z.array(z.object({ id: z.string(), name: z.string() })).parse(listed.body);
  expect(board?.name).toBe('Main');
  expect((await org.ask('GET', `analytics/dashboards/${board?.id}`)).body).toMatchObject({
    componentData: [
      {
        status: { dataStatus: 'DATA' },
        reportResult: { factMap: { 'T!T': { aggregates: [{ value: 600 }, { value: 3 }] } } },
      },
    ],
  });
});

test('a dashboard of a report that is not there, and a report in no folder, are refused', async () => {
  const deployed = await deployFiles(
    org.org,
    { Report: ['Nowhere/R'], Dashboard: ['Boards/Broken'] },
    {
      'dashboards/Boards/Broken.dashboard': metadataXml(
        'Dashboard',
        '<leftSection><components><report>Sales/Missing</report></components></leftSection><title>Broken</title>',
      ),
      'reports/Nowhere/R.report': MATRIX,
    },
  );
  expect(deployed.success).toBe(false);
  expect(deployed.details.componentFailures.map(({ problem }) => problem).toSorted()).toEqual([
    'Cannot find folder:Nowhere',
    'report - no Report named Sales/Missing found',
  ]);
});
