import type pg from 'pg';

import type { Clock } from '../../src/kit/clock.ts';
import type { Log } from '../../src/kit/log.ts';
import type { Settings } from '../settings.ts';
import type { FindSigningKey } from './signing-key.ts';

/** A user of the org as login and identity pages show him. */
export interface OrgUser {
  readonly id: string;
  readonly profileId: string;
  readonly username: string;
  readonly email: string;
  readonly firstName: string | null;
  readonly lastName: string;
  readonly name: string;
  readonly nickname: string;
  readonly active: boolean;
  readonly userType: string;
  readonly timeZone: string;
  readonly locale: string;
  readonly language: string;
  readonly mobilePhone: string | null;
  readonly street: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly postalCode: string | null;
  readonly country: string | null;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
}

/** Where users are found: they are records of the org like any others. */
export interface Directory {
  /** The organization's 18-character id. */
  readonly orgId: string;
  findUserById(id: string): Promise<OrgUser | undefined>;
  /** Usernames are compared without regard to case. */
  findUserByUsername(username: string): Promise<OrgUser | undefined>;
}

export interface OAuthPorts {
  readonly pool: pg.Pool;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Pick<Settings, 'sessionTimeoutMs'>;
  /** Random bytes of this process: they key the form tokens and, for clients without a secret, the `signature`. */
  readonly key: Buffer;
  /** What tokens that others verify are signed with. */
  readonly signingKey: FindSigningKey;
}
