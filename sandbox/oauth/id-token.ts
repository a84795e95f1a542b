import { SignJWT } from 'jose';

import { ID_TOKEN_SECONDS } from './limits.ts';
import type { OAuthPorts, OrgUser } from './ports.ts';
import { hashToken } from './secrets.ts';
import { SIGNING_ALGORITHM } from './signing-key.ts';

export async function signIdToken(
  ports: Pick<OAuthPorts, 'clock' | 'directory' | 'signingKey'>,
  of: {
    readonly user: OrgUser;
    readonly clientId: string;
    readonly baseUrl: string;
    readonly accessToken: string;
    readonly nonce: string | null;
  },
): Promise<string> {
  const { kid, privateKey } = await ports.signingKey();
  const seconds = Math.floor(ports.clock.now() / 1000);
  return new SignJWT({
    at_hash: hashToken(of.accessToken).subarray(0, 16).toString('base64url'),
    ...(of.nonce === null ? {} : { nonce: of.nonce }),
  })
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid, typ: 'JWT' })
    .setIssuer(of.baseUrl)
    .setSubject(`${of.baseUrl}/id/${ports.directory.orgId}/${of.user.id}`)
    .setAudience(of.clientId)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + ID_TOKEN_SECONDS)
    .sign(privateKey);
}

/** An access token that says itself whose it is (an option of an app); it ends with its session all the same. */
export async function signAccessToken(
  ports: Pick<OAuthPorts, 'clock' | 'directory' | 'signingKey'>,
  of: {
    readonly user: OrgUser;
    readonly clientId: string;
    readonly baseUrl: string;
    readonly scopes: readonly string[];
    readonly seconds: number;
    readonly word: string;
  },
): Promise<string> {
  const { kid, privateKey } = await ports.signingKey();
  const now = Math.floor(ports.clock.now() / 1000);
  return new SignJWT({
    scp: of.scopes.join(' '),
    mty: 'oauth',
    sfi: of.word,
    roles: [],
    hsc: false,
    client_id: of.clientId,
  })
    .setProtectedHeader({
      tnk: `core/prod/${ports.directory.orgId}`,
      ver: '1.0',
      kid,
      tty: 'sfdc-core-token',
      typ: 'JWT',
      alg: SIGNING_ALGORITHM,
    })
    .setIssuer(of.baseUrl)
    .setAudience([of.baseUrl])
    .setSubject(`uid:${of.user.id}`)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + of.seconds)
    .sign(privateKey);
}
