import { randomUUID } from 'node:crypto';

import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

/**
 * A refusal: a gRPC status, in the trailer `error-code` Salesforce's own word for it, and in the message and the trailer
 * `rpc-id` a name under which its support would find the call.
 */
export class PubSubError extends Error implements ServiceError {
  override readonly name = 'PubSubError';
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: status, errorCode: string, details: string) {
    super(details);
    const rpcId = randomUUID();
    this.code = code;
    this.details = `${details} rpcId: ${rpcId}`;
    this.metadata = new Metadata();
    this.metadata.set('error-code', `${PREFIX}${errorCode}`);
    this.metadata.set('rpc-id', rpcId);
  }
}

const PREFIX = 'sfdc.platform.eventbus.grpc.';

/** Every refusal whose words are always the same: its code, the gRPC status, and what it says. */
export const REFUSALS = {
  'service.auth.headers.invalid': [
    status.UNAUTHENTICATED,
    'The metadata accesstoken, instanceurl and tenantid are required.',
  ],
  'service.internal.error': [status.INTERNAL, 'An internal error occurred.'],
  'topic.validation.empty': [status.INVALID_ARGUMENT, 'The topic name is empty.'],
  'schema.validation.failed': [status.INVALID_ARGUMENT, 'The schema ID is empty.'],
  'subscription.limit.exceeded': [
    status.RESOURCE_EXHAUSTED,
    'You have exceeded the event delivery limit for your org.',
  ],
  'subscription.fetch.replayid.corrupted': [
    status.INVALID_ARGUMENT,
    'The Replay ID validation failed. Ensure that the Replay ID is valid.',
  ],
  'subscription.fetch.replayid.validation.failed': [
    status.INVALID_ARGUMENT,
    'The replay preset is CUSTOM, but no Replay ID is set.',
  ],
  'subscription.fetch.requested.events.invalid': [
    status.INVALID_ARGUMENT,
    'The number of requested events must be greater than zero.',
  ],
  'subscription.fetch.overflow': [
    status.RESOURCE_EXHAUSTED,
    'No more than 100 requested events may be outstanding.',
  ],
  'subscription.fetch.topic.mismatch': [
    status.INVALID_ARGUMENT,
    'The topic of a subscription cannot change.',
  ],
  'publish.event.count.invalid': [
    status.INVALID_ARGUMENT,
    'A publish request holds 1 to 200 events.',
  ],
  'publish.topic.validation.empty': [status.INVALID_ARGUMENT, 'The topic name is empty.'],
  'publish.topic.mismatch': [status.INVALID_ARGUMENT, 'The topic of a stream cannot change.'],
  'publish.stream.sweeper.timeout': [
    status.DEADLINE_EXCEEDED,
    'No publish request was received in 70 seconds.',
  ],
  'managed.subscription.already.active': [
    status.ALREADY_EXISTS,
    'The managed subscription has an active subscriber.',
  ],
  'managed.subscription.config.stopped': [
    status.FAILED_PRECONDITION,
    'The state of the managed subscription is STOP.',
  ],
  'managed.subscription.config.deleted': [
    status.NOT_FOUND,
    'The managed subscription has been deleted.',
  ],
  'managed.subscription.developer.name.not.found': [
    status.NOT_FOUND,
    'There is no managed subscription of this developer name.',
  ],
  'managed.subscription.subscription.id.not.found': [
    status.NOT_FOUND,
    'There is no managed subscription of this ID.',
  ],
  'managed.subscription.subscription.id.invalid': [
    status.INVALID_ARGUMENT,
    'The ID of a managed subscription has 15 or 18 characters.',
  ],
  'managed.subscription.id.or.developer.name.empty': [
    status.INVALID_ARGUMENT,
    'Either the ID or the developer name of a managed subscription is required.',
  ],
  'managed.subscription.fetch.request.events.invalid': [
    status.INVALID_ARGUMENT,
    'The number of requested events must not be negative.',
  ],
  'managed.subscription.fetch.request.commit.request.restricted': [
    status.INVALID_ARGUMENT,
    'The first request of a managed subscription cannot commit.',
  ],
  'managed.subscription.fetch.request.auth.request.restricted': [
    status.INVALID_ARGUMENT,
    'The first request of a managed subscription cannot refresh the authentication.',
  ],
} as const satisfies Readonly<Record<string, readonly [status, string]>>;

export function refusal(code: keyof typeof REFUSALS): PubSubError {
  const [grpc, details] = REFUSALS[code];
  return new PubSubError(grpc, code, details);
}

export const authInvalid = (details: string): PubSubError =>
  new PubSubError(status.UNAUTHENTICATED, 'service.auth.error', details);
export const topicMissing = (topic: string): PubSubError =>
  new PubSubError(status.NOT_FOUND, 'topic.not.found', `Topic ${topic} was not found.`);
export const topicDenied = (details: string): PubSubError =>
  new PubSubError(status.PERMISSION_DENIED, 'topic.meta.permission', details);
export const schemaMissing = (id: string): PubSubError =>
  new PubSubError(status.NOT_FOUND, 'schema.meta.permission', `Schema ${id} was not found.`);
