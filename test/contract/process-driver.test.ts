import { openProcessDriver } from '../../src/dynos/drivers/process.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { silentLog } from '../../src/kit/log.ts';
import { testDynoDriver } from './dyno-driver.ts';

testDynoDriver({
  name: 'process',
  open: (home) => openProcessDriver({ home, clock: systemClock, log: silentLog }),
});
