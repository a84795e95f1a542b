/** The times and sizes of the router. They are Heroku's wherever Heroku has said them. */
export interface RouterLimits {
  /** H12: the first byte of an answer, counted from the last byte of the request. */
  readonly firstByteMs: number;
  /** H15 and H28: silence after the first byte, in either direction, of requests and WebSockets. */
  readonly idleMs: number;
  /** H19: a dyno that does not accept. */
  readonly connectMs: number;
  /** A dyno that did not accept gets no requests for this long while there are others. */
  readonly quarantineMs: number;
  /** H20: how long a request waits for a dyno that starts. */
  readonly bootWaitMs: number;
  /** Requests of one app that wait for a dyno to start; more are H11. */
  readonly waitingMax: number;
  /** How many dynos a request is offered to before it is refused. */
  readonly triesMax: number;
  /** How often deadlines are looked at: one timer for all requests instead of one each. */
  readonly sweepMs: number;
}

export const ROUTER_LIMITS: RouterLimits = {
  firstByteMs: 30_000,
  idleMs: 55_000,
  connectMs: 5_000,
  quarantineMs: 5_000,
  bootWaitMs: 75_000,
  waitingMax: 500,
  triesMax: 10,
  sweepMs: 250,
};

/** All headers of a request together; Node answers 431 beyond it. */
export const HEADER_BYTES_MAX = 65_536;
/** Slow loris: a request's headers must have come by then. */
export const HEADERS_TIMEOUT_MS = 30_000;
/** A client's connection may be idle between requests for as long as within one. */
export const CLIENT_KEEP_ALIVE_MS = 55_000;
/**
 * A kept connection to a dyno is given up after this silence. Node's own servers close at 5 s; a request sent into
 * a closing connection would have to be repeated, and not every request may be.
 */
export const UPSTREAM_KEEP_ALIVE_MS = 4_000;
/** Kept idle connections to one dyno. */
export const UPSTREAM_IDLE_SOCKETS_MAX = 256;
/** Certificates made for host names and kept in memory; the oldest goes first. */
export const CERTIFICATES_MAX = 1_000;
/** Requests in flight at the stop of the platform. */
export const DRAIN_MS = 2_000;
