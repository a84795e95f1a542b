import type { DynoState } from '../core/dyno-state.ts';
import type { RoutingTable } from '../core/routing-table.ts';
import type { Slug } from './driver.ts';

/** What should run of one app. */
export interface DesiredApp {
  readonly id: string;
  readonly name: string;
  readonly maintenance: boolean;
  /** The current release, when it has something to run. */
  readonly releaseId: string | undefined;
  readonly releaseVersion: number;
  /** It is being destroyed: nothing of it runs. */
  readonly destroying: boolean;
  readonly formation: readonly {
    readonly type: string;
    readonly quantity: number;
    readonly size: string;
    readonly command: string;
  }[];
}

/** One start of a process, as it is written down. */
export interface DynoRow {
  readonly id: string;
  readonly appId: string;
  readonly releaseId: string;
  readonly releaseVersion: number;
  readonly type: string;
  readonly number: number;
  readonly name: string;
  readonly size: string;
  readonly command: string;
  readonly state: DynoState;
  readonly port: number | undefined;
  readonly asked: 'restart' | 'stop' | undefined;
  readonly oneOff: boolean;
  readonly crashes: number;
  /** Milliseconds since the Unix epoch, as all times here. */
  readonly startAfter: number;
  readonly cycleAt: number;
  readonly startedAt: number;
  readonly exitCode: number | undefined;
}

/** What a dyno is started with. */
export interface LaunchPlan {
  readonly slug: Slug;
  readonly environment: Readonly<Record<string, string>>;
}

/** The platform's database, as the runtime needs it. */
export interface RuntimeStore {
  listDesired(): Promise<readonly DesiredApp[]>;
  listDynos(): Promise<readonly DynoRow[]>;
  /** The slug and config vars of the dyno's release; undefined when that has nothing to run (any more). */
  findLaunchPlan(dyno: DynoRow): Promise<LaunchPlan | undefined>;
  insertDyno(dyno: DynoRow): Promise<void>;
  /** Writes down what changes: state, port, crashes, times and exit code. Nothing when the row is gone. */
  updateDyno(dyno: DynoRow): Promise<void>;
  deleteDyno(id: string): Promise<void>;
  /** Removes one-off dynos that ended before that time. */
  forgetOneOffs(before: number): Promise<void>;
  /** Calls for each hint that something may have changed, until disposed. */
  listen(onHint: () => void): Promise<AsyncDisposable>;
}

/** The router, as the dyno manager needs it. */
export interface Traffic {
  update(table: RoutingTable): void;
  drained(dynoId: string, timeoutMs: number): Promise<void>;
}

/** Says something to an app's log. */
export interface Voice {
  write(message: {
    readonly appId: string;
    readonly source: 'app' | 'heroku';
    readonly process: string;
    readonly text: string;
  }): void;
}
