import { cp, mkdir, readFile, rm, symlink, writeFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { fault } from '../../faults.ts';
import { codeOf } from '../../kit/fault.ts';
import type { Buildpack, Built, Workspace } from '../buildpack.ts';
import { runProgram } from '../run-program.ts';
import { DEFAULT_NODE } from '../runtimes.ts';

const PackageJson = z.object({
  engines: z.object({ node: z.string().optional(), npm: z.string().optional() }).optional(),
  scripts: z.record(z.string(), z.string()).default({}),
});
type PackageJson = z.infer<typeof PackageJson>;

/** Config vars that would change how the build itself is started. */
const KEPT_FROM_BUILD: ReadonlySet<string> = new Set([
  'PATH',
  'GIT_DIR',
  'CPATH',
  'CPPATH',
  'LD_PRELOAD',
  'LIBRARY_PATH',
  'LD_LIBRARY_PATH',
  'LANG',
  'BUILD_DIR',
  'HOME',
  'TMPDIR',
]);

/** The npm that Node 24 brings; older ones would not read today's lock files. */
const DEFAULT_NPM = '11.x';

/** Apps with a package.json: Node of the version they ask for, npm's packages, their build script. */
export const nodejs: Buildpack = {
  name: 'heroku/nodejs',
  aliases: [
    'heroku/nodejs',
    'urn:buildpack:heroku/nodejs',
    'https://github.com/heroku/heroku-buildpack-nodejs',
    'https://github.com/heroku/heroku-buildpack-nodejs.git',
    'https://buildpack-registry.s3.amazonaws.com/buildpacks/heroku/nodejs.tgz',
  ],
  detect: async (app) => exists(join(app, 'package.json')),
  compile,
};

async function compile(workspace: Workspace): Promise<Built> {
  const { app, output } = workspace;
  const manifest = await readPackageJson(app);
  for (const file of ['yarn.lock', 'pnpm-lock.yaml']) {
    if (!(await exists(join(app, file)))) continue;
    throw fault(
      'BUILD_FAILED',
      `${file} is there, but this buildpack installs with npm only. Run "npm install", commit package-lock.json and remove ${file}.`,
    );
  }
  const node = await installBinaries(workspace, manifest);
  const npm = npmOf(workspace, node);
  const locked = await isLocked(app);
  // Before any code of the app has run: it could put links where we write.
  await restoreCache(workspace, locked);
  await runScript('heroku-prebuild', manifest, { npm, workspace });
  await installDependencies(workspace, npm, locked);
  const build = manifest.scripts['heroku-postbuild'] === undefined ? 'build' : 'heroku-postbuild';
  await runScript(build, manifest, { npm, workspace });
  await saveCache(workspace);
  output.heading('Pruning devDependencies');
  await npm(['prune', '--omit=dev', '--no-audit', '--no-fund', '--ignore-scripts']);
  output.heading('Build succeeded!');
  return { defaultTypes: await defaultTypes(app, manifest), description: 'Node.js' };
}

async function readPackageJson(app: string): Promise<PackageJson> {
  const text = await readFile(join(app, 'package.json'), 'utf8');
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw fault('BUILD_FAILED', 'package.json is not JSON. Correct it and push again.', { cause });
  }
  const parsed = PackageJson.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fault(
    'BUILD_FAILED',
    `package.json cannot be used: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  );
}

/** Node and npm into the app itself, so that the slug runs on any machine. Resolves to Node's folder. */
async function installBinaries(workspace: Workspace, manifest: PackageJson): Promise<string> {
  const { app, output, runtimes, signal } = workspace;
  const { node: nodeRange, npm: npmRange } = manifest.engines ?? {};
  output.heading('Installing binaries');
  output.line(`engines.node (package.json):   ${nodeRange ?? 'unspecified'}`);
  output.line(`engines.npm (package.json):    ${npmRange ?? 'unspecified (use default)'}`);
  output.blank();
  if (nodeRange === undefined) output.line(`Resolving node version ${DEFAULT_NODE} ...`);
  const node = await runtimes.node(nodeRange ?? DEFAULT_NODE, signal);
  output.line(`Using Node ${node.version}`);
  const npm = await runtimes.npm(npmRange ?? DEFAULT_NPM, signal);
  output.line(`Using npm ${npm.version}`);
  const root = join(app, '.heroku', 'node');
  await rm(root, { recursive: true, force: true });
  await mkdir(join(root, 'bin'), { recursive: true });
  await mkdir(join(root, 'lib', 'node_modules'), { recursive: true });
  const binary = node.folder === '' ? process.execPath : join(node.folder, 'bin', 'node');
  await cp(binary, join(root, 'bin', 'node'), { dereference: true });
  const manuals = [join(npm.folder, 'docs'), join(npm.folder, 'man')];
  await cp(npm.folder, join(root, 'lib', 'node_modules', 'npm'), {
    recursive: true,
    // One in seven of npm's files, and each is unpacked again at each start of a dyno.
    filter: (source) => !manuals.includes(source),
  });
  for (const [name, script] of [
    ['npm', 'npm-cli.js'],
    ['npx', 'npx-cli.js'],
  ] as const) {
    await symlink(`../lib/node_modules/npm/bin/${script}`, join(root, 'bin', name));
  }
  await mkdir(join(app, '.profile.d'), { recursive: true });
  await writeFile(join(app, '.profile.d', 'nodejs.sh'), PROFILE, { mode: 0o644 });
  await workspace.giveToBuildUser(join(app, '.heroku'));
  await workspace.giveToBuildUser(join(app, '.profile.d'));
  return root;
}

const PROFILE = `export PATH="$HOME/.heroku/node/bin:$HOME/bin:$HOME/node_modules/.bin:$PATH"
export NODE_HOME="$HOME/.heroku/node"
export NODE_ENV="\${NODE_ENV:-production}"
`;

type Npm = (args: readonly string[]) => Promise<void>;

/** npm in the app's folder as the build's user, with the app's config vars and nothing of the platform's environment. */
function npmOf(workspace: Workspace, node: string): Npm {
  const { app, home, tmp, config, network, registry, uid, signal, output } = workspace;
  const own = Object.fromEntries(
    Object.entries(config).filter(([name]) => !KEPT_FROM_BUILD.has(name)),
  );
  const environment = {
    NODE_ENV: 'production',
    ...network,
    npm_config_registry: registry,
    ...own,
    PATH: `${join(node, 'bin')}:${join(app, 'node_modules', '.bin')}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    TMPDIR: tmp,
    LANG: 'C.UTF-8',
    STACK: 'heroku-24',
    npm_config_cache: join(home, 'npm-cache'),
    npm_config_loglevel: 'error',
    npm_config_update_notifier: 'false',
    npm_config_prefer_offline: 'true',
    npm_config_userconfig: join(home, '.npmrc'),
  };
  return async (args) => {
    const status = await runProgram({
      argv: [join(node, 'bin', 'node'), join(node, 'lib/node_modules/npm/bin/npm-cli.js'), ...args],
      cwd: app,
      environment,
      uid,
      signal,
      onOutput: (chunk) => {
        output.chunk(chunk);
      },
    });
    signal.throwIfAborted();
    if (status !== 0) {
      throw fault(
        'BUILD_FAILED',
        `npm ${args.slice(0, 2).join(' ')} failed with status ${status}. Its output above says why.`,
      );
    }
  };
}

async function isLocked(app: string): Promise<boolean> {
  return (
    (await exists(join(app, 'package-lock.json'))) ||
    (await exists(join(app, 'npm-shrinkwrap.json')))
  );
}

async function restoreCache(workspace: Workspace, locked: boolean): Promise<void> {
  const { app, cache, home, output } = workspace;
  if (!(await exists(join(cache, 'npm-cache')))) return;
  output.heading('Restoring cache');
  await cp(join(cache, 'npm-cache'), join(home, 'npm-cache'), { recursive: true });
  await workspace.giveToBuildUser(join(home, 'npm-cache'));
  // `npm ci` would only remove it.
  if (locked || !(await exists(join(cache, 'node_modules')))) return;
  await rm(join(app, 'node_modules'), { recursive: true, force: true });
  await cp(join(cache, 'node_modules'), join(app, 'node_modules'), COPY);
  await workspace.giveToBuildUser(join(app, 'node_modules'));
}

const COPY = { recursive: true, verbatimSymlinks: true } as const;

async function installDependencies(
  { output }: Workspace,
  npm: Npm,
  locked: boolean,
): Promise<void> {
  output.heading('Installing dependencies');
  output.line(
    locked
      ? 'Installing node modules (npm ci)'
      : 'Installing node modules (npm install; commit package-lock.json for builds that repeat)',
  );
  await npm([locked ? 'ci' : 'install', '--include=dev', '--no-audit', '--no-fund']);
}

async function runScript(
  name: string,
  { scripts }: PackageJson,
  { npm, workspace }: { readonly npm: Npm; readonly workspace: Workspace },
): Promise<void> {
  if (scripts[name] === undefined) return;
  workspace.output.heading('Build');
  workspace.output.line(`Running ${name}`);
  await npm(['run', name]);
}

/** A build that dies in between leaves part of a cache; npm checks what it takes from there by its hash. */
async function saveCache({ app, cache, home, output }: Workspace): Promise<void> {
  output.heading('Caching build');
  await rm(cache, { recursive: true, force: true });
  await mkdir(cache, { recursive: true, mode: 0o700 });
  for (const [from, name] of [
    [join(app, 'node_modules'), 'node_modules'],
    [join(home, 'npm-cache'), 'npm-cache'],
  ] as const) {
    if (!(await exists(from))) continue;
    await cp(from, join(cache, name), COPY);
  }
}

async function defaultTypes(
  app: string,
  { scripts }: PackageJson,
): Promise<Readonly<Record<string, string>>> {
  if (scripts['start'] !== undefined || (await exists(join(app, 'server.js'))))
    return { web: 'npm start' };
  return {};
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
