import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import { z } from 'zod';

import { createTestDatabase } from '../../support/database.ts';
import { freePorts } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';

const PASSWORD = 'sandbox-password';
const CLIENT = 'bulk-test';
/** The first start makes every table; on a busy machine that takes a while. */
const READY_MS = 60_000;

/** The sandbox org as a process of its own, which may be killed and started again. */
export interface OrgProcess extends AsyncDisposable {
  readonly url: string;
  /** Where HTTP listens; Pub/Sub does two ports higher. */
  readonly port: number;
  readonly pool: pg.Pool;
  /** Of the running process. */
  pid(): number;
  /** A token of the administrator. */
  login(): Promise<string>;
  /** SIGKILL: the process gets no chance to do anything. */
  kill(): Promise<void>;
  /** Ends the process; resolves to how it exited, null by a signal. */
  stop(signal: NodeJS.Signals): Promise<{ readonly code: number | null }>;
  start(): Promise<void>;
}

export async function startOrgProcess(
  environment: Readonly<Record<string, string>> = {},
): Promise<OrgProcess> {
  const database = await createTestDatabase();
  const home = await mkdtemp(join(tmpdir(), 'landbridge-org-'));
  const [port = 0] = await freePorts(1, 3);
  const url = `http://127.0.0.1:${port}`;
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  let child: ChildProcess | undefined;
  const stop = async (signal: NodeJS.Signals): Promise<{ readonly code: number | null }> => {
    const dying = child;
    child = undefined;
    if (dying === undefined || dying.exitCode !== null) return { code: dying?.exitCode ?? null };
    const exited = once(dying, 'exit');
    dying.kill(signal);
    await exited;
    return { code: dying.exitCode };
  };
  const kill = async (): Promise<void> => {
    await stop('SIGKILL');
  };
  const org: OrgProcess = {
    url,
    port,
    pool,
    pid: () => child?.pid ?? 0,
    kill,
    stop,
    async start() {
      child = spawn(process.execPath, ['sandbox/main.ts'], {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: {
          PATH: process.env['PATH'],
          LANDBRIDGE_ORG_PORT: String(port),
          LANDBRIDGE_ORG_DATABASE_URL: database.url,
          LANDBRIDGE_HOME: home,
          LANDBRIDGE_LOG_LEVEL: 'error',
          LANDBRIDGE_ORG_PASSWORD: PASSWORD,
          LANDBRIDGE_ORG_CLIENT_ID: CLIENT,
          LANDBRIDGE_ORG_CLIENT_SECRET: 'secret',
          LANDBRIDGE_ORG_CALLBACK_URL: 'http://localhost/callback',
          ...environment,
        },
      });
      await until(async () => ((await fetch(`${url}/health`)).status === 200 ? true : undefined), {
        what: 'the org to be ready',
        timeoutMs: READY_MS,
      });
    },
    async login() {
      const response = await fetch(`${url}/services/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'password',
          client_id: CLIENT,
          client_secret: 'secret',
          username: 'admin@landbridge.example',
          password: PASSWORD,
        }),
      });
      return z.object({ access_token: z.string() }).parse(await response.json()).access_token;
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await pool.end();
      await rm(home, { recursive: true, force: true });
      await database[Symbol.asyncDispose]();
    },
  };
  try {
    await org.start();
  } catch (error) {
    await org[Symbol.asyncDispose]();
    throw error;
  }
  return org;
}
