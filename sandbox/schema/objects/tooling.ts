import {
  READ_ONLY,
  SYSTEM,
  area,
  auditFields,
  blob,
  datetime,
  defineObject,
  flag,
  id,
  int,
  lookup,
  number,
  pick,
  text,
} from '../define.ts';
import type { ObjectDef } from '../schema.ts';

/** Code and settings of developers: kept as records like any others; no Apex runs here. */
const KEPT = {
  feedEnabled: false,
  layoutable: false,
  mruEnabled: false,
  undeletable: false,
  triggerable: false,
} as const;

const LEVELS = [
  'NONE',
  'INTERNAL',
  'FINEST',
  'FINER',
  'FINE',
  'DEBUG',
  'INFO',
  'WARN',
  'ERROR',
] as const;
const LOG_CATEGORIES = [
  'Workflow',
  'Validation',
  'Callout',
  'ApexCode',
  'ApexProfiling',
  'Visualforce',
  'System',
  'Database',
  'Wave',
  'Nba',
] as const;

function code(
  name: string,
  label: string,
  labelPlural: string,
  keyPrefix: string,
  body: string,
): ObjectDef {
  return defineObject({
    name,
    label,
    labelPlural,
    keyPrefix,
    flags: KEPT,
    fields: [
      id(`${label} ID`),
      text('NamespacePrefix', 15, 'Namespace Prefix', READ_ONLY),
      text('Name', 255, 'Name', { nameField: true, nillable: false, defaultedOnCreate: true }),
      number('ApiVersion', 'Api Version', { precision: 3, scale: 1 }),
      pick('Status', 'Status', ['Inactive', 'Active', 'Deleted'], {
        length: 40,
        defaultValue: 'Active',
        defaultedOnCreate: true,
        restrictedPicklist: true,
      }),
      flag('IsValid', 'Is Valid', { ...SYSTEM, defaultValue: true }),
      area(body, 1_000_000, body, { nillable: false }),
      int('LengthWithoutComments', 'Size Without Comments', READ_ONLY),
      auditFields(),
    ],
  });
}

export const APEX_CLASS = code('ApexClass', 'Apex Class', 'Apex Classes', '01p', 'Body');
export const APEX_TRIGGER = code('ApexTrigger', 'Apex Trigger', 'Apex Triggers', '01q', 'Body');
export const APEX_PAGE = code('ApexPage', 'Visualforce Page', 'Visualforce Pages', '066', 'Markup');

export const STATIC_RESOURCE = defineObject({
  name: 'StaticResource',
  label: 'Static Resource',
  labelPlural: 'Static Resources',
  keyPrefix: '081',
  flags: KEPT,
  fields: [
    id('Static Resource ID'),
    text('NamespacePrefix', 15, 'Namespace Prefix', READ_ONLY),
    text('Name', 255, 'Name', { nameField: true, nillable: false }),
    text('ContentType', 120, 'MIME Type'),
    int('BodyLength', 'Size', READ_ONLY),
    blob('Body', 'Body'),
    area('Description', 255, 'Description'),
    auditFields(),
    pick('CacheControl', 'Cache Control', ['Private', 'Public'], {
      length: 40,
      defaultValue: 'Private',
      defaultedOnCreate: true,
      restrictedPicklist: true,
    }),
  ],
});

export const DEBUG_LEVEL = defineObject({
  name: 'DebugLevel',
  label: 'Debug Level',
  labelPlural: 'Debug Levels',
  keyPrefix: '7dl',
  flags: KEPT,
  fields: [
    id('Debug Level ID'),
    text('DeveloperName', 80, 'Name', { nameField: true, nillable: false, unique: true }),
    text('Language', 40, 'Master Language'),
    text('MasterLabel', 80, 'Label', { nillable: false }),
    ...LOG_CATEGORIES.map((name) =>
      pick(name, name, LEVELS, {
        length: 40,
        defaultValue: 'INFO',
        defaultedOnCreate: true,
        restrictedPicklist: true,
      }),
    ),
    auditFields(),
  ],
});

export const TRACE_FLAG = defineObject({
  name: 'TraceFlag',
  label: 'Trace Flag',
  labelPlural: 'Trace Flags',
  keyPrefix: '7tf',
  flags: KEPT,
  fields: [
    id('Trace Flag ID'),
    lookup('TracedEntityId', 'Traced Entity ID', ['ApexClass', 'ApexTrigger', 'User'], {
      nillable: false,
    }),
    lookup('DebugLevelId', 'Debug Level ID', ['DebugLevel'], {
      children: 'TraceFlags',
      onParentDelete: 'cascade',
    }),
    pick('LogType', 'Log Type', ['DEVELOPER_LOG', 'USER_DEBUG', 'CLASS_TRACING'], {
      length: 40,
      nillable: false,
      restrictedPicklist: true,
    }),
    datetime('StartDate', 'Start Date'),
    datetime('ExpirationDate', 'Expiration Date'),
    auditFields(),
  ],
});

/** Objects of the Tooling API; those in the first list are seen by it alone. */
export const TOOLING_ONLY: ReadonlySet<string> = new Set([
  'ApexCodeCoverage',
  'ApexCodeCoverageAggregate',
  'ApexOrgWideCoverage',
  'CustomField',
  'CustomObject',
  'DebugLevel',
  'EntityDefinition',
  'FieldDefinition',
  'TraceFlag',
  'ValidationRule',
  'ManagedEventSubscription',
  'PlatformEventChannel',
  'PlatformEventChannelMember',
]);
export const TOOLING: ReadonlySet<string> = new Set([
  ...TOOLING_ONLY,
  'ApexClass',
  'ApexLog',
  'ApexPage',
  'ApexTestQueueItem',
  'ApexTestResult',
  'ApexTrigger',
  'StaticResource',
  'User',
]);
