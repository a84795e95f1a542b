import type { Schema } from '../schema/schema.ts';
import { columnsOfType, type Column } from './columns.ts';
import type { Aggregate, ReportQuery } from './report-query.ts';
import type { ReportType } from './report-types.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the columns of a run report are. */
export function extendedMetadata({ details, down, across, aggregates }: ReportQuery): Json {
  return {
    aggregateColumnInfo: Object.fromEntries(
      aggregates.map((aggregate) => [aggregate.name, aggregateInfo(aggregate)]),
    ),
    detailColumnInfo: Object.fromEntries(
      details.map((column) => {
        const {
          dataType,
          entityColumnName,
          filterValues,
          filterable,
          isLookup,
          label,
          uniqueCountable,
        } = columnInfo(column);
        return [
          column.name,
          {
            dataType,
            entityColumnName,
            filterValues,
            filterable,
            isLookup,
            label,
            uniqueCountable,
          },
        ];
      }),
    ),
    groupingColumnInfo: Object.fromEntries(
      [down, across].flatMap((side) =>
        side.map((column, groupingLevel) => [
          column.name,
          { dataType: dataType(column), groupingLevel, label: column.label },
        ]),
      ),
    ),
  };
}

function aggregateInfo({ kind, column }: Aggregate): Json {
  const context = { acrossGroupingContext: null, downGroupingContext: null };
  if (column === undefined) return { ...context, dataType: 'int', label: 'Record Count' };
  return {
    ...context,
    dataType: kind === 'u' ? 'int' : dataType(column),
    label: `${SUMMARY_LABELS[kind] ?? ''} ${column.label}`,
  };
}

const SUMMARY_LABELS: Readonly<Record<string, string>> = {
  s: 'Sum of',
  a: 'Average',
  m: 'Smallest',
  x: 'Largest',
  u: 'Unique',
};

function dataType({ field }: Column): string {
  return field.type === 'reference' ? 'id' : field.type;
}

function columnInfo(column: Column) {
  const { field, label, idPath, entityColumnName } = column;
  return {
    allowedInCustomDetailFormula: true,
    bucketable: field.type === 'picklist' || field.type === 'string',
    dataType: dataType(column),
    entityColumnName,
    fieldToFieldFilterable: false,
    filterValues: field.picklistValues.map((entry) => ({ label: entry.label, name: entry.value })),
    filterable: field.filterable,
    isCustom: field.custom,
    isLookup: idPath !== null,
    label,
    maxLength: field.length === 0 ? null : field.length,
    uniqueCountable: field.groupable,
  };
}

/** What a report of a type can show and how it can be filtered. */
export function reportTypeMetadata(schema: Schema, type: ReportType): Json {
  const columns = columnsOfType(schema, type);
  return {
    categories: [
      {
        columns: Object.fromEntries(columns.map((column) => [column.name, columnInfo(column)])),
        label: type.label,
      },
    ],
    dataTypeFilterOperatorMap: OPERATOR_MAP,
    dateGranularityInfos: GRANULARITIES.map(([name, label]) => ({ name, label })),
    divisionInfo: null,
    scopeInfo: {
      defaultValue: 'organization',
      values: [
        { allowsDivision: false, label: `My ${type.label.toLowerCase()}`, value: 'user' },
        { allowsDivision: false, label: `All ${type.label.toLowerCase()}`, value: 'organization' },
      ],
    },
    standardDateFilterDurationGroups: DURATIONS,
    standardFilterInfos: {},
    supportsJoinedFormat: false,
  };
}

const operator = (name: string, label: string): Json => ({ name, label });
const EQUALITY = [operator('equals', 'equals'), operator('notEqual', 'not equal to')];
const ORDER = [
  operator('lessThan', 'less than'),
  operator('greaterThan', 'greater than'),
  operator('lessOrEqual', 'less or equal'),
  operator('greaterOrEqual', 'greater or equal'),
];
const WORDS = [
  operator('contains', 'contains'),
  operator('notContain', 'does not contain'),
  operator('startsWith', 'starts with'),
];
const OPERATOR_MAP: Json = {
  ...Object.fromEntries(
    ['email', 'id', 'phone', 'string', 'textarea', 'url'].map((type) => [
      type,
      [...EQUALITY, ...ORDER, ...WORDS],
    ]),
  ),
  ...Object.fromEntries(
    ['currency', 'date', 'datetime', 'double', 'int', 'percent'].map((type) => [
      type,
      [...EQUALITY, ...ORDER],
    ]),
  ),
  boolean: EQUALITY,
  multipicklist: [...EQUALITY, operator('includes', 'includes'), operator('excludes', 'excludes')],
  picklist: [...EQUALITY, ...WORDS],
};

const GRANULARITIES = [
  ['None', 'None'],
  ['Day', 'Day'],
  ['Week', 'Calendar Week'],
  ['Month', 'Calendar Month'],
  ['Quarter', 'Calendar Quarter'],
  ['Year', 'Calendar Year'],
  ['FiscalQuarter', 'Fiscal Quarter'],
  ['FiscalYear', 'Fiscal Year'],
  ['MonthInYear', 'Calendar Month in Year'],
  ['DayInMonth', 'Calendar Day in Month'],
] as const;

const duration = (value: string, label: string): Json => ({
  endDate: null,
  label,
  startDate: null,
  value,
});
const DURATIONS = [
  { label: 'Custom', standardDateFilterDurations: [duration('CUSTOM', 'Custom')] },
  {
    label: 'Calendar Year',
    standardDateFilterDurations: [
      duration('THIS_YEAR', 'Current CY'),
      duration('LAST_YEAR', 'Previous CY'),
      duration('NEXT_YEAR', 'Next CY'),
    ],
  },
  {
    label: 'Fiscal Quarter',
    standardDateFilterDurations: [
      duration('THIS_FISCAL_QUARTER', 'Current FQ'),
      duration('LAST_FISCAL_QUARTER', 'Previous FQ'),
      duration('NEXT_FISCAL_QUARTER', 'Next FQ'),
    ],
  },
  {
    label: 'Calendar Month',
    standardDateFilterDurations: [
      duration('THIS_MONTH', 'Current Month'),
      duration('LAST_MONTH', 'Last Month'),
      duration('NEXT_MONTH', 'Next Month'),
    ],
  },
  {
    label: 'Day',
    standardDateFilterDurations: [
      duration('TODAY', 'Today'),
      duration('YESTERDAY', 'Yesterday'),
      duration('LAST_N_DAYS:7', 'Last 7 Days'),
      duration('LAST_N_DAYS:30', 'Last 30 Days'),
      duration('LAST_N_DAYS:90', 'Last 90 Days'),
    ],
  },
];
