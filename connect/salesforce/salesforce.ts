import type { Clock } from '../../src/kit/clock.ts';
import type { Log } from '../../src/kit/log.ts';
import type { Org } from '../ports.ts';
import type { Grant, GrantTable } from '../registry.ts';
import { Describer } from './describe.ts';
import { OrgHosts } from './hosts.ts';
import { OrgHttp } from './http.ts';
import { OrgOAuth, type ConnectedApp } from './oauth.ts';
import { salesforceOrg } from './org.ts';
import { OrgSession } from './session.ts';
import { deletePushTopic, OrgStreaming, type StreamedObject } from './streaming.ts';

export interface SalesforceOptions {
  readonly app: ConnectedApp;
  /** Hosts that are orgs though they are not Salesforce's. */
  readonly namedHosts: readonly string[];
  readonly namedHostsApplyWithinMs?: number | undefined;
  readonly grants: Pick<GrantTable, 'renew'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** An org that a connection is logged in to. */
export interface OpenOrg {
  readonly org: Org;
  readonly describer: Describer;
  readonly session: OrgSession;
  /** How long the org may still apply a write whose client has gone; undefined: as long as Salesforce. */
  readonly appliesWithinMs: number | undefined;
  streaming(objects: readonly StreamedObject[]): OrgStreaming;
  /** Takes away what streaming has made in the org for an object. */
  forgetStreaming(object: string, signal: AbortSignal): Promise<void>;
}

/** Everything Connect needs of Salesforce, for all connections. */
export class Salesforce implements AsyncDisposable {
  readonly hosts: OrgHosts;
  readonly oauth: OrgOAuth;
  readonly #http: OrgHttp;
  readonly #options: SalesforceOptions;

  constructor(options: SalesforceOptions) {
    this.#options = options;
    this.hosts = new OrgHosts(options.namedHosts);
    this.#http = new OrgHttp(this.hosts);
    this.oauth = new OrgOAuth(options.app, { http: this.#http, clock: options.clock });
  }

  open(grant: Grant): OpenOrg {
    const { grants, clock } = this.#options;
    const log = this.#options.log.child({ connectionId: grant.connectionId });
    const { oauth, hosts } = this;
    const session = new OrgSession({ grant, grants, oauth, http: this.#http, hosts, clock, log });
    return {
      org: salesforceOrg(session, clock),
      describer: new Describer(session),
      session,
      appliesWithinMs: hosts.isNamed(new URL(grant.instanceUrl))
        ? this.#options.namedHostsApplyWithinMs
        : undefined,
      streaming: (objects) => new OrgStreaming({ session, clock, log, objects }),
      forgetStreaming: (object, signal) => deletePushTopic(session, object, signal),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }
}
