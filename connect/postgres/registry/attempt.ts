import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { SecretBox } from '../../../src/kit/secret-box.ts';
import type { AttemptTable } from '../../registry.ts';
import { findRow, run, type Sql } from './rows.ts';

const Row = z.object({
  connection_id: z.uuid(),
  environment: z.enum(['production', 'sandbox', 'custom']),
  login_url: z.string(),
  verifier_sealed: z.string(),
  next_url: z.string().nullable(),
  expires_at: z.date(),
});

const owner = (connectionId: string): string => `${connectionId}|code verifier`;
const hash = (state: string): string => createHash('sha256').update(state).digest('base64url');

/** The state itself is not stored, and the verifier only sealed: a copy of the database finishes nobody's login. */
export function attemptTable(sql: Sql, box: SecretBox): AttemptTable {
  return {
    async insert(state, { connectionId, environment, loginUrl, verifier, nextUrl, expiresAt }) {
      await run(sql, [
        INSERT,
        [
          hash(state),
          connectionId,
          environment,
          loginUrl,
          box.seal(verifier, owner(connectionId)),
          nextUrl,
          expiresAt,
        ],
      ]);
    },
    async take(state, now) {
      const row = await findRow(sql, Row, [TAKE, [hash(state), now]]);
      if (row === undefined || row.expires_at <= now) return undefined;
      return {
        connectionId: row.connection_id,
        environment: row.environment,
        loginUrl: row.login_url,
        verifier: box.open(row.verifier_sealed, owner(row.connection_id)),
        nextUrl: row.next_url,
        expiresAt: row.expires_at,
      };
    },
  };
}

const INSERT = `/* insertAttempt */
insert into authorization_attempt (state_hash, connection_id, environment, login_url, verifier_sealed, next_url, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)`;

/** Old ones go with it, so that browsers that never came back leave nothing. */
const TAKE = `/* takeAttempt */
with stale as (
  delete from authorization_attempt where expires_at <= $2 and state_hash <> $1
)
delete from authorization_attempt where state_hash = $1
returning connection_id, environment, login_url, verifier_sealed, next_url, expires_at`;
