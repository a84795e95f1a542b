/** Bounds of the runtime, each with its reason. */

/** The times in a dyno's life. Tests shorten them. */
export interface DynoTimes {
  /** R10: a web dyno has this long to bind its port. */
  readonly bootMs: number;
  /** R12: after SIGTERM a dyno's processes have this long before SIGKILL. */
  readonly stopGraceMs: number;
  /** After traffic has moved away, requests in flight may end before SIGTERM; longer ones get the grace above. */
  readonly drainMs: number;
  /** Memory is sampled as often as Heroku's log-runtime-metrics. */
  readonly memorySampleMs: number;
  /** R15: a dyno over this multiple of its quota is killed. */
  readonly memoryKillRatio: number;
}

export const DYNO_TIMES: DynoTimes = {
  bootMs: 60_000,
  stopGraceMs: 30_000,
  drainMs: 10_000,
  memorySampleMs: 20_000,
  memoryKillRatio: 2,
};

/** When the whole platform stops, its dynos get less: a service has 10 s between SIGTERM and its own end. */
export const SHUTDOWN_GRACE_MS = 3_000;
/** At the end of the platform, for writing down that its dynos were stopped. */
export const SAVE_AT_END_MS = 1_000;
/** Heroku cycles a dyno every 24 h ... */
export const CYCLE_MS = 24 * 3_600_000;
/** ... plus up to 216 random minutes, so that the dynos of an app do not go at once. */
export const CYCLE_JITTER_MS = 216 * 60_000;
/** A crashed dyno is started again at once-ish, then later and later; a deploy starts the count anew. */
export const CRASH_BACKOFF = { firstMs: 1_000, maxMs: 10 * 60_000 } as const;
/** A dyno that was up this long before it crashed is counted as a first crash again. */
export const CRASH_FORGIVEN_AFTER_MS = 5 * 60_000;
/** How often a starting web dyno's port is tried: small against the 67 ms a Node process needs. */
export const PORT_POLL_MS = 25;
/** With every hint lost the reconciler still looks this often. */
export const RECONCILE_MS = 5_000;
export const RECONCILE_BACKOFF = { firstMs: 500, maxMs: 30_000 } as const;
/** Of a size that nobody knows (any more): Heroku's smallest. */
export const DEFAULT_MEMORY_MB = 512;
/** Each start copies a slug of some 100 MB; more at once only make each slower. */
export const STARTS_AT_ONCE = 4;
/** An ended one-off dyno can be asked for its exit code for this long. */
export const ONE_OFF_KEPT_MS = 10 * 60_000;

/** Processes of one dyno: Heroku allows 256 threads to its small sizes, Node starts with eleven. */
export const PROCESSES_MAX = 512;
export const OPEN_FILES_MAX = 10_000;
/** User ids of dynos where the platform is the superuser; above what distributions give to people and services. */
export const FIRST_DYNO_UID = 200_000;
export const DYNO_UIDS = 65_536;
/** The user that unpacks slugs, where the platform is the superuser: one that is nothing else. */
export const UNPACKING_UID = FIRST_DYNO_UID - 1;
/** Unpacked slugs kept for the next start; each can be made again from its file. */
export const UNPACKED_SLUGS_MAX = 8;
/** Unpacking a slug that takes longer is hung: the largest slugs (1 GB) take some 20 s. */
export const UNPACK_TIMEOUT_MS = 300_000;
/** Between looks at processes that nobody tells us about (those adopted from an earlier run of ours). */
export const PROCESS_POLL_MS = 100;
/** Processes that were sent SIGKILL go at once, unless they hang in the kernel. */
export const KILL_WAIT_MS = 5_000;

/** One read of a dyno's output. */
export const LOG_READ_BYTES = 262_144;
/** Heroku cuts longer lines. */
export const LOG_LINE_BYTES_MAX = 10_000;
/** Read output is given back to the file system each time this much has come together. */
export const LOG_FREE_BYTES = 4 * 1_048_576;
/** Output that we are behind by more than this is skipped, so a flood cannot fill the disk. */
export const LOG_BACKLOG_BYTES_MAX = 64 * 1_048_576;
/** File system events wake the reader; this is how often it looks without one. */
export const LOG_POLL_MS = 1_000;
