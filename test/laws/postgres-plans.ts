import { describesOf, ObjectDescribe, type Describes } from '../../connect/core/describe.ts';
import { DEFAULT_TYPE_OPTIONS } from '../../connect/core/field-types.ts';
import { mappingPlan } from '../../connect/core/mapping-plan.ts';
import { readMappingDocument } from '../../connect/core/mapping.ts';
import type { MappingPlan } from '../../connect/core/plan.ts';
import { planTable, type TablePlan } from '../../connect/core/table-plan.ts';
import type { Shape } from './bench.ts';

/** The mappings of a history, planned as a real connection's are. */
export function tablePlans({ conflict, hasKey, hasChild }: Shape): readonly TablePlan[] {
  const describes = describesOf([describeOf('Parent', []), describeOf('Child', [PARENT_LOOKUP])]);
  const own = ['f1', 'f2', 'f3', ...(hasKey ? ['ext'] : [])];
  const parent = tablePlan({ object: 'Parent', fields: own, conflict, hasKey, describes });
  if (!hasChild) return [parent];
  return [
    parent,
    tablePlan({ object: 'Child', fields: [...own, 'Parent__r__ext'], conflict, hasKey, describes }),
  ];
}

const PARENT_LOOKUP = {
  name: 'Parent__c',
  type: 'reference',
  length: 18,
  createable: true,
  updateable: true,
  relationshipName: 'Parent__r',
  referenceTo: ['Parent'],
};

function describeOf(name: string, more: readonly object[]): ObjectDescribe {
  const text = (field: string, options: object = {}): object => ({
    name: field,
    type: 'string',
    length: 255,
    createable: true,
    updateable: true,
    ...options,
  });
  const system = { createable: false, updateable: false };
  return ObjectDescribe.parse({
    name,
    keyPrefix: null,
    queryable: true,
    createable: true,
    updateable: true,
    deletable: true,
    replicateable: true,
    fields: [
      text('Id', { ...system, type: 'id', length: 18 }),
      text('SystemModstamp', { ...system, type: 'datetime', length: 0 }),
      text('IsDeleted', { ...system, type: 'boolean', length: 0 }),
      ...['f1', 'f2', 'f3'].map((field) => text(field)),
      text('ext', { externalId: true, unique: true }),
      ...more,
    ],
  });
}

interface TableWanted {
  readonly object: string;
  readonly fields: readonly string[];
  readonly conflict: Shape['conflict'];
  readonly hasKey: boolean;
  readonly describes: Describes;
}

function tablePlan({ object, fields, conflict, hasKey, describes }: TableWanted): TablePlan {
  const described = describes.get(object.toLowerCase());
  if (described === undefined || described === null) throw new Error(`no describe of ${object}`);
  const { config } = readMappingDocument(object, {
    access: 'read_write',
    fields: Object.fromEntries(
      ['Id', 'SystemModstamp', 'IsDeleted', ...fields].map((field) => [field, {}]),
    ),
    ...(hasKey ? { upsert_field: 'ext' } : {}),
    landbridge: { conflict },
  });
  return planTable({ config, object: described, describes, types: DEFAULT_TYPE_OPTIONS });
}

export function mappingPlans(
  plans: readonly TablePlan[],
  schema: string,
  { writes }: Shape,
): readonly MappingPlan[] {
  return plans.map((plan) =>
    mappingPlan({ id: plan.objectName, connection: 'c', schema, writes, plan, all: plans }),
  );
}
