import {
  auditFields,
  datetime,
  defineObject,
  flag,
  id,
  lookup,
  pick,
  READ_ONLY,
  SYSTEM,
  text,
} from '../define.ts';
import { USER_PERMISSIONS } from './directory.ts';

const FLAGS = {
  feedEnabled: false,
  layoutable: false,
  mruEnabled: false,
  searchable: false,
  triggerable: false,
  undeletable: false,
} as const;

/** Permissions that can be given to users; every profile owns one, which holds the profile's. */
export const PERMISSION_SET = defineObject({
  name: 'PermissionSet',
  label: 'Permission Set',
  labelPlural: 'Permission Sets',
  keyPrefix: '0PS',
  flags: FLAGS,
  fields: [
    id('PermissionSet ID'),
    text('Name', 80, 'Permission Set Name', {
      nillable: false,
      nameField: true,
      unique: true,
      idLookup: true,
    }),
    text('Label', 80, 'Permission Set Label', { nillable: false }),
    lookup('LicenseId', 'License ID', ['UserLicense'], { updateable: false }),
    lookup('ProfileId', 'Profile ID', ['Profile'], READ_ONLY),
    flag('IsOwnedByProfile', 'Is Owned By Profile', SYSTEM),
    flag('IsCustom', 'Is Custom', { ...SYSTEM, defaultValue: true }),
    ...USER_PERMISSIONS.map(([name, label]) => flag(`Permissions${name}`, label)),
    text('Description', 255, 'Description'),
    auditFields(),
  ],
});

/** What a permission set allows on an object. No record: nothing. */
export const OBJECT_PERMISSIONS = defineObject({
  name: 'ObjectPermissions',
  label: 'Object Permissions',
  labelPlural: 'Object Permissions',
  keyPrefix: '110',
  flags: FLAGS,
  fields: [
    id('ObjectPermissions Id'),
    lookup('ParentId', 'Parent ID', ['PermissionSet'], {
      nillable: false,
      updateable: false,
      children: 'ObjectPerms',
      onParentDelete: 'cascade',
    }),
    pick('SobjectType', 'SObject Type Name', [], {
      length: 40,
      nillable: false,
      updateable: false,
    }),
    flag('PermissionsCreate', 'Create Records'),
    flag('PermissionsRead', 'Read Records'),
    flag('PermissionsEdit', 'Edit Records'),
    flag('PermissionsDelete', 'Delete Records'),
    flag('PermissionsViewAllRecords', 'Read All Records'),
    flag('PermissionsModifyAllRecords', 'Edit All Records'),
    auditFields(),
  ],
});

/** What a permission set allows on a field that can be hidden (`permissionable`). No record: nothing. */
export const FIELD_PERMISSIONS = defineObject({
  name: 'FieldPermissions',
  label: 'Field Permissions',
  labelPlural: 'Field Permissions',
  keyPrefix: '01k',
  flags: FLAGS,
  fields: [
    id('FieldPermissions Id'),
    lookup('ParentId', 'Parent ID', ['PermissionSet'], {
      nillable: false,
      updateable: false,
      children: 'FieldPerms',
      onParentDelete: 'cascade',
    }),
    pick('SobjectType', 'SObject Type Name', [], {
      length: 40,
      nillable: false,
      updateable: false,
    }),
    pick('Field', 'Field Name', [], { nillable: false, updateable: false }),
    flag('PermissionsEdit', 'Edit Field'),
    flag('PermissionsRead', 'Read Field'),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  ],
});

export const PERMISSION_SET_ASSIGNMENT = defineObject({
  name: 'PermissionSetAssignment',
  label: 'Permission Set Assignment',
  labelPlural: 'Permission Set Assignments',
  keyPrefix: '0Pa',
  flags: { ...FLAGS, updateable: false },
  fields: [
    id('PermissionSetAssignment Id'),
    // Empty when a whole group is assigned.
    lookup('PermissionSetId', 'PermissionSet ID', ['PermissionSet'], {
      updateable: false,
      children: 'Assignments',
      onParentDelete: 'cascade',
    }),
    lookup('PermissionSetGroupId', 'Permission Set Group ID', ['PermissionSetGroup'], {
      updateable: false,
      children: 'Assignments',
      onParentDelete: 'cascade',
    }),
    lookup('AssigneeId', 'Assignee ID', ['User'], {
      nillable: false,
      updateable: false,
      children: 'PermissionSetAssignments',
    }),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  ],
});
