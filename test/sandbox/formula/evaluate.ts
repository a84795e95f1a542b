import { z } from 'zod';

import { compileFormula } from '../../../sandbox/formula/compile.ts';
import { withJoins } from '../../../sandbox/formula/formula-field.ts';
import { forReader } from '../../../sandbox/formula/template.ts';
import type { Org } from '../../../sandbox/org.ts';

const Row = z.object({ value: z.json(), fault: z.boolean() });

/** What a formula about nothing answers: a JSON value, or '#Error!'. */
export async function evaluate(org: Org, formula: string): Promise<unknown> {
  const { value, joins } = compileFormula(formula, {
    schema: org.schema(),
    object: undefined,
    place: 'rule',
    blanksAreZero: false,
  });
  const sql = `select to_jsonb(${withJoins(`(${value.sql})`, joins)}) as value, coalesce(${value.fault ?? 'false'}, false) as fault`;
  const { rows } = await org.pool.query(
    forReader(sql, { now: new Date(org.clock.now()), userId: org.adminUserId }),
  );
  const [row] = z.tuple([Row]).parse(rows);
  return row.fault ? '#Error!' : row.value;
}
