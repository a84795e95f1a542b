import { unreachable } from '../../src/kit/assert.ts';
import type { Comparison, Condition, Query } from './ast.ts';
import type { Build } from './build.ts';
import { compileComparison } from './compare.ts';
import { compileField } from './expression.ts';
import { kindOf, type CompileOperand, type Operand } from './operand.ts';
import { Source } from './source.ts';
import { noSuchObject } from './words.ts';

/** Salesforce: sub-selects of WHERE in one statement. */
const SEMI_JOINS_MAX = 2;

export interface ConditionContext {
  readonly build: Build;
  readonly operand: CompileOperand;
  /** The object whose rows are filtered; semi-joins are refused where there is none (HAVING) and inside a semi-join. */
  readonly semiJoins: { readonly objectName: string } | undefined;
}

/** A condition as SQL that is true, false or null, null counting as false. */
export function compileCondition(context: ConditionContext, condition: Condition): string {
  return compileAt(context, condition, 'top');
}

/** Where in the condition we are: sub-selects stand only at the top or among terms joined by AND. */
type Position = 'top' | 'nested' | 'or';

function compileAt(context: ConditionContext, condition: Condition, position: Position): string {
  switch (condition.kind) {
    case 'and': {
      const inside = position === 'top' ? 'top' : position;
      return joined(
        condition.terms.map((term) => compileAt(context, term, inside)),
        'and',
      );
    }
    case 'or':
      return joined(
        condition.terms.map((term) => compileAt(context, term, 'or')),
        'or',
      );
    case 'not':
      return `((${compileAt(context, condition.term, position === 'or' ? 'or' : 'nested')}) is not true)`;
    case 'comparison': {
      const { right } = condition;
      if (right.kind === 'subquery')
        return compileSemiJoin(context, { ...condition, right }, position);
      const left = context.operand(condition.left);
      return compileComparison(context.build, { left, operator: condition.operator, right });
    }
    default:
      return unreachable(condition);
  }
}

function joined(terms: readonly string[], word: 'and' | 'or'): string {
  return `(${terms.join(` ${word} `)})`;
}

type SemiJoin = Comparison & { readonly right: { readonly query: Query } };

function compileSemiJoin(
  context: ConditionContext,
  semiJoin: SemiJoin,
  position: Position,
): string {
  const { build } = context;
  const { operator, right } = semiJoin;
  const refuse = (message: string, place: { readonly at: number } = right.query) =>
    build.problem('MALFORMED_QUERY', message, place);
  if (operator !== 'IN' && operator !== 'NOT IN') throw refuse("unexpected token: 'SELECT'");
  if (context.semiJoins === undefined)
    throw refuse('Nesting of semi join sub-selects is not supported');
  if (position === 'or')
    throw refuse("Semi join sub-selects are not allowed with the 'OR' operator");
  if (position === 'nested') {
    throw refuse(
      'Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.',
    );
  }
  build.semiJoins += 1;
  if (build.semiJoins > SEMI_JOINS_MAX)
    throw refuse(`The maximum number of semi join sub-selects allowed is ${SEMI_JOINS_MAX}`);
  const left = context.operand(semiJoin.left);
  if (kindOf(left.type) !== 'id') {
    throw refuse(
      `semi join sub-selects can only query id fields, cannot use: '${left.label}'`,
      left,
    );
  }
  const inner = compileInner(build, right.query, context.semiJoins.objectName);
  const inside = `${left.sql} in (${inner})`;
  return operator === 'IN' ? inside : `(${inside}) is not true`;
}

/** The sub-select as SQL: one id column, nulls left out so that a missing one hides no row. */
function compileInner(build: Build, query: Query, outer: string): string {
  const refuse = (message: string) => build.problem('MALFORMED_QUERY', message, query);
  const [from] = query.from;
  const name = from?.path.names[0];
  const object = name === undefined ? undefined : build.options.schema.findObject(name.text);
  if (
    from === undefined ||
    name === undefined ||
    object === undefined ||
    from.path.names.length > 1
  ) {
    throw build.problem('INVALID_TYPE', noSuchObject(name?.text ?? ''), name ?? query);
  }
  if (object.name === outer)
    throw refuse('The inner and outer selects should not be on the same object type');
  if (query.orderBy.length > 0) throw refuse('Sort is not allowed in semi join sub-selects');
  if (query.limit !== undefined) throw refuse('LIMIT is not allowed in semi join sub-selects');
  const [item, ...others] = query.select;
  if (
    item === undefined ||
    others.length > 0 ||
    item.kind !== 'expression' ||
    item.expression.kind !== 'path'
  ) {
    throw refuse('semi join sub-selects must select exactly one id field');
  }
  const source = new Source(build, object, new Map());
  const selected = compileField(build, source, item.expression);
  requireId(build, selected);
  const conditions = [`not ${source.alias}."isdeleted"`, `${selected.sql} is not null`];
  if (query.where !== undefined) {
    const operand: CompileOperand = (expression) => compileField(build, source, expression);
    conditions.push(compileCondition({ build, operand, semiJoins: undefined }, query.where));
  }
  return `select ${selected.sql} from ${source.from} where ${conditions.join(' and ')}`;
}

function requireId(build: Build, selected: Operand): void {
  if (kindOf(selected.type) === 'id') return;
  throw build.problem(
    'MALFORMED_QUERY',
    `semi join sub-selects can only query id fields, cannot use: '${selected.label}'`,
    selected,
  );
}
