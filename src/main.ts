import { startPlatform } from './start-platform.ts';
import { readConfig } from './config.ts';
import { messageOf } from './kit/fault.ts';
import { createLog } from './kit/log.ts';
import { untilAborted } from './kit/until-aborted.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    stop.abort();
  });

try {
  const config = readConfig(process.env);
  const log = createLog({ service: 'platform', level: config.logLevel });
  await using _platform = await startPlatform(config, log);
  await untilAborted(stop.signal);
  log.info('platform stopping');
} catch (error) {
  console.error(`landbridge platform: ${messageOf(error)}`);
  process.exitCode = 1;
}
