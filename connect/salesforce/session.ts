import { z } from 'zod';

import type { Clock } from '../../src/kit/clock.ts';
import { Fault } from '../../src/kit/fault.ts';
import type { Log } from '../../src/kit/log.ts';
import { fault } from '../faults.ts';
import { API_VERSION_NEWEST, API_VERSION_OLDEST, LOGIN_RETRY_MS } from '../limits.ts';
import type { Grant, GrantTable } from '../registry.ts';
import { header, parseJson, refused } from './answer.ts';
import type { OrgHosts } from './hosts.ts';
import type { OrgAnswer, OrgHttp, OrgRequest } from './http.ts';
import type { OrgOAuth } from './oauth.ts';

export interface SessionParts {
  readonly grant: Grant;
  readonly grants: Pick<GrantTable, 'renew'>;
  readonly oauth: OrgOAuth;
  readonly http: OrgHttp;
  readonly hosts: OrgHosts;
  readonly clock: Clock;
  readonly log: Log;
}

export type SessionRequest = Omit<OrgRequest, 'url'> & {
  /** A path of the org, such as `/services/data/v67.0/query?q=…`; never another host's. */
  readonly path: string;
};

export interface Usage {
  readonly used: number;
  readonly max: number;
}

/**
 * One connection's way into its org: adds the token, and gets a new one when the old has ended. Tokens go to the
 * grant's own instance and nowhere else.
 */
export class OrgSession {
  readonly #parts: SessionParts;
  #grant: Grant;
  #usage: Usage | null = null;
  #version: Promise<string> | undefined;
  #renewing: Promise<void> | undefined;
  /** A login that was refused is not repeated at once: the org counts failures and may lock the user. */
  #refusal: { readonly until: number; readonly fault: Fault } | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#grant = parts.grant;
  }

  get userId(): string {
    return this.#grant.userId;
  }

  get instanceUrl(): string {
    return this.#grant.instanceUrl;
  }

  /** For streaming, whose client makes its own requests. */
  get accessToken(): string {
    return this.#grant.accessToken;
  }

  /** API calls of the last 24 hours, as the last answer said; null before the first. */
  get usage(): Usage | null {
    return this.#usage;
  }

  /**
   * Sends a request; where the org says that the token has ended, again with a new one. That answer means that nothing
   * was done, so a write is repeated by this no more than a read.
   */
  async send(request: SessionRequest): Promise<OrgAnswer> {
    const before = this.#grant.accessToken;
    const answer = await this.#sendOnce(request);
    if (answer.statusCode !== 401) return answer;
    await answer.body.dump();
    await this.renew(before);
    const again = await this.#sendOnce(request);
    if (again.statusCode === 401) throw await refused(again, 'The org took no token');
    return again;
  }

  /** Gets new tokens unless somebody has since `before`; of many callers at once, one asks. */
  async renew(before: string): Promise<void> {
    if (this.#grant.accessToken !== before) return;
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  /** Why the org does not let us in; null while it does, as far as is known. */
  get refusal(): Fault | null {
    return this.#refusal?.fault ?? null;
  }

  /** Whether the org still lets us in. */
  async check(signal: AbortSignal): Promise<void> {
    const version = await this.version(signal);
    const path = `/services/data/${version}/limits`;
    const answer = await this.send({ method: 'GET', path, signal });
    if (answer.statusCode !== 200) throw await refused(answer, 'The org was asked for its limits');
    await answer.body.dump();
  }

  /** `v67.0`: the newest that both sides know. */
  version(signal: AbortSignal): Promise<string> {
    this.#version ??= this.#findVersion(signal).catch((error: unknown) => {
      this.#version = undefined;
      throw error;
    });
    return this.#version;
  }

  async #renew(): Promise<void> {
    const { oauth, grants, clock, log, hosts } = this.#parts;
    if (this.#refusal !== undefined && this.#refusal.until > clock.now()) throw this.#refusal.fault;
    try {
      const tokens = await oauth.renew(this.#grant);
      await hosts.check(tokens.instanceUrl);
      // Stored before use: an org that rotates refresh tokens has just made the old one worthless.
      await grants.renew(this.#grant.connectionId, tokens);
      this.#grant = {
        ...this.#grant,
        accessToken: tokens.accessToken,
        instanceUrl: tokens.instanceUrl,
        refreshToken: tokens.refreshToken ?? this.#grant.refreshToken,
      };
      this.#refusal = undefined;
      log.info({ connectionId: this.#grant.connectionId }, 'session renewed');
    } catch (error) {
      if (error instanceof Fault && error.code !== 'SALESFORCE_AWAY') {
        this.#refusal = { until: clock.now() + LOGIN_RETRY_MS, fault: error };
      }
      throw error;
    }
  }

  async #sendOnce({ path, headers = {}, ...request }: SessionRequest): Promise<OrgAnswer> {
    const { http } = this.#parts;
    const { instanceUrl, accessToken, connectionId } = this.#grant;
    const answer = await http.send({
      ...request,
      url: pathOn(instanceUrl, path),
      headers: {
        accept: 'application/json',
        ...headers,
        authorization: `Bearer ${accessToken}`,
        // Change events of our own writes name their origin by this.
        'sforce-call-options': `client=landbridge/${connectionId}`,
      },
    });
    this.#usage = usageOf(header(answer, 'sforce-limit-info')) ?? this.#usage;
    return answer;
  }

  async #findVersion(signal: AbortSignal): Promise<string> {
    const answer = await this.send({ method: 'GET', path: '/services/data', signal });
    if (answer.statusCode !== 200) throw await refused(answer, 'The org did not list its versions');
    const versions = Versions.parse(parseJson(await answer.body.text()));
    const usable = versions
      .map(({ version }) => Number(version))
      .filter((version) => version >= API_VERSION_OLDEST && version <= API_VERSION_NEWEST);
    if (usable.length === 0) {
      throw fault(
        'SALESFORCE_REFUSED',
        `The org knows no API version between ${API_VERSION_OLDEST} and ${API_VERSION_NEWEST}.`,
      );
    }
    return `v${Math.max(...usable).toFixed(1)}`;
  }
}

const Versions = z.array(z.object({ version: z.string() }));

/** The path on the instance; one that would lead to another host (`//host/…`, a whole address) is cut to its path. */
export function pathOn(instanceUrl: string, path: string): string {
  const { pathname, search } = new URL(path, instanceUrl);
  const url = new URL(instanceUrl);
  url.pathname = pathname;
  url.search = search;
  return url.toString();
}

/** `api-usage=18/15000` */
function usageOf(text: string | undefined): Usage | undefined {
  const match = /api-usage=(\d+)\/(\d+)/.exec(text ?? '');
  return match === null ? undefined : { used: Number(match[1]), max: Number(match[2]) };
}
