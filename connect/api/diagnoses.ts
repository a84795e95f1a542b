import { randomUUID } from 'node:crypto';

import { DIAGNOSES_MAX } from '../limits.ts';
import type { Diagnosis } from './diagnose.ts';

/** Diagnoses under way and done, for the client that asks until they are. A restart forgets them; one asks anew. */
export class Diagnoses {
  readonly #known = new Map<
    string,
    { readonly connectionId: string; result: Diagnosis | undefined; failure: unknown }
  >();

  begin(connectionId: string, work: () => Promise<Diagnosis>): string {
    const id = randomUUID();
    const entry: { connectionId: string; result: Diagnosis | undefined; failure: unknown } = {
      connectionId,
      result: undefined,
      failure: undefined,
    };
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= DIAGNOSES_MAX) this.#known.delete(oldest);
    this.#known.set(id, entry);
    work().then(
      (result) => {
        entry.result = result;
        return result;
      },
      (error: unknown) => {
        entry.failure = error;
      },
    );
    return id;
  }

  /** `undefined`: no such diagnosis; `pending`: not done yet. */
  find(connectionId: string, id: string): Diagnosis | 'pending' | undefined {
    const found = this.#known.get(id);
    if (found === undefined || found.connectionId !== connectionId) return undefined;
    if (found.failure !== undefined) throw found.failure;
    return found.result ?? 'pending';
  }
}
