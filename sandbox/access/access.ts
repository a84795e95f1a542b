import { USER_PERMISSIONS } from '../schema/objects/directory.ts';

export type UserPermission = (typeof USER_PERMISSIONS)[number][0];

export interface ObjectRights {
  readonly read: boolean;
  readonly create: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
}

interface FieldRights {
  readonly read: boolean;
  readonly edit: boolean;
}

/** What a user's profile and permission sets together allow him. */
export interface Access {
  readonly permissions: ReadonlySet<UserPermission>;
  /** By object name. */
  readonly objects: ReadonlyMap<string, ObjectRights>;
  /** By `Object.Field`. */
  readonly fields: ReadonlyMap<string, FieldRights>;
}

export const ALL_PERMISSIONS: ReadonlySet<UserPermission> = new Set(
  USER_PERMISSIONS.map(([name]) => name).filter((name) => name !== 'ApiUserOnly'),
);
