import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { assert, present } from '../../kit/assert.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Log } from '../../kit/log.ts';
import type {
  DynoDriver,
  DynoExit,
  DynoSpec,
  DynoStats,
  ExecOptions,
  LogBatch,
  ObservedDyno,
  Slug,
} from '../driver.ts';
import {
  DYNO_UIDS,
  FIRST_DYNO_UID,
  KILL_WAIT_MS,
  OPEN_FILES_MAX,
  PROCESSES_MAX,
  PROCESS_POLL_MS,
  UNPACKED_SLUGS_MAX,
  UNPACKING_UID,
  UNPACK_TIMEOUT_MS,
} from '../limits.ts';
import {
  dynoFileOf,
  readDynoFiles,
  readRecord,
  settleDynoRoot,
  writeDynoFile,
  type DynoFile,
  type DynoRoot,
} from './dyno-folder.ts';
import { readLogFile } from './log-file.ts';
import { DYNO_MARK, isAlive, readProcesses, sendSignal, type Process } from './process-table.ts';
import { SUPERVISOR, SUPERVISOR_NAME } from './supervisor.ts';

const run = promisify(execFile);
const BASH = '/bin/bash';
const BASE_PATH = '/usr/local/bin:/usr/bin:/bin';
/** What a shell says of a program that SIGKILL ended; also of one whose end nobody could write down. */
const KILLED = 137;

export interface ProcessDriverOptions {
  readonly home: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Runs dynos as plain processes: on any machine, without privileges, and not for strangers' code. Each has its own copy
 * of the slug, its own process group and session (nothing that happens to the platform or its terminal reaches it), and
 * where the platform is the superuser an own user id.
 *
 * The truth about what runs is the process list: a supervisor (see supervisor.ts) carries its dyno's id as an argument, so
 * a process id that was given to another program is never taken for a dyno.
 */
export async function openProcessDriver(options: ProcessDriverOptions): Promise<DynoDriver> {
  const driver = new ProcessDriver(options, await settleDynoRoot(options.home));
  await driver.adopt();
  return driver;
}

interface Dyno {
  readonly file: DynoFile;
  readonly folder: string;
  /** The supervisor's process id; undefined when it is known to be gone. */
  readonly pid: number | undefined;
  /** Resolves once, when no process of it is left. */
  readonly exit: Promise<DynoExit>;
  readonly ended: AbortController;
  outcome: DynoExit | undefined;
  killed: boolean;
}

class ProcessDriver implements DynoDriver {
  readonly name = 'process';
  readonly #options: ProcessDriverOptions;
  readonly #root: DynoRoot;
  readonly #dynos = new Map<string, Dyno>();
  readonly #preparing = new Map<string, Promise<void>>();
  readonly #starting = new Map<string, Promise<void>>();
  readonly #removing = new Set<string>();
  readonly #reservedUids = new Set<number>();
  readonly #closed = new AbortController();

  constructor(options: ProcessDriverOptions, root: DynoRoot) {
    this.#options = options;
    this.#root = root;
  }

  /** Takes over what an earlier process of ours left running. */
  async adopt(): Promise<void> {
    const supervisors = new Map<string, number>();
    for (const { pid, group, argv } of await readProcesses()) {
      const at = argv.indexOf(SUPERVISOR_NAME);
      const id = at === -1 ? undefined : argv[at + 1];
      // A child shows the same words between its fork and its exec; the leader of the group is the supervisor.
      if (id !== undefined && pid === group) supervisors.set(id, pid);
    }
    for (const file of await readDynoFiles(this.#root.run)) {
      this.#keep(file, supervisors.get(file.id), undefined);
    }
  }

  async prepare(slug: Slug): Promise<void> {
    const under = this.#preparing.get(slug.digest) ?? this.#unpack(slug);
    this.#preparing.set(slug.digest, under);
    try {
      await under;
    } finally {
      this.#preparing.delete(slug.digest);
    }
  }

  async start(spec: DynoSpec): Promise<void> {
    assert(/^[0-9a-f-]{36}$/.test(spec.id), 'a dyno id is a uuid');
    if (this.#dynos.has(spec.id)) return;
    const under = this.#starting.get(spec.id) ?? this.#launch(spec);
    this.#starting.set(spec.id, under);
    try {
      await under;
    } finally {
      this.#starting.delete(spec.id);
    }
  }

  async stop(id: string, graceMs: number): Promise<DynoExit> {
    const dyno = this.#dynos.get(id);
    if (dyno === undefined) return { status: KILLED, killed: false };
    if (dyno.outcome !== undefined) return dyno.outcome;
    const { clock } = this.#options;
    const over = clock.now() + graceMs;
    if (graceMs > 0) await this.#signal(dyno, 'SIGTERM');
    // A paused dyno sees its SIGTERM only when it goes on.
    if (graceMs > 0) await this.#signal(dyno, 'SIGCONT');
    while (dyno.outcome === undefined && clock.now() < over) {
      await clock.sleep(Math.min(PROCESS_POLL_MS, over - clock.now()), dyno.ended.signal);
    }
    if (dyno.outcome === undefined) {
      dyno.killed = true;
      await this.#kill(dyno);
    }
    return dyno.exit;
  }

  async ended(id: string, signal: AbortSignal): Promise<DynoExit | undefined> {
    const dyno = this.#dynos.get(id);
    if (dyno === undefined) return { status: KILLED, killed: false };
    if (signal.aborted) return dyno.outcome;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const stop = (): void => {
      resolve(undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([dyno.exit, promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async remove(id: string): Promise<void> {
    const dyno = this.#dynos.get(id);
    if (dyno === undefined || this.#removing.has(id)) return;
    assert(dyno.outcome !== undefined, `dyno ${id} is removed only when it has ended`);
    this.#removing.add(id);
    // The file that makes the folder a dyno's goes last: a removal that is cut off is seen as an ended dyno, and done again.
    await rm(join(dyno.folder, 'app'), { recursive: true, force: true });
    await rm(dyno.folder, { recursive: true, force: true });
    this.#dynos.delete(id);
    this.#removing.delete(id);
  }

  async list(): Promise<readonly ObservedDyno[]> {
    return [...this.#dynos.values()].map(({ file, outcome }) => ({
      id: file.id,
      appId: file.appId,
      name: file.name,
      releaseVersion: file.releaseVersion,
      port: file.port,
      exit: outcome,
    }));
  }

  logs(id: string, signal: AbortSignal): AsyncIterable<LogBatch> {
    const { folder, ended } = this.#get(id);
    return readLogFile({ folder, clock: this.#options.clock, signal, ended: ended.signal });
  }

  async exec(id: string, { argv, environment, signal, onOutput }: ExecOptions): Promise<number> {
    const { file, folder } = this.#get(id);
    const [program, ...words] = argv;
    const child = spawn(program, words, {
      ...identity(file.uid),
      cwd: join(folder, 'app'),
      env: environmentOf(folder, file.id, environment),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const abort = (): void => {
      if (child.pid !== undefined) sendSignal(-child.pid, 'SIGKILL');
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', onOutput);
    child.stderr.on('data', onOutput);
    try {
      return await statusOf(child);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async stats(id: string): Promise<DynoStats> {
    const dyno = this.#dynos.get(id);
    const members = dyno === undefined ? [] : await this.#members(dyno);
    return {
      processes: members.length,
      memoryBytes: members.reduce((sum, member) => sum + member.memoryBytes, 0),
      cpuMs: members.reduce((sum, member) => sum + member.cpuMs, 0),
    };
  }

  async pause(id: string): Promise<void> {
    await this.#signal(this.#get(id), 'SIGSTOP');
  }

  async resume(id: string): Promise<void> {
    await this.#signal(this.#get(id), 'SIGCONT');
  }

  async resize(id: string, memoryBytes: number): Promise<void> {
    const { file, folder } = this.#get(id);
    await writeDynoFile(folder, { ...file, memoryBytes });
  }

  /** Lets go of the dynos without touching them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
  }

  #get(id: string): Dyno {
    return present(this.#dynos.get(id), `dyno ${id}`);
  }

  async #unpack(slug: Slug): Promise<void> {
    assert(/^[0-9a-f]{64}$/.test(slug.digest), 'a slug is named by its SHA-256');
    const folder = join(this.#root.unpacked, slug.digest);
    if (await exists(folder)) {
      const now = new Date(this.#options.clock.now());
      await utimes(folder, now, now);
      return;
    }
    await this.#forgetSlugs();
    const fresh = `${folder}.${process.pid}.new`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { mode: 0o700 });
    const uid = process.getuid?.() === 0 ? UNPACKING_UID : 0;
    if (uid !== 0) await chown(fresh, uid, uid);
    const program = fileURLToPath(new URL('unpack.ts', import.meta.url));
    await run(process.execPath, ['--no-warnings', program, slug.file, String(uid)], {
      cwd: fresh,
      timeout: UNPACK_TIMEOUT_MS,
      env: { PATH: BASE_PATH },
    });
    await rename(fresh, folder);
  }

  /** Leaves room for one more unpacked slug; those longest unused go, and what a killed unpacking left. */
  async #forgetSlugs(): Promise<void> {
    const names = await readdir(this.#root.unpacked);
    const dated = await Promise.all(
      names.map(async (name) => ({
        path: join(this.#root.unpacked, name),
        at: name.endsWith('.new')
          ? 0
          : await stat(join(this.#root.unpacked, name)).then(
              ({ mtimeMs }) => mtimeMs,
              () => 0,
            ),
        busy: this.#preparing.has(name.split('.')[0] ?? name),
      })),
    );
    const idle = dated.filter(({ busy }) => !busy).toSorted((a, b) => b.at - a.at);
    for (const { path } of idle.slice(UNPACKED_SLUGS_MAX - 1)) {
      await rm(path, { recursive: true, force: true });
    }
  }

  /**
   * A crash of ours before the supervisor runs leaves a folder and no process: the dyno is then listed as ended. After
   * that moment the process list shows it. There is no moment in which a dyno runs that cannot be found.
   */
  async #launch(spec: DynoSpec): Promise<void> {
    const uid = this.#reserveUid();
    try {
      await this.#launchAs(spec, uid);
    } catch (error) {
      await rm(join(this.#root.run, spec.id), { recursive: true, force: true });
      throw error;
    } finally {
      // From here on the dyno itself, or nobody, holds it.
      if (uid !== undefined) this.#reservedUids.delete(uid);
    }
  }

  async #launchAs(spec: DynoSpec, uid: number | undefined): Promise<void> {
    const file = dynoFileOf(spec, uid);
    const folder = join(this.#root.run, spec.id);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o711 });
    await writeDynoFile(folder, file);
    await this.prepare(spec.slug);
    await run('cp', ['-Rp', join(this.#root.unpacked, spec.slug.digest), join(folder, 'app')]);
    await mkdir(join(folder, 'tmp'), { mode: 0o700 });
    // Its own alone: dyno ids stand in the process list, and other dynos could find the way by them.
    await chmod(join(folder, 'app'), 0o700);
    await using log = await open(join(folder, 'log'), 'a', 0o600);
    await using record = await open(join(folder, 'record'), 'a', 0o600);
    if (uid !== undefined) {
      await run('chown', ['-R', '-h', `${uid}:${uid}`, join(folder, 'app'), join(folder, 'tmp')]);
      // Its own, so that programs that open /dev/stdout again may.
      await chown(join(folder, 'log'), uid, uid);
    }
    const limits = uid === undefined ? ['0', '0'] : [String(PROCESSES_MAX), String(OPEN_FILES_MAX)];
    const child = spawn(
      BASH,
      ['-c', SUPERVISOR, SUPERVISOR_NAME, spec.id, spec.command, ...limits],
      {
        ...identity(uid),
        cwd: join(folder, 'app'),
        env: environmentOf(folder, spec.id, {
          ...spec.environment,
          ...(spec.port === undefined ? {} : { PORT: String(spec.port) }),
        }),
        // Its own session: neither a Ctrl-C at our terminal nor our end reaches it.
        detached: true,
        stdio: ['ignore', log.fd, 'ignore', record.fd],
      },
    );
    await once(child, 'spawn');
    child.unref();
    this.#keep(file, child.pid, child);
  }

  #keep(file: DynoFile, pid: number | undefined, child: ChildProcess | undefined): void {
    const { promise, resolve } = Promise.withResolvers<DynoExit>();
    const dyno: Dyno = {
      file,
      folder: join(this.#root.run, file.id),
      pid,
      exit: promise,
      ended: new AbortController(),
      outcome: undefined,
      killed: false,
    };
    this.#dynos.set(file.id, dyno);
    this.#watch(dyno, child).then(resolve, (error: unknown) => {
      this.#options.log.error({ dynoId: file.id, err: error }, 'a dyno was lost sight of');
    });
  }

  /** Waits for the supervisor's end, ends what it left behind, and tells the outcome. */
  async #watch(dyno: Dyno, child: ChildProcess | undefined): Promise<DynoExit> {
    if (child === undefined) await this.#gone(dyno);
    else if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    if (this.#closed.signal.aborted) return { status: KILLED, killed: false };
    // A dyno is its main process: what that leaves in the background goes with it.
    await this.#kill(dyno);
    const { status } = await readRecord(dyno.folder);
    dyno.outcome = { status: status ?? KILLED, killed: dyno.killed };
    dyno.ended.abort();
    return dyno.outcome;
  }

  /** Nobody tells us of the end of a process that is not our child. */
  async #gone({ pid, file }: Dyno): Promise<void> {
    if (pid === undefined) return;
    const { signal } = this.#closed;
    while (!signal.aborted && isAlive(pid, file.id)) {
      await this.#options.clock.sleep(PROCESS_POLL_MS, signal);
    }
  }

  /** SIGKILL, first to all but the supervisor, so that it can still write down the status. */
  async #kill(dyno: Dyno): Promise<void> {
    const { clock, log } = this.#options;
    const over = clock.now() + KILL_WAIT_MS;
    for (;;) {
      const members = await this.#members(dyno);
      if (members.length === 0) return;
      const others = members.filter(({ pid }) => pid !== dyno.pid);
      if (others.length > 0) for (const { pid } of others) sendSignal(pid, 'SIGKILL');
      else if (dyno.outcome !== undefined || clock.now() > over - KILL_WAIT_MS / 2) {
        for (const { pid } of members) sendSignal(pid, 'SIGKILL');
      }
      if (clock.now() > over) {
        log.error(
          { dynoId: dyno.file.id, pids: members.map(({ pid }) => pid) },
          'processes survive SIGKILL',
        );
        return;
      }
      await clock.sleep(PROCESS_POLL_MS / 10);
    }
  }

  async #signal(dyno: Dyno, signal: NodeJS.Signals): Promise<void> {
    if (dyno.outcome !== undefined) return;
    for (const { pid } of await this.#members(dyno)) {
      if (pid !== dyno.pid) sendSignal(pid, signal);
    }
  }

  /**
   * A dyno's processes: its group, and those that left the group but still carry its mark, or where it has a user of its own
   * that user's unless they are marked for another dyno (of a second installation that counts its users the same way).
   */
  async #members({ file, pid }: Dyno): Promise<readonly Process[]> {
    return (await readProcesses()).filter(
      (process) =>
        (pid !== undefined && process.group === pid && (process.dynoId ?? file.id) === file.id) ||
        process.dynoId === file.id ||
        (file.uid !== undefined && process.uid === file.uid && process.dynoId === undefined),
    );
  }

  #reserveUid(): number | undefined {
    if (process.getuid?.() !== 0) return undefined;
    const taken = new Set([...this.#dynos.values()].map(({ file }) => file.uid));
    for (;;) {
      const uid = FIRST_DYNO_UID + Math.floor(Math.random() * DYNO_UIDS);
      if (taken.has(uid) || this.#reservedUids.has(uid)) continue;
      this.#reservedUids.add(uid);
      return uid;
    }
  }
}

/** The user's settings come first, ours last: nobody moves his own HOME or mark. */
function environmentOf(
  folder: string,
  id: string,
  given: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  return {
    PATH: `${join(folder, 'app', 'bin')}:${join(folder, 'app', 'node_modules', '.bin')}:${BASE_PATH}`,
    LANG: 'C.UTF-8',
    TMPDIR: join(folder, 'tmp'),
    ...given,
    HOME: join(folder, 'app'),
    [DYNO_MARK]: id,
  };
}

function identity(uid: number | undefined): { uid?: number; gid?: number } {
  return uid === undefined ? {} : { uid, gid: uid };
}

async function statusOf(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('close', (code: number | null) => {
    resolve(code ?? KILLED);
  });
  return promise;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
