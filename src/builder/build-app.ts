import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { z } from 'zod';

import { parseProcfile } from '../core/procfile.ts';
import { fault } from '../faults.ts';
import { codeOf } from '../kit/fault.ts';
import {
  PROCFILE_BYTES_MAX,
  SLUG_BYTES_MAX,
  SOURCE_FILES_MAX,
  SOURCE_UNPACKED_BYTES_MAX,
} from '../limits.ts';
import type { Platform } from '../ports.ts';
import { slugFile } from '../store/build-files.ts';
import type { Build } from '../store/builds.ts';
import type { ConfigVars } from '../store/config-vars.ts';
import type { NewSlug } from '../store/slugs.ts';
import type { App } from '../store/apps.ts';
import { makeBuildPlace, type BuildPlace } from './build-place.ts';
import type { Buildpack, Built } from './buildpack.ts';
import { nodejs } from './buildpacks/nodejs.ts';
import { fetchSource } from './fetch-source.ts';
import type { BuildOutput } from './output.ts';
import { runOurProgram } from './our-program.ts';
import type { Runtimes } from './runtimes.ts';

const BUILDPACKS: readonly Buildpack[] = [nodejs];

export interface BuildJob {
  readonly build: Build;
  readonly app: App;
  readonly config: ConfigVars;
  readonly output: BuildOutput;
  readonly runtimes: Runtimes;
  readonly network: Readonly<Record<string, string>>;
  readonly registry: string;
  /** Which of the builds at once it is; each has its own user and folder. */
  readonly slot: number;
  readonly signal: AbortSignal;
}

/** Makes a slug of a source: unpack, detect, compile, pack. @throws Fault SOURCE_UNUSABLE, BUILD_FAILED */
export async function buildApp(platform: Platform, job: BuildJob): Promise<NewSlug> {
  const { build, app, output } = job;
  output.heading(`Building on the ${titleOf(app.stack)} stack`);
  const archive = await fetchSource(platform, {
    url: build.source_url,
    checksum: build.source_checksum,
  });
  await using place = await makeBuildPlace(platform.home, job.slot);
  await unpack(archive, { place, job });
  const buildpack = await choose(build, place.app);
  output.heading(`Using buildpack: ${buildpack.name}`);
  const built = await buildpack.compile({
    app: place.app,
    home: place.home,
    tmp: place.tmp,
    uid: place.uid,
    giveToBuildUser: place.giveToBuildUser,
    cache: join(platform.home, 'cache', 'apps', app.id),
    output,
    runtimes: job.runtimes,
    config: job.config,
    network: job.network,
    registry: job.registry,
    signal: job.signal,
  });
  output.heading(`${built.description} app built`);
  const types = await readProcessTypes(place.app, { built, output });
  const packed = await pack(platform, { place, job });
  return {
    id: randomUUID(),
    app_id: app.id,
    sha256: packed.sha256,
    size: packed.size,
    process_types: types,
    stack: app.stack,
    commit: build.source_version,
    commit_description: build.source_version_description,
    buildpack: built.description,
  };
}

/** `heroku-24` as Heroku says it: `Heroku-24`. */
function titleOf(stack: string): string {
  return stack.charAt(0).toUpperCase() + stack.slice(1);
}

interface Step {
  readonly place: BuildPlace;
  readonly job: BuildJob;
}

async function unpack(archive: string, { place, job }: Step): Promise<void> {
  await runOurProgram('unpack-source', {
    args: [archive, place.app, String(SOURCE_UNPACKED_BYTES_MAX), String(SOURCE_FILES_MAX)],
    cwd: place.app,
    signal: job.signal,
  });
  await rm(join(place.app, '.git'), { recursive: true, force: true });
  await place.giveToBuildUser(place.app);
}

async function choose(build: Build, app: string): Promise<Buildpack> {
  const wanted = build.buildpacks.map(({ url, name }) => url ?? name ?? '');
  if (wanted.length > 1) {
    throw fault(
      'BUILD_FAILED',
      'Landbridge builds with one buildpack yet. Name one, or none to have it found.',
    );
  }
  const [only] = wanted;
  if (only !== undefined) {
    const named = BUILDPACKS.find(({ aliases }) => aliases.includes(only.replace(/#.*$/, '')));
    if (named === undefined) {
      throw fault(
        'BUILD_FAILED',
        `There is no buildpack ${only}. There are: ${BUILDPACKS.map(({ name }) => name).join(', ')}.`,
      );
    }
    if (await named.detect(app)) return named;
    throw fault(
      'BUILD_FAILED',
      `App not compatible with buildpack: ${named.name}. It needs a package.json in the root of the source.`,
    );
  }
  for (const buildpack of BUILDPACKS) if (await buildpack.detect(app)) return buildpack;
  throw fault(
    'BUILD_FAILED',
    'No default language could be detected for this app. There is a buildpack for Node.js: it needs a package.json in the root of the source.',
  );
}

async function readProcessTypes(
  app: string,
  { built, output }: { readonly built: Built; readonly output: BuildOutput },
): Promise<Readonly<Record<string, string>>> {
  output.heading('Discovering process types');
  const text = await readPlainFile(join(app, 'Procfile'));
  const procfile = parseProcfile(text);
  if ('faults' in procfile) throw fault('BUILD_FAILED', procfile.faults.join('\n'));
  const declared = Object.keys(procfile.types);
  output.line(
    `Procfile declares types     -> ${declared.length === 0 ? '(none)' : declared.join(', ')}`,
  );
  const defaults = Object.keys(built.defaultTypes).filter((type) => !declared.includes(type));
  if (defaults.length > 0) output.line(`Default types for buildpack -> ${defaults.join(', ')}`);
  return { ...built.defaultTypes, ...procfile.types };
}

/** A file that the build left, which may be a link to one of ours: links are not followed. Empty when there is none. */
async function readPlainFile(path: string): Promise<string> {
  try {
    await using file = await open(
      path,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    const status = await file.stat();
    if (!status.isFile() || status.size > PROCFILE_BYTES_MAX) {
      throw fault(
        'BUILD_FAILED',
        `${basename(path)} is no file of at most ${PROCFILE_BYTES_MAX} bytes.`,
      );
    }
    return await file.readFile('utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    if (codeOf(error) === 'ELOOP')
      throw fault('BUILD_FAILED', `${basename(path)} is a link. Make it a file.`);
    throw error;
  }
}

const Packed = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int() });

/** The archive is written aside and renamed to its content's name: a slug that exists is whole. */
async function pack(platform: Platform, { place, job }: Step): Promise<z.infer<typeof Packed>> {
  const { output } = job;
  output.blank();
  output.heading('Compressing...');
  await mkdir(join(platform.home, 'slugs'), { recursive: true, mode: 0o700 });
  const fresh = slugFile(platform.home, `${job.build.id}.new`);
  try {
    const said = await runOurProgram('pack-slug', {
      args: [place.app, fresh, String(SLUG_BYTES_MAX), String(place.uid ?? -1)],
      cwd: place.app,
      signal: job.signal,
    });
    const packed = Packed.parse(JSON.parse(said));
    await rename(fresh, slugFile(platform.home, packed.sha256));
    output.line(`Done: ${(packed.size / 1_048_576).toFixed(1)}M`);
    return packed;
  } finally {
    await rm(fresh, { force: true });
  }
}
