import { z } from 'zod';

import { fault } from './faults.ts';

const REQUEST_TIMEOUT_MS = 60_000;
const Refusal = z.object({ message: z.string() });

export interface ApiRequest<T> {
  readonly method?: string;
  readonly body?: unknown;
  /** The shape the answer must have. */
  readonly answer: z.ZodType<T>;
  /** Resolve to undefined where the answer is 404. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One of our services as a client of its HTTP API, with the first user's key. */
export class ApiClient {
  readonly #base: string;
  readonly #authorization: string;

  constructor(base: string, token: string) {
    this.#base = base;
    this.#authorization = `Bearer ${token}`;
  }

  async send<T>(path: string, request: ApiRequest<T>): Promise<T> {
    const found = await this.find(path, request);
    if (found === undefined)
      throw fault('SETUP_REFUSED', `${request.method ?? 'GET'} ${path}: not found`);
    return found;
  }

  /** As `send`; undefined where there is no such thing. */
  async find<T>(
    path: string,
    { method = 'GET', body, answer, headers }: ApiRequest<T>,
  ): Promise<T | undefined> {
    const response = await fetch(new URL(path, this.#base), {
      method,
      headers: {
        accept: 'application/vnd.heroku+json; version=3',
        authorization: this.#authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    const value: unknown = text === '' ? null : parseJson(text);
    if (response.status === 404) return undefined;
    if (!response.ok) {
      const words = Refusal.safeParse(value);
      throw fault(
        'SETUP_REFUSED',
        `${method} ${path} was refused (${response.status}): ${words.success ? words.data.message : text.slice(0, 2_000)}`,
      );
    }
    return answer.parse(value);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
