import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';

import { openAuthority } from '../src/kit/authority.ts';
import { messageOf } from '../src/kit/fault.ts';
import { listen, type Listening, type ListenOptions } from '../src/kit/listen.ts';
import { createLog } from '../src/kit/log.ts';
import { untilAborted } from '../src/kit/until-aborted.ts';
import { injectIntoRequests } from './admin/inject.ts';
import { createAdminRouter } from './admin/router.ts';
import { loadApexHandlers } from './apexrest/handler.ts';
import { createApexRestRouter } from './apexrest/router.ts';
import { createApp } from './app.ts';
import { createBulkRouter, startBulk } from './bulk/router.ts';
import { readConfig } from './config.ts';
import { DRAIN_MS, NODE_HEADER_BYTES_MAX, KEEP_ALIVE_MS } from './limits.ts';
import { MetadataJobs } from './metadata/metadata-jobs.ts';
import { createMetadataRouter } from './metadata/router.ts';
import { prepareOAuth } from './oauth/prepare.ts';
import { createAuthenticator, createOAuthRouter } from './oauth/router.ts';
import { openOrg } from './open-org.ts';
import { PubSub } from './pubsub/start.ts';
import { createRestRouter } from './rest/router.ts';
import { createScimRouter } from './scim/router.ts';
import { createSoapRouter } from './soap/router.ts';
import { startStreaming } from './streaming/start.ts';
import { createUiRouter } from './ui/router.ts';

/** Starts the sandbox org and runs it until SIGTERM or SIGINT. */
async function main(signal: AbortSignal): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog({ service: 'sandbox', level: config.logLevel });
  const apexHandlers = await loadApexHandlers(config.apexRestFolder);
  const authority = await openAuthority(join(config.home, 'tls'));
  const certificate = await authority.issue(['localhost', '127.0.0.1', '::1']);
  await using org = await openOrg(config, log);
  await prepareOAuth(org);
  const authenticator = createAuthenticator(org);
  await using _bulk = await startBulk(org);
  await using streaming = await startStreaming(org, authenticator);
  await using metadata = new MetadataJobs(org);
  const parts = { database: 'open', http: 'listening', tls: 'listening' };
  const app = createApp({
    log,
    ...(config.adminApi ? { before: injectIntoRequests(org) } : {}),
    health: () => ({ ready: true, parts }),
    routers: [
      createOAuthRouter(org),
      ...(config.adminApi ? [createAdminRouter(org, authenticator)] : []),
      streaming.router,
      createSoapRouter(org, authenticator),
      createBulkRouter(org, authenticator),
      createMetadataRouter(org, authenticator, metadata),
      createApexRestRouter(org, authenticator, apexHandlers),
      createScimRouter(org, authenticator),
      createRestRouter(org, authenticator),
      createUiRouter(org),
    ],
  });
  const options = { maxHeaderSize: NODE_HEADER_BYTES_MAX, keepAliveTimeout: KEEP_ALIVE_MS };
  const place = {
    host: '127.0.0.1',
    drainMs: DRAIN_MS,
    what: 'The sandbox org',
    variable: 'LANDBRIDGE_ORG_PORT',
  };
  await using plain = await listen(createServer(options, app), { ...place, port: config.port });
  await using _plain6 = await listenOnIpv6(createServer(options, app), {
    ...place,
    port: config.port,
  });
  await using secure = await listen(createTlsServer({ ...options, ...certificate }, app), {
    ...place,
    port: config.port + 1,
  });
  await using pubsub = new PubSub({ org, authenticator, publisher: streaming.publisher });
  const pubsubPort = await pubsub.listen(config.port + 2, certificate);
  // Ended first at a stop: a held poll would keep the servers from closing.
  await using _polls = streaming.polls;
  log.info(
    { port: plain.port, tlsPort: secure.port, pubsubPort, orgId: org.orgId },
    'sandbox org ready',
  );
  await untilAborted(signal);
  log.info({}, 'sandbox org stopping');
}

/** The names of the loopback interface lead to either of its addresses; a machine without IPv6 has one. */
async function listenOnIpv6(
  server: Server,
  options: ListenOptions,
): Promise<Listening | undefined> {
  try {
    return await listen(server, { ...options, host: '::1' });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return undefined;
    throw error;
  }
}

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    stop.abort();
  });
}
try {
  await main(stop.signal);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
