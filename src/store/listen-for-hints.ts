import * as pgListen from 'pg-listen';

import type { Log } from '../kit/log.ts';

const RECONNECT_MS = 1_000;

export interface HintSource {
  readonly databaseUrl: string;
  readonly log: Log;
  readonly channel: string;
  /** What the hints are about, for the log and `pg_stat_activity`. */
  readonly about: string;
}

/** Calls for every hint. While the connection is lost none comes, and whoever listens goes on at their own pace. */
export async function listenForHints(
  { databaseUrl, log, channel, about }: HintSource,
  onHint: () => void,
): Promise<AsyncDisposable> {
  const subscriber = pgListen.default.default(
    { connectionString: databaseUrl, application_name: `landbridge ${about}` },
    {
      parse: (payload: string) => payload,
      retryInterval: RECONNECT_MS,
      retryTimeout: Number.POSITIVE_INFINITY,
    },
  );
  subscriber.events.on('error', (error) => {
    log.warn({ err: error }, `hints about ${about} were lost`);
  });
  // What happened in between was not heard.
  subscriber.events.on('connected', onHint);
  subscriber.notifications.on(channel, onHint);
  await subscriber.connect();
  await subscriber.listenTo(channel);
  return {
    async [Symbol.asyncDispose]() {
      await subscriber.close();
    },
  };
}
