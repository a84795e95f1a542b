import { changeOf } from './fold.ts';
import type { MappedField } from './plan.ts';
import type { LiveRecord, LogEntry, RowState, Value, Values } from './row.ts';
import { rememberChange, settle, statusOf, tidy, without } from './row-sync.ts';
import type { Conflict, Effect } from './step-types.ts';
import type { Rules } from './rules.ts';
import { sameValue } from './values.ts';

interface Merging {
  readonly columns: Record<string, Value>;
  readonly settled: Record<string, number>;
  readonly bases: Record<string, Value>;
  readonly conflicts: Conflict[];
}

/**
 * Brings what Salesforce shows into a row that may have unsent changes, field by field, each against its own base:
 *
 * - nothing unsent: Salesforce's value (a refused value stays until Salesforce's own changes);
 * - Salesforce still shows the base: ours stays, and is sent in its turn;
 * - Salesforce shows what we want to send: both agree, there is nothing left to send;
 * - else both sides changed it: the mapping's rule decides, and the loser is recorded.
 */
export function mergeRow(rules: Rules, state: RowState, record: LiveRecord): readonly Effect[] {
  const { plan } = rules.context;
  const { sync, pending } = state;
  const merging: Merging = {
    columns: {},
    settled: { ...sync.settled },
    bases: { ...sync.bases },
    conflicts: [],
  };
  for (const field of plan.fields) {
    const incoming = record.values[field.column];
    if (incoming !== undefined)
      mergeField(rules, state, { field, incoming, sfid: record.sfid, merging });
  }
  const { columns, settled, bases, conflicts } = merging;
  const merged = { ...sync, settled, bases, parked: null, sfid: record.sfid };
  const spent = spentEntries(rules, state, { ...state, sync: merged });
  const after: RowState = {
    ...state,
    row: { sfid: record.sfid, values: { ...state.row?.values, ...columns } },
    pending: without(pending, spent),
    sync: merged,
  };
  const next: RowState = { ...after, sync: { ...tidy(plan, after), sfid: null } };
  return [
    { kind: 'setRow', columns, sfid: record.sfid, status: statusOf(next, 'SYNCED') },
    ...settle(spent, { state: 'IGNORED', message: SUPERSEDED, sfid: record.sfid }),
    ...conflicts.map((conflict): Effect => ({ kind: 'recordConflict', conflict })),
    ...rememberChange(sync, next.sync),
  ];
}

const SUPERSEDED = 'Salesforce’s own change was kept; see the conflict log';

interface FieldMerge {
  readonly field: MappedField;
  readonly incoming: Value;
  readonly sfid: string;
  readonly merging: Merging;
}

function mergeField(
  rules: Rules,
  state: RowState,
  { field, incoming, sfid, merging }: FieldMerge,
): void {
  const { column, kind } = field;
  const { columns, settled, bases, conflicts } = merging;
  const standing = state.row?.values[column] ?? null;
  const change = changeOf(field, state, state.pending);
  if (change === null) {
    const base = state.sync.bases[column];
    if (
      base !== undefined &&
      sameValue(kind, incoming, base) &&
      !sameValue(kind, incoming, standing)
    )
      return;
    columns[column] = incoming;
    delete bases[column];
    return;
  }
  const base = rules.mechanisms.base ? change.base : NOT_A_VALUE;
  if (base === undefined || sameValue(kind, incoming, base)) return;
  if (sameValue(kind, incoming, change.value)) {
    settled[column] = change.last;
    delete bases[column];
    return;
  }
  const winner = rules.context.plan.conflict;
  conflicts.push({
    kind: 'field',
    column,
    mine: change.value,
    theirs: incoming,
    base,
    winner,
    sfid,
    image: null,
  });
  if (winner === 'postgres') {
    bases[column] = incoming;
  } else {
    columns[column] = incoming;
    settled[column] = change.last;
    delete bases[column];
  }
}

/** Equal to nothing Salesforce can show: what remains of a merge when its base is taken away. */
const NOT_A_VALUE = '\u0000';

/** Entries that spoke for some column before the merge and speak for none after it. */
function spentEntries(rules: Rules, before: RowState, after: RowState): readonly number[] {
  const { fields } = rules.context.plan;
  const speaks = (state: RowState, entry: LogEntry): boolean =>
    fields.some((field) => changeOf(field, state, [entry]) !== null);
  return before.pending
    .filter((entry) => speaks(before, entry) && !speaks(after, entry))
    .map(({ id }) => id);
}

/** The columns of a record whose values the row's owner had not seen, against the row's last image. */
export function differing(
  fields: readonly MappedField[],
  values: Values,
  image: Values,
): readonly MappedField[] {
  return fields.filter(({ column, kind, updateable }) => {
    const theirs = values[column];
    const mine = image[column];
    return (
      updateable && theirs !== undefined && mine !== undefined && !sameValue(kind, theirs, mine)
    );
  });
}
