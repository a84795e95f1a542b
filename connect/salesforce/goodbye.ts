import { z } from 'zod';

import type { Clock } from '../../src/kit/clock.ts';
import { STREAM_GOODBYE_MS } from '../limits.ts';

/** What the client of jsforce's streaming (faye) lets one put between it and the wire. */
export interface FayeExtension {
  readonly incoming: (message: unknown, callback: (message: unknown) => void) => void;
  readonly outgoing: (message: unknown, callback: (message: unknown) => void) => void;
}

/**
 * Ends a streaming client for good. By itself it never does: it has no way out of a handshake that is not answered, and
 * repeats its farewell for ever to a server that is gone, which would keep the process from ending.
 */
export class Goodbye implements FayeExtension {
  #said = false;
  readonly #answered = Promise.withResolvers<void>();

  readonly incoming: FayeExtension['incoming'] = (message, callback) => {
    if (isFarewell(message)) this.#answered.resolve();
    callback(message);
  };

  readonly outgoing: FayeExtension['outgoing'] = (message, callback) => {
    // Nothing but the farewell leaves any more; a null message is dropped by the client.
    callback(this.#said && !isFarewell(message) ? null : message);
  };

  /** Takes leave of the server if it is there, waits a moment for its answer, and lets go of everything. */
  async say(client: object, clock: Clock): Promise<void> {
    this.#said = true;
    const answered = new AbortController();
    if (hasDispatcher(client) && client.disconnect() !== undefined) {
      await Promise.race([this.#answered.promise, clock.sleep(STREAM_GOODBYE_MS, answered.signal)]);
      answered.abort();
    }
    if (!hasDispatcher(client)) return;
    const { _dispatcher: dispatcher } = client;
    for (const { timer, request } of dispatcher._envelopes.values()) {
      if (timer !== null) clearTimeout(timer);
      void abort(request);
    }
    dispatcher._envelopes.clear();
    dispatcher.close();
  }
}

async function abort(request: OnTheWire): Promise<void> {
  const sent = await request;
  sent?.abort?.();
}

const Farewell = z.object({ channel: z.literal('/meta/disconnect') });

function isFarewell(message: unknown): boolean {
  return Farewell.safeParse(message).success;
}

type OnTheWire = PromiseLike<{ abort?: () => void } | undefined> | null | undefined;

/** The parts of the client that its types leave out. */
interface Inside {
  disconnect(): object | undefined;
  readonly _dispatcher: {
    readonly _envelopes: Map<
      string,
      {
        readonly timer: NodeJS.Timeout | null;
        readonly request?: OnTheWire;
      }
    >;
    close(): void;
  };
}

function hasDispatcher(client: object): client is Inside {
  return (
    'disconnect' in client &&
    typeof client.disconnect === 'function' &&
    '_dispatcher' in client &&
    typeof client._dispatcher === 'object' &&
    client._dispatcher !== null &&
    '_envelopes' in client._dispatcher &&
    client._dispatcher._envelopes instanceof Map
  );
}
