import { z } from 'zod';

import type { Org } from './org.ts';
import { needsCalendar, UTC_CALENDAR, type Calendar } from './soql/calendar.ts';

const Row = z.object({
  zone: z.string().nullable(),
  locale: z.string().nullable(),
  first_month: z.coerce.number().int().min(1).max(12).nullable(),
  by_start: z.boolean().nullable(),
});

/** What days mean to a user, when a statement says anything that depends on it. */
export async function findCalendar(
  org: Pick<Org, 'pool'>,
  userId: string,
  statement: string,
): Promise<Calendar> {
  if (!needsCalendar(statement)) return UTC_CALENDAR;
  const { rows } = await org.pool.query(FIND_CALENDAR, [userId]);
  const [found] = z.array(Row).parse(rows);
  return {
    zone: knownZone(found?.zone ?? UTC_CALENDAR.zone),
    locale: found?.locale ?? UTC_CALENDAR.locale,
    fiscalStartMonth: found?.first_month ?? UTC_CALENDAR.fiscalStartMonth,
    fiscalNamedByStart: found?.by_start ?? UTC_CALENDAR.fiscalNamedByStart,
  };
}

/** Salesforce's list of time zones is older than some machines' data; a zone unknown here is read as UTC. */
function knownZone(zone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone === 'UTC'
      ? 'UTC'
      : zone;
  } catch {
    return 'UTC';
  }
}

const FIND_CALENDAR = `/* findCalendar */
select member.timezonesidkey as zone, member.localesidkey as locale,
       organization.fiscalyearstartmonth::text as first_month, organization.usesstartdateasfiscalyearname as by_start
  from org."user" member cross join (select * from org.organization limit 1) organization
 where member.id = $1`;
