import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';

import { ID_TOKEN_SECONDS } from './limits.ts';
import type { OAuthPorts, OrgUser } from './ports.ts';
import { hashToken } from './secrets.ts';

const ALGORITHM = 'RS256';
const KEY_ID = 'org';

/** The key ID tokens are signed with. It lives as long as the process: an ID token is read when it is received, not kept. */
let signingKey: ReturnType<typeof generateKeyPair> | undefined;

export async function signIdToken(
  { clock, directory }: Pick<OAuthPorts, 'clock' | 'directory'>,
  of: {
    readonly user: OrgUser;
    readonly clientId: string;
    readonly baseUrl: string;
    readonly accessToken: string;
    readonly nonce: string | null;
  },
): Promise<string> {
  const { privateKey } = await getSigningKey();
  const seconds = Math.floor(clock.now() / 1000);
  return new SignJWT({
    at_hash: hashToken(of.accessToken).subarray(0, 16).toString('base64url'),
    ...(of.nonce === null ? {} : { nonce: of.nonce }),
  })
    .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID, typ: 'JWT' })
    .setIssuer(of.baseUrl)
    .setSubject(`${of.baseUrl}/id/${directory.orgId}/${of.user.id}`)
    .setAudience(of.clientId)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + ID_TOKEN_SECONDS)
    .sign(privateKey);
}

/** The public half, as /id/keys publishes it. */
export async function publicKeys(): Promise<readonly JWK[]> {
  const { publicKey } = await getSigningKey();
  return [{ ...(await exportJWK(publicKey)), kid: KEY_ID, use: 'sig', alg: ALGORITHM }];
}

async function getSigningKey(): ReturnType<typeof generateKeyPair> {
  signingKey ??= generateKeyPair(ALGORITHM);
  return signingKey;
}
