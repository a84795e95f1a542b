import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';

import { exportJWK, type JWK } from 'jose';
import type pg from 'pg';

import { Fault } from '../../src/kit/fault.ts';
import type { SecretBox } from '../../src/kit/secret-box.ts';
import { SIGNING_KEY_BITS } from './limits.ts';
import { insertSigningKey, readSigningKeys } from './store/signing-keys.ts';

/** What ID tokens and readable access tokens are signed with. */
interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** The public half, as /id/keys publishes it. */
  readonly jwk: JWK;
}

export type FindSigningKey = () => Promise<SigningKey>;

export const SIGNING_ALGORITHM = 'RS256';
const OWNER = 'org signing key';

/**
 * The org's key, made at the first need and kept encrypted in its database, so that a token signed before a restart
 * still verifies after it. Of two processes that make one at the same time the first row wins for both. A key that the
 * key file of this home does not open is passed over and another one made.
 */
export function signingKeyOf(
  pool: pg.Pool,
  openBox: () => Promise<SecretBox>,
  now: () => Date,
): FindSigningKey {
  let found: Promise<SigningKey> | undefined;
  const find = async (): Promise<SigningKey> => {
    const box = await openBox();
    const known = await findStored(pool, box);
    if (known !== undefined) return known;
    const { privateKey } = await promisify(generateKeyPair)('rsa', {
      modulusLength: SIGNING_KEY_BITS,
    });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const kid = createHash('sha256').update(pem).digest('base64url').slice(0, 16);
    await insertSigningKey(pool, { kid, sealed: box.seal(pem, OWNER) }, now());
    return (await findStored(pool, box)) ?? signingKey(kid, pem);
  };
  return () => {
    found ??= find().catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

async function findStored(pool: pg.Pool, box: SecretBox): Promise<SigningKey | undefined> {
  for (const { kid, sealed } of await readSigningKeys(pool)) {
    try {
      return await signingKey(kid, box.open(sealed, OWNER));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }
  return undefined;
}

async function signingKey(kid: string, pem: string): Promise<SigningKey> {
  const privateKey = createPrivateKey(pem);
  const jwk = await exportJWK(createPublicKey(privateKey));
  return { kid, privateKey, jwk: { ...jwk, kid, use: 'sig', alg: SIGNING_ALGORITHM } };
}
