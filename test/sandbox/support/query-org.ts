import { z } from 'zod';

import type { Org } from '../../../sandbox/org.ts';
import { compileQuery } from '../../../sandbox/soql/compile.ts';

/** The records a query answers to the administrator, on one page. */
export async function queryOrg(org: Org, text: string): Promise<readonly unknown[]> {
  const compiled = compileQuery(text, {
    schema: org.schema(),
    now: new Date(org.clock.now()),
    apiVersion: '60.0',
    userId: org.adminUserId,
    includeDeleted: false,
  });
  const { rows } = await org.pool.query(compiled.recordsInline);
  return z
    .array(z.object({ record: z.string() }))
    .parse(rows)
    .map(({ record }) => z.unknown().parse(JSON.parse(record)));
}
