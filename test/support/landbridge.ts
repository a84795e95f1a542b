import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePorts } from './free-port.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Landbridge extends AsyncDisposable {
  readonly home: string;
  readonly ports: Readonly<
    Record<'platform' | 'connect' | 'apps' | 'appsTls' | 'org' | 'postgres', number>
  >;
  readonly process: ChildProcess;
  /** All it has printed. */
  output(): string;
  /** The variables of its `env` file. */
  variables(): Promise<Readonly<Record<string, string>>>;
}

export interface StartOptions {
  readonly home?: string;
  readonly ports?: Landbridge['ports'];
  readonly environment?: Readonly<Record<string, string>>;
  /** As a user types it, `npm start`; otherwise without npm, so that signals go to the program itself. */
  readonly throughNpm?: boolean;
}

/** A whole Landbridge as `npm start` makes it, on free ports and with a home of its own; ready when it resolves. */
export async function startLandbridge(options: StartOptions = {}): Promise<Landbridge> {
  const started = await spawnLandbridge(options);
  const { process: child, ports } = started;
  try {
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`npm start ended:\n${started.output()}`);
        const response = await fetch(`http://localhost:${ports.platform}/health`);
        await response.body?.cancel();
        return response.status === 200 ? true : undefined;
      },
      { what: 'Landbridge to be ready', timeoutMs: 180_000, everyMs: 100 },
    );
  } catch (error) {
    await started[Symbol.asyncDispose]();
    throw new Error(`Landbridge did not become ready. It printed:\n${started.output()}`, {
      cause: error,
    });
  }
  return started;
}

/** As `startLandbridge`, without waiting. */
export async function spawnLandbridge(options: StartOptions = {}): Promise<Landbridge> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'landbridge-home-')));
  const ports = options.ports ?? (await choosePorts());
  const [command, words] =
    options.throughNpm === true
      ? ['npm', ['start']]
      : [process.execPath, [join(root, 'src', 'cli', 'start.ts')]];
  const child = spawn(command, words, {
    cwd: root,
    env: {
      ...process.env,
      LANDBRIDGE_HOME: home,
      LANDBRIDGE_PORT: String(ports.platform),
      LANDBRIDGE_CONNECT_PORT: String(ports.connect),
      LANDBRIDGE_APPS_PORT: String(ports.apps),
      LANDBRIDGE_APPS_TLS_PORT: String(ports.appsTls),
      LANDBRIDGE_ORG_PORT: String(ports.org),
      LANDBRIDGE_PG_PORT: String(ports.postgres),
      NO_COLOR: '1',
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (output += text));
  }
  return {
    home,
    ports,
    process: child,
    output: () => output,
    variables: () => readVariables(join(home, 'env')),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGINT');
        await once(child, 'exit');
      }
      if (options.home === undefined) await removeHome(home);
    },
  };
}

/** Under the superuser the home may only link to the database's files. */
async function removeHome(home: string): Promise<void> {
  const linked = await readlink(join(home, 'postgres')).catch(() => undefined);
  if (linked !== undefined) await rm(linked, { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
}

async function choosePorts(): Promise<Landbridge['ports']> {
  const [platform, connect, apps, appsTls, postgres] = await freePorts(5, 1);
  const [org] = await freePorts(1, 3);
  if (
    platform === undefined ||
    connect === undefined ||
    apps === undefined ||
    appsTls === undefined ||
    postgres === undefined ||
    org === undefined
  ) {
    throw new TypeError('no free ports');
  }
  return { platform, connect, apps, appsTls, postgres, org };
}

async function readVariables(file: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(file, 'utf8');
  const lines = text.matchAll(/^export (\w+)=(.*)$/gm);
  return Object.fromEntries(
    [...lines].map(([, name, value]) => [
      name,
      (value ?? '').replace(/^'(.*)'$/, '$1').replaceAll(String.raw`'\''`, "'"),
    ]),
  );
}
