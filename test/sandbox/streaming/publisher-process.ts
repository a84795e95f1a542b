import pg from 'pg';

import { systemClock } from '../../../src/kit/clock.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { Injector } from '../../../sandbox/injector.ts';
import { Schema } from '../../../sandbox/schema/schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import { Publisher } from '../../../sandbox/streaming/publisher.ts';
import { defaultSettings } from '../../../sandbox/settings.ts';

/** A publisher in a process of its own, to be killed. */
const pool = new pg.Pool({ connectionString: process.argv[2] ?? '' });
const schema = new Schema(STANDARD_OBJECTS);
const publisher = await Publisher.create({
  pool,
  clock: systemClock,
  log: silentLog,
  schema: () => schema,
  adminUserId: '005000000000001AAA',
  injector: new Injector(),
  settings: { ...defaultSettings(), eventDelay: { minMs: 0, maxMs: 0 } },
});
process.stdout.write('ready\n');
await publisher.run(new AbortController().signal);
