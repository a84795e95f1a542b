import type { Readable } from 'node:stream';

import { parse } from 'csv-parse/sync';
import { z } from 'zod';

import type { MappingPlan } from '../core/plan.ts';
import { fault } from '../faults.ts';
import { COPY_PIECE_BYTES, CSV_HEADER_BYTES_MAX } from '../limits.ts';

export interface CsvPage {
  /** The columns of the table in the order of the page, `sfid` among them. */
  readonly columns: readonly string[];
  /** The page without its header line, as it came. */
  readonly rest: AsyncIterable<Buffer>;
}

const LINE_FEED = 0x0a;

/**
 * Reads the header line of a page and leaves the rest as it is: every page of a job has one, and the order of its
 * columns is Salesforce's. A page that lacks a mapped field, or has another, is refused.
 */
export async function openPage(csv: Readable, plan: MappingPlan): Promise<CsvPage> {
  const chunks: AsyncIterator<unknown> = csv[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await chunks.next();
    const chunk = done === true ? undefined : bytesOf(value);
    const end = chunk?.indexOf(LINE_FEED) ?? -1;
    if (chunk !== undefined && end < 0) {
      head.push(chunk);
      bytes += chunk.length;
      if (bytes > CSV_HEADER_BYTES_MAX) throw unreadable(plan, 'its first line does not end');
      continue;
    }
    const line = Buffer.concat(chunk === undefined ? head : [...head, chunk.subarray(0, end)]);
    const columns = columnsOfHeader(line.toString('utf8'), plan);
    return { columns, rest: following(chunk?.subarray(end + 1), chunks) };
  }
}

/** Gathers small pieces (gunzip gives 16 kB at a time): each one handed on is two writes to PostgreSQL's socket. */
async function* following(
  first: Buffer | undefined,
  chunks: AsyncIterator<unknown>,
): AsyncIterable<Buffer> {
  let gathered = first === undefined ? [] : [first];
  let bytes = first?.length ?? 0;
  for (;;) {
    const { done, value } = await chunks.next();
    if (done !== true) {
      const chunk = bytesOf(value);
      gathered.push(chunk);
      bytes += chunk.length;
      if (bytes < COPY_PIECE_BYTES) continue;
    }
    if (bytes > 0) yield gathered.length === 1 ? (gathered[0] ?? EMPTY) : Buffer.concat(gathered);
    if (done === true) return;
    gathered = [];
    bytes = 0;
  }
}

const EMPTY = Buffer.alloc(0);

function bytesOf(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk, 'utf8');
  throw new TypeError('a page of a load is bytes');
}

const Header = z.array(z.array(z.string())).max(1);

function columnsOfHeader(line: string, plan: MappingPlan): readonly string[] {
  const [header = []] = Header.parse(parse(line, { bom: true, relaxColumnCount: true }));
  const byName = new Map(plan.fields.map(({ name, column }) => [name.toLowerCase(), column]));
  byName.set('id', 'sfid');
  const columns = header.map((name) => {
    const column = byName.get(name.toLowerCase());
    if (column === undefined) throw unreadable(plan, `it has the unexpected column ${name}`);
    return column;
  });
  const missing = [...byName].find(([, column]) => !columns.includes(column));
  if (missing !== undefined) throw unreadable(plan, `it lacks the field ${missing[0]}`);
  if (new Set(columns).size !== columns.length) throw unreadable(plan, 'it has a column twice');
  return columns;
}

function unreadable(plan: MappingPlan, why: string): Error {
  return fault(
    'LOAD_PAGE_UNREADABLE',
    `A page of the bulk load of ${plan.object} cannot be read: ${why}. The load is tried again.`,
  );
}
