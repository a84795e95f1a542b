import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';

import { create } from 'tar';

import { createTestDatabase, serverUrl } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';

const MAIN = join(import.meta.dirname, '../../../src/main.ts');
const KEY = 'a-key-of-the-test-only';

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** The platform as a process of its own, on its own database, home and ports. */
export class RealPlatform implements AsyncDisposable {
  readonly #environment: Record<string, string>;
  readonly #close: () => Promise<void>;
  #child: ChildProcess | undefined;
  #said = '';
  readonly port: number;
  readonly appsPort: number;

  private constructor(environment: Record<string, string>, close: () => Promise<void>) {
    this.#environment = environment;
    this.#close = close;
    this.port = Number(environment['LANDBRIDGE_PORT']);
    this.appsPort = Number(environment['LANDBRIDGE_APPS_PORT']);
  }

  static async start(extra: Readonly<Record<string, string>> = {}): Promise<RealPlatform> {
    const database = await createTestDatabase();
    const home = await mkdtemp(join(tmpdir(), 'landbridge-test-platform-'));
    const first = 30_000 + Math.floor(Math.random() * 20_000);
    const platform = new RealPlatform(
      {
        LANDBRIDGE_PORT: String(await freePort()),
        LANDBRIDGE_APPS_PORT: String(await freePort()),
        LANDBRIDGE_APPS_TLS_PORT: String(await freePort()),
        LANDBRIDGE_PLATFORM_DATABASE_URL: database.url,
        LANDBRIDGE_ADMIN_DATABASE_URL: serverUrl(),
        LANDBRIDGE_HOME: home,
        LANDBRIDGE_API_KEY: KEY,
        LANDBRIDGE_CONNECT_PASSWORD: 'a-password-of-the-test',
        LANDBRIDGE_CONNECT_PLATFORM_TOKEN: 'a-token-of-the-test-only',
        LANDBRIDGE_DYNO_PORTS: `${first}-${first + 50}`,
        ...extra,
      },
      async () => {
        await rm(home, { recursive: true, force: true });
        await database[Symbol.asyncDispose]();
      },
    );
    await platform.startProcess();
    return platform;
  }

  async startProcess(): Promise<void> {
    const inherited = ['PATH', 'HOME', 'NODE_EXTRA_CA_CERTS', 'TMPDIR', 'npm_config_registry'];
    const passed = Object.fromEntries(inherited.map((name) => [name, process.env[name] ?? '']));
    const child = spawn(process.execPath, ['--no-warnings', MAIN], {
      env: { ...passed, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (chunk: Buffer): void => {
      this.#said += chunk.toString('utf8');
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    this.#child = child;
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`the platform ended: ${this.#said}`);
        return (await this.ask('GET', '/health')).status === 200 || undefined;
      },
      { what: 'the platform to be ready', timeoutMs: 30_000 },
    );
  }

  /** What the platform has said so far. */
  get said(): string {
    return this.#said;
  }

  /** SIGKILL: nothing is cleaned up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async ask(method: string, path: string, body?: unknown): Promise<Reply> {
    return send({
      port: this.port,
      method,
      path,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
    });
  }

  /** A request to an app, through the router. */
  async visit(app: string, path = '/'): Promise<Reply> {
    const headers = { host: `${app}.localhost`, connection: 'close' };
    return send({ port: this.appsPort, method: 'GET', path, headers, body: undefined });
  }

  /** Uploads a folder's content; resolves to the URL to build it from. */
  async upload(folder: string): Promise<string> {
    const source: unknown = JSON.parse((await this.ask('POST', '/sources')).text);
    const archive = await buffer(create({ cwd: folder, gzip: true }, ['.']));
    const url = urlIn(source);
    const put = await send({
      port: this.port,
      method: 'PUT',
      path: new URL(url).pathname,
      headers: {},
      body: archive,
    });
    if (put.status !== 200) throw new Error(`upload refused: ${put.text}`);
    return url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGTERM');
    await this.#close();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

function urlIn(source: unknown): string {
  const found = /"put_url":"([^"]+)"/.exec(JSON.stringify(source))?.[1];
  if (found === undefined) throw new Error(`no put_url: ${JSON.stringify(source)}`);
  return found;
}

interface Request {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: Buffer | undefined;
}

async function send({ port, method, path, headers, body }: Request): Promise<Reply> {
  const outgoing = http.request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  outgoing.end(body);
  const answered = once(outgoing, 'response');
  const [incoming]: http.IncomingMessage[] = await answered;
  if (incoming === undefined) throw new Error('no answer');
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    text: await text(incoming),
  };
}
