import type pg from 'pg';
import { z } from 'zod';

import { joinConditions } from '../criteria/boolean-filter.ts';
import { conditionText, quote } from '../criteria/condition.ts';
import { compileFormula } from '../formula/compile.ts';
import { withJoins } from '../formula/formula-field.ts';
import { FormulaProblem } from '../formula/problem.ts';
import { forReader, ofRow } from '../formula/template.ts';
import { compileFor } from '../rest/query.ts';
import type { RestRequest } from '../rest/request.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';

/** A record that a process is about, in the transaction that decides over it. */
export interface Subject {
  readonly request: RestRequest;
  readonly client: pg.PoolClient;
  readonly object: ObjectDef;
  readonly id: string;
}

interface Criteria {
  readonly booleanFilter?: string | null | undefined;
  readonly formula?: string | null | undefined;
  readonly criteriaItems: readonly {
    readonly field: string;
    readonly operation: string;
    readonly value?: string | null | undefined;
  }[];
}

/** Whether a record is as the criteria say; without criteria every one is. */
export async function meets(
  subject: Subject,
  criteria: Criteria | null | undefined,
): Promise<boolean> {
  if (criteria === null || criteria === undefined) return true;
  const { formula, criteriaItems, booleanFilter } = criteria;
  if (formula !== null && formula !== undefined && formula !== '')
    return (await evaluate(subject, formula)) === true;
  if (criteriaItems.length === 0) return true;
  const { request, object, client, id } = subject;
  const schema = request.org.whole.schema();
  const conditions = criteriaItems.map(({ field: name, operation, value }) => {
    const path = name.startsWith(`${object.name}.`) ? name.slice(object.name.length + 1) : name;
    const field = schema.findField(object, path);
    if (field === undefined) throw notBuilt(`criteria over ${name} for ${object.name}`);
    return conditionText({ path: field.name, field, operator: operation, value: value ?? '' });
  });
  const where = joinConditions(conditions, booleanFilter ?? null);
  const soql = `SELECT Id FROM ${object.name} WHERE Id = ${quote(id)} AND (${where})`;
  const asOrg = { ...request, org: request.org.whole };
  const { records } = await compileFor(asOrg, soql, false);
  const { rowCount } = await client.query(records.text, [...records.values]);
  return (rowCount ?? 0) > 0;
}

/** The value of a formula for a record; #Error! is null. */
export async function evaluate(subject: Subject, formula: string): Promise<unknown> {
  const { request, object, client, id } = subject;
  const { org, session } = request;
  try {
    const { value, joins } = compileFormula(formula, {
      schema: org.whole.schema(),
      object,
      place: 'field',
      blanksAreZero: true,
    });
    const faultless =
      value.fault === undefined
        ? value.sql
        : `(case when not (${value.fault}) then ${value.sql} end)`;
    const reader = { now: new Date(org.clock.now()), userId: session.userId };
    const sql = forReader(ofRow(withJoins(faultless, joins), 'record'), reader);
    const { rows } = await client.query(
      `/* evaluate */ select to_jsonb(${sql}) as value from ${tableName(object)} as record where record."id" = $1`,
      [id],
    );
    return z.array(z.object({ value: z.unknown() })).parse(rows)[0]?.value ?? null;
  } catch (error) {
    if (!(error instanceof FormulaProblem)) throw error;
    throw new SalesforceError(
      'INVALID_INPUT',
      `The formula of a process is invalid: ${error.message}`,
    );
  }
}
