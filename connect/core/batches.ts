import type { Send } from './step-types.ts';

/**
 * Writes as requests: one operation each, creates by external id apart from plain creates, at most `max` records. A
 * record is in one claim once, so it is in one batch once, which Salesforce insists on.
 */
export function batches(sends: readonly Send[], max: number): readonly (readonly Send[])[] {
  const byRequest = Map.groupBy(sends, ({ op, key }) =>
    op === 'insert' && key !== null ? 'upsert' : op,
  );
  return [...byRequest.values()].flatMap((group) => chunks(group, max));
}

export function chunks<T>(items: readonly T[], max: number): readonly (readonly T[])[] {
  const result: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += max) result.push(items.slice(at, at + max));
  return result;
}
