import type { User } from '../../store/users.ts';

/** Whether `:user` of a path (`~`, an id or an e-mail address) is the caller. Nobody sees another account. */
export function isOneself(user: User, identity: string): boolean {
  return (
    identity === '~' || identity === user.id || identity.toLowerCase() === user.email.toLowerCase()
  );
}
