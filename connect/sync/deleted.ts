import { chunks } from '../core/batches.ts';
import type { ReadStart } from '../core/step-types.ts';
import type { AddressedEvent } from '../ports.ts';
import type { Sync } from './sync.ts';

/**
 * Takes in deletions that no sweep shows: records that have left the recycle bin, or were merged into others. The list
 * names also records that have come back since, so each is read before anything is believed of it.
 *
 * Resolves to Salesforce's clock of the list: the next one begins there.
 */
export async function readDeleted(
  sync: Sync,
  since: string,
  { begin, signal }: { readonly begin: () => Promise<ReadStart>; readonly signal: AbortSignal },
): Promise<string> {
  const { plan, store, org, clock, bounds } = sync;
  const { sfids, asOf } = await org.deletedSince(plan, since, signal);
  for (const some of chunks(sfids, bounds.readBackRecordsMax)) {
    const read = await begin();
    const records = await org.readBack(plan, { sfids: some, keys: [] }, signal);
    const bySfid = new Map(records.map((record) => [record.sfid, record]));
    // As a sweep would tell of them: what a row cannot take in now goes on the list of reads to repeat.
    const steps = some.map((sfid): AddressedEvent => {
      const record = bySfid.get(sfid) ?? { sfid, deleted: true, values: null };
      return { recordId: null, event: { kind: 'pulled', record, read } };
    });
    await store.step(plan, steps, { now: clock.now(), limits: bounds.step });
  }
  return asOf;
}
