import { EventEmitter } from 'node:events';

import { describe, expect, test } from '@jest/globals';
import express from 'express';
import pg from 'pg';

import { systemClock } from '../../src/kit/clock.ts';
import { silentLog } from '../../src/kit/log.ts';
import { countCall } from '../../sandbox/count-call.ts';
import { LONG_REQUEST_MS } from '../../sandbox/limits.ts';
import { answerErrors } from '../../sandbox/salesforce-error.ts';
import { defaultSettings } from '../../sandbox/settings.ts';
import { keepUsage, readUsage } from '../../sandbox/usage-store.ts';
import { ApiUsage } from '../../sandbox/usage.ts';
import { openTestOrg } from './support/open-test-org.ts';

const HOUR_MS = 3_600_000;

function counting() {
  const time = { now: 1_000 * HOUR_MS };
  return { time, org: { clock: { now: () => time.now }, settings: defaultSettings() } };
}

describe('the daily allotments', () => {
  test('a call counts for 24 hours', () => {
    const { time, org } = counting();
    const usage = new ApiUsage();
    usage.take(org);
    time.now += 23 * HOUR_MS;
    usage.take(org);
    expect(usage.used(org)).toBe(2);
    time.now += HOUR_MS;
    expect(usage.used(org)).toBe(1);
  });

  test('what is beyond the allotment is refused and not counted', () => {
    const { org } = counting();
    org.settings.bulkRecordsPerDayMax = 10;
    const usage = new ApiUsage();
    usage.take(org, 'DailyBulkIngestRecords', 8);
    expect(() => {
      usage.take(org, 'DailyBulkIngestRecords', 3);
    }).toThrow('Limit exceeded');
    expect(usage.used(org, 'DailyBulkIngestRecords')).toBe(8);
  });

  test('counts outlive the process', async () => {
    await using testOrg = await openTestOrg();
    const { pool } = testOrg.org;
    const parts = { pool, clock: systemClock, log: silentLog };
    const usage = new ApiUsage();
    const kept = keepUsage({ ...parts, usage });
    usage.add(parts, 'DailyApiRequests', 41);
    await kept[Symbol.asyncDispose]();
    const later = await readUsage(pool);
    expect(later.used(parts)).toBe(41);
  });
});

test('one more call is refused while as many as may be have been running for twenty seconds', () => {
  const { time, org } = counting();
  org.settings.longRequestsMax = 2;
  const count = countCall({
    ...org,
    clock: { ...systemClock, ...org.clock },
    usage: new ApiUsage(),
  });
  const call = () => {
    const response = Object.assign(new EventEmitter(), express.response, {
      req: Object.assign(Object.create(express.request), { originalUrl: '/services/data/v60.0' }),
    });
    response.set = () => response;
    count(Object.create(express.request), response, () => undefined);
    return response;
  };
  const first = call();
  call();
  time.now += LONG_REQUEST_MS - 1;
  call();
  time.now += 1;
  expect(call).toThrow('ConcurrentPerOrgLongTxn Limit exceeded.');
  first.emit('close');
  expect(call).not.toThrow();
});

test('what the database gives up is refused in the words of Salesforce', async () => {
  await using testOrg = await openTestOrg();
  const pool = new pg.Pool({
    connectionString: testOrg.databaseUrl,
    statement_timeout: 20,
    max: 1,
  });
  try {
    const failure = await pool.query('select pg_sleep(5)').catch((error: unknown) => error);
    const answers: unknown[] = [];
    const response = Object.create(express.response);
    response.status = (status: number) => {
      answers.push(status);
      return response;
    };
    response.json = (body: unknown) => answers.push(JSON.parse(JSON.stringify(body)));
    answerErrors(() => answers.push('reported'))(
      failure,
      Object.create(express.request),
      response,
      () => undefined,
    );
    expect(answers).toEqual([
      400,
      [
        {
          errorCode: 'QUERY_TIMEOUT',
          message: 'Your query request was running for too long.',
        },
      ],
    ]);
  } finally {
    await pool.end();
  }
});
