/** Lines an app's log remembers: Heroku's figure. */
export const LINES_KEPT_MAX = 1_500;
/** Heroku cuts longer messages. */
export const LINE_BYTES_MAX = 10_000;
/** A log file is put aside when it has grown to this; two are kept, enough for 1,500 usual lines. */
export const LOG_FILE_BYTES_MAX = 1_048_576;
/** What a slow reader of a tail may be behind by; beyond it lines are dropped and counted (Heroku's L11). */
export const TAIL_BUFFER_BYTES_MAX = 1_048_576;
/** A comment line this often keeps intermediaries from closing a quiet stream. */
export const HEARTBEAT_MS = 25_000;
