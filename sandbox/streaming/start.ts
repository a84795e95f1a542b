import express, { Router, type NextFunction, type Request, type Response } from 'express';

import { Loop } from '../../src/kit/loop.ts';
import { requireApi, requirePermission } from '../access/require.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { requireSession, sessionOf, type Authenticator } from '../session.ts';
import { Cometd } from './cometd.ts';
import { addDefinitionRoutes } from './definition-routes.ts';
import { listenForChanges } from './doorbell.ts';
import { getEventSchema, getEventSchemaByName } from './event-schema-routes.ts';
import { pushToChannel } from './generic-channel.ts';
import { REQUEST_BYTES_MAX, SESSION_CHECK_MS } from './limits.ts';
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
  org.usage.watch('DurableStreamingApiConcurrentClients', () => cometd.clients);
  const stopping = new AbortController();
  const sessions = new Loop({
    name: 'check streaming sessions',
    clock: org.clock,
    log: org.log,
    backoff: { firstMs: SESSION_CHECK_MS, maxMs: SESSION_CHECK_MS },
    turn: async () => {
      await cometd.checkSessions();
      return SESSION_CHECK_MS;
    },
  });
  const running = Promise.all([publisher.run(stopping.signal), sessions.run(stopping.signal)]);
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
  const session = [requireSession(of.authenticator), requireApi(of.org)];
  router.post(/^\/cometd(\/|$)/, json, (request, response) => of.cometd.handle(request, response));
  router.post(
    '/services/data/:version/sobjects/StreamingChannel/:id/push',
    session,
    json,
    requireEdit(of.org),
    pushToChannel(of.org, of),
  );
  router.get('/services/data/:version/event/eventSchema/:id', session, getEventSchema(of.org));
  router.get(
    '/services/data/:version/sobjects/:event/eventSchema',
    session,
    getEventSchemaByName(of.org, of.publisher),
  );
  addDefinitionRoutes(router, of.org, {
    reads: [...session, requirePermission(of.org, 'ViewSetup')],
    writes: [...session, requirePermission(of.org, 'CustomizeApplication'), json],
  });
  return router;
}

/** Events of a generic channel are pushed by who may edit the channel. */
function requireEdit(org: Org) {
  return async (request: Request, _response: Response, next: NextFunction): Promise<void> => {
    const seen = await org.seenBy(sessionOf(request));
    if (seen.schema().findObject('StreamingChannel')?.flags.updateable !== true) {
      throw new SalesforceError(
        'INSUFFICIENT_ACCESS_OR_READONLY',
        'insufficient access rights on object id',
      );
    }
    next();
  };
}
