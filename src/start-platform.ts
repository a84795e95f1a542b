import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';

import pg from 'pg';

import { addonLoop } from './addons/addon-loop.ts';
import { CATALOG } from './addons/catalog.ts';
import { partnerProvider } from './addons/partner-provider.ts';
import { postgresProvider } from './addons/postgres-provider.ts';
import type { AddonProvider } from './addons/provider.ts';
import { createApi } from './api/create-api.ts';
import { BuildLoop } from './builder/build-loop.ts';
import { housekeepingLoop } from './builder/housekeeping.ts';
import { releasePhaseLoop } from './builder/release-phase.ts';
import { Runtimes } from './builder/runtimes.ts';
import { SetupLoop } from './builder/setup-loop.ts';
import type { Config } from './config.ts';
import { createDashboard } from './dashboard/dashboard.ts';
import { startRuntime, type Runtime } from './dynos/runtime.ts';
import { createFront } from './front/front.ts';
import { healthOfService, type HealthPart } from './front/health.ts';
import { openProxy } from './front/proxy.ts';
import { openAuthority, type Authority } from './kit/authority.ts';
import { systemClock } from './kit/clock.ts';
import { listenDual } from './kit/dual-port.ts';
import type { Listening } from './kit/listen.ts';
import type { Log } from './kit/log.ts';
import { migrate } from './kit/migrate.ts';
import { openSecretBox } from './kit/secret-box.ts';
import {
  ADDON_WAIT_MS,
  DRAIN_MS,
  HEADER_BYTES_MAX,
  HEADERS_TIMEOUT_MS,
  POOL_CONNECTIONS_MAX,
  REQUEST_TIMEOUT_MS,
} from './limits.ts';
import { streamLog } from './logs/stream.ts';
import type { Addresses, Platform } from './ports.ts';
import { openRuntimeStore } from './store/runtime-store.ts';
import { ensureToken, ensureUser, revokeOtherTokens } from './store/users.ts';
import { listenForWork } from './store/work-hints.ts';

const HOST = '127.0.0.1';
const MIGRATIONS = join(import.meta.dirname, '..', 'migrations', 'platform');
const PRESENT = 'Key of the administrator (LANDBRIDGE_API_KEY)';
const SERVICE = 'Token of Connect (LANDBRIDGE_CONNECT_PLATFORM_TOKEN)';

export interface RunningPlatform extends AsyncDisposable {
  readonly port: number;
  readonly appsPort: number;
}

/** Starts the whole platform. Disposal ends it in the opposite order: no new requests, then the work, then the dynos. */
export async function startPlatform(config: Config, log: Log): Promise<RunningPlatform> {
  await using opened = new AsyncDisposableStack();
  await mkdir(config.home, { recursive: true });
  const box = await openSecretBox(join(config.home, 'platform.key'));
  const authority = await openAuthority(join(config.home, 'tls'));
  await migrate(config.databaseUrl, MIGRATIONS);
  const pool = opened.adopt(openPool(config, log), async (open) => open.end());
  await ensureAccounts(pool, config);

  const store = openRuntimeStore({
    pool,
    databaseUrl: config.databaseUrl,
    box,
    home: config.home,
    log,
  });
  const runtime = opened.use(
    await startRuntime({
      store,
      clock: systemClock,
      log,
      home: config.home,
      host: HOST,
      appsPort: config.appsPort,
      secure: { port: config.appsTlsPort, authority },
      baseDomains: ['localhost'],
      dynoPorts: config.dynoPorts,
      dynosAtEnd: config.dynosAtEnd,
    }),
  );
  const stop = new AbortController();
  const addresses = addressesOf(config, runtime);
  const providers = providersOf(config, addresses);
  const platform: Platform = {
    pool,
    box,
    clock: systemClock,
    log,
    home: config.home,
    addresses,
    catalog: CATALOG,
    addonWaitMs: ADDON_WAIT_MS,
    changePlan: async (addon, plan) => {
      await providers
        .find(({ service }) => service === addon.service)
        ?.changePlan(addon, plan, stop.signal);
    },
    streamLog: async (session, response) =>
      streamLog({ hub: runtime.hub, clock: systemClock }, session, response),
    readLines: async (appId, process) =>
      (await runtime.hub.recent(appId))
        .filter((line) => line.source === 'app' && line.process === process)
        .map(({ text }) => text),
    tell: (appId, text) => {
      runtime.hub.write({ appId, source: 'app', process: 'api', text });
    },
  };
  const working = await startWork(platform, { config, providers, signal: stop.signal });
  opened.use(working);
  opened.defer(() => {
    stop.abort();
  });
  const front = createFrontOf(platform, { config, runtime, signal: stop.signal, opened });
  const listening = opened.use(await listenFront(front, { config, authority }));
  log.info({ port: listening.port, appsPort: runtime.appsPort }, 'platform ready');
  const resources = opened.move();
  return {
    port: listening.port,
    appsPort: runtime.appsPort,
    async [Symbol.asyncDispose]() {
      // Open streams are told first, so that the ports drain.
      stop.abort();
      await resources.disposeAsync();
    },
  };
}

function openPool({ databaseUrl }: Config, log: Log): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: POOL_CONNECTIONS_MAX,
    application_name: 'landbridge platform',
  });
  // An idle connection that the server closes is replaced at the next use.
  pool.on('error', (error) => {
    log.warn({ err: error }, 'a database connection was lost');
  });
  return pool;
}

/** The first user and Connect's service account, with the tokens of the environment and no former ones. */
async function ensureAccounts(pool: pg.Pool, { email, apiKey, connect }: Config): Promise<void> {
  const admin = await ensureUser(pool, {
    id: randomUUID(),
    email,
    name: 'Administrator',
    service: null,
  });
  await ensureToken(pool, {
    id: randomUUID(),
    userId: admin.id,
    token: apiKey,
    description: PRESENT,
  });
  await revokeOtherTokens(pool, PRESENT, apiKey);
  const service = await ensureUser(pool, {
    id: randomUUID(),
    email: 'connect@services.landbridge.example',
    name: 'Heroku Connect',
    service: 'herokuconnect',
  });
  const { platformToken } = connect;
  await ensureToken(pool, {
    id: randomUUID(),
    userId: service.id,
    token: platformToken,
    description: SERVICE,
  });
  await revokeOtherTokens(pool, SERVICE, platformToken);
}

function addressesOf({ port }: Config, { appsPort }: Runtime): Addresses {
  return {
    api: `http://localhost:${port}`,
    git: `https://localhost:${port}`,
    webUrl: (name) => `http://${name}.localhost:${appsPort}/`,
    hostOf: (name) => `${name}.localhost`,
  };
}

function providersOf(
  { adminDatabaseUrl, connect }: Config,
  addresses: Addresses,
): readonly AddonProvider[] {
  return [
    postgresProvider(adminDatabaseUrl),
    partnerProvider({
      service: 'herokuconnect',
      url: connect.url.replace(/\/+$/, ''),
      password: connect.password,
      callbackUrl: addresses.api,
    }),
  ];
}

interface Work {
  readonly config: Config;
  readonly providers: readonly AddonProvider[];
  readonly signal: AbortSignal;
}

/** The loops that build, provision and set up; they end when `signal` is aborted. */
async function startWork(
  platform: Platform,
  { config, providers, signal }: Work,
): Promise<AsyncDisposable> {
  const { path, npmExecPath, userHome, network, npmSettings } = config.build;
  const runtimes = new Runtimes({
    cache: join(config.home, 'cache'),
    path,
    npmExecPath,
    userHome,
    network: { ...network, ...npmSettings },
  });
  const addons = addonLoop(platform, providers);
  const builds = new BuildLoop({ platform, runtimes, network });
  const setups = new SetupLoop(platform);
  const phases = releasePhaseLoop(platform);
  const hinted = [addons, builds, setups, phases];
  const hints = await listenForWork({
    databaseUrl: config.databaseUrl,
    log: platform.log,
    onHint: () => {
      for (const loop of hinted) loop.wake();
    },
  });
  const running = Promise.all(
    [...hinted, housekeepingLoop(platform)].map(async (loop) => loop.run(signal)),
  );
  return {
    async [Symbol.asyncDispose]() {
      await hints[Symbol.asyncDispose]();
      await running;
    },
  };
}

interface Parts {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly opened: AsyncDisposableStack;
}

function createFrontOf(
  platform: Platform,
  { config, runtime, signal, opened }: Parts,
): http.RequestListener {
  const proxy = opened.use(openProxy({ target: config.connect.url, log: platform.log }));
  const dashboard = createDashboard(platform);
  const api = createApi(platform, signal);
  const failed = (response: http.ServerResponse) => (error: unknown) => {
    platform.log.error({ err: error }, 'request failed');
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal server error\n');
  };
  const own: readonly HealthPart[] = [
    {
      name: 'database',
      state: async () =>
        (await platform.pool.query('select 1')).rowCount === 1 ? 'ready' : 'unavailable',
    },
    { name: 'dynos', state: async () => (runtime.healthy ? 'ready' : 'starting') },
  ];
  return createFront({
    api,
    connect: (request, response) => void proxy.forward(request, response),
    dashboard: (request, response) => void dashboard(request, response).catch(failed(response)),
    health: [...own, ...config.healthParts.map(({ name, url }) => healthOfService(name, url))],
  });
}

async function listenFront(
  front: http.RequestListener,
  { config, authority }: { readonly config: Config; readonly authority: Authority },
): Promise<Listening> {
  const options = {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  };
  // A certificate for `*.localhost` is refused by clients as too wide: the names are listed.
  const certificate = await authority.issue([
    'localhost',
    'api.localhost',
    'git.localhost',
    'registry.localhost',
    '127.0.0.1',
    '::1',
  ]);
  return listenDual(
    {
      plain: http.createServer(options, front),
      secure: https.createServer({ ...options, ...certificate }, front),
    },
    {
      port: config.port,
      host: HOST,
      drainMs: DRAIN_MS,
      what: 'The platform',
      variable: 'LANDBRIDGE_PORT',
    },
  );
}
