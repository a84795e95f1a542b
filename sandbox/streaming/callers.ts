import type { Org } from '../org.ts';
import type { Authenticator, Session } from '../session.ts';
import { CALLERS_REMEMBERED_MAX, CALLER_REMEMBERED_MS } from './limits.ts';
import type { SeenOrg, SeesUsers } from './seen-org.ts';

/** Who asks, and the org as he may see it; undefined for a token that is not good. */
export interface CallerFound {
  readonly session: Session | undefined;
  readonly seen: SeenOrg | undefined;
}

interface CallersPorts {
  readonly org: Pick<Org, 'clock'> & SeesUsers;
  readonly authenticator: Authenticator;
}

/**
 * Finds who asks. A subscriber polls again after every event, often many times in a second: for a poll it is enough to
 * have been known a moment ago, since polls of sessions that have ended are ended too (`checkSessions`).
 */
export class Callers {
  readonly #ports: CallersPorts;
  readonly #recent = new Map<string, { readonly at: number; readonly found: CallerFound }>();

  constructor(ports: CallersPorts) {
    this.#ports = ports;
  }

  async find(
    token: string | undefined,
    { mayBeRecent }: { readonly mayBeRecent: boolean },
  ): Promise<CallerFound> {
    if (token === undefined) return { session: undefined, seen: undefined };
    const { authenticator, org } = this.#ports;
    const now = org.clock.now();
    const recent = this.#recent.get(token);
    if (mayBeRecent && recent !== undefined && Math.abs(now - recent.at) < CALLER_REMEMBERED_MS)
      return recent.found;
    const session = await authenticator.authenticate(token);
    const seen = session === undefined ? undefined : await org.seenBy(session);
    const found = { session, seen };
    if (this.#recent.size >= CALLERS_REMEMBERED_MAX) this.#recent.clear();
    if (session === undefined) this.#recent.delete(token);
    else this.#recent.set(token, { at: now, found });
    return found;
  }
}
