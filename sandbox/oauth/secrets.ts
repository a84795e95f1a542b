import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

import { SCRYPT_COST, TOKEN_BYTES } from './limits.ts';

const SCRYPT_KEY_BYTES = 32;
const SALT_BYTES = 16;

/** What is stored of a token: tokens are long and random, so one round is enough. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** An access token in Salesforce's form: `00D…!…`, of letters, digits, `.` and `_` alone, as its clients expect. */
export function mintAccessToken(orgId: string): string {
  return `${orgId.slice(0, 15)}!AQ${randomWord()}`;
}

export function mintRefreshToken(): string {
  return `5Aep${randomWord()}`;
}

export function mintCode(): string {
  return `aPrx${randomWord()}`;
}

export function randomWord(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url').replaceAll('-', '.');
}

/** What is stored of a password or client secret, which people choose: salted and slow to guess. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, SCRYPT_COST);
  return `scrypt$${SCRYPT_COST}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [method, cost, salt, key] = stored.split('$');
  if (method !== 'scrypt' || cost === undefined || salt === undefined || key === undefined)
    return false;
  const expected = Buffer.from(key, 'base64url');
  const actual = await derive(password, Buffer.from(salt, 'base64url'), Number(cost));
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** base64 HMAC-SHA256, as Salesforce signs `id` + `issued_at`. */
export function sign(key: string | Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64');
}

export function sameText(one: string, other: string): boolean {
  return timingSafeEqual(hashToken(one), hashToken(other));
}

function derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, SCRYPT_KEY_BYTES, { N: cost }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
