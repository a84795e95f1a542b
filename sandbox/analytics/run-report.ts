import type { RestRequest } from '../rest/request.ts';
import { displayValue, labelOf } from '../display-value.ts';
import type { Column } from './columns.ts';
import { extendedMetadata } from './describe-columns.ts';
import { REPORT_ROWS_MAX } from './limits.ts';
import { readDetails, readTotals, type DetailRow, type Subtotal } from './read-rows.ts';
import { FIXED } from './report-metadata.ts';
import {
  prepareReport,
  type Aggregate,
  type GroupColumn,
  type ReportQuery,
} from './report-query.ts';
import type { ReportMetadata } from './report-metadata.ts';

type Json = Readonly<Record<string, unknown>>;

/** A group of a report with its subgroups; `key` is its place: `0_1`. */
interface Group {
  readonly value: string | null;
  readonly label: string;
  readonly path: readonly (string | null)[];
  readonly groups: Group[];
  key: string;
}

/** Runs a report: what the Analytics API answers besides whose report it is. */
export async function runReport(
  request: RestRequest,
  metadata: ReportMetadata,
  includeDetails: boolean,
): Promise<Json> {
  const report = prepareReport(request.org.schema(), metadata);
  const totals = await readTotals(request, report);
  const read = includeDetails ? await readDetails(request, report) : [];
  const rows = read.slice(0, REPORT_ROWS_MAX);
  const down = groupTree(totals, report, 'down');
  const across = groupTree(totals, report, 'across');
  return {
    allData: read.length <= REPORT_ROWS_MAX,
    factMap: factMap(report, { totals, rows, down, across, includeDetails }),
    groupingsAcross: { groupings: across.map(shownGroup) },
    groupingsDown: { groupings: down.map(shownGroup) },
    hasDetailRows: includeDetails,
    reportExtendedMetadata: extendedMetadata(report),
    reportMetadata: shownMetadata(report, includeDetails),
  };
}

export function shownMetadata({ metadata, type }: ReportQuery, hasDetailRows: boolean): Json {
  const reportType = { label: type.label, type: type.name };
  return { ...FIXED, ...metadata, reportType, hasDetailRows };
}

type Side = 'down' | 'across';

function groupTree(totals: readonly Subtotal[], report: ReportQuery, side: Side): readonly Group[] {
  const other = side === 'down' ? 'across' : 'down';
  const own = totals.filter((total) => total[other].length === 0 && total[side].length > 0);
  const byLevel = own.toSorted((a, b) => a[side].length - b[side].length);
  const roots: Group[] = [];
  const known = new Map<string, Group>();
  for (const total of byLevel) {
    const path = total[side];
    const column = report[side][path.length - 1];
    const group: Group = {
      value: path.at(-1) ?? null,
      label:
        column === undefined ? '' : groupLabel(column, path.at(-1) ?? null, total.labels[side]),
      path,
      groups: [],
      key: '',
    };
    known.set(pathKey(path), group);
    (known.get(pathKey(path.slice(0, -1)))?.groups ?? roots).push(group);
  }
  sortGroups(
    roots,
    { report, side, totals: new Map(own.map((t) => [pathKey(t[side]), t])) },
    0,
    '',
  );
  return roots;
}

interface Sorting {
  readonly report: ReportQuery;
  readonly side: Side;
  readonly totals: ReadonlyMap<string, Subtotal>;
}

function sortGroups(groups: Group[], sorting: Sorting, level: number, prefix: string): void {
  const { report, side, totals } = sorting;
  const grouping = report[side][level]?.grouping;
  const sign = /^desc/i.test(grouping?.sortOrder ?? '') ? -1 : 1;
  const by = report.aggregates.findIndex(({ name }) => name === grouping?.sortAggregate);
  const column = report[side][level];
  const dated = column?.field.type === 'date' || column?.field.type === 'datetime';
  const places = new Map(column?.field.picklistValues.map(({ value }, index) => [value, index]));
  const rank = (group: Group): string | number => {
    if (by !== -1) return totals.get(pathKey(group.path))?.values[by] ?? 0;
    if (group.value === null)
      return typeof places.get('') === 'number' || places.size > 0 ? -1 : '';
    if (places.size > 0) return places.get(group.value) ?? places.size;
    return dated ? group.value : group.label.toLowerCase();
  };
  groups.sort((a, b) => sign * compare(rank(a), rank(b)));
  for (const [index, group] of groups.entries()) {
    group.key = `${prefix}${index}`;
    sortGroups(group.groups, sorting, level + 1, `${group.key}_`);
  }
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function pathKey(path: readonly (string | null)[]): string {
  return JSON.stringify(path);
}

function groupLabel(column: GroupColumn, value: string | null, label: string | null): string {
  if (value === null) return '-';
  const { field, idPath, grouping } = column;
  if (idPath !== null) return label ?? value;
  if (field.type === 'picklist') return labelOf(field, value);
  if (field.type === 'date' || field.type === 'datetime')
    return periodLabel(value, grouping.dateGranularity);
  return displayValue(field, value) ?? '-';
}

function periodLabel(value: string, granularity: string): string {
  const [year = '', month = '1', day = '1'] = value.split('-');
  switch (granularity.toLowerCase()) {
    case 'year':
    case 'fiscalyear':
      return granularity.toLowerCase() === 'year' ? `CY${year}` : `FY ${year}`;
    case 'quarter':
      return `Q${Math.ceil(Number(month) / 3)} CY${year}`;
    case 'fiscalquarter':
      return `Q${Math.ceil(Number(month) / 3)}-${year}`;
    case 'month':
      return `${MONTHS[Number(month) - 1] ?? ''} ${year}`;
    case 'monthinyear':
      return MONTHS[Number(value) - 1] ?? value;
    case 'dayinmonth':
      return value;
    default:
      return `${Number(month)}/${Number(day)}/${year}`;
  }
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

function shownGroup({ value, label, key, groups }: Group): Json {
  return { groupings: groups.map(shownGroup), key, label, value };
}

interface Facts {
  readonly totals: readonly Subtotal[];
  readonly rows: readonly DetailRow[];
  readonly down: readonly Group[];
  readonly across: readonly Group[];
  readonly includeDetails: boolean;
}

/** `0_1!2`: the first group's second subgroup down, the third group across; T is the total. */
function factMap(report: ReportQuery, facts: Facts): Json {
  const keys = {
    down: new Map(allGroups(facts.down).map(({ path, key }) => [pathKey(path), key])),
    across: new Map(allGroups(facts.across).map(({ path, key }) => [pathKey(path), key])),
  };
  const keyOf = (place: Pick<Subtotal, Side>): string =>
    `${keys.down.get(pathKey(place.down)) ?? 'T'}!${keys.across.get(pathKey(place.across)) ?? 'T'}`;
  const rows = new Map<string, Json[]>();
  for (const row of facts.rows) {
    const key = keyOf(row);
    const list = rows.get(key) ?? [];
    list.push({ dataCells: report.details.map((column) => cell(column, row.record)) });
    rows.set(key, list);
  }
  return Object.fromEntries(
    facts.totals.map((total) => {
      const key = keyOf(total);
      const aggregates = report.aggregates.map((aggregate, index) =>
        aggregateCell(aggregate, total.values[index] ?? null),
      );
      return [
        key,
        facts.includeDetails ? { aggregates, rows: rows.get(key) ?? [] } : { aggregates },
      ];
    }),
  );
}

function allGroups(groups: readonly Group[]): readonly Group[] {
  return groups.flatMap((group) => [group, ...allGroups(group.groups)]);
}

function aggregateCell({ kind, column }: Aggregate, value: number | null): Json {
  if (value === null) return { label: '-', value: null };
  if (column === undefined || kind === 'u') return { label: value.toLocaleString('en-US'), value };
  return { label: displayValue(column.field, value) ?? '-', value };
}

/** The value at a path of a record; null where a parent is missing. */
function valueAt(record: Json, path: string): unknown {
  let value: unknown = record;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return null;
    value = Object.entries(value).find(([name]) => name === step)?.[1];
  }
  return value ?? null;
}

function cell({ field, path, idPath }: Column, record: Json): Json {
  const given = valueAt(record, path);
  const label = displayValue(field, given) ?? '-';
  if (idPath !== null) return { label, value: valueAt(record, idPath) };
  if (field.type === 'currency' && given !== null)
    return { label, value: { amount: given, currency: null } };
  return { label, value: given };
}
