import { joinConditions } from '../criteria/boolean-filter.ts';
import { conditionText, quote } from '../criteria/condition.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import type { Schema } from '../schema/schema.ts';
import { getColumn, type Column } from './columns.ts';
import { GROUPINGS_MAX } from './limits.ts';
import type { Grouping, ReportMetadata } from './report-metadata.ts';
import { getReportType, type ReportType } from './report-types.ts';

export interface GroupColumn extends Column {
  readonly grouping: Grouping;
}

/** `s!AMOUNT`: how the values of a column are summed up; RowCount has no column. */
export interface Aggregate {
  readonly name: string;
  readonly kind: 'RowCount' | 's' | 'a' | 'm' | 'x' | 'u';
  readonly column: Column | undefined;
}

/** A report whose columns have been found in the schema, and the SOQL that reads its rows. */
export interface ReportQuery {
  readonly metadata: ReportMetadata;
  readonly type: ReportType;
  readonly details: readonly Column[];
  readonly down: readonly GroupColumn[];
  readonly across: readonly GroupColumn[];
  readonly aggregates: readonly Aggregate[];
  readonly soql: string;
}

/** @throws SalesforceError for what the report names and the org has not */
export function prepareReport(schema: Schema, metadata: ReportMetadata): ReportQuery {
  refuseMissing(metadata);
  const type = getReportType(schema, metadata.reportType);
  const column = (name: string): Column => getColumn(schema, type, name);
  const grouped = (grouping: Grouping): GroupColumn => ({ ...column(grouping.name), grouping });
  const flat = metadata.reportFormat === 'TABULAR';
  const down = flat ? [] : metadata.groupingsDown.map(grouped);
  const across = metadata.reportFormat === 'MATRIX' ? metadata.groupingsAcross.map(grouped) : [];
  if (down.length + across.length > GROUPINGS_MAX) {
    throw new SalesforceError('BAD_REQUEST', `A report has at most ${GROUPINGS_MAX} groupings`);
  }
  const details = metadata.detailColumns.map(column);
  const aggregates = [...new Set(metadata.aggregates)].map((name) => aggregate(name, column));
  const parts = { metadata, type, details, down, across, aggregates };
  return { ...parts, soql: soqlOf(parts, column) };
}

function refuseMissing(metadata: ReportMetadata): void {
  if (metadata.reportFormat === 'MULTI_BLOCK') throw notBuilt('joined reports');
  if (metadata.buckets.length > 0) throw notBuilt('bucket fields of reports');
  if (metadata.crossFilters.length > 0) throw notBuilt('cross filters of reports');
  const formulas = [metadata.customSummaryFormula, metadata.customDetailFormula].some(
    (given) => typeof given === 'object' && given !== null && Object.keys(given).length > 0,
  );
  if (formulas) throw notBuilt('summary and row formulas of reports');
}

const AGGREGATE = /^([samxu])!(.+)$/;

function aggregate(name: string, column: (name: string) => Column): Aggregate {
  if (name === 'RowCount') return { name, kind: 'RowCount', column: undefined };
  const [, letter = '', of = ''] = AGGREGATE.exec(name) ?? [];
  const kind = (['s', 'a', 'm', 'x', 'u'] as const).find((known) => known === letter);
  if (kind === undefined) throw new SalesforceError('BAD_REQUEST', `Invalid aggregate: ${name}`);
  const found = column(of);
  if (kind !== 'u' && !NUMBERS.has(found.field.type)) {
    throw new SalesforceError('BAD_REQUEST', `${found.label} cannot be summarized`);
  }
  return { name, kind, column: found };
}

const NUMBERS: ReadonlySet<string> = new Set(['currency', 'double', 'int', 'long', 'percent']);

function soqlOf(
  { metadata, type, details, down, across, aggregates }: Omit<ReportQuery, 'soql'>,
  column: (name: string) => Column,
): string {
  const columns = [
    ...details,
    ...down,
    ...across,
    ...aggregates.flatMap((item) => item.column ?? []),
  ];
  const paths = new Set(['Id', ...columns.flatMap(({ path, idPath }) => [path, idPath ?? path])]);
  const filters = metadata.reportFilters.map((filter) => {
    if (filter.filterType === 'fieldToField') throw notBuilt('filters that compare two fields');
    const { path, field, idPath } = column(filter.column);
    const value = filter.value ?? '';
    // A lookup's filter holds a name, or an id.
    const byId = idPath !== null && /^[0-9A-Za-z]{15}([A-Z0-5]{3})?$/.test(value);
    return conditionText({ path: byId ? idPath : path, field, operator: filter.operator, value });
  });
  const conditions = [
    ...(filters.length === 0 ? [] : [joinConditions(filters, metadata.reportBooleanFilter)]),
    ...timeFrame(metadata, column),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const sorted = metadata.sortBy.flatMap(({ sortColumn, sortOrder }) => {
    const { path, field } = column(sortColumn);
    return field.sortable ? [`${path} ${/^desc/i.test(sortOrder) ? 'DESC' : 'ASC'}`] : [];
  });
  const order = sorted.length === 0 ? '' : ` ORDER BY ${sorted.join(', ')}`;
  const limit = metadata.topRows === null ? '' : ` LIMIT ${metadata.topRows.rowLimit}`;
  return `SELECT ${[...paths].join(', ')} FROM ${type.object.name}${scopeOf(metadata)}${where}${order}${limit}`;
}

function scopeOf({ scope }: ReportMetadata): string {
  switch (scope?.toLowerCase()) {
    case undefined:
    case 'org':
    case 'organization':
      return '';
    case 'user':
    case 'mine':
      return ' USING SCOPE mine';
    default:
      throw notBuilt(`the report scope ${scope ?? ''}`);
  }
}

function timeFrame(
  { standardDateFilter }: ReportMetadata,
  column: (name: string) => Column,
): readonly string[] {
  if (standardDateFilter === null || standardDateFilter.column === null) return [];
  const { durationValue, startDate, endDate } = standardDateFilter;
  const { path, field } = column(standardDateFilter.column);
  if (durationValue !== null && durationValue !== 'CUSTOM') {
    if (!/^[A-Z_]+(:\d+)?$/.test(durationValue))
      throw new SalesforceError('BAD_REQUEST', `Invalid date filter: ${quote(durationValue)}`);
    return [`${path} = ${durationValue}`];
  }
  const filter = (operator: string, value: string | null): readonly string[] => {
    if (value === null) return [];
    const day = value.slice(0, 10);
    const moment = field.type === 'datetime' && operator === 'lessOrEqual';
    return [conditionText({ path, field, operator, value: moment ? `${day}T23:59:59.999Z` : day })];
  };
  return [...filter('greaterOrEqual', startDate), ...filter('lessOrEqual', endDate)];
}
