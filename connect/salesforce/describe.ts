import { ObjectDescribe } from '../core/describe.ts';
import { header, parseJson, refused } from './answer.ts';
import type { OrgSession } from './session.ts';

interface Known {
  readonly etag: string;
  readonly describe: ObjectDescribe;
}

/** Describes, asked for again at each use at the price of a 304 where nothing has changed. */
export class Describer {
  readonly #session: OrgSession;
  readonly #known = new Map<string, Known>();

  constructor(session: OrgSession) {
    this.#session = session;
  }

  /** Null: the org has no such object, or does not show it to the connected user. */
  async describe(objectName: string, signal: AbortSignal): Promise<ObjectDescribe | null> {
    const answer = await this.#ask(objectName, signal);
    return answer === null ? null : ObjectDescribe.parse(answer);
  }

  /** The whole answer, for those who want more of it than Connect does. */
  async raw(objectName: string, signal: AbortSignal): Promise<unknown> {
    return this.#ask(objectName, signal);
  }

  async #ask(objectName: string, signal: AbortSignal): Promise<unknown> {
    const key = objectName.toLowerCase();
    const known = this.#known.get(key);
    const version = await this.#session.version(signal);
    const answer = await this.#session.send({
      method: 'GET',
      path: `/services/data/${version}/sobjects/${encodeURIComponent(objectName)}/describe`,
      headers: known === undefined ? {} : { 'if-none-match': known.etag },
      signal,
    });
    if (answer.statusCode === 304 && known !== undefined) {
      await answer.body.dump();
      return known.describe;
    }
    if (answer.statusCode === 404) {
      await answer.body.dump();
      return null;
    }
    if (answer.statusCode !== 200) throw await refused(answer, `${objectName} was not described`);
    const etag = header(answer, 'etag');
    const describe: unknown = parseJson(await answer.body.text());
    if (etag !== undefined) {
      this.#known.set(key, { etag, describe: ObjectDescribe.parse(describe) });
    }
    return describe;
  }
}
