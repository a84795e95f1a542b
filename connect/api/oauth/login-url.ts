import { z } from 'zod';

import { fault } from '../../faults.ts';
import type { Api } from '../context.ts';

/** Where to log in: Salesforce's own pages, or those of an org's own domain. */
export const Place = z.object({
  environment: z.enum(['production', 'sandbox', 'custom']).default('production'),
  /** With `custom`: the org's domain. */
  domain: z.string().min(1).optional(),
  login_url: z.url({ protocol: /^https?$/ }).optional(),
});
export type Place = z.infer<typeof Place>;

const SANDBOX_LOGIN = 'https://test.salesforce.com';

/** The login address, held against the hosts that tokens may be sent to. */
export async function loginUrlOf(
  { config, salesforce: { hosts } }: Api,
  place: Place,
): Promise<string> {
  const address = place.login_url ?? addressOf(place, config.salesforce.loginUrl);
  if (!address.startsWith('https:') && !address.startsWith('http:')) {
    const secure = new URL(`https://${address}`);
    const named = hosts.isNamed(secure) && isLoopback(secure.hostname);
    return (await hosts.check(named ? `http://${address}` : secure.toString())).origin;
  }
  return (await hosts.check(address)).origin;
}

function addressOf({ environment, domain }: Place, productionLogin: string): string {
  if (environment === 'sandbox') return SANDBOX_LOGIN;
  if (environment === 'production') return productionLogin;
  if (domain === undefined || !URL.canParse(`https://${domain.replace(/^https?:\/\//, '')}`)) {
    throw fault(
      'AUTHORIZATION_REFUSED',
      'With a custom environment the org’s domain is needed: mycompany.my.salesforce.com.',
    );
  }
  return domain;
}

/** An org on this machine speaks plain HTTP. */
export function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname) || hostname.endsWith('.localhost');
}
