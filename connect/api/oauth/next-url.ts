import { isLoopback } from './login-url.ts';

/** Whether a browser may be sent on to an address after a login: this machine (the command line listens there) or the platform. */
export function isNextAllowed(next: string, publicUrl: string): boolean {
  if (!URL.canParse(next)) return false;
  const url = new URL(next);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  if (url.username !== '' || url.password !== '') return false;
  return isLoopback(url.hostname) || url.origin === new URL(publicUrl).origin;
}
