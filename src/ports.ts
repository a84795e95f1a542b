import type { ServerResponse } from 'node:http';

import type pg from 'pg';

import type { Catalog } from './addons/catalog.ts';
import type { Clock } from './kit/clock.ts';
import type { Log } from './kit/log.ts';
import type { SecretBox } from './kit/secret-box.ts';
import type { LogSession } from './logs/stream.ts';
import type { Addon } from './store/addons.ts';

/** Where the platform and its apps are reached. */
export interface Addresses {
  /** `http://localhost:5055`, without a slash at the end. */
  readonly api: string;
  /** `https://localhost:5055`: git speaks TLS on the same port. */
  readonly git: string;
  /** `http://APP.localhost:5080/` */
  webUrl(appName: string): string;
  /** `APP.localhost` */
  hostOf(appName: string): string;
}

/** What the API, the builder and the add-ons work with. Made once, in main.ts; tests bring their own. */
export interface Platform {
  readonly pool: pg.Pool;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly log: Log;
  /** $LANDBRIDGE_HOME: slugs/, sources/, builds/, cache/. */
  readonly home: string;
  readonly addresses: Addresses;
  readonly catalog: Catalog;
  /** How long the answer to a new add-on waits for a provider that is quick. */
  readonly addonWaitMs: number;
  /** Tells an add-on's provider of its new plan. */
  changePlan(addon: Addon, plan: string): Promise<void>;
  /** Answers with lines of an app's log as server-sent events; resolves when the stream has ended. */
  streamLog(session: LogSession, response: ServerResponse): Promise<void>;
  /** What a process of an app has said, as far as it is remembered: whole lines without their line ends. */
  readLines(appId: string, process: string): Promise<readonly string[]>;
  /** Writes a line to an app's log, as `app[api]: text`. */
  tell(appId: string, text: string): void;
}
