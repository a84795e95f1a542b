import { join } from 'node:path';

import { openAuthority } from '../kit/authority.ts';
import { systemClock } from '../kit/clock.ts';
import { messageOf } from '../kit/fault.ts';
import { startPostgres } from '../kit/postgres-server.ts';
import { untilAborted } from '../kit/until-aborted.ts';
import { announce } from './announce.ts';
import { checkPorts } from './check-ports.ts';
import { openDatabase } from './databases.ts';
import { writeEnvironmentFile } from './environment-file.ts';
import { openHome, openSecrets, RunRecord, type Secrets } from './home.ts';
import { openReadiness } from './readiness.ts';
import { serviceEnvironments, type ServiceEnvironments } from './service-environments.ts';
import { Service } from './service.ts';
import { setUp } from './set-up.ts';
import { readStartConfig, type StartConfig } from './start-config.ts';
import { terminal } from './terminal.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * Connect streams rows through and keeps none, so most of what it allocates dies at once: a small young generation holds
 * it as well as a large one, at half the memory.
 */
const SMALL_HEAP = ['--max-semi-space-size=1'];

const PARENT_POLL_MS = 1_000;
/** How long the parts that start before the services may take to come back after a crash, before another try. */
const POSTGRES_RETRY_MS = 1_000;

/**
 * `npm start`: everything on one machine. Starts PostgreSQL, the sandbox org, Connect and the platform, each a process
 * of its own; deploys contact-card and connects it, the first time; then watches over all until Ctrl-C.
 *
 * Everything it does at the start may be done again: a start that was killed anywhere is mended by the next.
 */
async function start(signal: AbortSignal): Promise<void> {
  const config = readStartConfig(process.env);
  await openHome(config.home);
  const run = new RunRecord(config.home);
  await run.take();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => run.release());
  await waitForPorts(config, signal);

  terminal.title('Landbridge');
  const secrets = await openSecrets(config.home);
  const authority = await openAuthority(join(config.home, 'tls'));
  const adminUrl = await terminal.step('PostgreSQL', () =>
    openPostgres(config, secrets, stack, signal),
  );
  const databases = await openDatabases(adminUrl, secrets);
  const readiness = await openReadiness();
  stack.defer(() => readiness[Symbol.asyncDispose]());

  const environments = serviceEnvironments({
    config,
    secrets,
    adminUrl,
    databases,
    readinessUrl: readiness.url,
    compileCache: join(root, 'node_modules', '.cache', 'landbridge'),
    inherited: process.env,
  });
  await startServices({ config, run, stack, environments });
  if (signal.aborted) return;

  const made = await setUp({ config, secrets, root, signal });
  if (signal.aborted) return;
  const envFile = await writeEnvironmentFile(config.home, {
    ...environments.clients,
    NODE_EXTRA_CA_CERTS: authority.caFile,
    GIT_SSL_CAINFO: authority.caFile,
    ...made.variables,
  });
  readiness.ready();
  announce({ config, secrets, made, envFile });
  await untilAborted(signal);
  terminal.line('\n  Stopping …');
}

/** A start that follows a killed one meets children that are just ending: their ports become free within seconds. */
async function waitForPorts({ ports }: StartConfig, signal: AbortSignal): Promise<void> {
  const needed = [
    { port: ports.platform, what: 'the platform', variable: 'LANDBRIDGE_PORT' },
    { port: ports.connect, what: 'Connect', variable: 'LANDBRIDGE_CONNECT_PORT' },
    { port: ports.apps, what: 'apps', variable: 'LANDBRIDGE_APPS_PORT' },
    { port: ports.appsTls, what: 'apps over TLS', variable: 'LANDBRIDGE_APPS_TLS_PORT' },
    { port: ports.org, what: 'the sandbox org', variable: 'LANDBRIDGE_ORG_PORT' },
    { port: ports.org + 1, what: 'the sandbox org over TLS', variable: 'LANDBRIDGE_ORG_PORT' },
    { port: ports.org + 2, what: 'the sandbox org’s Pub/Sub API', variable: 'LANDBRIDGE_ORG_PORT' },
  ];
  const deadline = systemClock.now() + 3_000;
  for (;;) {
    try {
      await checkPorts(needed);
      return;
    } catch (error) {
      if (systemClock.now() > deadline) throw error;
      await systemClock.sleep(200, signal);
    }
  }
}

async function openPostgres(
  config: StartConfig,
  secrets: Secrets,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<string> {
  if (config.databaseUrl !== undefined) return config.databaseUrl;
  const authority = await openAuthority(join(config.home, 'tls'));
  const options = {
    folder: join(config.home, 'postgres'),
    port: config.ports.postgres,
    password: secrets.postgresPassword,
    tls: await authority.issue(['localhost', '127.0.0.1', '::1']),
  };
  let server = await startPostgres(options);
  // However we end, by Ctrl-C or because a service could not start: the watch ends before the server does.
  const leaving = new AbortController();
  stack.defer(async () => {
    leaving.abort();
    await server[Symbol.asyncDispose]();
  });
  const watched = AbortSignal.any([signal, leaving.signal]);
  const watch = async (): Promise<void> => {
    while (!watched.aborted) {
      await Promise.race([server.ended, untilAborted(watched)]);
      if (watched.aborted) return;
      terminal.warn('PostgreSQL ended; it is being started again.');
      while (!watched.aborted) {
        try {
          server = await startPostgres(options);
          break;
        } catch (error) {
          terminal.warn(messageOf(error));
          await systemClock.sleep(POSTGRES_RETRY_MS, watched);
        }
      }
    }
  };
  void watch();
  return server.url('postgres');
}

interface Databases {
  readonly platform: string;
  readonly connect: string;
  readonly sandbox: string;
}

async function openDatabases(adminUrl: string, secrets: Secrets): Promise<Databases> {
  const open = (name: string, password: string): Promise<string> =>
    openDatabase(adminUrl, { name: `landbridge_${name}`, password });
  return {
    platform: await open('platform', secrets.platformDatabasePassword),
    connect: await open('connect', secrets.connectDatabasePassword),
    sandbox: await open('sandbox', secrets.sandboxDatabasePassword),
  };
}

interface Services {
  readonly config: StartConfig;
  readonly run: RunRecord;
  readonly stack: AsyncDisposableStack;
  readonly environments: ServiceEnvironments;
}

/** Started one after another as each needs the one before; stopped in the opposite order. */
async function startServices({ config, run, stack, environments }: Services): Promise<void> {
  const { ports, home } = config;
  const services = [
    {
      name: 'sandbox',
      title: 'Sandbox org',
      program: 'sandbox/main.ts',
      environment: environments.sandbox,
      healthUrl: `http://127.0.0.1:${ports.org}/health`,
      readyWhen: 'healthy',
    },
    {
      name: 'platform',
      title: 'Platform',
      program: 'src/main.ts',
      environment: environments.platform,
      healthUrl: `http://127.0.0.1:${ports.platform}/health`,
      readyWhen: 'answers',
    },
    {
      name: 'connect',
      title: 'Connect',
      program: 'connect/main.ts',
      nodeFlags: SMALL_HEAP,
      environment: environments.connect,
      healthUrl: `http://127.0.0.1:${ports.connect}/health`,
      readyWhen: 'healthy',
    },
  ] as const;
  for (const { title, ...options } of services) {
    const service = new Service({
      ...options,
      root,
      home,
      run,
      onCrash: (said) => {
        terminal.warn(`${title} ended and is being started again. It said:\n${said}`);
      },
    });
    stack.defer(() => service.stop());
    await terminal.step(title, () => service.start());
  }
}

/** Who started us through npm and is gone has no other way to stop us: its end is ours. */
async function followParent(): Promise<void> {
  const parent = process.ppid;
  if (process.env['npm_lifecycle_event'] === undefined) return;
  while (!stopping.signal.aborted) {
    await systemClock.sleep(PARENT_POLL_MS, stopping.signal);
    if (process.ppid !== parent) stopping.abort();
  }
}

const stopping = new AbortController();
// The process stays until it is told to stop; a second Ctrl-C does not cut the orderly end short.
const alive = setInterval(() => undefined, 2 ** 30);
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    stopping.abort();
  });
}
void followParent();
try {
  await start(stopping.signal);
} catch (error) {
  terminal.fail(messageOf(error));
  if (process.env['LANDBRIDGE_LOG_LEVEL'] === 'debug') console.error(error);
  process.exitCode = 1;
} finally {
  stopping.abort();
  clearInterval(alive);
}
