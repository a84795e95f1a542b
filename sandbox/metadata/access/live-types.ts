import { CONNECTED_APPS } from './connected-app.ts';
import type { LiveType } from './live-type.ts';
import { GROUPS_TYPE, QUEUES_TYPE } from './people.ts';
import { PERMISSION_SETS } from './permission-set.ts';
import { PROFILES_TYPE } from './profile.ts';
import { ROLES_TYPE } from './role.ts';
import { SHARING_RULES_TYPE } from './sharing-rules.ts';

const LIVE: ReadonlyMap<string, LiveType> = new Map(
  [
    CONNECTED_APPS,
    GROUPS_TYPE,
    PERMISSION_SETS,
    PROFILES_TYPE,
    QUEUES_TYPE,
    ROLES_TYPE,
    SHARING_RULES_TYPE,
  ].map((type) => [type.type, type]),
);

/** Types that are listed, read and retrieved as their records are now. */
export function findLiveType(type: string): LiveType | undefined {
  return LIVE.get(type);
}
