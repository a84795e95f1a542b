import { USER_PERMISSIONS } from '../schema/objects/directory.ts';
import type { SharingModel } from '../schema/sharing-model.ts';

export type UserPermission = (typeof USER_PERMISSIONS)[number][0];

export interface ObjectRights {
  readonly read: boolean;
  readonly create: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
}

/** Rights on all of an object's records, whoever owns them. */
interface AllRecords {
  readonly view: boolean;
  readonly modify: boolean;
}

interface FieldRights {
  readonly read: boolean;
  readonly edit: boolean;
}

interface RecordTypeRights {
  /** In lower case. */
  readonly object: string;
  readonly visible: boolean;
  readonly isDefault: boolean;
}

/** Gives the records of some, or of some kind, to others. */
export interface SharingRule {
  readonly object: string;
  readonly name: string;
  readonly level: 'Read' | 'Edit';
  readonly toGroup: string;
  /** Whose records; undefined when a condition says which. */
  readonly fromGroup: string | undefined;
  /** A condition in SOQL. */
  readonly condition: string | undefined;
}

/** What a user's profile and permission sets together allow him, and how records are shared in the org. */
export interface Access {
  readonly permissions: ReadonlySet<UserPermission>;
  /** By object name. */
  readonly objects: ReadonlyMap<string, ObjectRights>;
  readonly allRecords: ReadonlyMap<string, AllRecords>;
  /** By `Object.Field`. */
  readonly fields: ReadonlyMap<string, FieldRights>;
  /** Organization-wide defaults that somebody has set, by object name. */
  readonly models: ReadonlyMap<string, SharingModel>;
  /** Of objects about which somebody has said so: which record types may be given, by lower-case `Object.Type`. */
  readonly recordTypes: ReadonlyMap<string, RecordTypeRights>;
  readonly rules: readonly SharingRule[];
}

export const ALL_PERMISSIONS: ReadonlySet<UserPermission> = new Set(
  USER_PERMISSIONS.map(([name]) => name).filter(
    (name) => name !== 'ApiUserOnly' && name !== 'ViewEncryptedData',
  ),
);
