import type { BuildOutput } from './output.ts';
import type { Runtimes } from './runtimes.ts';

/** What a buildpack works with: one app's source in a folder of its own, on its way to being a slug. */
export interface Workspace {
  /** The app: its source now, the content of the slug at the end. */
  readonly app: string;
  /** Kept from one build of this app to the next. */
  readonly cache: string;
  /** The build's own HOME and TMPDIR. */
  readonly home: string;
  readonly tmp: string;
  readonly output: BuildOutput;
  readonly runtimes: Runtimes;
  /** The app's config vars. */
  readonly config: Readonly<Record<string, string>>;
  readonly network: Readonly<Record<string, string>>;
  /** The npm registry of this machine. */
  readonly registry: string;
  readonly uid: number | undefined;
  readonly signal: AbortSignal;
  /** Makes what the platform wrote there the build user's own. */
  giveToBuildUser(path: string): Promise<void>;
}

export interface Built {
  /** What runs when there is no Procfile. */
  readonly defaultTypes: Readonly<Record<string, string>>;
  /** `Node.js` */
  readonly description: string;
}

export interface Buildpack {
  readonly name: string;
  /** The names and URLs people choose it by. */
  readonly aliases: readonly string[];
  detect(app: string): Promise<boolean>;
  /** @throws Fault BUILD_FAILED with what the person who pushed should do */
  compile(workspace: Workspace): Promise<Built>;
}
