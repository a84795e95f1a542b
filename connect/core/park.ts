import type { OrgRecord, RowState, Sent } from './row.ts';
import { ended, settle } from './row-sync.ts';
import type { Rules } from './rules.ts';
import type { Effect } from './step-types.ts';

/** The write stays as undecided as it is, and is looked at again at that time. */
export function waitUntil({ sync }: RowState, sent: Sent, readAt: number): readonly Effect[] {
  return [{ kind: 'remember', sync: { ...sync, sent: { ...sent, readAt } } }];
}

interface Parking {
  readonly sent: Sent;
  readonly candidates: readonly OrgRecord[];
}

/** A create that was perhaps applied, and no telling which record it made: sending it again might make a second one. */
export function park(
  { context }: Rules,
  { sync, row }: RowState,
  { sent, candidates }: Parking,
): readonly Effect[] {
  const ids = candidates.map(({ sfid }) => sfid).join(', ');
  const parked = `the answer to this row's insert was lost, and it may have become one of these records: ${ids}. Delete the row if it did; otherwise have it sent again.`;
  const err = JSON.stringify({ op: 'INSERT', code: 'UNDECIDED_INSERT', msg: parked });
  return [
    ...settle(sent.entries, { state: 'NEW', message: parked, sfid: null }),
    ...(row === null
      ? []
      : [{ kind: 'setRow' as const, columns: {}, status: { lastop: 'FAILED' as const, err } }]),
    { kind: 'remember', sync: { ...ended(context, sync), parked } },
    {
      kind: 'recordConflict',
      conflict: {
        kind: 'undecided',
        column: null,
        mine: null,
        theirs: null,
        base: null,
        winner: 'salesforce',
        sfid: null,
        image: sent.values,
      },
    },
  ];
}
