import type pg from 'pg';

import type { Clock } from '../src/kit/clock.ts';
import type { Log } from '../src/kit/log.ts';
import type { UserPermission } from './access/access.ts';
import type { Caller } from './access/views.ts';
import type { Config } from './config.ts';
import type { Injector } from './injector.ts';
import type { RecordEngine } from './records/engine.ts';
import type { Schema } from './schema/schema.ts';
import type { Settings } from './settings.ts';
import type { ApiUsage } from './usage.ts';

/** The org as its parts see it: made once in main.ts, given to every router. */
export interface Org {
  readonly config: Config;
  readonly pool: pg.Pool;
  readonly log: Log;
  /** The org's time: the machine's, moved by the admin API. Stamps, expiry and date literals use this one. */
  readonly clock: Clock;
  /** What may be changed while the org runs (delays, limits). Read anew at each use. */
  readonly settings: Settings;
  /** What of the daily allotments is used: every API counts here. */
  readonly usage: ApiUsage;
  /** What the admin API makes go wrong. */
  readonly injector: Injector;
  /** 18-character id of the one Organization. */
  readonly orgId: string;
  /** 18-character id of the administrator, who owns the seeded records. */
  readonly adminUserId: string;
  readonly adminProfileId: string;
  /** The present objects and fields, as far as this org's viewer may see them. Take it once per request. */
  schema(): Schema;
  /** Shows objects and fields that have just been added, once they are stored. */
  replaceSchema(schema: Schema): void;
  /** Creates, updates, deletes records with validation, stamps and the change journal. */
  readonly records: RecordEngine;
  /** What the viewer may do besides; all of it for the org itself. */
  readonly permissions: ReadonlySet<UserPermission>;
  /** The org as a user may see and change it; for an administrator that is this very org. */
  seenBy(caller: Caller): Promise<Org>;
  /** The org itself, seen by nobody in particular. */
  readonly whole: Org;
}
