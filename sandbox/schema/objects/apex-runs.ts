import {
  READ_ONLY,
  READ_ONLY_OBJECT,
  SYSTEM,
  area,
  auditFields,
  datetime,
  defineObject,
  id,
  int,
  lookup,
  pick,
  text,
} from '../define.ts';
import type { FieldDef } from '../field.ts';
import type { ObjectDef } from '../schema.ts';

/** What running Apex leaves behind. None runs here, so there are no such records, and clients that look find none. */
function empty(
  name: string,
  label: string,
  keyPrefix: string,
  fields: readonly (FieldDef | readonly FieldDef[])[],
): ObjectDef {
  return defineObject({
    name,
    label,
    labelPlural: `${label}s`,
    keyPrefix,
    flags: { ...READ_ONLY_OBJECT, replicateable: false },
    fields: [id(`${label} ID`), ...fields],
  });
}

const RESULT = { ...READ_ONLY, length: 40 } as const;
const number = (name: string): FieldDef => int(name, name, READ_ONLY);
const moment = (name: string): FieldDef => datetime(name, name, READ_ONLY);
const words = (name: string, length = 255): FieldDef => text(name, length, name, READ_ONLY);
const to = (name: string, object: string): FieldDef => lookup(name, name, [object], READ_ONLY);

const LOG = empty('ApexLog', 'Apex Debug Log', '07L', [
  to('LogUserId', 'User'),
  number('LogLength'),
  datetime('LastModifiedDate', 'Last Modified Date', SYSTEM),
  words('Request', 50),
  words('Operation', 36),
  words('Application', 36),
  words('Status'),
  number('DurationMilliseconds'),
  datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  moment('StartTime'),
  pick('Location', 'Location', ['Monitoring', 'SystemLog', 'HeapDump'], RESULT),
  words('RequestIdentifier', 36),
]);
const TEST_QUEUE_ITEM = empty('ApexTestQueueItem', 'Apex Test Queue Item', '709', [
  to('ApexClassId', 'ApexClass'),
  pick('Status', 'Status', ['Queued', 'Processing', 'Aborted', 'Completed', 'Failed'], RESULT),
  words('ExtendedStatus', 1_000),
  to('ParentJobId', 'AsyncApexJob'),
  words('TestRunResultID', 18),
  auditFields(),
]);
const TEST_RESULT = empty('ApexTestResult', 'Apex Test Result', '07M', [
  datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  moment('TestTimestamp'),
  pick('Outcome', 'Outcome', ['Pass', 'Fail', 'CompileFail', 'Skip'], RESULT),
  to('ApexClassId', 'ApexClass'),
  words('MethodName'),
  area('Message', 4_000, 'Message', READ_ONLY),
  area('StackTrace', 4_000, 'Stack Trace', READ_ONLY),
  to('AsyncApexJobId', 'AsyncApexJob'),
  to('QueueItemId', 'ApexTestQueueItem'),
  to('ApexLogId', 'ApexLog'),
  number('RunTime'),
]);
const COVERAGE = [number('NumLinesCovered'), number('NumLinesUncovered')];
const CODE_COVERAGE = empty('ApexCodeCoverage', 'Apex Code Coverage', '714', [
  to('ApexTestClassId', 'ApexClass'),
  words('TestMethodName'),
  lookup('ApexClassOrTriggerId', 'ApexClassOrTriggerId', ['ApexClass', 'ApexTrigger'], READ_ONLY),
  COVERAGE,
  auditFields(),
]);
const COVERAGE_AGGREGATE = empty(
  'ApexCodeCoverageAggregate',
  'Apex Code Coverage Aggregate',
  '715',
  [
    lookup('ApexClassOrTriggerId', 'ApexClassOrTriggerId', ['ApexClass', 'ApexTrigger'], READ_ONLY),
    COVERAGE,
    auditFields(),
  ],
);
const ORG_WIDE_COVERAGE = empty('ApexOrgWideCoverage', 'Apex Org Wide Coverage', '716', [
  number('PercentCovered'),
  datetime('SystemModstamp', 'System Modstamp', SYSTEM),
]);

export const APEX_RUNS: readonly ObjectDef[] = [
  LOG,
  TEST_QUEUE_ITEM,
  TEST_RESULT,
  CODE_COVERAGE,
  COVERAGE_AGGREGATE,
  ORG_WIDE_COVERAGE,
];
