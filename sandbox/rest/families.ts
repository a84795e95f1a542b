import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { WEIGHED_RECORDS } from '../limits.ts';
import { NEXT_MARK, type CompiledQuery, type Listing } from '../soql/compiled.ts';
import { pageRecords } from '../soql/width.ts';
import { openCursor, type Cursor } from './cursor.ts';
import { basePath, type RestRequest } from './request.ts';

const Weights = z.array(z.object({ weight: z.coerce.number() }));

export interface Fitting {
  /** Records that go on the page, with all their children; at least one. */
  readonly count: number;
  /** Whether that one alone has more children than a page holds. */
  readonly crowded: boolean;
}

/**
 * How many of the records go on a page of `size`: children count as records do, so that a page is bounded however many
 * children they have. They are weighed some at a time, and not beyond where the page is full.
 */
export async function fitFamilies(
  client: pg.Pool | pg.ClientBase,
  { weightsOf }: Listing,
  { ids, size }: { readonly ids: readonly string[]; readonly size: number },
): Promise<Fitting> {
  if (weightsOf === undefined) return { count: ids.length, crowded: false };
  let total = 0;
  for (let at = 0; at < ids.length; at += WEIGHED_RECORDS) {
    const { text, values } = weightsOf(ids.slice(at, at + WEIGHED_RECORDS), size);
    const { rows } = await client.query(text, [...values]);
    for (const [index, { weight }] of Weights.parse(rows).entries()) {
      total += weight;
      if (total > size) {
        const count = at + index;
        return count === 0 ? { count: 1, crowded: true } : { count, crowded: false };
      }
    }
  }
  return { count: ids.length, crowded: false };
}

/** How many records each child list of a crowded record shows, so that all of them together are about a page. */
export function crowdedChildren({ childLists, childLevels }: CompiledQuery, size: number): number {
  return Math.max(1, Math.floor((size / childLists.length) ** (1 / Math.max(1, childLevels))));
}

export interface Continued {
  readonly records: readonly string[];
  readonly cursor: Cursor;
  readonly compiled: CompiledQuery;
  /** Records that each child list shows. */
  readonly shown: number;
}

/** Puts a locator in each place where a child list goes on: the ids of its records are kept as those of a query are. */
export async function openChildCursors(
  request: RestRequest,
  { records, cursor, compiled, shown }: Continued,
): Promise<readonly string[]> {
  const finished: string[] = [];
  for (const record of records) {
    const parts = record.split(NEXT_MARK);
    // Every second part stands between two marks.
    for (let at = 1; at < parts.length; at += 2) {
      const [number = '', parentId = ''] = (parts[at] ?? '').split(':');
      const list = present(compiled.childLists[Number(number)], 'child list');
      const opened = await openCursor(request.org, list.ids(parentId), {
        userId: request.session.userId,
        object: list.object.name,
        query: cursor.query,
        allRows: cursor.allRows,
        batchSize: pageRecords(list.columns, cursor.batchSize),
        child: Number(number),
        parentId: cursor.id,
      });
      parts[at] = locatorUrl(request, opened.id, shown);
    }
    finished.push(parts.join(''));
  }
  return finished;
}

export function locatorUrl(request: RestRequest, cursorId: string, offset: number): string {
  return `${basePath(request)}${request.tooling === true ? '/tooling' : ''}/query/${cursorId}-${offset}`;
}
