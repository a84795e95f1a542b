import 'reflect-metadata';

import { randomBytes, webcrypto } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

import * as x509 from '@peculiar/x509';

import { codeOf } from './fault.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const CA_LIFE_DAYS = 3_650;
/** Clients refuse leaf certificates that live longer (CA/Browser Forum, 398 days). */
const LEAF_LIFE_DAYS = 397;
/** A certificate is replaced when it has less than this left. */
const RENEW_BEFORE_DAYS = 30;

export interface Certificate {
  /** The leaf and the authority's certificate, PEM. */
  readonly cert: string;
  /** PKCS #8, PEM. */
  readonly key: string;
}

/**
 * A certificate authority of this installation's own, made at the first start. Clients that are told to trust
 * `caFile` (NODE_EXTRA_CA_CERTS, GIT_SSL_CAINFO) verify our servers as they would any other.
 */
export interface Authority {
  readonly caFile: string;
  /** Makes a server certificate for host names and addresses. */
  issue(names: readonly [string, ...string[]]): Promise<Certificate>;
}

/** Opens the authority in `folder`, making its key (mode 0600) and certificate when there is none or it nears its end. */
export async function openAuthority(folder: string): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto);
  await mkdir(folder, { recursive: true });
  const caFile = join(folder, 'ca.crt');
  const { cert, key } = (await readAuthority(folder)) ?? (await makeAuthority(folder));
  return { caFile, issue: (names) => issue({ cert, key }, names) };
}

interface KeyedCertificate {
  readonly cert: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

async function readAuthority(folder: string): Promise<KeyedCertificate | undefined> {
  try {
    const [certPem, keyPem] = await Promise.all([
      readFile(join(folder, 'ca.crt'), 'utf8'),
      readFile(join(folder, 'ca.key'), 'utf8'),
    ]);
    const cert = new x509.X509Certificate(certPem);
    if (cert.notAfter.getTime() - Date.now() < RENEW_BEFORE_DAYS * DAY_MS) return undefined;
    const der = x509.PemConverter.decodeFirst(keyPem);
    const key = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
    return { cert, key };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function makeAuthority(folder: string): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Landbridge local authority',
    ...lifetime(CA_LIFE_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // The key first: a crash between the two leaves no certificate, and the pair is made again.
  await writeWhole(join(folder, 'ca.key'), await privatePem(keys.privateKey), 0o600);
  await writeWhole(join(folder, 'ca.crt'), `${cert.toString('pem')}\n`, 0o644);
  return { cert, key: keys.privateKey };
}

async function issue(
  authority: KeyedCertificate,
  names: readonly [string, ...string[]],
): Promise<Certificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [names[0].slice(0, 64)] }],
    issuer: authority.cert.subject,
    ...lifetime(LEAF_LIFE_DAYS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => (isIP(value) === 0 ? { type: 'dns', value } : { type: 'ip', value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authority.cert),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    cert: `${leaf.toString('pem')}\n${authority.cert.toString('pem')}\n`,
    key: await privatePem(keys.privateKey),
  };
}

function lifetime(days: number): { notBefore: Date; notAfter: Date } {
  // A day of grace for clocks that run behind.
  return {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + days * DAY_MS),
  };
}

/** Positive and unpredictable (RFC 5280, section 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await writeFile(fresh, text, { mode });
  await rename(fresh, file);
}
