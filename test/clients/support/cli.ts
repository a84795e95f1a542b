import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

const Answer = z.looseObject({
  status: z.number().optional(),
  name: z.string().optional(),
  message: z.string().optional(),
  result: z.unknown().optional(),
});

export interface CliAnswer {
  readonly status: number;
  /** What the command answers with `--json`. */
  readonly result: unknown;
  /** Of a failure: its name and what it says. */
  readonly name: string | undefined;
  readonly message: string;
  /** Everything it printed. */
  readonly output: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Commands without JSON. */
  readonly plain?: boolean;
}

/** The words of a command; those that belong together may stand together. */
export type Words = readonly (string | readonly string[])[];

/** The `sf` command line with a home folder of its own. */
export class Cli implements AsyncDisposable {
  readonly home: string;
  readonly #program: string;

  private constructor(program: string, home: string) {
    this.#program = program;
    this.home = home;
  }

  static async open(program: string): Promise<Cli> {
    return new Cli(program, await mkdtemp(join(tmpdir(), 'landbridge-cli-')));
  }

  /** Runs a command; fails when it does, with what it said. */
  async run(words: Words, options: CliOptions = {}): Promise<CliAnswer> {
    const answer = await this.attempt(words, options);
    if (answer.status !== 0) throw new Error(`sf ${words.flat().join(' ')}:\n${answer.output}`);
    return answer;
  }

  /** Runs a command, whatever comes of it. */
  async attempt(
    words: Words,
    { cwd = this.home, environment = {}, plain = false }: CliOptions = {},
  ): Promise<CliAnswer> {
    const child = spawn(
      process.execPath,
      [this.#program, ...words.flat(), ...(plain ? [] : ['--json'])],
      {
        cwd,
        env: {
          PATH: process.env['PATH'],
          HOME: this.home,
          SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
          SF_DISABLE_TELEMETRY: 'true',
          SF_AUTOUPDATE_DISABLE: 'true',
          SF_SKIP_NEW_VERSION_CHECK: 'true',
          SF_DISABLE_LOG_FILE: 'true',
          SF_DISABLE_DNS_CHECK: 'true',
          // `localhost` would be asked for in the world's DNS.
          SF_DOMAIN_RETRY: '0',
          NO_COLOR: '1',
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => {
        resolve(status ?? 1);
      });
    });
    const output = `${stdout}${stderr}`;
    if (plain) return { status: code, result: undefined, name: undefined, message: '', output };
    const { result, name, message = '' } = Answer.parse(readJson(stdout, output));
    return { status: code, result, name, message, output };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}

function readJson(text: string, output: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`sf printed no JSON:\n${output}`, { cause });
  }
}
