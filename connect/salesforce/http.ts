import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';

import { Agent, type Dispatcher } from 'undici';

import { codeOf, messageOf } from '../../src/kit/fault.ts';
import { fault } from '../faults.ts';
import {
  ORG_CONNECT_TIMEOUT_MS,
  ORG_CONNECTIONS_MAX,
  ORG_KEEP_ALIVE_MS,
  ORG_READ_TIMEOUT_MS,
} from '../limits.ts';
import { PRIVATE_ADDRESSES, type OrgHosts } from './hosts.ts';

export interface OrgRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';
  /** The whole address; its host is held against the allowed ones. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  /** How long the answer's head may take, and each pause within its body. */
  readonly timeoutMs?: number;
}

export type OrgAnswer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/**
 * Requests to orgs, over connections that stay open. It follows no redirect: a token goes where it was meant to go or
 * nowhere.
 */
export class OrgHttp implements AsyncDisposable {
  readonly #hosts: OrgHosts;
  /** For hosts that the operator named, which may be on this machine. */
  readonly #near: Agent;
  /** For Salesforce's own hosts, which never are. */
  readonly #far: Agent;

  constructor(hosts: OrgHosts) {
    this.#hosts = hosts;
    const options = {
      connections: ORG_CONNECTIONS_MAX,
      keepAliveTimeout: ORG_KEEP_ALIVE_MS,
    };
    this.#near = new Agent({ ...options, connect: { timeout: ORG_CONNECT_TIMEOUT_MS } });
    this.#far = new Agent({
      ...options,
      connect: { timeout: ORG_CONNECT_TIMEOUT_MS, lookup: publicLookup },
    });
  }

  /** @throws Fault SALESFORCE_HOST_REFUSED or, where no answer came, SALESFORCE_AWAY; `wasSent` tells which */
  async send(request: OrgRequest): Promise<OrgAnswer> {
    const { method, url, headers = {}, body, signal, timeoutMs = ORG_READ_TIMEOUT_MS } = request;
    const { origin } = await this.#hosts.check(url);
    const { pathname, search } = new URL(url);
    const agent = this.#hosts.isNamed(new URL(url)) ? this.#near : this.#far;
    let answer: Dispatcher.ResponseData;
    try {
      signal.throwIfAborted();
      answer = await agent.request({
        origin,
        path: `${pathname}${search}`,
        method,
        headers: { 'user-agent': 'landbridge-connect', ...headers },
        ...(body === undefined ? {} : { body }),
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
    } catch (error) {
      throw fault(
        'SALESFORCE_AWAY',
        `The org at ${origin} did not answer: ${messageOf(error)}. It is asked again by itself.`,
        { cause: error, details: { sent: mayHaveLeft(error, signal) } },
      );
    }
    if (answer.statusCode >= 300 && answer.statusCode < 400 && answer.statusCode !== 304) {
      await answer.body.dump();
      throw fault(
        'SALESFORCE_HOST_REFUSED',
        `The org at ${origin} answered with a redirect, which is not followed. Use the org’s own address (My Domain).`,
      );
    }
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#near.destroy(), this.#far.destroy()]);
  }
}

/** Errors of a connection that was never made: nothing of the request can have reached anyone. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'LANDBRIDGE_PRIVATE_ADDRESS',
]);

function mayHaveLeft(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted && error === signal.reason) return true;
  const code = codeOf(error);
  if (code !== undefined) return !NEVER_CONNECTED.has(code);
  // Several addresses of one host were tried, and none took the connection.
  if (error instanceof AggregateError) {
    return error.errors.some((each) => !NEVER_CONNECTED.has(codeOf(each) ?? ''));
  }
  return true;
}

/** Resolves a name as ever, but takes no private address for an answer. */
function publicLookup(
  hostname: string,
  options: LookupOptions,
  done: (
    error: NodeJS.ErrnoException | null,
    address: string | LookupAddress[],
    family?: number,
  ) => void,
): void {
  lookup(hostname, options, (error, address, family) => {
    if (error !== null) {
      done(error, address, family);
      return;
    }
    const found = Array.isArray(address) ? address.map((each) => each.address) : [address];
    if (found.some(isPrivate)) {
      done(
        Object.assign(new Error(`${hostname} leads to a private address`), {
          code: 'LANDBRIDGE_PRIVATE_ADDRESS',
        }),
        address,
        family,
      );
      return;
    }
    done(null, address, family);
  });
}

function isPrivate(address: string): boolean {
  return isIP(address) === 0 || PRIVATE_ADDRESSES.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
