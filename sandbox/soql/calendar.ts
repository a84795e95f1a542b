/** What days and years mean to the user who asks: his time zone and locale, and the organization's fiscal year. */
export interface Calendar {
  /** An IANA time zone, as PostgreSQL and Intl know it. */
  readonly zone: string;
  /** `en_US`, as Salesforce writes it. */
  readonly locale: string;
  /** 1 to 12. */
  readonly fiscalStartMonth: number;
  /** Whether a fiscal year is named after the year it begins in, else after the one it ends in. */
  readonly fiscalNamedByStart: boolean;
}

/** Of nobody in particular. */
export const UTC_CALENDAR: Calendar = {
  zone: 'UTC',
  locale: 'en_US',
  fiscalStartMonth: 1,
  fiscalNamedByStart: false,
};

/** Whether a statement may say anything whose meaning depends on a calendar: most do not, and need not have it looked up. */
export function needsCalendar(text: string): boolean {
  return /\b(?:today|yesterday|tomorrow|n_|last_|this_|next_|converttimezone|fiscal_|format\s*\()/i.test(
    text,
  );
}

/** Day 0 (Sunday) to 6 on which weeks begin, by the locale's country. */
export function weekStartOf(locale: string): number {
  const country = /_([A-Z]{2})/.exec(locale)?.[1] ?? 'US';
  if (SATURDAY.has(country)) return 6;
  return SUNDAY.has(country) ? 0 : 1;
}

/** From the Unicode CLDR's supplemental data (weekData, firstDay); everywhere else weeks begin on Monday. */
const SUNDAY: ReadonlySet<string> = new Set(
  'AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW'.split(
    ' ',
  ),
);
const SATURDAY: ReadonlySet<string> = new Set(
  'AE AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY'.split(' '),
);

export interface Day {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

/** The day it is at a moment in a time zone. */
export function dayIn(zone: string, moment: Date): Day {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  }).formatToParts(moment);
  const part = (type: string): number =>
    Number(parts.find((found) => found.type === type)?.value ?? 0);
  const [year, month, day] = [part('year'), part('month') - 1, part('day')];
  return { year, month, day, weekday: new Date(Date.UTC(year, month, day)).getUTCDay() };
}
