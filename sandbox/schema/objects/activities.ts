import {
  READ_ONLY,
  SYSTEM,
  READ_ONLY_OBJECT,
  area,
  auditFields,
  date,
  datetime,
  defineObject,
  flag,
  id,
  int,
  isDeleted,
  lookup,
  pick,
  text,
} from '../define.ts';
import type { ObjectDef } from '../schema.ts';

const WHAT = [
  'Asset',
  'Campaign',
  'Case',
  'Contract',
  'Opportunity',
  'Order',
  'Product2',
  'Solution',
] as const;

/** What was done for a record, or is still to be done: tasks and events in one list, read as its children alone. */
function activities(name: string, labels: readonly [string, string], children: string): ObjectDef {
  const [label, labelPlural] = labels;
  return defineObject({
    name,
    label,
    labelPlural,
    keyPrefix: null,
    isView: true,
    flags: { ...READ_ONLY_OBJECT, queryable: false, replicateable: false, retrieveable: false },
    fields: [
      id('Activity ID'),
      lookup('AccountId', 'Account ID', ['Account'], {
        ...READ_ONLY,
        cascadeDelete: true,
        children,
      }),
      lookup('WhoId', 'Name ID', ['Contact', 'Lead'], {
        ...READ_ONLY,
        cascadeDelete: true,
        children,
      }),
      lookup('WhatId', 'Related To ID', WHAT, { ...READ_ONLY, cascadeDelete: true, children }),
      text('Subject', 255, 'Subject', { ...READ_ONLY, nameField: true }),
      flag('IsTask', 'Task', SYSTEM),
      date('ActivityDate', 'Date', READ_ONLY),
      lookup('OwnerId', 'Assigned To ID', ['User'], READ_ONLY),
      pick('Status', 'Status', [], { ...READ_ONLY, length: 40 }),
      pick('Priority', 'Priority', [], { ...READ_ONLY, length: 40 }),
      flag('IsHighPriority', 'High Priority', SYSTEM),
      pick('ActivityType', 'Type', [], { ...READ_ONLY, length: 40 }),
      flag('IsClosed', 'Closed', SYSTEM),
      flag('IsAllDayEvent', 'All-Day Event', SYSTEM),
      int('DurationInMinutes', 'Duration', READ_ONLY),
      text('Location', 255, 'Location', READ_ONLY),
      area('Description', 32_000, 'Comments', READ_ONLY),
      isDeleted(),
      auditFields(),
      int('CallDurationInSeconds', 'Call Duration', READ_ONLY),
      pick('CallType', 'Call Type', [], { ...READ_ONLY, length: 40 }),
      text('CallDisposition', 255, 'Call Result', READ_ONLY),
      text('CallObject', 255, 'Call Object Identifier', READ_ONLY),
      datetime('ReminderDateTime', 'Reminder Date/Time', READ_ONLY),
      flag('IsReminderSet', 'Reminder Set', SYSTEM),
      datetime('EndDateTime', 'End Date Time', READ_ONLY),
      datetime('StartDateTime', 'Start Date Time', READ_ONLY),
      pick('ActivitySubtype', 'Activity Subtype', [], { ...READ_ONLY, length: 40 }),
    ],
  });
}

export const ACTIVITY_HISTORY = activities(
  'ActivityHistory',
  ['Activity History', 'Activity History'],
  'ActivityHistories',
);
export const OPEN_ACTIVITY = activities(
  'OpenActivity',
  ['Open Activity', 'Open Activities'],
  'OpenActivities',
);
