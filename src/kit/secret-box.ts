import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { codeOf } from './fault.ts';
import { fault } from './faults.ts';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Keeps secrets encrypted at rest. Each secret has a data key of its own (AES-256-GCM), which the key of the key file
 * wraps; `owner` (for instance "connection id|refresh token") is authenticated with both, so a sealed secret
 * copied to another owner's row, or altered by one bit, does not open.
 *
 * Sealed form: `v1.<key id>.<wrapped data key>.<sealed text>`, each part base64url.
 */
export class SecretBox {
  readonly #key: Buffer;
  readonly #keyId: string;

  constructor(key: Buffer) {
    this.#key = key;
    this.#keyId = createHash('sha256').update(key).digest('base64url').slice(0, 8);
  }

  seal(secret: string, owner: string): string {
    const dataKey = randomBytes(KEY_BYTES);
    const wrapped = encrypt(this.#key, dataKey, `${owner}|key`);
    const sealed = encrypt(dataKey, Buffer.from(secret, 'utf8'), owner);
    return ['v1', this.#keyId, wrapped.toString('base64url'), sealed.toString('base64url')].join(
      '.',
    );
  }

  /** @throws Fault SECRET_UNREADABLE */
  open(sealed: string, owner: string): string {
    const [version, keyId, wrapped, text] = sealed.split('.');
    if (version !== 'v1' || keyId !== this.#keyId || wrapped === undefined || text === undefined) {
      throw unreadable();
    }
    try {
      const dataKey = decrypt(this.#key, Buffer.from(wrapped, 'base64url'), `${owner}|key`);
      return decrypt(dataKey, Buffer.from(text, 'base64url'), owner).toString('utf8');
    } catch (cause) {
      throw unreadable(cause);
    }
  }
}

/** Opens the box whose key is in `file`; makes the file (mode 0600) at the first start. */
export async function openSecretBox(file: string): Promise<SecretBox> {
  await mkdir(dirname(file), { recursive: true });
  const fresh = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    // Written aside and linked into place: of two first starts at once one key wins, and no reader sees half of it.
    await writeFile(fresh, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
    await chmod(fresh, 0o600);
    await link(fresh, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(fresh, { force: true });
  }
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) {
    throw fault(
      'SECRET_KEY_UNUSABLE',
      `The key file ${file} may be read by others. Run: chmod 600 ${file}`,
    );
  }
  const key = await readFile(file);
  if (key.length !== KEY_BYTES) {
    throw fault(
      'SECRET_KEY_UNUSABLE',
      `The key file ${file} does not hold ${KEY_BYTES} bytes. Restore it from a backup; without it the stored secrets cannot be read.`,
    );
  }
  return new SecretBox(key);
}

function unreadable(cause?: unknown): Error {
  return fault(
    'SECRET_UNREADABLE',
    'A stored secret cannot be read with the present key file. Restore the key file, or enter the secret again.',
    { cause },
  );
}

function encrypt(key: Buffer, plain: Buffer, owner: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(owner, 'utf8'));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, owner: string): Buffer {
  const iv = sealed.subarray(0, IV_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(owner, 'utf8'));
  decipher.setAuthTag(tag);
  const body = sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES);
  return Buffer.concat([decipher.update(body), decipher.final()]);
}
