import { BlockList, isIP } from 'node:net';

import { fault } from '../faults.ts';

/**
 * Where tokens may go. Addresses come from users (a login domain) and from answers (`instance_url`, `nextRecordsUrl`,
 * `id`), so each is held against this before a request: Salesforce's own domains over TLS, and what the operator named.
 */
export class OrgHosts {
  readonly #named: ReadonlySet<string>;

  /** @param named host or host:port, as in LANDBRIDGE_SF_HOSTS */
  constructor(named: readonly string[]) {
    this.#named = new Set(named.map((host) => host.toLowerCase()));
  }

  /** The origin of an address that tokens may be sent to. @throws Fault SALESFORCE_HOST_REFUSED */
  async check(address: string): Promise<URL> {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || url.username !== '' || url.password !== '') throw refused(address);
    if (this.isNamed(url) && (url.protocol === 'https:' || url.protocol === 'http:')) {
      return new URL(url.origin);
    }
    const own = url.protocol === 'https:' && url.port === '' && isIP(url.hostname) === 0;
    if (!own || !(await isSalesforceDomain(url.origin))) throw refused(address);
    return new URL(url.origin);
  }

  isNamed(url: URL): boolean {
    return this.#named.has(url.host);
  }
}

/**
 * Whether an origin is one of Salesforce's own domains. @salesforce/core knows them; it costs a third of a second and 50 MB,
 * so it is loaded when the first of them is met.
 */
async function isSalesforceDomain(origin: string): Promise<boolean> {
  const { SfdcUrl } = await import('@salesforce/core');
  return new SfdcUrl(origin).isSalesforceDomain();
}

/** Addresses that no Salesforce host has: a name that leads there was forged. */
export const PRIVATE_ADDRESSES = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE_ADDRESSES.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE_ADDRESSES.addSubnet(net, prefix, 'ipv6');
}

function refused(address: string): Error {
  const host = URL.canParse(address) ? new URL(address).origin : 'an address that is none';
  return fault(
    'SALESFORCE_HOST_REFUSED',
    `Connect does not talk to ${host}: it is not a Salesforce address over https. If it is an org of yours, add its host to LANDBRIDGE_SF_HOSTS.`,
  );
}
