import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { systemClock } from '../kit/clock.ts';
import { codeOf, messageOf } from '../kit/fault.ts';
import { fault } from './faults.ts';
import { isSameProcess, processStart } from './process-identity.ts';

/** Longer than a dyno's thirty seconds between SIGTERM and SIGKILL. */
const LEFT_OVER_STOP_MS = 45_000;

const Secrets = z.object({
  postgresPassword: z.string(),
  platformDatabasePassword: z.string(),
  connectDatabasePassword: z.string(),
  sandboxDatabasePassword: z.string(),
  apiKey: z.string(),
  connectPassword: z.string(),
  connectPlatformToken: z.string(),
  orgPassword: z.string(),
  orgClientId: z.string(),
  orgClientSecret: z.string(),
});
/** What this installation's parts know each other by; made at the first start, in a file of mode 0600. */
export type Secrets = Readonly<z.infer<typeof Secrets>>;

/** Makes the home folder, or says why it cannot be used. */
export async function openHome(home: string): Promise<void> {
  try {
    await mkdir(join(home, 'logs'), { recursive: true });
    const probe = join(home, `.write-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
  } catch (cause) {
    throw fault(
      'HOME_UNUSABLE',
      `The folder ${home} cannot be written (${codeOf(cause) ?? messageOf(cause)}). Give yourself write access to it, or set LANDBRIDGE_HOME to another folder.`,
      { cause },
    );
  }
}

export async function openSecrets(home: string): Promise<Secrets> {
  const file = join(home, 'secrets.json');
  const stored = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  // Secrets that a newer version added are made now; those there are never change.
  const kept =
    stored === undefined ? {} : z.record(z.string(), z.string()).parse(JSON.parse(stored));
  const secrets = Secrets.parse({ ...freshSecrets(), ...kept });
  const text = `${JSON.stringify(secrets, null, 2)}\n`;
  if (text !== stored) {
    const fresh = `${file}.${process.pid}`;
    await writeFile(fresh, text, { mode: 0o600 });
    await rename(fresh, file);
  }
  return secrets;
}

function freshSecrets(): Secrets {
  const random = (bytes = 24): string => randomBytes(bytes).toString('base64url');
  return {
    postgresPassword: random(),
    platformDatabasePassword: random(),
    connectDatabasePassword: random(),
    sandboxDatabasePassword: random(),
    apiKey: crypto.randomUUID(),
    connectPassword: random(),
    connectPlatformToken: random(),
    orgPassword: `Bridge-${random(9)}`,
    orgClientId: `3MVG9${random(40)}`,
    orgClientSecret: random(32),
  };
}

type ProcessIdentity = Parameters<typeof isSameProcess>[0];

/** Ends the services of a start that was killed as their own stop would: told first, and cut when they do not end. */
async function endLeftOver(children: readonly ProcessIdentity[]): Promise<void> {
  const running = (): readonly ProcessIdentity[] => children.filter(isSameProcess);
  for (const { pid } of running()) process.kill(pid, 'SIGTERM');
  const deadline = systemClock.now() + LEFT_OVER_STOP_MS;
  while (running().length > 0 && systemClock.now() < deadline) await systemClock.sleep(100);
  for (const { pid } of running()) process.kill(pid, 'SIGKILL');
}

const RunFile = z.object({
  pid: z.number(),
  started: z.string(),
  children: z.array(z.object({ pid: z.number(), started: z.string() })),
});

/**
 * Says who runs on this home: `npm start` and its children, each by pid and start time. A second start finds the first;
 * a start after a kill -9 finds the children that were left behind and ends them.
 */
export class RunRecord {
  readonly #file: string;
  readonly #children = new Map<number, string>();
  #writing: Promise<void> = Promise.resolve();

  constructor(home: string) {
    this.#file = join(home, 'run.json');
  }

  /** @throws Fault ALREADY_RUNNING */
  async take(): Promise<void> {
    const earlier = RunFile.safeParse(await this.#read());
    if (earlier.success) {
      if (isSameProcess(earlier.data)) {
        throw fault(
          'ALREADY_RUNNING',
          `Landbridge already runs on this home (process ${earlier.data.pid}). Use that one, stop it with Ctrl-C, or set LANDBRIDGE_HOME and the ports to others.`,
        );
      }
      await endLeftOver(earlier.data.children);
    }
    await this.#write();
  }

  async add(pid: number): Promise<void> {
    this.#children.set(pid, processStart(pid) ?? '');
    await this.#write();
  }

  async remove(pid: number): Promise<void> {
    this.#children.delete(pid);
    await this.#write();
  }

  async release(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  async #read(): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.#file, 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** One after another: several children may come and go at once. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeNow());
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const record = {
      pid: process.pid,
      started: processStart(process.pid) ?? '',
      children: [...this.#children].map(([pid, started]) => ({ pid, started })),
    };
    const fresh = `${this.#file}.${process.pid}`;
    await writeFile(fresh, JSON.stringify(record));
    await rename(fresh, this.#file);
  }
}
