import pg from 'pg';

import { createApp } from './app.ts';
import { Changes } from './changes.ts';
import { readConfig } from './config.ts';
import { openContacts } from './contacts.ts';

const CONNECTIONS_MAX = 8;
const STOP_MS = 10_000;

const config = readConfig(process.env);
const stopping = new AbortController();
const pool = new pg.Pool({ connectionString: config.databaseUrl, max: CONNECTIONS_MAX });
pool.on('error', (error) => {
  console.error(`a database connection was lost: ${error.message}`);
});
const changes = new Changes(config.databaseUrl, config.schema);
const following = changes.follow(stopping.signal);
const app = createApp({
  contacts: openContacts(pool, config.schema),
  changes,
  cookieSecret: config.cookieSecret,
  schema: config.schema,
});
const server = app.listen(config.port, () => {
  console.log(`contact-card listens on port ${config.port}`);
});

process.once('SIGTERM', () => {
  void stop();
});

/** Lets requests in flight end; event streams never end by themselves and are closed. */
async function stop(): Promise<void> {
  stopping.abort();
  const cut = setTimeout(() => {
    server.closeAllConnections();
  }, STOP_MS);
  server.close(() => {
    clearTimeout(cut);
  });
  server.closeIdleConnections();
  await following;
  await pool.end();
}
