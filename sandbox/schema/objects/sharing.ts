import {
  READ_ONLY,
  READ_ONLY_OBJECT,
  SYSTEM,
  auditFields,
  datetime,
  defineField,
  defineObject,
  flag,
  id,
  isDeleted,
  lookup,
  pick,
  text,
  type FieldOptions,
} from '../define.ts';
import type { FieldDef } from '../field.ts';
import type { ObjectDef } from '../schema.ts';

const SETUP = {
  feedEnabled: false,
  layoutable: false,
  mruEnabled: false,
  searchable: false,
  triggerable: false,
  undeletable: false,
} as const;

/** Who belongs to a public group or a queue: people and other groups. */
export const GROUP_MEMBER = defineObject({
  name: 'GroupMember',
  label: 'Group Member',
  labelPlural: 'Group Members',
  keyPrefix: '011',
  flags: { ...SETUP, updateable: false },
  fields: [
    id('Group Member ID'),
    lookup('GroupId', 'Group ID', ['Group'], {
      nillable: false,
      updateable: false,
      children: 'GroupMembers',
      onParentDelete: 'cascade',
    }),
    lookup('UserOrGroupId', 'User/Group ID', ['Group', 'User'], {
      nillable: false,
      updateable: false,
      relationshipName: null,
    }),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  ],
});

/** Which objects' records a queue may own. */
export const QUEUE_SOBJECT = defineObject({
  name: 'QueueSobject',
  label: 'Queue Sobject',
  labelPlural: 'Queue Sobjects',
  keyPrefix: '03g',
  flags: { ...SETUP, updateable: false, replicateable: false },
  fields: [
    id('Queue SObject ID'),
    lookup('QueueId', 'Group ID', ['Group'], {
      nillable: false,
      updateable: false,
      children: 'QueueSobjects',
      onParentDelete: 'cascade',
    }),
    pick('SobjectType', 'SObject Type Name', [], {
      length: 40,
      nillable: false,
      updateable: false,
    }),
    lookup('CreatedById', 'Created By ID', ['User'], SYSTEM),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  ],
});

const ACCESS = { length: 40, nillable: false, restrictedPicklist: true } as const;

function accessLevel(name: string, label: string, options: FieldOptions = {}): FieldDef {
  return pick(
    name,
    label,
    [
      ['Read', 'Read Only'],
      ['Edit', 'Read/Write'],
      ['All', 'Owner'],
    ],
    {
      ...ACCESS,
      ...options,
    },
  );
}

interface Shared {
  readonly object: Pick<ObjectDef, 'name' | 'label'>;
  readonly keyPrefix: string;
  /** `AccountId`, `ParentId` */
  readonly parent: string;
  /** `AccountAccessLevel`, `AccessLevel` */
  readonly level: string;
  /** Levels for children of an account, which may be none. */
  readonly more?: readonly string[];
}

/** Who has been given a record, besides its owner and whom the org's rules give it. */
export function shareObject({ object, keyPrefix, parent, level, more = [] }: Shared): ObjectDef {
  const custom = object.name.endsWith('__c');
  const share = defineObject({
    name: custom ? object.name.replace(/__c$/, '__Share') : `${object.name}Share`,
    label: custom ? `Share: ${object.label}` : `${object.label} Share`,
    labelPlural: custom ? `Share: ${object.label}` : `${object.label} Share`,
    keyPrefix,
    flags: { ...SETUP },
    fields: [
      id('Sharing ID'),
      lookup(parent, `${object.label} ID`, [object.name], {
        nillable: false,
        updateable: false,
        children: 'Shares',
        onParentDelete: 'cascade',
        ...(custom ? { relationshipName: 'Parent' } : {}),
      }),
      lookup('UserOrGroupId', 'User/Group ID', ['Group', 'User'], {
        nillable: false,
        updateable: false,
        relationshipName: 'UserOrGroup',
      }),
      accessLevel(level, `${object.label} Access`),
      ...more.map((name) =>
        pick(name, name, ['None', 'Read', 'Edit'], {
          ...ACCESS,
          defaultValue: 'None',
          defaultedOnCreate: true,
        }),
      ),
      pick('RowCause', 'Row Cause', ['Owner', 'Manual', 'Rule'], {
        length: 40,
        updateable: false,
        defaultValue: 'Manual',
        defaultedOnCreate: true,
        restrictedPicklist: true,
        permissionable: false,
      }),
      datetime('LastModifiedDate', 'Last Modified Date', SYSTEM),
      lookup('LastModifiedById', 'Last Modified By ID', ['User'], SYSTEM),
      isDeleted(),
    ],
  });
  return { ...share, custom: false };
}

const OF_ACCOUNT = ['CaseAccessLevel', 'ContactAccessLevel', 'OpportunityAccessLevel'] as const;

function standardShare(name: string, keyPrefix: string, more: readonly string[] = []): ObjectDef {
  return shareObject({
    object: { name, label: name },
    keyPrefix,
    parent: `${name}Id`,
    level: `${name}AccessLevel`,
    more,
  });
}

/** The shares of standard objects; those of custom objects are made with them. */
export const STANDARD_SHARES: readonly ObjectDef[] = [
  standardShare('Account', '00r', OF_ACCOUNT),
  standardShare('Campaign', '08s'),
  standardShare('Case', '01n'),
  standardShare('Contact', '03s'),
  standardShare('Lead', '01o'),
  standardShare('Opportunity', '00t'),
];

/** What a user may do with a record. No table: it is worked out when asked (access/record-access.ts). */
export const USER_RECORD_ACCESS = defineObject({
  name: 'UserRecordAccess',
  label: 'User Record Access',
  labelPlural: 'User Record Access',
  keyPrefix: null,
  flags: { ...READ_ONLY_OBJECT, replicateable: false, retrieveable: false },
  fields: [
    id('User Record Access ID'),
    lookup('UserId', 'User ID', ['User'], { ...READ_ONLY, relationshipName: null }),
    defineField('RecordId', 'string', 'Record ID', { length: 18, ...READ_ONLY }),
    flag('HasReadAccess', 'Has Read Access', READ_ONLY),
    flag('HasEditAccess', 'Has Edit Access', READ_ONLY),
    flag('HasDeleteAccess', 'Has Delete Access', READ_ONLY),
    flag('HasTransferAccess', 'Has Transfer Access', READ_ONLY),
    flag('HasAllAccess', 'Has All Access', READ_ONLY),
    pick(
      'MaxAccessLevel',
      'Maximum Access Level',
      ['None', 'Read', 'Edit', 'Delete', 'Transfer', 'All'],
      { length: 40, ...READ_ONLY },
    ),
  ],
});

/** Permission sets that are given together. */
export const PERMISSION_SET_GROUP = defineObject({
  name: 'PermissionSetGroup',
  label: 'Permission Set Group',
  labelPlural: 'Permission Set Groups',
  keyPrefix: '0PG',
  flags: SETUP,
  fields: [
    id('PermissionSetGroup ID'),
    isDeleted(),
    text('DeveloperName', 80, 'API Name', {
      nillable: false,
      nameField: true,
      unique: true,
      idLookup: true,
    }),
    text('MasterLabel', 80, 'Label', { nillable: false }),
    text('NamespacePrefix', 15, 'Namespace Prefix', READ_ONLY),
    auditFields(),
    text('Description', 255, 'Description'),
    pick('Status', 'Status', ['Updated', 'Outdated', 'Updating', 'Failed'], {
      length: 40,
      ...SYSTEM,
      defaultValue: 'Updated',
    }),
  ],
});

export const PERMISSION_SET_GROUP_COMPONENT = defineObject({
  name: 'PermissionSetGroupComponent',
  label: 'Permission Set Group Component',
  labelPlural: 'Permission Set Group Components',
  keyPrefix: '0PH',
  flags: { ...SETUP, updateable: false },
  fields: [
    id('PermissionSetGroupComponent ID'),
    isDeleted(),
    lookup('PermissionSetGroupId', 'Permission Set Group ID', ['PermissionSetGroup'], {
      nillable: false,
      updateable: false,
      children: 'PermissionSetGroupComponents',
      onParentDelete: 'cascade',
    }),
    lookup('PermissionSetId', 'PermissionSet ID', ['PermissionSet'], {
      nillable: false,
      updateable: false,
      children: 'PermissionSetGroupComponents',
      onParentDelete: 'cascade',
    }),
    auditFields(),
  ],
});
