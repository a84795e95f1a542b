import { columnName } from '../store/layout.ts';
import type { Expression, Query } from './ast.ts';
import type { Build } from './build.ts';
import { compileCondition } from './condition.ts';
import { compileField } from './expression.ts';
import type { Source } from './source.ts';

/** WHERE and what the statement says besides of which records are meant. */
export function compileWhere(build: Build, source: Source, query: Query): string {
  const conditions = build.options.includeDeleted ? [] : [`not ${source.alias}."isdeleted"`];
  conditions.push(...scopeConditions(build, source, query));
  if (query.where !== undefined) {
    const operand = (expression: Expression) => compileField(build, source, expression);
    conditions.push(
      compileCondition(
        { build, operand, semiJoins: { objectName: source.object.name } },
        query.where,
      ),
    );
  }
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}

const SCOPES = 'delegated, everything, mine, mine_and_my_groups, team';

/** USING SCOPE: everything, or what belongs to the caller in one way or another. */
function scopeConditions(build: Build, source: Source, { scope }: Query): readonly string[] {
  const me = (): string => build.value(build.options.userId, 'text');
  const column = (name: string): string | undefined => {
    const field = build.options.schema.findField(source.object, name);
    return field === undefined ? undefined : `${source.alias}.${columnName(field)}`;
  };
  const owner = column('OwnerId');
  switch (scope?.text.toLowerCase()) {
    case undefined:
    case 'everything':
      return [];
    case 'mine':
      if (owner === undefined) break;
      return [`${owner} = ${me()}`];
    case 'mine_and_my_groups':
      if (owner === undefined) break;
      return [
        `(${owner} = ${me()} or ${owner} in (select groupid from org.groupmember where userorgroupid = ${me()} and not isdeleted))`,
      ];
    case 'delegated': {
      // Tasks and the like that the caller has made and given to somebody else.
      const creator = column('CreatedById');
      if (owner === undefined || creator === undefined || column('WhoId') === undefined) break;
      return [`${creator} = ${me()}`, `${owner} <> ${me()}`];
    }
    default:
  }
  throw build.problem(
    'MALFORMED_QUERY',
    `Invalid scope '${scope?.text ?? ''}' for ${source.object.name}: the sandbox org knows ${SCOPES}, each for objects that have it (team selling is not enabled)`,
    scope ?? { at: 0 },
  );
}
