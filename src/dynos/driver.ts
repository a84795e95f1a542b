/** A built app: a content-addressed zstd tar. */
export interface Slug {
  /** SHA-256 of the file, lower-case hex. */
  readonly digest: string;
  readonly file: string;
}

/** Everything a driver needs to run a dyno once. */
export interface DynoSpec {
  /** Unique for each start; a driver never runs an id twice. */
  readonly id: string;
  readonly appId: string;
  /** What people call it: `web.1`, `run.4711`. */
  readonly name: string;
  readonly releaseVersion: number;
  readonly slug: Slug;
  readonly command: string;
  /** Where a web dyno is to listen. */
  readonly port: number | undefined;
  /** Config vars and what the platform adds; the driver adds HOME, PATH and TMPDIR. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
}

export interface DynoExit {
  /** As a shell tells it: 0 to 255, 128 + n for signal n. */
  readonly status: number;
  /** Whether processes were left when the grace was over and had to be killed. */
  readonly killed: boolean;
}

/** A dyno as the engine itself knows it. */
export interface ObservedDyno {
  readonly id: string;
  readonly appId: string;
  readonly name: string;
  readonly releaseVersion: number;
  readonly port: number | undefined;
  /** Undefined while it runs. */
  readonly exit: DynoExit | undefined;
}

export interface DynoStats {
  readonly processes: number;
  readonly memoryBytes: number;
  readonly cpuMs: number;
}

export interface LogBatch {
  /** Whole lines, without their line ends. */
  readonly lines: readonly string[];
  /** Bytes of output that had to be dropped before these lines, because nobody read them in time. */
  readonly droppedBytes: number;
}

export interface ExecOptions {
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  onOutput(chunk: Buffer): void;
}

/**
 * Where dynos run. Every method is idempotent and keyed by the dyno's id. What runs is known from the engine alone:
 * a new process of ours calls `list` and goes on where a killed one stopped, without any memory of it.
 */
export interface DynoDriver extends AsyncDisposable {
  readonly name: string;
  /** Makes a slug ready to be started from; may be called again and again. */
  prepare(slug: Slug): Promise<void>;
  /** Starts a dyno, or does nothing when this id was started before. */
  start(spec: DynoSpec): Promise<void>;
  /** SIGTERM to all its processes, and SIGKILL to those left after the grace; without a grace SIGKILL at once. Resolves when none is left. */
  stop(id: string, graceMs: number): Promise<DynoExit>;
  /** Resolves when the dyno has ended, by itself or not; to undefined when `signal` is aborted first. */
  ended(id: string, signal: AbortSignal): Promise<DynoExit | undefined>;
  /** Forgets an ended dyno and frees its disk. */
  remove(id: string): Promise<void>;
  list(): Promise<readonly ObservedDyno[]>;
  /**
   * The dyno's output from where the last reader stopped, until it has ended. A batch counts as read when the next is
   * asked for, and that position survives us: a crash repeats at most one batch and loses none.
   */
  logs(id: string, signal: AbortSignal): AsyncIterable<LogBatch>;
  /** Runs a program beside the dyno's own, in its folder and as its user. Resolves to the program's status. */
  exec(id: string, options: ExecOptions): Promise<number>;
  stats(id: string): Promise<DynoStats>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  resize(id: string, memoryBytes: number): Promise<void>;
}
