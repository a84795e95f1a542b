import { z } from 'zod';

import type { SecretBox } from '../../../src/kit/secret-box.ts';
import type { Grant, GrantTable } from '../../registry.ts';
import { findRow, getRow, run, type Sql } from './rows.ts';

const Row = z.object({
  connection_id: z.uuid(),
  kind: z.enum(['refresh_token', 'jwt_bearer', 'client_credentials']),
  environment: z.enum(['production', 'sandbox', 'custom']),
  login_url: z.string(),
  instance_url: z.string(),
  organization_id: z.string(),
  user_id: z.string(),
  username: z.string(),
  refresh_token_sealed: z.string().nullable(),
  access_token_sealed: z.string(),
  authorized_at: z.date(),
});
type Row = z.infer<typeof Row>;

/** Each secret is sealed for its connection and its kind: one copied to another row does not open there. */
const owner = (connectionId: string, kind: 'access token' | 'refresh token'): string =>
  `${connectionId}|${kind}`;

export function grantTable(sql: Sql, box: SecretBox): GrantTable {
  const open = (row: Row): Grant => ({
    connectionId: row.connection_id,
    kind: row.kind,
    environment: row.environment,
    loginUrl: row.login_url,
    instanceUrl: row.instance_url,
    organizationId: row.organization_id,
    userId: row.user_id,
    username: row.username,
    refreshToken:
      row.refresh_token_sealed === null
        ? null
        : box.open(row.refresh_token_sealed, owner(row.connection_id, 'refresh token')),
    accessToken: box.open(row.access_token_sealed, owner(row.connection_id, 'access token')),
    authorizedAt: row.authorized_at,
  });
  const sealed = (
    connectionId: string,
    tokens: Pick<Grant, 'accessToken' | 'refreshToken'>,
  ): readonly [refresh: string | null, access: string] => [
    tokens.refreshToken === null
      ? null
      : box.seal(tokens.refreshToken, owner(connectionId, 'refresh token')),
    box.seal(tokens.accessToken, owner(connectionId, 'access token')),
  ];
  return {
    async find(connectionId) {
      const row = await findRow(sql, Row, [FIND, [connectionId]]);
      return row === undefined ? undefined : open(row);
    },
    async save(grant) {
      const { connectionId, kind, environment, loginUrl, instanceUrl } = grant;
      return open(
        await getRow(sql, Row, [
          SAVE,
          [
            connectionId,
            kind,
            environment,
            loginUrl,
            instanceUrl,
            grant.organizationId,
            grant.userId,
            grant.username,
            ...sealed(connectionId, grant),
          ],
        ]),
      );
    },
    renew: (connectionId, tokens) =>
      run(sql, [RENEW, [connectionId, tokens.instanceUrl, ...sealed(connectionId, tokens)]]),
    delete: (connectionId) => run(sql, [DELETE, [connectionId]]),
  };
}

const COLUMNS = `connection_id, kind, environment, login_url, instance_url, organization_id, user_id, username,
       refresh_token_sealed, access_token_sealed, authorized_at`;

const FIND = `/* findGrant */
select ${COLUMNS} from authorization_grant where connection_id = $1`;

const SAVE = `/* saveGrant */
insert into authorization_grant (connection_id, kind, environment, login_url, instance_url, organization_id, user_id, username,
       refresh_token_sealed, access_token_sealed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (connection_id) do update
   set kind = excluded.kind, environment = excluded.environment, login_url = excluded.login_url,
       instance_url = excluded.instance_url, organization_id = excluded.organization_id, user_id = excluded.user_id,
       username = excluded.username, refresh_token_sealed = excluded.refresh_token_sealed,
       access_token_sealed = excluded.access_token_sealed, authorized_at = now()
returning ${COLUMNS}`;

const RENEW = `/* renewGrant */
update authorization_grant
   set instance_url = $2, refresh_token_sealed = coalesce($3, refresh_token_sealed), access_token_sealed = $4
 where connection_id = $1`;

const DELETE = `/* deleteGrant */
delete from authorization_grant where connection_id = $1`;
