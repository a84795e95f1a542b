import type { ObjectDef, Schema } from '../schema/schema.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { Build } from '../soql/build.ts';
import { compileCondition } from '../soql/condition.ts';
import { compileField } from '../soql/expression.ts';
import { parseQuery } from '../soql/parse.ts';
import { Source } from '../soql/source.ts';
import type { SharingRule } from './access.ts';

interface Condition {
  readonly from: string;
  readonly id: string;
  readonly where: string;
}

/**
 * The records a criteria-based rule gives, as SQL without parameters. Undefined when it can no longer be read (a field
 * of it was removed): then it gives nothing.
 */
export function ruleCondition(
  schema: Schema,
  object: ObjectDef,
  { condition }: Pick<SharingRule, 'condition'>,
): Condition | undefined {
  if (condition === undefined) return undefined;
  const text = `SELECT Id FROM ${object.name} WHERE ${condition}`;
  const build = new Build(text, {
    schema,
    // Criteria compare fields with constants: neither time nor caller matters.
    now: new Date(0),
    apiVersion: '60.0',
    userId: '',
    includeDeleted: false,
  });
  try {
    const { where } = parseQuery(text);
    if (where === undefined) return undefined;
    const source = new Source(build, object, new Map());
    const operand = (expression: Parameters<typeof compileField>[2]) =>
      compileField(build, source, expression);
    const sql = compileCondition({ build, operand, semiJoins: undefined }, where);
    // Aliases of this statement must not meet those of the one it stands in.
    const apart = (fragment: string): string => fragment.replaceAll(/\bt(\d+)\b/g, 'rule_t$1');
    return {
      from: apart(source.from),
      id: apart(`${source.alias}."id"`),
      where: build.inline(apart(sql)),
    };
  } catch (error) {
    if (error instanceof SalesforceError) return undefined;
    throw error;
  }
}
