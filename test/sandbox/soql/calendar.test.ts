import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { UTC_CALENDAR, weekStartOf, type Calendar } from '../../../sandbox/soql/calendar.ts';
import { periodOf } from '../../../sandbox/soql/period.ts';
import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';
import { NOW } from './org-rows.ts';

const calendar = (changes: Partial<Calendar>): Calendar => ({ ...UTC_CALENDAR, ...changes });

describe('a date literal', () => {
  test.each([
    // At 10:30 UTC it is still yesterday nowhere, but tomorrow on Kiritimati and the same day in Honolulu.
    ['Pacific/Kiritimati', 'TODAY', '2026-11-22', '2026-11-23'],
    ['Pacific/Honolulu', 'TODAY', '2026-11-21', '2026-11-22'],
    ['Pacific/Midway', 'YESTERDAY', '2026-11-19', '2026-11-20'],
  ])('in %s %s begins on %s', (zone, name, start, end) => {
    const now = zone === 'Pacific/Midway' ? new Date('2026-11-21T10:30:00Z') : NOW;
    expect(periodOf(name, undefined, { now, calendar: calendar({ zone }) })).toEqual({
      start,
      end,
    });
  });

  test.each([
    ['en_US', '2026-11-15'],
    ['de_DE', '2026-11-16'],
    ['ar_EG', '2026-11-21'],
  ])('of %s a week begins on %s', (locale, start) => {
    expect(
      periodOf('THIS_WEEK', undefined, { now: NOW, calendar: calendar({ locale }) }).start,
    ).toBe(start);
  });

  test.each([
    [1, '2026-01-01', '2026-10-01'],
    [4, '2026-04-01', '2026-10-01'],
    [12, '2025-12-01', '2026-09-01'],
    [11, '2026-11-01', '2026-11-01'],
  ])('of a fiscal year from month %i', (fiscalStartMonth, year, quarter) => {
    const of = { now: NOW, calendar: calendar({ fiscalStartMonth }) };
    expect(periodOf('THIS_FISCAL_YEAR', undefined, of).start).toBe(year);
    expect(periodOf('THIS_FISCAL_QUARTER', undefined, of).start).toBe(quarter);
  });

  test('stretches of one kind follow each other without gap or overlap, whatever the calendar', () => {
    const kinds = ['WEEK', 'MONTH', 'QUARTER', 'YEAR', 'FISCAL_QUARTER', 'FISCAL_YEAR'];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.date({ min: new Date('1970-01-02'), max: new Date('2200-01-01'), noInvalidDate: true }),
        fc.constantFrom('UTC', 'Asia/Kolkata', 'America/Los_Angeles', 'Pacific/Apia'),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom('en_US', 'fr_FR', 'ar_AE'),
        (kind, now, zone, fiscalStartMonth, locale) => {
          const of = { now, calendar: calendar({ zone, fiscalStartMonth, locale }) };
          const [last, current, next, today] = ['LAST_', 'THIS_', 'NEXT_', ''].map((prefix) =>
            periodOf(prefix === '' ? 'TODAY' : `${prefix}${kind}`, undefined, of),
          );
          expect(last?.end).toBe(current?.start);
          expect(next?.start).toBe(current?.end);
          expect(String(today?.start) >= String(current?.start)).toBe(true);
          expect(String(today?.start) < String(current?.end)).toBe(true);
          const first = new Date(`${periodOf('THIS_WEEK', undefined, of).start}T00:00:00Z`);
          expect(first.getUTCDay()).toBe(weekStartOf(locale));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a query of a user', () => {
  let org: ServedOrg;

  beforeAll(async () => {
    org = await serveOrg();
    await org.org.pool.query(
      `update org."user" set timezonesidkey = 'Asia/Tokyo', localesidkey = 'de_DE'`,
    );
    await org.org.pool.query(
      `update org.organization set fiscalyearstartmonth = '4', usesstartdateasfiscalyearname = false`,
    );
    // It is 16:00 UTC, and one o'clock on the next day in Tokyo.
    const now = new Date(org.org.clock.now());
    const wanted = new Date(now).setUTCHours(16, 0, 0, 0);
    org.org.settings.clockOffsetMs = wanted - now.getTime();
    await org.org.pool.query(`delete from org.opportunity`);
    const [made] = await org.org.records.create(org.context, 'Opportunity', [
      { Name: 'Deal', StageName: 'Prospecting', CloseDate: '2026-05-31', Amount: 1_234_567.5 },
    ]);
    await org.org.pool.query(
      `update org.opportunity set createddate = $2, lastvieweddate = null where id = $1`,
      [made?.id, new Date(new Date(wanted).setUTCHours(14, 59, 0, 0))],
    );
  });

  afterAll(async () => {
    await org[Symbol.asyncDispose]();
  });

  const ask = async (soql: string) =>
    (await org.ask('GET', `query?q=${encodeURIComponent(soql)}`)).body;

  test('TODAY is his own day, and so is what convertTimezone() makes of a moment', async () => {
    expect(await ask('SELECT Id FROM Opportunity WHERE CreatedDate = TODAY')).toMatchObject({
      totalSize: 0,
    });
    expect(await ask('SELECT Id FROM Opportunity WHERE CreatedDate = YESTERDAY')).toMatchObject({
      totalSize: 1,
    });
    expect(
      await ask(
        'SELECT HOUR_IN_DAY(CreatedDate) utc, HOUR_IN_DAY(convertTimezone(CreatedDate)) own FROM Opportunity GROUP BY HOUR_IN_DAY(CreatedDate), HOUR_IN_DAY(convertTimezone(CreatedDate))',
      ),
    ).toMatchObject({ records: [{ utc: 14, own: 23 }] });
  });

  test('fiscal functions count from the organization’s month', async () => {
    expect(
      await ask(
        'SELECT FISCAL_YEAR(CloseDate) y, FISCAL_QUARTER(CloseDate) q, FISCAL_MONTH(CloseDate) m FROM Opportunity GROUP BY FISCAL_YEAR(CloseDate), FISCAL_QUARTER(CloseDate), FISCAL_MONTH(CloseDate)',
      ),
    ).toMatchObject({ records: [{ y: 2027, q: 1, m: 2 }] });
  });

  test('FORMAT() writes as people of his country do', async () => {
    expect(
      await ask('SELECT FORMAT(Amount), FORMAT(CloseDate) day FROM Opportunity'),
    ).toMatchObject({ records: [{ Amount: '$1.234.567,50', day: '31.05.2026' }] });
  });

  test('FOR VIEW leaves a note and no change', async () => {
    const stamps = 'select systemmodstamp, lastmodifieddate from org.opportunity';
    const before = await org.org.pool.query(stamps);
    await ask('SELECT Id FROM Opportunity LIMIT 1 FOR VIEW');
    expect(
      await ask(
        'SELECT Id FROM Opportunity WHERE LastViewedDate != null AND LastReferencedDate != null',
      ),
    ).toMatchObject({ totalSize: 1 });
    expect((await org.org.pool.query(stamps)).rows).toEqual(before.rows);
  });
});
