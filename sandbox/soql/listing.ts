import type { Build } from './build.ts';
import type { Listing, Statement } from './compiled.ts';
import type { Entry, RecordNode, Weight } from './selection.ts';
import type { Source } from './source.ts';

export interface ListingParts {
  readonly source: Source;
  readonly node: RecordNode;
  /** The SQL of one record's JSON. */
  readonly record: string;
}

/** What pages of a list are read by once its ids are known. */
export function listingOf(
  build: Build,
  parts: ListingParts,
): Pick<Listing, 'recordsOf' | 'weightsOf'> {
  const weights = weightTerms(parts.node);
  const among = (ids: readonly string[], select: string): Statement => {
    const wanted = build.value(`{${ids.join(',')}}`, 'text[]');
    const from = parts.source.fromAmong(
      `unnest(${wanted}) with ordinality as wanted(id, position)`,
      `${parts.source.alias}."id" = wanted.id`,
    );
    return build.statement(`${select} from ${from} order by wanted.position`);
  };
  return {
    recordsOf: (ids) => among(ids, `/* soql page */ select ${parts.record} as record`),
    weightsOf:
      weights.length === 0
        ? undefined
        : (ids, most) =>
            among(
              ids,
              `/* soql weights */ select wanted.id, (1 + ${sumOf(weights, build, most)})::text as weight`,
            ),
  };
}

/** The SQL of how many records a node's child lists hold, a term for each list. */
export function weightTerms(node: RecordNode): readonly Weight[] {
  return entriesOf(node).flatMap((entry) => (entry.kind === 'children' ? [entry.weight] : []));
}

export function sumOf(weights: readonly Weight[], build: Build, most: number): string {
  return weights.map((weight) => weight(build, most)).join(' + ');
}

/** The entries of a record and of its parents. */
export function entriesOf(node: RecordNode): readonly Entry[] {
  return [...node.entries.values()].flatMap((entry) =>
    entry.kind === 'parent' ? [entry, ...entriesOf(entry.node)] : [entry],
  );
}
