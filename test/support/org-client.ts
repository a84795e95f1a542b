import { z } from 'zod';

const Records = z.object({ records: z.array(z.record(z.string(), z.unknown())) });

/** The org as another client of it sees it: plain REST with an administrator's token. */
export class OrgClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async query(soql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return Records.parse(await this.#send('GET', `/query?q=${encodeURIComponent(soql)}`)).records;
  }

  /** What a resource below `/services/data/vNN.0` answers. */
  async get(path: string): Promise<Readonly<Record<string, unknown>>> {
    return z.record(z.string(), z.unknown()).parse(await this.#send('GET', path));
  }

  async record(object: string, id: string): Promise<Readonly<Record<string, unknown>>> {
    return z
      .record(z.string(), z.unknown())
      .parse(await this.#send('GET', `/sobjects/${object}/${id}`));
  }

  async update(
    object: string,
    id: string,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#send('PATCH', `/sobjects/${object}/${id}`, fields);
  }

  async delete(object: string, id: string): Promise<void> {
    await this.#send('DELETE', `/sobjects/${object}/${id}`);
  }

  async #send(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(new URL(`/services/data/v62.0${path}`, this.#url), {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}
