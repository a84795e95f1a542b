import { z } from 'zod';

import type { MappingPlan } from '../core/plan.ts';
import type { LiveRecord, OrgRecord, Values } from '../core/row.ts';
import { canonical } from '../core/values.ts';
import { valueAt } from './soql.ts';

/** A record of an answer. Its fields are looked at one by one, by the plan. */
export const AnswerRecord = z.looseObject({ Id: z.string() });
export type AnswerRecord = z.infer<typeof AnswerRecord>;

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]).catch(null);

/** A record as the engine sees it. */
export function orgRecord(plan: MappingPlan, userId: string, record: AnswerRecord): OrgRecord {
  if (!plan.hasIsDeleted || record['IsDeleted'] !== true) return liveRecord(plan, userId, record);
  return {
    sfid: record.Id,
    deleted: true,
    values: valuesOf(plan, record),
    createdAt: createdAt(record),
  };
}

function liveRecord(plan: MappingPlan, userId: string, record: AnswerRecord): LiveRecord {
  return {
    sfid: record.Id,
    deleted: false,
    values: valuesOf(plan, record),
    createdAt: createdAt(record),
    ...('CreatedById' in record ? { bySelf: record['CreatedById'] === userId } : {}),
  };
}

function createdAt(record: AnswerRecord): number | undefined {
  const ms = Date.parse(canonical('datetime', Scalar.parse(record['CreatedDate'])) ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function valuesOf(plan: MappingPlan, record: AnswerRecord): Values {
  return Object.fromEntries(
    plan.fields.map((field) => [
      field.column,
      canonical(field.kind, Scalar.parse(valueAt(record, field))),
    ]),
  );
}
