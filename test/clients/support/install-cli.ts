import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');
const wanted = join(import.meta.dirname, '..', 'cli');

/** What npm says when nobody answers it, as opposed to packages that are refused. */
const UNREACHABLE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|ENOTCACHED)\b/;

/** Where the `sf` program is, or why there is none. */
export type CliInstallation =
  { readonly program: string } | { readonly program: undefined; readonly reason: string };

/**
 * Installs the pinned `@salesforce/cli` beside our own packages, once for each state of its lock file. It is no
 * dependency of ours: its 300 MB would be installed by everyone who only wants to run Landbridge.
 */
export async function installCli(): Promise<CliInstallation> {
  const lock = await readFile(join(wanted, 'package-lock.json'));
  const name = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const folder = join(root, 'node_modules', '.cache', 'landbridge-test-cli', name);
  const program = join(folder, 'node_modules', '@salesforce', 'cli', 'bin', 'run.js');
  if (await exists(program)) return { program };
  // Renamed into its place when it is whole: what a killed run leaves behind is never taken for an installation.
  const workshop = `${folder}.${process.pid}`;
  await mkdir(workshop, { recursive: true });
  try {
    await cp(join(root, '.npmrc'), join(workshop, '.npmrc'));
    for (const file of ['package.json', 'package-lock.json'])
      await cp(join(wanted, file), join(workshop, file));
    const { status, said } = await runNpm(workshop);
    if (status !== 0 && UNREACHABLE.test(said))
      return { program: undefined, reason: 'the npm registry cannot be reached' };
    if (status !== 0) throw new Error(`@salesforce/cli could not be installed. npm said:\n${said}`);
    await rename(workshop, folder).catch(async (error: unknown) => {
      if (!(await exists(program))) throw error;
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return { program };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function runNpm(cwd: string): Promise<{ readonly status: number; readonly said: string }> {
  const npm = process.env['npm_execpath'];
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const words = ['install', '--ignore-scripts', '--no-save', '--loglevel=error'];
  const child = spawn(command, [...first, ...words, '--fetch-retries=1'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (said += text));
  }
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
  return { status, said };
}
