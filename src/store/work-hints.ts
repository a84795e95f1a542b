import * as pgListen from 'pg-listen';

import type { Log } from '../kit/log.ts';

/** The channel on which triggers tell that a build, an add-on or an app's setup waits. */
const CHANNEL = 'landbridge_work';
const RECONNECT_MS = 1_000;

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
  const subscriber = pgListen.default.default(
    { connectionString: databaseUrl, application_name: 'landbridge work' },
    {
      parse: (payload: string) => payload,
      retryInterval: RECONNECT_MS,
      retryTimeout: Number.POSITIVE_INFINITY,
    },
  );
  subscriber.events.on('error', (error) => {
    log.warn({ err: error }, 'hints about work were lost');
  });
  // What happened in between was not heard.
  subscriber.events.on('connected', onHint);
  subscriber.notifications.on(CHANNEL, onHint);
  await subscriber.connect();
  await subscriber.listenTo(CHANNEL);
  return {
    async [Symbol.asyncDispose]() {
      await subscriber.close();
    },
  };
}
