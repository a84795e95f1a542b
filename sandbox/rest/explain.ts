import { z } from 'zod';

import type { CompiledQuery } from '../soql/compiled.ts';
import { ok, type RestRequest, type RestResponse } from './request.ts';

const Plans = z.tuple([
  z.object({
    'QUERY PLAN': z.tuple([
      z.object({
        Plan: z.object({
          'Node Type': z.string(),
          'Plan Rows': z.number(),
          'Total Cost': z.number(),
        }),
      }),
    ]),
  }),
]);

/** PostgreSQL's own plan, in Salesforce's shape. */
export async function explain(
  request: RestRequest,
  compiled: CompiledQuery,
): Promise<RestResponse> {
  const { rows } = await request.org.pool.query(`explain (format json) ${compiled.records.text}`, [
    ...compiled.records.values,
  ]);
  const [
    {
      'QUERY PLAN': [{ Plan: plan }],
    },
  ] = Plans.parse(rows);
  const index = /index/i.test(plan['Node Type']);
  return ok({
    plans: [
      {
        cardinality: Math.round(plan['Plan Rows']),
        fields: [],
        leadingOperationType: index ? 'Index' : 'TableScan',
        notes: [],
        relativeCost: plan['Total Cost'] / 1_000,
        sobjectCardinality: Math.round(plan['Plan Rows']),
        sobjectType: compiled.object.name,
      },
    ],
    sourceQuery: request.query.get('explain'),
  });
}
