import {
  commitReplayId,
  findManaged,
  type ManagedSubscription,
} from '../streaming/managed-store.ts';
import { findReplayStart, REPLAY_ALL, REPLAY_NEW } from '../streaming/replay.ts';
import type { Channel } from '../streaming/channels.ts';
import type { DeliveryPorts } from './delivery.ts';
import { EventStream, type Duplex } from './fetch-stream.ts';
import { MANAGED_CHECK_MS } from './limits.ts';
import { ManagedFetchRequest, type CommitReplayRequest } from './messages.ts';
import { decodeReplayId } from './replay-id.ts';
import { refusal } from './status.ts';
import { getTopic } from './topics.ts';

/** The code of a commit that was refused, in the answer to it: the stream goes on. */
const ERROR_COMMIT = 2;

/** The managed subscriptions that have a subscriber: each may have one. */
export type ActiveSubscriptions = Map<string, ManagedStream>;

/** One ManagedSubscribe call: the org remembers what its subscriber has committed, and begins there the next time. */
export class ManagedStream extends EventStream {
  readonly #active: ActiveSubscriptions;
  #name: string | undefined;
  #checkedAt: number;

  constructor(ports: DeliveryPorts, call: Duplex, active: ActiveSubscriptions) {
    super(ports, call);
    this.#active = active;
    this.#checkedAt = ports.org.clock.now();
  }

  override close(): void {
    super.close();
    if (this.#name !== undefined && this.#active.get(this.#name) === this)
      this.#active.delete(this.#name);
  }

  /** Ends when the subscription has been stopped or deleted meanwhile. */
  async check(): Promise<void> {
    const now = this.ports.org.clock.now();
    if (this.#name === undefined || this.closed || now - this.#checkedAt < MANAGED_CHECK_MS) return;
    this.#checkedAt = now;
    const managed = await findManaged(this.ports.org.pool, { developerName: this.#name });
    if (managed === undefined) this.fail(refusal('managed.subscription.config.deleted'));
    else if (managed.state === 'STOP') this.fail(refusal('managed.subscription.config.stopped'));
  }

  protected override async serve(message: unknown): Promise<void> {
    const request = ManagedFetchRequest.parse(message);
    const { numRequested, commitReplayIdRequest: commit } = request;
    if (numRequested < 0) throw refusal('managed.subscription.fetch.request.events.invalid');
    if (this.#name === undefined) {
      if (commit !== null)
        throw refusal('managed.subscription.fetch.request.commit.request.restricted');
      if (request.authRefresh !== '')
        throw refusal('managed.subscription.fetch.request.auth.request.restricted');
      await this.#beginManaged(await this.#find(request));
    }
    if (numRequested > 0) this.delivery?.request(numRequested);
    if (commit !== null) await this.#commit(commit);
  }

  async #find({
    subscriptionId,
    developerName,
  }: ManagedFetchRequest): Promise<ManagedSubscription> {
    if ((subscriptionId === '') === (developerName === ''))
      throw refusal('managed.subscription.id.or.developer.name.empty');
    if (subscriptionId !== '' && subscriptionId.length !== 15 && subscriptionId.length !== 18)
      throw refusal('managed.subscription.subscription.id.invalid');
    const found = await findManaged(
      this.ports.org.pool,
      subscriptionId === '' ? { developerName } : { id: subscriptionId },
    );
    if (found !== undefined) return found;
    throw refusal(
      subscriptionId === ''
        ? 'managed.subscription.developer.name.not.found'
        : 'managed.subscription.subscription.id.not.found',
    );
  }

  async #beginManaged(managed: ManagedSubscription): Promise<void> {
    if (managed.state === 'STOP') throw refusal('managed.subscription.config.stopped');
    if (this.#active.has(managed.developerName))
      throw refusal('managed.subscription.already.active');
    this.#name = managed.developerName;
    this.#active.set(managed.developerName, this);
    const topic = await getTopic(await this.ports.seen(), managed.topic);
    this.begin(topic, await this.#startOf(topic.channel, managed));
  }

  /** After what was committed; where that is gone, and where nothing was, as the subscription says. */
  async #startOf(channel: Channel, managed: ManagedSubscription): Promise<number> {
    const { org, feed } = this.ports;
    const { committedReplayId, defaultReplay, errorRecoveryReplay } = managed;
    const committed =
      committedReplayId === null
        ? undefined
        : await findReplayStart({ ...org, feed }, channel, committedReplayId);
    if (committed !== undefined) return committed;
    const preset = committedReplayId === null ? defaultReplay : errorRecoveryReplay;
    const wanted = preset === 'LATEST' ? REPLAY_NEW : REPLAY_ALL;
    return (await findReplayStart({ ...org, feed }, channel, wanted)) ?? feed.head;
  }

  /** A commit that is refused says so in its answer. */
  async #commit({ commitRequestId, replayId }: CommitReplayRequest): Promise<void> {
    const { org } = this.ports;
    const wanted = decodeReplayId(replayId);
    let problem: string | undefined;
    if (replayId.length === 0) problem = 'The Replay ID to commit is missing.';
    else if (wanted === undefined) problem = 'The Replay ID to commit is invalid.';
    else if (wanted > (this.delivery?.sentThrough ?? 0))
      problem = 'The event of the Replay ID has not been delivered yet.';
    // The row's own condition keeps the place from going back, whoever commits.
    else if (!(await commitReplayId(org.pool, this.#name ?? '', wanted)))
      problem = 'The Replay ID is older than the committed one.';
    this.send([], {
      commitResponse: {
        commitRequestId,
        replayId,
        ...(problem === undefined ? {} : { error: { code: ERROR_COMMIT, msg: problem } }),
        processTime: org.clock.now(),
      },
    });
  }
}
