import type { Caller } from '../access/views.ts';
import type { Org } from '../org.ts';

/** What event delivery needs of the org as a subscriber may see it. */
export type SeenOrg = Pick<Org, 'pool' | 'schema' | 'settings' | 'permissions'>;

export interface SeesUsers {
  seenBy(caller: Caller): Promise<SeenOrg>;
}
