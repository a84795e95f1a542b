import { z } from 'zod';

import { readXml, rootOf } from '../metadata/envelope.ts';
import { many, valueText } from '../metadata/xml-shapes.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { EMPTY_REPORT, type ReportMetadata } from './report-metadata.ts';

const flag = (otherwise: boolean) =>
  z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(otherwise);

const GroupingXml = z.looseObject({
  field: z.string(),
  sortOrder: z.string().default('Asc'),
  dateGranularity: z.string().default('None'),
  aggregateType: z.string().optional(),
  sortByName: z.string().optional(),
});
const ReportXml = z.looseObject({
  name: z.string(),
  description: z.string().nullish(),
  format: z.enum(['Tabular', 'Summary', 'Matrix', 'MultiBlock']),
  reportType: z.string(),
  scope: z.string().default('organization'),
  columns: many(z.looseObject({ field: z.string(), aggregateTypes: many(z.string()) })),
  groupingsDown: many(GroupingXml),
  groupingsAcross: many(GroupingXml),
  buckets: many(z.unknown()),
  crossFilters: many(z.unknown()),
  aggregates: many(z.unknown()),
  customDetailFormulas: many(z.unknown()),
  filter: z
    .looseObject({
      booleanFilter: z.string().nullish(),
      criteriaItems: many(
        z.looseObject({
          column: z.string(),
          operator: z.string(),
          value: valueText,
          columnToColumn: flag(false),
          isUnlocked: flag(true),
        }),
      ),
    })
    .optional(),
  timeFrameFilter: z
    .looseObject({
      dateColumn: z.string(),
      interval: z.string(),
      startDate: z.string().nullish(),
      endDate: z.string().nullish(),
    })
    .optional(),
  params: many(z.looseObject({ name: z.string(), value: valueText })),
  sortColumn: z.string().optional(),
  sortOrder: z.string().default('Asc'),
  rowLimit: z.string().optional(),
  showDetails: flag(true),
  showGrandTotal: flag(true),
  showSubTotals: flag(true),
});

/** Metadata's words for the ways to sum up, and the Analytics API's prefixes. */
const SUMMARIES: Readonly<Record<string, string>> = {
  Sum: 's',
  Average: 'a',
  Minimum: 'm',
  Maximum: 'x',
  Unique: 'u',
};

/** A report's file. @throws SalesforceError for one that is malformed */
export function readReport(text: string): ReportMetadata {
  const parsed = ReportXml.safeParse(rootOf(readXml(text), 'Report'));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SalesforceError(
      'INVALID_INPUT',
      `The report is malformed: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  const report = parsed.data;
  const grouped = new Set(
    [...report.groupingsDown, ...report.groupingsAcross].map(({ field }) => field),
  );
  const aggregates = report.columns.flatMap(({ field, aggregateTypes }) =>
    aggregateTypes.flatMap((type) =>
      SUMMARIES[type] === undefined ? [] : [`${SUMMARIES[type]}!${field}`],
    ),
  );
  return {
    ...EMPTY_REPORT,
    name: report.name,
    description: report.description ?? null,
    reportFormat: FORMATS[report.format],
    reportType: { type: report.reportType },
    scope: report.scope,
    detailColumns: report.columns.map(({ field }) => field).filter((name) => !grouped.has(name)),
    aggregates: [...aggregates, 'RowCount'],
    groupingsDown: report.groupingsDown.map(grouping),
    groupingsAcross: report.groupingsAcross.map(grouping),
    ...filtersOf(report),
    buckets: report.buckets,
    crossFilters: report.crossFilters,
    customSummaryFormula: report.aggregates.length > 0 ? report.aggregates : {},
    customDetailFormula: report.customDetailFormulas.length > 0 ? report.customDetailFormulas : {},
    sortBy:
      report.sortColumn === undefined || grouped.has(report.sortColumn)
        ? []
        : [{ sortColumn: report.sortColumn, sortOrder: report.sortOrder }],
    topRows:
      report.rowLimit === undefined
        ? null
        : { rowLimit: Number(report.rowLimit), direction: report.sortOrder },
    showGrandTotal: report.showGrandTotal,
    showSubtotals: report.showSubTotals,
  };
}

const FORMATS = {
  Tabular: 'TABULAR',
  Summary: 'SUMMARY',
  Matrix: 'MATRIX',
  MultiBlock: 'MULTI_BLOCK',
} as const;

function grouping({ field, sortOrder, dateGranularity }: z.infer<typeof GroupingXml>) {
  return { name: field, sortOrder, dateGranularity, sortAggregate: null };
}

function filtersOf({ filter, timeFrameFilter: frame, params }: z.infer<typeof ReportXml>) {
  return {
    reportBooleanFilter: filter?.booleanFilter ?? null,
    reportFilters: (filter?.criteriaItems ?? []).map((item) => ({
      column: item.column,
      filterType: item.columnToColumn ? 'fieldToField' : 'fieldValue',
      isRunPageEditable: item.isUnlocked,
      operator: item.operator,
      value: item.value ?? '',
    })),
    standardDateFilter:
      frame === undefined
        ? null
        : {
            column: frame.dateColumn,
            durationValue: INTERVALS[frame.interval] ?? frame.interval,
            startDate: frame.startDate ?? null,
            endDate: frame.endDate ?? null,
          },
    standardFilters: params.map(({ name, value }) => ({ name, value: value ?? null })),
  };
}

/** Metadata's time frames as the Analytics API and SOQL name them. */
const INTERVALS: Readonly<Record<string, string>> = {
  INTERVAL_CUSTOM: 'CUSTOM',
  INTERVAL_CURRENT: 'THIS_FISCAL_QUARTER',
  INTERVAL_PREV: 'LAST_FISCAL_QUARTER',
  INTERVAL_NEXT1: 'NEXT_FISCAL_QUARTER',
  INTERVAL_CURFY: 'THIS_FISCAL_YEAR',
  INTERVAL_PREVFY: 'LAST_FISCAL_YEAR',
  INTERVAL_NEXTFY: 'NEXT_FISCAL_YEAR',
  INTERVAL_CURY: 'THIS_YEAR',
  INTERVAL_PREVY: 'LAST_YEAR',
  INTERVAL_NEXTY: 'NEXT_YEAR',
  INTERVAL_CURRENTQ: 'THIS_QUARTER',
  INTERVAL_PREVQ: 'LAST_QUARTER',
  INTERVAL_NEXTQ: 'NEXT_QUARTER',
  INTERVAL_TODAY: 'TODAY',
  INTERVAL_YESTERDAY: 'YESTERDAY',
  INTERVAL_TOMORROW: 'TOMORROW',
  INTERVAL_THISWEEK: 'THIS_WEEK',
  INTERVAL_LASTWEEK: 'LAST_WEEK',
  INTERVAL_NEXTWEEK: 'NEXT_WEEK',
  INTERVAL_THISMONTH: 'THIS_MONTH',
  INTERVAL_LASTMONTH: 'LAST_MONTH',
  INTERVAL_NEXTMONTH: 'NEXT_MONTH',
  INTERVAL_LAST7: 'LAST_N_DAYS:7',
  INTERVAL_LAST30: 'LAST_N_DAYS:30',
  INTERVAL_LAST60: 'LAST_N_DAYS:60',
  INTERVAL_LAST90: 'LAST_N_DAYS:90',
  INTERVAL_LAST120: 'LAST_N_DAYS:120',
  INTERVAL_NEXT7: 'NEXT_N_DAYS:7',
  INTERVAL_NEXT30: 'NEXT_N_DAYS:30',
  INTERVAL_NEXT60: 'NEXT_N_DAYS:60',
  INTERVAL_NEXT90: 'NEXT_N_DAYS:90',
  INTERVAL_NEXT120: 'NEXT_N_DAYS:120',
};
