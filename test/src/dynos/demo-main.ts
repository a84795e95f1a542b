/** A process with nothing but the runtime in it, for tests that kill it: `node demo-main.ts '{"databaseUrl": ...}'`. */
import { z } from 'zod';

import { systemClock } from '../../../src/kit/clock.ts';
import { openDemo } from './demo.ts';

const Options = z.object({
  databaseUrl: z.string(),
  home: z.string(),
  nodeFolder: z.string(),
  key: z.string(),
});
const { key, ...options } = Options.parse(JSON.parse(process.argv[2] ?? ''));
await using demo = await openDemo({ ...options, key: Buffer.from(key, 'base64') });
await using runtime = await demo.start({ dynosAtEnd: 'keep' });
process.stdout.write(`${runtime.appsPort}\n`);
const stop = new AbortController();
process.once('SIGTERM', () => {
  stop.abort();
});
await systemClock.sleep(600_000, stop.signal);
