import pgListen from 'pg-listen';

import type { Log } from '../../src/kit/log.ts';
import { DOORBELL_CHECK_MS, DOORBELL_RETRY_MS } from '../limits.ts';
import type { Hint, Hints } from '../ports.ts';
import { schemaNames } from './schema-names.ts';
import { doorbellChannel } from './system-tables.ts';

export interface DoorbellOptions {
  readonly url: string;
  readonly schema: string;
  readonly applicationName: string;
  readonly log: Log;
}

export interface Doorbell extends Hints, AsyncDisposable {}

/**
 * Hears when the application has written: the log's trigger notifies once a transaction. It is a hint and no more. While
 * its connection is away nothing is heard, so everybody is told to look once it is back; that it might stay away is why
 * the push loop also looks by itself.
 */
export async function openDoorbell({
  url,
  schema,
  applicationName,
  log,
}: DoorbellOptions): Promise<Doorbell> {
  const channel = doorbellChannel(schemaNames(schema));
  const listeners = new Set<(hint: Hint) => void>();
  const ring = (): void => {
    for (const listener of listeners) listener({ side: 'store', table: null });
  };
  const subscriber = pgListen.default(
    { connectionString: url, application_name: applicationName },
    {
      paranoidChecking: DOORBELL_CHECK_MS,
      retryInterval: DOORBELL_RETRY_MS,
      // 0: it never gives up.
      retryTimeout: 0,
      parse: (payload) => payload,
    },
  );
  subscriber.notifications.on(channel, ring);
  subscriber.events.on('connected', ring);
  subscriber.events.on('error', (error) => {
    log.warn({ err: error, channel }, 'the doorbell of the trigger log was lost');
  });
  await subscriber.connect();
  await subscriber.listenTo(channel);
  return {
    subscribe(onHint) {
      listeners.add(onHint);
      return {
        [Symbol.dispose]() {
          listeners.delete(onHint);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      listeners.clear();
      await subscriber.close();
    },
  };
}
