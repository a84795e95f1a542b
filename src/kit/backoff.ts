export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The delay before try number `attempt` (1 = the first retry): doubles, capped, without jitter so that tests can name it. */
export function backoffMs(attempt: number, { firstMs, maxMs }: BackoffLimits): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(30, attempt - 1));
}
