import express, { Router } from 'express';

import type { Org } from '../org.ts';
import { requireSession, type Authenticator } from '../session.ts';
import { Cometd } from './cometd.ts';
import { createChannel, createMember, deleteChannelOrMember } from './custom-channel.ts';
import { listenForChanges } from './doorbell.ts';
import { getEventSchema, getEventSchemaByName } from './event-schema-routes.ts';
import { pushToChannel } from './generic-channel.ts';
import { REQUEST_BYTES_MAX } from './limits.ts';
import { Publisher } from './publisher.ts';

/** Event delivery, running. */
export interface Streaming extends AsyncDisposable {
  /** `/cometd/NN.0` and the pushes to generic channels; mount it before the REST router. */
  readonly router: Router;
  readonly publisher: Publisher;
  /** The polls in flight: disposing of them first lets the server close without waiting for them. */
  readonly polls: AsyncDisposable;
}

/** Starts the org's publisher and makes the router of its subscribers. Stop it before the pool is closed. */
export async function startStreaming(org: Org, authenticator: Authenticator): Promise<Streaming> {
  const publisher = await Publisher.create(org);
  const cometd = new Cometd({ org, authenticator, feed: publisher.feed });
  const doorbell = await listenForChanges(
    { databaseUrl: org.config.databaseUrl, log: org.log },
    () => {
      publisher.wake();
    },
  );
  const stopping = new AbortController();
  const running = publisher.run(stopping.signal);
  return {
    router: createRouter({ org, authenticator, cometd, publisher }),
    publisher,
    polls: cometd,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await cometd[Symbol.asyncDispose]();
      await doorbell[Symbol.asyncDispose]();
      await running;
    },
  };
}

function createRouter(of: {
  readonly org: Org;
  readonly authenticator: Authenticator;
  readonly cometd: Cometd;
  readonly publisher: Publisher;
}): Router {
  const router = Router();
  const json = express.json({ limit: REQUEST_BYTES_MAX, type: () => true });
  router.post(/^\/cometd(\/|$)/, json, (request, response) => of.cometd.handle(request, response));
  router.post(
    '/services/data/:version/sobjects/StreamingChannel/:id/push',
    requireSession(of.authenticator),
    json,
    pushToChannel(of.org, of.publisher),
  );
  const session = requireSession(of.authenticator);
  router.get('/services/data/:version/event/eventSchema/:id', session, getEventSchema(of.org));
  router.get(
    '/services/data/:version/sobjects/:event/eventSchema',
    session,
    getEventSchemaByName(of.org, of.publisher),
  );
  const tooling = '/services/data/:version/tooling/sobjects';
  router.post(`${tooling}/PlatformEventChannel`, session, json, createChannel(of.org));
  router.post(`${tooling}/PlatformEventChannelMember`, session, json, createMember(of.org));
  for (const kind of ['PlatformEventChannel', 'PlatformEventChannelMember']) {
    router.delete(`${tooling}/${kind}/:id`, session, deleteChannelOrMember(of.org));
  }
  return router;
}
