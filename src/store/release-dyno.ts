import { stableId } from './stable-id.ts';

/** The dyno of a release's phase. */
export function releaseDynoId(releaseId: string): string {
  return stableId('release phase', releaseId);
}
