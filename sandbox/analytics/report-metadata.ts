import { z } from 'zod';

const Grouping = z.looseObject({
  name: z.string(),
  sortOrder: z.string().default('Asc'),
  dateGranularity: z.string().default('None'),
  sortAggregate: z.string().nullable().default(null),
});
const Filter = z.looseObject({
  column: z.string(),
  operator: z.string(),
  value: z.string().nullable().default(''),
  filterType: z.string().nullable().default('fieldValue'),
  isRunPageEditable: z.boolean().default(true),
});
const DateFilter = z.looseObject({
  column: z.string().nullable().default(null),
  durationValue: z.string().nullable().default('CUSTOM'),
  startDate: z.string().nullable().default(null),
  endDate: z.string().nullable().default(null),
});
const fields = {
  aggregates: z.array(z.string()),
  buckets: z.array(z.unknown()),
  chart: z.unknown(),
  crossFilters: z.array(z.unknown()),
  customSummaryFormula: z.unknown(),
  customDetailFormula: z.unknown(),
  description: z.string().nullable(),
  detailColumns: z.array(z.string()),
  developerName: z.string(),
  folderId: z.string().nullable(),
  groupingsAcross: z.array(Grouping),
  groupingsDown: z.array(Grouping),
  hasRecordCount: z.boolean(),
  historicalSnapshotDates: z.array(z.string()),
  name: z.string().min(1).max(80),
  reportBooleanFilter: z.string().nullable(),
  reportFilters: z.array(Filter),
  reportFormat: z.enum(['TABULAR', 'SUMMARY', 'MATRIX', 'MULTI_BLOCK']),
  reportType: z.looseObject({ type: z.string(), label: z.string().optional() }),
  scope: z.string().nullable(),
  showGrandTotal: z.boolean(),
  showSubtotals: z.boolean(),
  sortBy: z.array(z.looseObject({ sortColumn: z.string(), sortOrder: z.string() })),
  standardDateFilter: DateFilter.nullable(),
  standardFilters: z
    .array(z.looseObject({ name: z.string(), value: z.string().nullable() }))
    .nullable(),
  topRows: z
    .looseObject({ rowLimit: z.coerce.number().int().positive(), direction: z.string() })
    .nullable(),
};

/** A report as the Analytics API writes and reads it; what this org runs. */
export const ReportMetadata = z.looseObject(fields);
export type ReportMetadata = z.infer<typeof ReportMetadata>;
export type Grouping = z.infer<typeof Grouping>;

/** What a caller changes of a report, for one run or for good. */
export const ReportPatch = z.looseObject(fields).partial();

/** A report that says nothing yet. */
export const EMPTY_REPORT: ReportMetadata = {
  aggregates: ['RowCount'],
  buckets: [],
  chart: null,
  crossFilters: [],
  customDetailFormula: {},
  customSummaryFormula: {},
  description: null,
  detailColumns: [],
  developerName: '',
  folderId: null,
  groupingsAcross: [],
  groupingsDown: [],
  hasRecordCount: true,
  historicalSnapshotDates: [],
  name: 'Report',
  reportBooleanFilter: null,
  reportFilters: [],
  reportFormat: 'TABULAR',
  reportType: { type: '' },
  scope: 'organization',
  showGrandTotal: true,
  showSubtotals: true,
  sortBy: [],
  standardDateFilter: null,
  standardFilters: [],
  topRows: null,
};

/** The rest of a report's metadata that this org has but one value for. */
export const FIXED = {
  currency: null,
  dashboardSetting: null,
  division: null,
  presentationOptions: { hasStackedSummaries: true, historicalColumns: {} },
  supportsRoleHierarchy: false,
  userOrHierarchyFilterId: null,
} as const;
