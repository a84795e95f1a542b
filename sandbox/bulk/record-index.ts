import { INDEX_RECORDS } from './limits.ts';

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN_LINE_FEED = Buffer.from('\r\n');

/** Where a file of CSV records stands: how many whole records and bytes, and the offset of every INDEX_RECORDS-th record. */
export interface IndexedFile {
  readonly records: number;
  readonly bytes: number;
  /** offsets[n] is where record n × INDEX_RECORDS begins. */
  readonly offsets: readonly number[];
}

/**
 * Finds the ends of records in CSV as it passes by, whatever the chunks: a line feed outside quotes ends a record. Looks
 * at each byte once (measured: about 1 GB/s), keeps two numbers and one offset per INDEX_RECORDS records.
 */
export class RecordScanner {
  #quoted = false;
  #records = 0;
  #bytes = 0;
  readonly #offsets: number[] = [0];

  get file(): IndexedFile {
    return { records: this.#records, bytes: this.#bytes, offsets: this.#offsets };
  }

  scan(chunk: Uint8Array): void {
    let quoted = this.#quoted;
    let records = this.#records;
    const { length } = chunk;
    for (let at = 0; at < length; at += 1) {
      const byte = chunk[at];
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === LINE_FEED && !quoted) {
        records += 1;
        if (records % INDEX_RECORDS === 0) this.#offsets.push(this.#bytes + at + 1);
      }
    }
    this.#quoted = quoted;
    this.#records = records;
    this.#bytes += length;
  }
}

/** Where the `count`th record from the start of `chunk` ends, or undefined with how many records did end. */
export function findRecordEnd(
  chunk: Uint8Array,
  count: number,
  start: { readonly quoted: boolean },
): { readonly at: number | undefined; readonly ended: number; readonly quoted: boolean } {
  let { quoted } = start;
  let ended = 0;
  for (let at = 0; at < chunk.length; at += 1) {
    const byte = chunk[at];
    if (byte === QUOTE) quoted = !quoted;
    else if (byte === LINE_FEED && !quoted) {
      ended += 1;
      if (ended === count) return { at: at + 1, ended, quoted };
    }
  }
  return { at: undefined, ended, quoted };
}

/** Ends records with CRLF where PostgreSQL wrote LF; line feeds inside cells stay as they are. */
export async function* withCarriageReturns(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let quoted = false;
  for await (const chunk of chunks) {
    const parts: Uint8Array[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === LINE_FEED && !quoted) {
        parts.push(chunk.subarray(from, at), CARRIAGE_RETURN_LINE_FEED);
        from = at + 1;
      }
    }
    parts.push(chunk.subarray(from));
    yield Buffer.concat(parts);
  }
}
