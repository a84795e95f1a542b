import { fault } from './faults.ts';
import type { Connection, Environment, Grant, GrantKind, Registry } from './registry.ts';
import type { Tokens } from './salesforce/oauth.ts';
import type { Salesforce } from './salesforce/salesforce.ts';

export interface NewGrant {
  readonly kind: GrantKind;
  readonly environment: Environment;
  readonly loginUrl: string;
  readonly tokens: Tokens;
}

/** Keeps the tokens of a login, once it is seen whose they are. */
export async function keepGrant(
  {
    registry,
    salesforce,
  }: {
    readonly registry: Pick<Registry, 'grants' | 'mappings'>;
    readonly salesforce: Pick<Salesforce, 'hosts' | 'oauth'>;
  },
  connection: Connection,
  { kind, environment, loginUrl, tokens }: NewGrant,
): Promise<Grant> {
  await salesforce.hosts.check(tokens.instanceUrl);
  const identity = await salesforce.oauth.identify(tokens);
  await assertSameOrg(registry, connection, identity.organizationId);
  return registry.grants.save({
    connectionId: connection.id,
    kind,
    environment,
    loginUrl,
    instanceUrl: tokens.instanceUrl,
    organizationId: identity.organizationId,
    userId: identity.userId,
    username: identity.username,
    refreshToken: tokens.refreshToken,
    accessToken: tokens.accessToken,
  });
}

/** The tables hold one org's records; another org's would be taken for their deletion. */
async function assertSameOrg(
  { grants, mappings }: Pick<Registry, 'grants' | 'mappings'>,
  connection: Connection,
  organizationId: string,
): Promise<void> {
  // A grant that cannot be opened any more (another key file) is replaced.
  const before = await grants.find(connection.id).catch(() => undefined);
  if (before === undefined || before.organizationId === organizationId) return;
  if ((await mappings.list(connection.id)).length === 0) return;
  throw fault(
    'AUTHORIZATION_REFUSED',
    `This connection’s tables hold the records of the org ${before.organizationId}; the login was to ${organizationId}. Log in to that org, or delete the mappings first.`,
  );
}
