/** How people of a locale write numbers, days and hours: templates for PostgreSQL's to_char(). */
export interface LocalFormat {
  readonly group: string;
  readonly decimal: string;
  readonly date: string;
  readonly datetime: string;
  readonly time: string;
}

const known = new Map<string, LocalFormat>();

/** From the Unicode CLDR, as Node knows it. A locale it does not know is written as en_US. */
export function localFormatOf(locale: string): LocalFormat {
  const found = known.get(locale);
  if (found !== undefined) return found;
  const tag = supported(locale);
  const numbers = new Intl.NumberFormat(tag).formatToParts(-1_234_567.5);
  const sign = (type: string, otherwise: string): string =>
    plain(numbers.find((part) => part.type === type)?.value ?? otherwise);
  const made = {
    group: sign('group', ','),
    decimal: sign('decimal', '.'),
    date: template(tag, { dateStyle: 'short' }),
    datetime: template(tag, { dateStyle: 'short', timeStyle: 'short' }),
    time: template(tag, { timeStyle: 'short' }),
  };
  known.set(locale, made);
  return made;
}

function supported(locale: string): string {
  const [tag = 'en-US'] = [locale.split('__')[0] ?? locale]
    .map((text) => text.replaceAll('_', '-'))
    .filter((text) => isKnown(text));
  return `${tag}-u-nu-latn-ca-gregory`;
}

function isKnown(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}

/** A moment whose parts all have one digit: what is written with two is always written so. */
const EXAMPLE = new Date(Date.UTC(2026, 4, 3, 9, 7));

function template(tag: string, styles: Intl.DateTimeFormatOptions): string {
  const parts = new Intl.DateTimeFormat(tag, { ...styles, timeZone: 'UTC' }).formatToParts(EXAMPLE);
  const halves = parts.some(({ type }) => type === 'dayPeriod');
  const letters: Readonly<Record<string, string>> = {
    year: 'YYYY',
    month: 'MM',
    day: 'DD',
    hour: halves ? 'HH12' : 'HH24',
    minute: 'MI',
    dayPeriod: 'AM',
  };
  return parts
    .map(({ type, value }) => {
      const letter = letters[type];
      if (letter === undefined) return `"${plain(value).replaceAll(/["\\]/g, '')}"`;
      // to_char() fills up with zeros unless told not to.
      return value.length === 1 ? `FM${letter}` : letter;
    })
    .join('');
}

/** Blanks of all kinds are written as the one on the keyboard. */
function plain(text: string): string {
  return text.replaceAll(/[\u00A0\u202F]/g, ' ').replaceAll(/[\u200E\u200F]/g, '');
}
