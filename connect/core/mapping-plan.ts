import type { ColumnType } from './field-types.ts';
import type { MappedField, MappingPlan, ParentLink, ValueKind } from './plan.ts';
import type { ColumnPlan, TablePlan } from './table-plan.ts';

export interface MappingPlanInput {
  readonly id: string;
  readonly connection: string;
  readonly schema: string;
  readonly writes: MappingPlan['writes'];
  readonly plan: TablePlan;
  /** The plans of all mappings of the connection, this one included: a child waits for its parent only where that is mapped. */
  readonly all: readonly TablePlan[];
}

/** A planned table as the engine sees it. */
export function mappingPlan({
  id,
  connection,
  schema,
  writes,
  plan,
  all,
}: MappingPlanInput): MappingPlan {
  const stamp = STAMPS.find((name) => name === plan.changeColumn?.field);
  return {
    id,
    connection,
    object: plan.objectName,
    schema,
    table: plan.table.name,
    access: plan.access,
    writes,
    conflict: plan.conflict,
    externalId: plan.key === undefined ? null : { field: plan.key.field, column: plan.key.column },
    stampField: stamp ?? null,
    hasIsDeleted: plan.softDeletes,
    fields: plan.columns.map((column) => mappedField(column, all)),
  };
}

const STAMPS = ['SystemModstamp', 'LastModifiedDate', 'CreatedDate'] as const;

function mappedField(column: ColumnPlan, all: readonly TablePlan[]): MappedField {
  const parent = parentLink(column, all);
  return {
    name: column.path,
    column: column.name,
    kind: valueKind(column.type),
    createable: column.createable,
    updateable: column.updateable,
    ...(parent === undefined ? {} : { parent }),
  };
}

function parentLink(
  { reference, parents }: ColumnPlan,
  all: readonly TablePlan[],
): ParentLink | undefined {
  const [object] = parents;
  if (reference === undefined || object === undefined) return undefined;
  const parent = all.find(({ objectName }) => objectName === object);
  const column = parent?.columns.find(({ field }) => field === reference.externalId);
  return {
    relationship: reference.relationship,
    object,
    externalIdField: reference.externalId,
    table: column === undefined ? null : (parent?.table.name ?? null),
    externalIdColumn: column?.name ?? null,
  };
}

function valueKind(type: ColumnType): ValueKind {
  switch (type) {
    case 'boolean':
    case 'date':
      return type;
    case 'integer':
    case 'bigint':
      return 'integer';
    case 'double precision':
      return 'double';
    case 'timestamp without time zone':
      return 'datetime';
    case 'time without time zone':
      return 'time';
    case 'text':
    default:
      return 'text';
  }
}
