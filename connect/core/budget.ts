/** The calls of one mapping, counted in hours of its day. A value: keep the new one. */
export interface Budget {
  readonly hours: Readonly<Record<number, number>>;
}

export const UNSPENT: Budget = { hours: {} };

const HOUR_MS = 3_600_000;
const HOURS_OF_A_DAY = 24;

/**
 * Calls still allowed. The window is the present hour and the twenty-four before it: longer than a day by less than an
 * hour, so that in no day of 24 hours, wherever it begins, more is spent than allowed.
 */
export function callsLeft(budget: Budget, callsMax: number, now: number): number {
  const oldest = hourOf(now) - HOURS_OF_A_DAY;
  const spent = Object.entries(budget.hours)
    .filter(([hour]) => Number(hour) >= oldest)
    .reduce((sum, [, calls]) => sum + calls, 0);
  return Math.max(0, callsMax - spent);
}

export function spend(budget: Budget, calls: number, now: number): Budget {
  const hour = hourOf(now);
  const kept = Object.entries(budget.hours).filter(([at]) => Number(at) >= hour - HOURS_OF_A_DAY);
  const hours = Object.fromEntries(kept);
  return { hours: { ...hours, [hour]: (budget.hours[hour] ?? 0) + calls } };
}

/** When the next call is allowed again, if nothing more is spent until then. */
export function refillsAt(budget: Budget, now: number): number {
  const oldest = hourOf(now) - HOURS_OF_A_DAY;
  const hours = Object.keys(budget.hours)
    .map(Number)
    .filter((hour) => hour >= oldest);
  return hours.length === 0 ? now : (Math.min(...hours) + HOURS_OF_A_DAY + 1) * HOUR_MS;
}

/**
 * How long to wait between two requests so that what is left lasts the day: none while more than half is left, so that
 * a busy hour costs no latency; then longer the less there is. Waiting writes share a request, so none is lost by it.
 */
export function lingerMs(budget: Budget, callsMax: number, now: number): number {
  const left = callsLeft(budget, callsMax, now);
  if (left * 2 > callsMax) return 0;
  return Math.ceil((HOURS_OF_A_DAY * HOUR_MS) / Math.max(1, left));
}

function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS);
}
