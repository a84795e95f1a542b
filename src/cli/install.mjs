// Runs before `npm start`, `npm test` and `npm run check`, on whatever Node started npm: installs the packages of
// package-lock.json when they are missing or out of date, and says nothing when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const stamp = join(root, 'node_modules', '.landbridge-installed');
const oldestNode = 20;

function stop(message) {
  console.error(`landbridge: ${message}`);
  process.exit(1);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const major = Number(process.versions.node.split('.')[0]);
if (major < oldestNode) {
  stop(
    `Node ${process.versions.node} is too old. Install Node ${oldestNode} or newer (https://nodejs.org) and run the command again.`,
  );
}

const npm = process.env.npm_execpath;

function runNpm(words) {
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const run = spawnSync(
    command,
    [...first, ...words, '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const said = `${run.error?.message ?? ''}${run.stdout ?? ''}${run.stderr ?? ''}`.trim();
  return { ok: run.status === 0, said: said.split('\n').slice(0, 15).join('\n') };
}

const wanted = createHash('sha256')
  .update(read(join(root, 'package-lock.json')))
  .digest('hex');
if (read(stamp) !== wanted) {
  console.error('landbridge: installing packages (once; this takes a minute) …');
  // One question first: npm itself would try each of some hundred packages before it says that nobody answers.
  const asked = runNpm([
    'view',
    'semver',
    'version',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
  ]);
  // Not `npm ci`: it refuses a lock file that lacks optional packages of other platforms, which registries may not have.
  const words = ['install', '--no-save', ...(asked.ok ? [] : ['--offline'])];
  let installed = runNpm(words);
  // A lock file made on another platform may leave out this platform's packages; then they are looked up afresh.
  if (installed.ok && !existsSync(join(root, 'node_modules', '.bin', 'node'))) {
    installed = runNpm([...words, '--no-package-lock']);
  }
  if (!installed.ok && !asked.ok) {
    stop(
      `the npm registry cannot be reached, so the packages cannot be installed. Check the network or npm's "registry" setting, then run the command again.\n${asked.said}`,
    );
  }
  if (!installed.ok && /EACCES|EROFS|EPERM/.test(installed.said)) {
    stop(
      `the folder ${root} cannot be written, so the packages cannot be installed. Give yourself write access to it, then run the command again.\n${installed.said}`,
    );
  }
  if (!installed.ok) stop(`npm could not install the packages. It said:\n${installed.said}`);
  writeFileSync(stamp, wanted);
}
