import type { Metadata } from '@grpc/grpc-js';

import type { Authenticator, Session } from '../session.ts';
import { authInvalid, refusal } from './status.ts';

/**
 * Who calls: the metadata of every call carries a token, the org's address and its id.
 * @throws PubSubError
 */
export async function getCaller(
  { authenticator, orgId }: { readonly authenticator: Authenticator; readonly orgId: string },
  metadata: Metadata,
): Promise<Session> {
  const [token, instanceUrl, tenantId] = ['accesstoken', 'instanceurl', 'tenantid'].map((name) =>
    metadata.get(name)[0]?.toString(),
  );
  if (!token || !instanceUrl || !tenantId) {
    throw refusal('service.auth.headers.invalid');
  }
  // Older clients write it as a path: core/instance/00D….
  if (tenantId.split('/').at(-1)?.slice(0, 15) !== orgId.slice(0, 15)) {
    throw authInvalid('The tenantid is not this org’s');
  }
  const session = await authenticator.authenticate(token);
  if (session === undefined) throw authInvalid('The accesstoken is not valid');
  return session;
}
