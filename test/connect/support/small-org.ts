import http from 'node:http';

import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';

import { present } from '../../../src/kit/assert.ts';
import { listen } from '../../../src/kit/listen.ts';

const Values = z.record(z.string(), z.string().nullable());
type Values = z.infer<typeof Values>;

export interface SmallRecord {
  sfid: string;
  values: Values;
  stamp: number;
  readonly createdAt: number;
  deleted: boolean;
  /** True where Connect made it. */
  readonly bySelf: boolean;
}

const Send = z.object({
  op: z.enum(['insert', 'update', 'delete']),
  sfid: z.string().nullable(),
  key: z.string().nullable(),
  values: Values,
});
const Window = z.object({
  since: z.string().nullable(),
  after: z.object({ stamp: z.string(), id: z.string() }).nullable(),
  max: z.int(),
});
const Wanted = z.object({ sfids: z.array(z.string()), keys: z.array(z.string()) });

const PAGE_RECORDS = 10;

/** An org of one object that lives on in the test's own process while Connect's is killed; columns stand for fields. */
export class SmallOrg {
  readonly records = new Map<string, SmallRecord>();
  readonly keyColumn: string;
  /** CSV headers by column, `sfid` among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Records Connect has written, a record counted as often as it was written. */
  written = 0;
  #serial = 0;
  readonly #jobs = new Map<string, readonly SmallRecord[]>();

  constructor(keyColumn: string, headers: Readonly<Record<string, string>>) {
    this.keyColumn = keyColumn;
    this.headers = headers;
  }

  live(): readonly SmallRecord[] {
    return [...this.records.values()].filter(({ deleted }) => !deleted);
  }

  create(values: Values, bySelf = false): SmallRecord {
    this.#serial += 1;
    const record: SmallRecord = {
      sfid: `003${String(this.#serial).padStart(15, '0')}`,
      values: { ...values },
      stamp: Date.now(),
      createdAt: Date.now(),
      deleted: false,
      bySelf,
    };
    this.records.set(record.sfid, record);
    return record;
  }

  change(record: SmallRecord, values: Values): void {
    record.values = { ...record.values, ...values };
    record.stamp = Date.now();
  }

  delete(record: SmallRecord): void {
    record.deleted = true;
    record.stamp = Date.now();
  }

  shown({ sfid, values, stamp, createdAt, deleted, bySelf }: SmallRecord): unknown {
    return {
      sfid,
      deleted,
      createdAt,
      ...(bySelf ? { createdBySelfAt: createdAt } : {}),
      values: { ...values, ...this.systemValues({ stamp, createdAt, deleted }) },
    };
  }

  systemValues({
    stamp,
    createdAt,
    deleted,
  }: Pick<SmallRecord, 'stamp' | 'createdAt' | 'deleted'>): Values {
    return {
      systemmodstamp: new Date(stamp).toISOString(),
      createddate: new Date(createdAt).toISOString(),
      isdeleted: String(deleted),
    };
  }

  answer(method: string, body: unknown): unknown {
    switch (method) {
      case 'write':
        return z
          .array(Send)
          .parse(body)
          .map((send) => this.#write(send));
      case 'changesSince':
        return this.#changesSince(Window.parse(body));
      case 'readBack':
        return this.#readBack(Wanted.parse(body));
      case 'createQueryJob': {
        const jobId = `750${this.#jobs.size}`;
        this.#jobs.set(jobId, structuredClone(this.live()));
        return { jobId, asOf: new Date().toISOString() };
      }
      case 'queryJobState':
        return this.#jobs.has(z.string().parse(body)) ? 'complete' : 'absent';
      case 'queryJobPage':
        return this.#page(
          z.object({ jobId: z.string(), locator: z.string().nullable() }).parse(body),
        );
      default:
        throw new Error(`no ${method}`);
    }
  }

  #write({ op, sfid, key, values }: z.infer<typeof Send>): unknown {
    this.written += 1;
    const refused = (code: string) => ({
      kind: 'refused',
      refusal: { code, message: code, fields: [] },
    });
    if (op === 'insert') {
      const found = this.live().find(
        (record) => key !== null && record.values[this.keyColumn] === key,
      );
      if (found === undefined) {
        const all = key === null ? values : { ...values, [this.keyColumn]: key };
        return { kind: 'accepted', sfid: this.create(all, true).sfid };
      }
      this.change(found, values);
      return { kind: 'accepted', sfid: found.sfid };
    }
    const record = this.records.get(sfid ?? '');
    if (record === undefined || record.deleted) return refused('ENTITY_IS_DELETED');
    if (op === 'delete') this.delete(record);
    else this.change(record, values);
    return { kind: 'accepted', sfid: record.sfid };
  }

  #changesSince({ since, after, max }: z.infer<typeof Window>): unknown {
    const from = since === null ? 0 : Date.parse(since);
    const place = ({ stamp, sfid }: SmallRecord): string =>
      `${new Date(stamp).toISOString()} ${sfid}`;
    const found = [...this.records.values()]
      .filter((record) => record.stamp >= from)
      .filter((record) => after === null || place(record) > `${after.stamp} ${after.id}`)
      .toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
    const page = found.slice(0, max);
    const last = page.at(-1);
    return {
      records: page.map((record) => this.shown(record)),
      end: last === undefined ? null : { stamp: new Date(last.stamp).toISOString(), id: last.sfid },
      more: found.length > max,
      asOf: new Date().toISOString(),
    };
  }

  #readBack({ sfids, keys }: z.infer<typeof Wanted>): unknown {
    const all = [...this.records.values()];
    const byKey = keys.flatMap((key) => {
      const holders = all.filter(({ values }) => values[this.keyColumn] === key);
      return holders.find(({ deleted }) => !deleted) ?? holders.at(-1) ?? [];
    });
    const found = new Set([...sfids.flatMap((sfid) => this.records.get(sfid) ?? []), ...byKey]);
    return [...found].map((record) => this.shown(record));
  }

  #page({ jobId, locator }: { readonly jobId: string; readonly locator: string | null }): unknown {
    const records = present(this.#jobs.get(jobId), jobId);
    const from = Number(locator ?? '0');
    const page = records.slice(from, from + PAGE_RECORDS);
    const columns = Object.keys(this.headers);
    const lines = page.map((record) => {
      const values: Values = { ...record.values, ...this.systemValues(record), sfid: record.sfid };
      return columns.map((column) => values[column] ?? '');
    });
    const csv = stringify([columns.map((column) => this.headers[column]), ...lines], {
      quoted: true,
      quoted_empty: true,
    });
    return { csv, next: from + PAGE_RECORDS < records.length ? String(from + PAGE_RECORDS) : null };
  }
}

/** Serves an org's methods to another process, one POST a call. */
export async function serveSmallOrg(
  org: SmallOrg,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      response.end(JSON.stringify(org.answer((request.url ?? '').slice(1), body)));
    });
  });
  const listening = await listen(server, {
    port: 0,
    host: '127.0.0.1',
    drainMs: 500,
    what: 'the small org',
    variable: 'none',
  });
  return {
    url: `http://127.0.0.1:${listening.port}`,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}
