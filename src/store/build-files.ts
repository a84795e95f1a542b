import { join } from 'node:path';

/** Where a build's output is kept. */
export function buildOutputFile(home: string, buildId: string): string {
  return join(home, 'builds', `${buildId}.log`);
}

/** Where a slug's archive is kept: by its content. */
export function slugFile(home: string, sha256: string): string {
  return join(home, 'slugs', sha256);
}
