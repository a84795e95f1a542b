/** Times as people of a zone and language read and type them. */
export interface TimeStyle {
  readonly zone: string;
  /** `en-US` */
  readonly language: string;
}

/** Making a format costs far more than using it, and there are as many as users have zones and languages. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(
  { zone, language }: TimeStyle,
  kind: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${kind} ${zone} ${language}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
  formats.set(key, made);
  return made;
}

/** `Nov 21, 2026, 4:11:09 AM PST` */
export function shownTime(style: TimeStyle, time: Date): string {
  return format(style, 'time', {
    dateStyle: 'medium',
    timeStyle: 'medium',
  })
    .format(time)
    .concat(` ${zoneName(style, time)}`);
}

/** `Nov 21, 4 AM` */
export function shownHour(style: TimeStyle, time: Date): string {
  return format(style, 'hour', { month: 'short', day: 'numeric', hour: 'numeric' }).format(time);
}

/** `PST`, or `GMT+9` where the language has no name of it. */
export function zoneName(style: TimeStyle, time: Date): string {
  const parts = format(style, 'zone', { timeZoneName: 'short' }).formatToParts(time);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? style.zone;
}

/** `Nov 21, 2026` of a date without time, which is the same in every zone. */
export function shownDate({ language }: TimeStyle, date: string): string {
  const time = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(time.getTime())) return date;
  return format({ zone: 'UTC', language }, 'date', { dateStyle: 'medium' }).format(time);
}

/** `2026-11-21T04:11`: what an input of the type datetime-local holds. */
export function localText({ zone }: TimeStyle, time: Date): string {
  const parts = localParts(zone, time);
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/** What a person typed in his own zone, as an instant; undefined when it is no time. */
export function instantOf({ zone }: TimeStyle, local: string): Date | undefined {
  const asUtc = Date.parse(`${local.length === 16 ? `${local}:00` : local.slice(0, 19)}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  // Twice, since the first guess may lie on the other side of a change of the clocks.
  const guess = asUtc - offsetMs(zone, asUtc);
  return new Date(asUtc - offsetMs(zone, guess));
}

/** How far the clocks of a zone are ahead of UTC at a moment. */
function offsetMs(zone: string, at: number): number {
  const { year, month, day, hour, minute, second } = localParts(zone, new Date(at));
  const local = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return local - Math.floor(at / 1_000) * 1_000;
}

function localParts(zone: string, time: Date): Readonly<Record<string, string>> {
  const style = { zone, language: 'en-CA' };
  const parts = format(style, 'parts', {
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(time);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}
