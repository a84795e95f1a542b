import {
  READ_ONLY_OBJECT,
  READ_ONLY,
  SYSTEM,
  area,
  auditFields,
  defineObject,
  email,
  flag,
  id,
  isDeleted,
  lookup,
  number,
  phone,
  pick,
  text,
  viewedFields,
} from '../define.ts';

/** The target of polymorphic references: a view over everything that may own or be related. */
export const NAME = defineObject({
  name: 'Name',
  label: 'Name',
  labelPlural: 'Names',
  keyPrefix: null,
  isView: true,
  flags: { ...READ_ONLY_OBJECT, queryable: false, replicateable: false, retrieveable: false },
  fields: [
    id('Name ID'),
    text('Name', 255, 'Name', { ...READ_ONLY, nameField: true }),
    text('LastName', 80, 'Last Name', READ_ONLY),
    text('FirstName', 40, 'First Name', READ_ONLY),
    text('Type', 40, 'Type', READ_ONLY),
    text('Alias', 8, 'Alias', READ_ONLY),
    lookup('UserRoleId', 'Role ID', ['UserRole'], READ_ONLY),
    lookup('RecordTypeId', 'Record Type ID', ['RecordType'], READ_ONLY),
    flag('IsActive', 'Active', SYSTEM),
    lookup('ProfileId', 'Profile ID', ['Profile'], READ_ONLY),
    text('Title', 128, 'Title', READ_ONLY),
    email('Email', 'Email', READ_ONLY),
    phone('Phone', 'Phone', READ_ONLY),
    text('NameOrAlias', 255, 'Name or Alias', READ_ONLY),
    text('Username', 80, 'Username', READ_ONLY),
    viewedFields(),
  ],
});

/** What a profile or permission set lets its users do, besides the rights on objects and fields. */
export const USER_PERMISSIONS = [
  ['ApiEnabled', 'API Enabled'],
  ['ModifyAllData', 'Modify All Data'],
  ['ViewAllData', 'View All Data'],
  ['ManageUsers', 'Manage Internal Users'],
  ['CustomizeApplication', 'Customize Application'],
  ['ViewSetup', 'View Setup and Configuration'],
  ['AuthorApex', 'Author Apex'],
  ['BulkApiHardDelete', 'Bulk API Hard Delete'],
  ['PasswordNeverExpires', 'Password Never Expires'],
  ['ModifyMetadata', 'Modify Metadata Through Metadata API Functions'],
  ['ApiUserOnly', 'Api Only User'],
  ['ViewEncryptedData', 'View Encrypted Data'],
] as const;

export const PROFILE = defineObject({
  name: 'Profile',
  label: 'Profile',
  labelPlural: 'Profiles',
  keyPrefix: '00e',
  flags: { ...READ_ONLY_OBJECT, updateable: true },
  fields: [
    id('Profile ID'),
    text('Name', 255, 'Name', { ...SYSTEM, nameField: true }),
    ...USER_PERMISSIONS.map(([name, label]) =>
      flag(`Permissions${name}`, label, { createable: false }),
    ),
    lookup('UserLicenseId', 'User License ID', ['UserLicense'], {
      ...SYSTEM,
      children: 'Profiles',
    }),
    pick('UserType', 'User Type', ['Standard', 'Guest'], {
      ...READ_ONLY,
      length: 40,
      restrictedPicklist: true,
    }),
    auditFields(),
    text('Description', 255, 'Description', { createable: false }),
    viewedFields(),
  ],
});

export const USER_LICENSE = defineObject({
  name: 'UserLicense',
  label: 'User License',
  labelPlural: 'User Licenses',
  keyPrefix: '100',
  flags: { ...READ_ONLY_OBJECT, replicateable: false },
  fields: [
    id('User License ID'),
    text('LicenseDefinitionKey', 40, 'License Def. ID', SYSTEM),
    text('Name', 40, 'Name', { ...SYSTEM, nameField: true }),
    auditFields(),
  ],
});

export const USER_ROLE = defineObject({
  name: 'UserRole',
  label: 'Role',
  labelPlural: 'Role',
  keyPrefix: '00E',
  flags: {
    feedEnabled: false,
    layoutable: false,
    mruEnabled: false,
    triggerable: false,
    undeletable: false,
  },
  fields: [
    id('Role ID'),
    text('Name', 80, 'Name', { nameField: true, nillable: false }),
    lookup('ParentRoleId', 'Parent Role ID', ['UserRole'], { relationshipName: null }),
    text('RollupDescription', 80, 'Description'),
    lookup('PortalAccountId', 'Account ID', ['Account'], { ...READ_ONLY, relationshipName: null }),
    pick(
      'OpportunityAccessForAccountOwner',
      'Opportunity Access Level for Account Owner',
      ['None', 'Read', 'Edit'],
      {
        length: 40,
        nillable: false,
        defaultValue: 'Edit',
        defaultedOnCreate: true,
        restrictedPicklist: true,
      },
    ),
    auditFields(),
    ...['Case', 'Contact'].map((object) =>
      pick(
        `${object}AccessForAccountOwner`,
        `${object} Access Level for Account Owner`,
        ['None', 'Read', 'Edit'],
        {
          length: 40,
          nillable: false,
          defaultValue: 'Edit',
          defaultedOnCreate: true,
          restrictedPicklist: true,
        },
      ),
    ),
    text('DeveloperName', 80, 'Developer Name'),
  ],
});

export const GROUP = defineObject({
  name: 'Group',
  label: 'Group',
  labelPlural: 'Groups',
  keyPrefix: '00G',
  flags: {
    feedEnabled: false,
    layoutable: false,
    triggerable: false,
    undeletable: false,
    mruEnabled: false,
  },
  fields: [
    id('Group ID'),
    text('Name', 40, 'Name', { nameField: true, nillable: false }),
    text('DeveloperName', 80, 'Developer Name'),
    lookup('RelatedId', 'Related ID', ['User', 'UserRole'], {
      ...READ_ONLY,
      relationshipName: 'Related',
    }),
    pick(
      'Type',
      'Type',
      [
        'Regular',
        'Role',
        'RoleAndSubordinates',
        'RoleAndSubordinatesInternal',
        'Organization',
        'Queue',
      ],
      {
        length: 40,
        nillable: false,
        updateable: false,
        defaultValue: 'Regular',
        defaultedOnCreate: true,
        restrictedPicklist: true,
      },
    ),
    email('Email', 'Email'),
    lookup('OwnerId', 'Owner ID', ['Organization', 'User'], { ...SYSTEM, namePointing: true }),
    flag('DoesSendEmailToMembers', 'Send Email to Members'),
    flag('DoesIncludeBosses', 'Include Bosses', { defaultValue: true }),
    auditFields(),
  ],
});

export const RECORD_TYPE = defineObject({
  name: 'RecordType',
  label: 'Record Type',
  labelPlural: 'Record Types',
  keyPrefix: '012',
  flags: {
    feedEnabled: false,
    layoutable: false,
    mruEnabled: false,
    undeletable: false,
    searchable: false,
    deletable: false,
  },
  fields: [
    id('Record Type ID'),
    text('Name', 80, 'Name', { nameField: true, nillable: false }),
    text('DeveloperName', 80, 'Record Type Name', { nillable: false }),
    text('NamespacePrefix', 15, 'Namespace Prefix', READ_ONLY),
    text('Description', 255, 'Description'),
    lookup('BusinessProcessId', 'Business Process ID', ['BusinessProcess'], {
      relationshipName: null,
    }),
    text('SobjectType', 40, 'SObject Type Name', { nillable: false, updateable: false }),
    flag('IsActive', 'Active'),
    auditFields(),
  ],
});

export const PUSH_TOPIC = defineObject({
  name: 'PushTopic',
  label: 'Push Topic',
  labelPlural: 'Push Topics',
  keyPrefix: '0IF',
  flags: {
    feedEnabled: false,
    layoutable: false,
    mruEnabled: false,
    undeletable: false,
    searchable: false,
    triggerable: false,
  },
  fields: [
    id('Push Topic ID'),
    text('Name', 25, 'Topic Name', {
      nameField: true,
      nillable: false,
      unique: true,
      idLookup: true,
    }),
    area('Query', 1300, 'SOQL Query', { nillable: false }),
    {
      ...number('ApiVersion', 'API Version'),
      nillable: false,
      required: true,
      precision: 3,
      scale: 1,
    },
    flag('IsActive', 'Is Active', { defaultValue: true }),
    pick('NotifyForFields', 'Notify For Fields', ['Select', 'Where', 'Referenced', 'All'], {
      length: 40,
      nillable: false,
      defaultValue: 'Referenced',
      defaultedOnCreate: true,
      restrictedPicklist: true,
    }),
    pick(
      'NotifyForOperations',
      'Notify For Operations',
      ['Create', 'Update', 'Delete', 'Undelete', 'All', 'Extended'],
      {
        length: 40,
        nillable: false,
        defaultValue: 'All',
        defaultedOnCreate: true,
        restrictedPicklist: true,
      },
    ),
    area('Description', 400, 'Description'),
    flag('NotifyForOperationCreate', 'Create', { defaultValue: true }),
    flag('NotifyForOperationUpdate', 'Update', { defaultValue: true }),
    flag('NotifyForOperationDelete', 'Delete', { defaultValue: true }),
    flag('NotifyForOperationUndelete', 'Undelete', { defaultValue: true }),
    isDeleted(),
    auditFields(),
  ],
});

export const STREAMING_CHANNEL = defineObject({
  name: 'StreamingChannel',
  label: 'Streaming Channel',
  labelPlural: 'Streaming Channels',
  keyPrefix: '0M6',
  flags: { feedEnabled: false, layoutable: true, triggerable: false, undeletable: false },
  fields: [
    id('Streaming Channel ID'),
    lookup('OwnerId', 'Owner ID', ['Group', 'User'], { nillable: false, defaultedOnCreate: true }),
    isDeleted(),
    text('Name', 80, 'Streaming Channel Name', {
      nameField: true,
      nillable: false,
      unique: true,
      idLookup: true,
    }),
    auditFields(),
    viewedFields(),
    flag('IsDynamic', 'Is Dynamic', SYSTEM),
    area('Description', 255, 'Description'),
  ],
});
