import { z } from 'zod';

import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { RestRequest } from '../rest/request.ts';
import { compileFor } from '../rest/query.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { REPORT_GROUPS_MAX, REPORT_ROWS_MAX } from './limits.ts';
import type { Aggregate, GroupColumn, ReportQuery } from './report-query.ts';

type Json = Readonly<Record<string, unknown>>;

/** One subtotal: the values of the groups it is of, and what its rows add up to. */
export interface Subtotal {
  /** As many as the levels it is of; the grand total has none. */
  readonly down: readonly (string | null)[];
  readonly across: readonly (string | null)[];
  /** What people read for the last of the groups down, and across. */
  readonly labels: { readonly down: string | null; readonly across: string | null };
  /** In the order of the report's aggregates. */
  readonly values: readonly (number | null)[];
}

/** A detail row, with the groups it stands in. */
export interface DetailRow {
  readonly record: Json;
  readonly down: readonly (string | null)[];
  readonly across: readonly (string | null)[];
}

const Totals = z.array(
  z.object({
    groups: z.array(z.string().nullable()),
    labels: z.array(z.string().nullable()),
    level: z.number(),
    values: z.array(z.number().nullable()),
  }),
);
const Rows = z.array(
  z.object({
    record: z.record(z.string(), z.unknown()),
    groups: z.array(z.string().nullable()),
  }),
);

/**
 * All subtotals and the grand total in one statement over the report's rows, however many there are: PostgreSQL adds up,
 * and only groups come back.
 */
export async function readTotals(
  request: RestRequest,
  report: ReportQuery,
): Promise<readonly Subtotal[]> {
  const { records } = await compileFor(request, report.soql, false);
  const groups = [...report.down, ...report.across];
  const names = groups.map((_, index) => `g${index}`);
  const sets = groupingSets(report.down.length, report.across.length);
  const values = report.aggregates.map(aggregateSql);
  const { rows } = await request.org.pool.query(
    `/* reportTotals */ with source as (select record::jsonb as r from (${records.text}) as rows),
flat as (select r${groups.map((group, index) => `, ${groupSql(group)} as g${index}, ${textAt(group.path)} as l${index}`).join('')} from source)
select ${listOf(names)} as groups,
       ${listOf(names.map((_, index) => `min(l${index})`))} as labels,
       ${names.length === 0 ? '0' : `grouping(${names.join(', ')})`} as level,
       array[${values.join(', ')}]::float8[] as values
  from flat ${names.length === 0 ? '' : `group by grouping sets (${sets.join(', ')})`} limit ${REPORT_GROUPS_MAX + 1}`,
    [...records.values],
  );
  const totals = Totals.parse(rows);
  if (totals.length > REPORT_GROUPS_MAX) {
    throw new SalesforceError(
      'LIMIT_EXCEEDED',
      `The report has more than ${REPORT_GROUPS_MAX} groups and subtotals: filter it, or group by less`,
    );
  }
  return totals.map(({ groups: given, labels, level, values: numbers }) => {
    const present = (index: number): boolean => (level & (1 << (groups.length - 1 - index))) === 0;
    const kept = given
      .map((value, index) => ({ value, index, label: labels[index] ?? null }))
      .filter(({ index }) => present(index));
    const down = kept.filter(({ index }) => index < report.down.length);
    const across = kept.filter(({ index }) => index >= report.down.length);
    return {
      down: down.map(({ value }) => value),
      across: across.map(({ value }) => value),
      labels: { down: down.at(-1)?.label ?? null, across: across.at(-1)?.label ?? null },
      values: numbers,
    };
  });
}

function listOf(expressions: readonly string[]): string {
  return expressions.length === 0 ? `'{}'::text[]` : `array[${expressions.join(', ')}]`;
}

/** The first rows in the report's order, one more than Salesforce shows where there are more. */
export async function readDetails(
  request: RestRequest,
  report: ReportQuery,
): Promise<readonly DetailRow[]> {
  const { records } = await compileFor(request, report.soql, false);
  const groups = [...report.down, ...report.across];
  const { rows } = await request.org.pool.query(
    `/* reportDetails */ select r as record, ${listOf(groups.map(groupSql))} as groups
  from (select record::jsonb as r from (${records.text}) as rows limit ${REPORT_ROWS_MAX + 1}) as source`,
    [...records.values],
  );
  return Rows.parse(rows).map(({ record, groups: given }) => ({
    record,
    down: given.slice(0, report.down.length),
    across: given.slice(report.down.length),
  }));
}

/** Every beginning of the groupings down with every beginning of those across. */
function groupingSets(down: number, across: number): readonly string[] {
  const sets: string[] = [];
  for (let i = 0; i <= down; i += 1) {
    for (let j = 0; j <= across; j += 1) {
      const names = [
        ...Array.from({ length: i }, (_, index) => `g${index}`),
        ...Array.from({ length: j }, (_, index) => `g${down + index}`),
      ];
      sets.push(`(${names.join(', ')})`);
    }
  }
  return sets;
}

/** The text at a path of a record's JSON; relationships lead to objects, which are null when there is no parent. */
function textAt(path: string): string {
  return `(r #>> ${quoteLiteral(`{${path.split('.').join(',')}}`)}::text[])`;
}

/** `Day` is what Salesforce writes for fields that are no dates as well. */
function groupSql({ path, idPath, field, grouping }: GroupColumn): string {
  const text = textAt(idPath ?? path);
  if (field.type !== 'date' && field.type !== 'datetime') return text;
  const day = `left(${textAt(path)}, 10)::date`;
  const truncated = (unit: string): string =>
    `to_char(date_trunc('${unit}', ${day}), 'YYYY-MM-DD')`;
  switch (grouping.dateGranularity.toLowerCase()) {
    case 'week':
      // Salesforce's weeks begin on Sunday.
      return `to_char(${day} - extract(dow from ${day})::int, 'YYYY-MM-DD')`;
    case 'month':
    case 'quarter':
    case 'year':
      return truncated(grouping.dateGranularity.toLowerCase());
    case 'fiscalquarter':
      return truncated('quarter');
    case 'fiscalyear':
      return truncated('year');
    case 'monthinyear':
      return `extract(month from ${day})::text`;
    case 'dayinmonth':
      return `extract(day from ${day})::text`;
    default:
      return `to_char(${day}, 'YYYY-MM-DD')`;
  }
}

function aggregateSql({ kind, column }: Aggregate): string {
  if (column === undefined) return 'count(*)';
  const text = textAt(column.path);
  const number = `${text}::float8`;
  switch (kind) {
    case 'a':
      return `avg(${number})`;
    case 'm':
      return `min(${number})`;
    case 'x':
      return `max(${number})`;
    case 'u':
      return `count(distinct ${textAt(column.idPath ?? column.path)})`;
    case 's':
    case 'RowCount':
    default:
      return `coalesce(sum(${number}), 0)`;
  }
}
