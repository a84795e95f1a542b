import type { Log } from '../kit/log.ts';
import { listenForHints } from './listen-for-hints.ts';

/** The channel on which triggers tell that a build, an add-on or an app's setup waits. */
const CHANNEL = 'landbridge_work';

export interface WorkHints {
  readonly databaseUrl: string;
  readonly log: Log;
  onHint(): void;
}

/** Calls for every hint. While the connection is lost none comes, and the loops go on at their own pace. */
export async function listenForWork({
  databaseUrl,
  log,
  onHint,
}: WorkHints): Promise<AsyncDisposable> {
  return listenForHints({ databaseUrl, log, channel: CHANNEL, about: 'work' }, onHint);
}
