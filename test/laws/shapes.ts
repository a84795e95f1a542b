import type { MappedField, MappingPlan } from '../../connect/core/plan.ts';
import type { Mechanisms } from '../../connect/core/rules.ts';
import type { SyncBounds } from '../../connect/sync/sync.ts';
import type { Shape } from './bench.ts';
import type { Random } from './random.ts';
import type { Weather } from './weather.ts';

/** What can be taken away from the engine, to see that the laws notice. */
export type Ablation = keyof Mechanisms | Habit;

/** What the loops do, rather than the step. */
type Habit = 'lookBack' | 'deletedList';

export function isHabit(ablation: Ablation): ablation is Habit {
  return ablation === 'lookBack' || ablation === 'deletedList';
}

export function boundsOf(
  { serverAppliesWithinMs }: Weather,
  without: Ablation | undefined,
): SyncBounds {
  return {
    step: {
      serverAppliesWithinMs,
      clockSkewMs: 1_000,
      retryFirstMs: 500,
      retryMaxMs: 4_000,
      recordRetriesMax: 8,
    },
    claimRowsMax: 4,
    sendRecordsMax: 3,
    sendsAtOnceMax: 2,
    sendWithinMs: 5_000,
    pageRecordsMax: 3,
    readBackRecordsMax: 5,
    lookBackMs: without === 'lookBack' ? 0 : 7_000,
    pollIntervalMs: 4_000,
    sweepLogMs: 3_000,
    hintRestMs: 200,
    readAgainRestMs: 300,
    jobPollMs: 1_000,
    deletedListIntervalMs: without === 'deletedList' ? Infinity : 6_000,
    deletedListFirstMs: 86_400_000,
  };
}

export function shapeOf(random: Random, without: Ablation | undefined): Shape {
  const writes = random.chance(0.5) ? 'ordered' : 'merged';
  const conflict = random.chance(0.5) ? 'salesforce' : 'postgres';
  const hasKey = random.chance(0.75) && without !== 'identity';
  return { writes, conflict, hasKey, hasChild: hasKey && random.chance(0.4) };
}

export function plansOf({ writes, conflict, hasKey, hasChild }: Shape): readonly MappingPlan[] {
  const parent = plan({ object: 'Parent', writes, conflict, hasKey, fields: [] });
  if (!hasChild) return [parent];
  const link: MappedField = {
    name: 'Parent__r.Ext__c',
    column: 'parent_ext',
    kind: 'text',
    createable: true,
    updateable: false,
    parent: {
      relationship: 'Parent__r',
      object: 'Parent',
      externalIdField: 'Ext__c',
      table: 'parent',
      externalIdColumn: 'ext',
    },
  };
  return [parent, plan({ object: 'Child', writes, conflict, hasKey, fields: [link] })];
}

interface Planned extends Pick<MappingPlan, 'object' | 'writes' | 'conflict' | 'fields'> {
  readonly hasKey: boolean;
}

function plan({ object, writes, conflict, hasKey, fields }: Planned): MappingPlan {
  const text = (column: string): MappedField => ({
    name: column,
    column,
    kind: 'text',
    createable: true,
    updateable: true,
  });
  return {
    id: object,
    connection: 'c',
    object,
    schema: 's',
    table: object.toLowerCase(),
    access: 'read_write',
    writes,
    conflict,
    externalId: hasKey ? { field: 'Ext__c', column: 'ext' } : null,
    stampField: 'SystemModstamp',
    hasIsDeleted: true,
    fields: [...(hasKey ? [text('ext')] : []), text('f1'), text('f2'), text('f3'), ...fields],
  };
}
