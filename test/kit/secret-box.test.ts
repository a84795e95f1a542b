import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { openSecretBox, SecretBox } from '../../src/kit/secret-box.ts';

describe('a secret box', () => {
  const box = new SecretBox(randomBytes(32));

  test('opens what it sealed, for its owner only', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (secret, owner, other) => {
        const sealed = box.seal(secret, owner);
        expect(box.open(sealed, owner)).toBe(secret);
        fc.pre(owner !== other);
        expect(() => box.open(sealed, other)).toThrow('cannot be read');
      }),
      { numRuns: 50 },
    );
  });

  test('opens nothing that was altered in any byte', () => {
    const sealed = box.seal('00D-token', 'connection|refresh');
    for (let at = 0; at < sealed.length; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      const altered = `${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`;
      // The last character of a base64url part may carry bits that are not used: then nothing was altered.
      const same = altered.split('.').every((part, index) => {
        const original = sealed.split('.')[index] ?? '';
        return index < 2
          ? part === original
          : Buffer.from(part, 'base64url').equals(Buffer.from(original, 'base64url'));
      });
      if (!same) expect(() => box.open(altered, 'connection|refresh')).toThrow('cannot be read');
    }
  });

  test('does not open with another key', () => {
    const sealed = box.seal('secret', 'owner');
    expect(() => new SecretBox(randomBytes(32)).open(sealed, 'owner')).toThrow('key file');
  });

  test('seals the same secret differently each time', () => {
    expect(box.seal('secret', 'owner')).not.toBe(box.seal('secret', 'owner'));
  });
});

describe('the key file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'landbridge-key-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('is made once, with mode 0600, and kept, by however many starts at once', async () => {
    const file = join(folder, 'deep', 'connect.key');
    const boxes = await Promise.all(Array.from({ length: 5 }, () => openSecretBox(file)));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file)).toHaveLength(32);
    const sealed = boxes[0]?.seal('x', 'o') ?? '';
    for (const box of boxes) expect(box.open(sealed, 'o')).toBe('x');
  });

  test('is refused when others may read it, and says how to mend that', async () => {
    const file = join(folder, 'open.key');
    await openSecretBox(file);
    await chmod(file, 0o644);
    await expect(openSecretBox(file)).rejects.toThrow(`chmod 600 ${file}`);
  });
});
