import * as pgListen from 'pg-listen';

import type { Log } from '../../src/kit/log.ts';
import { JOURNAL_CHANNEL } from '../records/events.ts';

/** A lost connection is made again after this; meanwhile the publisher's own sweep goes on. */
const RETRY_MS = 1_000;

/** Calls `ring` whenever a transaction has committed changes. A hint only: while disconnected it is silent. */
export async function listenForChanges(
  { databaseUrl, log }: { readonly databaseUrl: string; readonly log: Log },
  ring: () => void,
): Promise<AsyncDisposable> {
  const subscriber = pgListen.default.default(
    { connectionString: databaseUrl, application_name: 'sandbox doorbell' },
    {
      parse: (payload: string) => payload,
      retryInterval: RETRY_MS,
      retryTimeout: Number.POSITIVE_INFINITY,
    },
  );
  subscriber.events.on('error', (error) => {
    log.warn({ err: error }, 'change doorbell lost its connection');
  });
  subscriber.notifications.on(JOURNAL_CHANNEL, ring);
  await subscriber.connect();
  await subscriber.listenTo(JOURNAL_CHANNEL);
  return {
    async [Symbol.asyncDispose]() {
      await subscriber.close();
    },
  };
}
