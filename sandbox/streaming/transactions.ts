import type { JournalEntry } from '../records/events.ts';
import type { NumberedEntry } from './change-event.ts';
import { TRANSACTION_CHANGES_MAX } from './limits.ts';

/** What has been seen of a transaction so far. */
interface Tally {
  changes: number;
  /** Objects whose overflow has been told. */
  readonly overflowed: Set<string>;
}

/** The last commit that got a number. */
export interface LastCommit {
  readonly number: number;
  readonly transactionKey: string;
}

/**
 * Puts journal entries into the order of their commits, numbers the commits, makes several changes of one record in one
 * transaction into one, and finds where a transaction has changed too much.
 *
 * Entries of transactions that run side by side come mixed (`A1 B1 A2 B2`). By each one's last entry they are in an
 * order of commits that what they wrote allows: where B changed what A had, B waited for A's commit to write its own,
 * so B's last entry is younger than all of A's.
 */
export class Transactions {
  #tallies: ReadonlyMap<string, Tally> = new Map();

  /**
   * Reads a batch. A transaction that goes on in the next batch keeps its number there only when it is the first of it;
   * else its rest gets a new one, since numbers never go back.
   */
  read(
    entries: readonly JournalEntry[],
    last: LastCommit,
  ): { readonly entries: readonly NumberedEntry[]; readonly last: LastCommit } {
    const byTransaction = inOrderOfCommit(entries);
    const numbered: NumberedEntry[] = [];
    const tallies = new Map<string, Tally>();
    let { number, transactionKey } = last;
    for (const [key, own] of byTransaction) {
      if (key !== transactionKey) number += 1;
      transactionKey = key;
      const tally = this.#tallies.get(key) ?? { changes: 0, overflowed: new Set<string>() };
      tallies.set(key, tally);
      for (const entry of oneOfEach(own)) {
        numbered.push({ ...entry, commitNumber: number, fate: fateOf(tally, entry) });
      }
    }
    this.#tallies = tallies;
    return { entries: numbered, last: { number, transactionKey } };
  }
}

function inOrderOfCommit(
  entries: readonly JournalEntry[],
): readonly (readonly [string, readonly JournalEntry[]])[] {
  const byTransaction = new Map<string, JournalEntry[]>();
  for (const entry of entries) {
    const own = byTransaction.get(entry.transaction_key) ?? [];
    // Taken out and put in again, a transaction moves to the end.
    byTransaction.delete(entry.transaction_key);
    byTransaction.set(entry.transaction_key, [...own, entry]);
  }
  return [...byTransaction];
}

/** Salesforce: each field of an update counts, and any other change counts once. */
function fateOf(tally: Tally, entry: JournalEntry): NumberedEntry['fate'] {
  const weight = entry.change_type === 'UPDATE' ? Math.max(1, entry.changed_fields.length) : 1;
  // After a restart in the middle of a transaction its entries' own numbers say how much there was at least.
  tally.changes = Math.max(tally.changes + weight, entry.sequence_number);
  if (tally.changes <= TRANSACTION_CHANGES_MAX) return 'told';
  if (tally.overflowed.has(entry.entity)) return 'untold';
  tally.overflowed.add(entry.entity);
  return 'overflow';
}

/** A record that one transaction changes more than once has one event: of the first kind of change, with the last values. */
function oneOfEach(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const first = new Map<string, number>();
  const result: (JournalEntry | undefined)[] = [];
  for (const entry of entries) {
    const at = first.get(entry.record_id);
    const earlier = at === undefined ? undefined : result[at];
    const both = earlier === undefined ? undefined : combined(earlier, entry);
    if (at === undefined || both === 'separate') {
      first.set(entry.record_id, result.length);
      result.push(entry);
    } else {
      result[at] = both;
    }
  }
  return result.filter((entry) => entry !== undefined);
}

/** Undefined: nothing is left to tell, a record that was made and deleted. */
function combined(
  earlier: JournalEntry,
  later: JournalEntry,
): JournalEntry | 'separate' | undefined {
  const kinds = `${earlier.change_type} ${later.change_type}`;
  switch (kinds) {
    case 'CREATE UPDATE':
    case 'UNDELETE UPDATE':
      return { ...earlier, record: { ...earlier.record, ...later.record } };
    case 'UPDATE UPDATE':
      return {
        ...earlier,
        changed_fields: [...new Set([...earlier.changed_fields, ...later.changed_fields])],
        record: { ...earlier.record, ...later.record },
        previous: { ...later.previous, ...earlier.previous },
      };
    case 'CREATE DELETE':
      return undefined;
    case 'UPDATE DELETE':
      return later;
    default:
      return 'separate';
  }
}
