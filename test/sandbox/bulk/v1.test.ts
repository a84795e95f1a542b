import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { createBulkOrg, type BulkOrg } from './bulk-org.ts';

const ASYNC = '/services/async/60.0/job';
const Info = z.looseObject({ id: z.string(), state: z.string() });

let bulk: BulkOrg;

beforeAll(async () => {
  bulk = await createBulkOrg();
});

afterAll(async () => {
  expect(bulk.reported).toEqual([]);
  await bulk[Symbol.asyncDispose]();
});

interface Language {
  readonly type: string;
  job(fields: Readonly<Record<string, string>>): string;
  read(text: string): z.infer<typeof Info>;
}

const JSON_LANGUAGE: Language = {
  type: 'application/json',
  job: (fields) => JSON.stringify(fields),
  read: (text) => Info.parse(JSON.parse(text)),
};

const XML_LANGUAGE: Language = {
  type: 'application/xml',
  job: (fields) =>
    `<?xml version="1.0"?><jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload">${Object.entries(
      fields,
    )
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('')}</jobInfo>`,
  read: (text) => ({
    id: /<id>(\w+)<\/id>/.exec(text)?.[1] ?? '',
    state: /<state>(\w+)<\/state>/.exec(text)?.[1] ?? '',
    stateMessage: /<stateMessage>(.*?)<\/stateMessage>/.exec(text)?.[1],
  }),
};

async function call(
  method: string,
  path: string,
  options: { body?: string; type?: string; headers?: Record<string, string> } = {},
): Promise<string> {
  const { body, type = 'application/xml', headers = {} } = options;
  const response = await bulk.call(method, `${ASYNC}${path}`, {
    ...(body === undefined ? {} : { body }),
    headers: { 'content-type': type, ...headers },
  });
  return response.text();
}

/** Makes a job with one batch, waits for the batch, answers with both ids. */
async function runBatch(
  language: Language,
  fields: Readonly<Record<string, string>>,
  batch: { body: string; type: string },
) {
  const job = language.read(
    await call('POST', '', { body: language.job(fields), type: language.type }),
  );
  expect(job.state).toBe('Open');
  const added = language.read(await call('POST', `/${job.id}/batch`, batch));
  const closed = language.read(
    await call('POST', `/${job.id}`, {
      body: language.job({ state: 'Closed' }),
      type: language.type,
    }),
  );
  expect(closed.state).toBe('Closed');
  const info = await until(
    async () => {
      const found = language.read(
        await call('GET', `/${job.id}/batch/${added.id}`, { type: language.type }),
      );
      return found.state === 'Queued' || found.state === 'InProgress' ? undefined : found;
    },
    { what: 'the batch’s end' },
  );
  return { path: `/${job.id}/batch/${added.id}`, info };
}

describe('records', () => {
  test('as CSV answer Id, Success, Created and Error in their order', async () => {
    const { path, info } = await runBatch(
      XML_LANGUAGE,
      { operation: 'insert', object: 'Account', contentType: 'CSV' },
      { body: 'Name,NumberOfEmployees\nV1 CSV,3\n,4\n', type: 'text/csv' },
    );
    expect(info.state).toBe('Completed');
    expect(await call('GET', `${path}/result`)).toMatch(
      /^"Id","Success","Created","Error"\n"001\w{15}","true","true",""\n"","false","false","REQUIRED_FIELD_MISSING:Required fields are missing: \[Name\]:Name --"\n$/,
    );
  });

  test('of a job in JSON may name its mode by number, as simple-salesforce does', async () => {
    const modes = [];
    for (const concurrencyMode of [0, 1]) {
      const body = JSON.stringify({ operation: 'insert', object: 'Account', concurrencyMode });
      const answer = await call('POST', '', { body, type: 'application/json' });
      modes.push(z.object({ concurrencyMode: z.string() }).parse(JSON.parse(answer)));
    }
    expect(modes).toEqual([{ concurrencyMode: 'Parallel' }, { concurrencyMode: 'Serial' }]);
  });

  test('as JSON and as XML answer in their own language', async () => {
    const json = await runBatch(
      JSON_LANGUAGE,
      { operation: 'insert', object: 'Account', contentType: 'JSON' },
      {
        body: JSON.stringify([{ Name: 'V1 JSON', NumberOfEmployees: 7 }, {}]),
        type: 'application/json',
      },
    );
    const results = z.array(
      z.looseObject({
        id: z.string().nullable(),
        success: z.boolean(),
        created: z.boolean(),
        errors: z.array(z.looseObject({ statusCode: z.string() })),
      }),
    );
    const [good, bad] = results.parse(
      JSON.parse(await call('GET', `${json.path}/result`, { type: 'application/json' })),
    );
    expect(good).toMatchObject({ success: true, created: true, errors: [] });
    expect(bad).toMatchObject({
      id: null,
      success: false,
      errors: [{ statusCode: 'REQUIRED_FIELD_MISSING' }],
    });
    const xml = await runBatch(
      XML_LANGUAGE,
      { operation: 'update', object: 'Account', contentType: 'XML' },
      {
        body: `<sObjects xmlns:xsi="x"><sObject><Id>${good?.id}</Id><Name>V1 &amp; XML</Name><NumberOfEmployees xsi:nil="true"/></sObject></sObjects>`,
        type: 'application/xml',
      },
    );
    expect(await call('GET', `${xml.path}/result`)).toContain(
      `<result><id>${good?.id}</id><success>true</success><created>false</created></result>`,
    );
    const { rows } = await bulk.pool.query(
      'select name, numberofemployees from org.account where id = $1',
      [good?.id],
    );
    expect(rows).toEqual([{ name: 'V1 & XML', numberofemployees: null }]);
  });

  test('with a column that is no field fail as a batch', async () => {
    const { info } = await runBatch(
      XML_LANGUAGE,
      { operation: 'insert', object: 'Account', contentType: 'CSV' },
      { body: 'Name,Nope\na,b\n', type: 'text/csv' },
    );
    expect(info).toMatchObject({
      state: 'Failed',
      stateMessage: 'InvalidBatch : Field name not found : Nope',
    });
  });
});

describe('queries', () => {
  test.each([
    ['CSV', /^"Id","Name"\n"001\w{15}","Burlington Textiles Corp of America"\n$/],
    [
      'JSON',
      /^\[\{"attributes":\{"type":"Account","url":"[^"]+"\},"Id":"001\w{15}","Name":"Burlington Textiles Corp of America"\}\n?\]$/,
    ],
    [
      'XML',
      /<records xsi:type="sObject"><type>Account<\/type><Id>001\w{15}<\/Id><Name>Burlington Textiles Corp of America<\/Name><\/records><\/queryResult>$/,
    ],
  ])('answer as %s', async (contentType, expected) => {
    const { path, info } = await runBatch(
      contentType === 'JSON' ? JSON_LANGUAGE : XML_LANGUAGE,
      { operation: 'query', object: 'Account', contentType },
      { body: "SELECT Id, Name FROM Account WHERE Name LIKE 'Burl%'", type: 'text/csv' },
    );
    expect(info).toMatchObject({ state: 'Completed' });
    const list = await call('GET', `${path}/result`);
    expect(await call('GET', `${path}/result/${/752\w{15}/.exec(list)?.[0]}`)).toMatch(expected);
  });

  test('under PK chunking are cut into ranges of ids that together hold every record once', async () => {
    const header = { 'Sforce-Enable-PKChunking': 'chunkSize=5' };
    const job = XML_LANGUAGE.read(
      await call('POST', '', {
        body: XML_LANGUAGE.job({ operation: 'query', object: 'Contact', contentType: 'CSV' }),
        headers: header,
      }),
    );
    const original = XML_LANGUAGE.read(
      await call('POST', `/${job.id}/batch`, { body: 'SELECT Id FROM Contact', type: 'text/csv' }),
    );
    expect(original.state).toBe('NotProcessed');
    const { rows } = await bulk.pool.query('select count(*)::int as n from org.contact');
    const Batches = z.object({ batchInfo: z.array(Info) });
    const chunks = await until(
      async () => {
        const { batchInfo } = Batches.parse(
          JSON.parse(await call('GET', `/${job.id}/batch`, { type: 'application/json' })),
        );
        const rest = batchInfo.filter(({ id }) => id !== original.id);
        return rest.every(({ state }) => state === 'Completed') ? rest : undefined;
      },
      { what: 'all chunks' },
    );
    expect(chunks).toHaveLength(Math.ceil(rows[0].n / 5));
    const ids = new Set<string>();
    for (const { id } of chunks) {
      const result = /752\w{15}/.exec(await call('GET', `/${job.id}/batch/${id}/result`))?.[0];
      const csv = await call('GET', `/${job.id}/batch/${id}/result/${result}`);
      for (const line of csv.trim().split('\n').slice(1)) ids.add(line);
    }
    expect(ids.size).toBe(rows[0].n);
  });
});

describe('refused', () => {
  test('a session that is none, in the words clients look for', async () => {
    const response = await bulk.call('GET', `${ASYNC}/x`, {
      headers: { authorization: '', 'x-sfdc-session': 'nope' },
    });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('<exceptionCode>InvalidSessionId</exceptionCode>'),
    ]);
  });

  test('an empty batch, a batch for a closed job, an unknown object', async () => {
    const job = JSON_LANGUAGE.read(
      await call('POST', '', {
        body: JSON_LANGUAGE.job({ operation: 'insert', object: 'Lead', contentType: 'JSON' }),
        type: 'application/json',
      }),
    );
    expect(
      await call('POST', `/${job.id}/batch`, { body: '', type: 'application/json' }),
    ).toContain('"exceptionCode":"ClientInputError"');
    await call('POST', `/${job.id}`, { body: '{"state":"Closed"}', type: 'application/json' });
    expect(
      await call('POST', `/${job.id}/batch`, { body: '[{}]', type: 'application/json' }),
    ).toContain('"exceptionCode":"InvalidJobState"');
    expect(
      await call('POST', '', {
        body: '{"operation":"insert","object":"Nope"}',
        type: 'application/json',
      }),
    ).toContain('"exceptionCode":"InvalidEntity"');
  });
});
