import type { Query } from './ast.ts';
import type { Build } from './build.ts';
import { OFFSET_MAX, OFFSET_ROWS_MAX } from './limits.ts';

/** LIMIT and OFFSET as SQL, empty without them. */
export function pageSql(build: Build, { limit, offset, at }: Query): string {
  if (offset !== undefined && offset > OFFSET_MAX) {
    throw build.problem(
      'NUMBER_OUTSIDE_VALID_RANGE',
      `Maximum SOQL offset allowed is ${OFFSET_MAX}`,
      { at },
    );
  }
  // With OFFSET there are no further pages: what one page holds is all there is.
  const most = offset === undefined ? limit : Math.min(limit ?? OFFSET_ROWS_MAX, OFFSET_ROWS_MAX);
  const limited = most === undefined ? '' : ` limit ${build.value(String(most), 'bigint')}`;
  const skipped = offset === undefined ? '' : ` offset ${build.value(String(offset), 'bigint')}`;
  return `${limited}${skipped}`;
}

/** How many rows a query answers with; without LIMIT and OFFSET they can be counted as they are. */
export function countSql(rest: string, page: string): string {
  return page === '' && !rest.includes(' group by ')
    ? `/* soql count */ select count(*)::text as count ${rest}`
    : `/* soql count */ select count(*)::text as count from (select 1 ${rest}${page}) counted`;
}
