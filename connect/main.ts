import { readFile } from 'node:fs/promises';
import http from 'node:http';

import { systemClock } from '../src/kit/clock.ts';
import { messageOf } from '../src/kit/fault.ts';
import { listen } from '../src/kit/listen.ts';
import { createLog } from '../src/kit/log.ts';
import { openSecretBox } from '../src/kit/secret-box.ts';
import { untilAborted } from '../src/kit/until-aborted.ts';
import { createApi } from './api/create-api.ts';
import { Diagnoses } from './api/diagnoses.ts';
import { readConfig, type Config } from './config.ts';
import { Connections } from './connections.ts';
import { scheduleHousekeeping } from './housekeeping.ts';
import { DRAIN_MS } from './limits.ts';
import { platformClient } from './platform.ts';
import { openDatabase } from './postgres/open-database.ts';
import { openRegistry } from './postgres/registry/registry.ts';
import { Salesforce } from './salesforce/salesforce.ts';

/** Connect: opens what it needs in order, serves until told to stop, closes in the opposite order. */
async function serve(config: Config, signal: AbortSignal): Promise<void> {
  const clock = systemClock;
  const log = createLog({ service: 'connect', level: config.logLevel });
  const privateKey = await readKey(config.salesforce.jwtKeyFile);
  await using registry = await openRegistry(
    config.databaseUrl,
    await openSecretBox(config.keyFile),
  );
  const { namedHosts, namedHostsApplyWithinMs, clientId, clientSecret, callbackUrl } =
    config.salesforce;
  await using salesforce = new Salesforce({
    app: { clientId, clientSecret, callbackUrl, privateKey },
    namedHosts,
    namedHostsApplyWithinMs,
    grants: registry.grants,
    clock,
    log,
  });
  const platform = platformClient({
    url: config.platformUrl,
    token: config.platformToken,
    clock,
  });
  const parts = {
    registry,
    platform,
    salesforce,
    clock,
    log,
    openDatabase: (address: Parameters<typeof openDatabase>[0]) => openDatabase(address, log),
  };
  const connections = new Connections(parts, signal);
  await connections.startAll();
  await using _lives = { [Symbol.asyncDispose]: () => connections.ended() };
  await using _housekeeping = scheduleHousekeeping({ connections, registry, platform, clock, log });
  const diagnoses = new Diagnoses();
  const api = { config, registry, connections, platform, salesforce, diagnoses, clock, log };
  const server = http.createServer(createApi(api));
  await using listening = await listen(server, {
    port: config.port,
    host: '127.0.0.1',
    drainMs: DRAIN_MS,
    what: 'Connect',
    variable: 'LANDBRIDGE_CONNECT_PORT',
  });
  log.info({ port: listening.port }, 'Connect is ready');
  await untilAborted(signal);
  log.info({}, 'Connect is stopping');
}

async function readKey(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : readFile(file, 'utf8');
}

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    stopping.abort();
  });
}
try {
  await serve(readConfig(process.env), stopping.signal);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
