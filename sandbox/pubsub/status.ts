import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

/** A refusal: a gRPC status, and in the trailer `error-code` Salesforce's own word for it. */
export class PubSubError extends Error implements ServiceError {
  override readonly name = 'PubSubError';
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: status, errorCode: string, details: string) {
    super(details);
    this.code = code;
    this.details = details;
    this.metadata = new Metadata();
    this.metadata.set('error-code', `sfdc.platform.eventbus.grpc.${errorCode}`);
  }
}

export const authInvalid = (details: string): PubSubError =>
  new PubSubError(status.UNAUTHENTICATED, 'service.auth.error', details);
export const topicMissing = (topic: string): PubSubError =>
  new PubSubError(status.NOT_FOUND, 'topic.not.found', `Topic ${topic} was not found`);
export const schemaMissing = (id: string): PubSubError =>
  new PubSubError(status.NOT_FOUND, 'schema.not.found', `Schema ${id} was not found`);
export const topicChanged = (): PubSubError =>
  new PubSubError(status.INVALID_ARGUMENT, 'topic.changed', 'The topic of a stream cannot change');
export const replayIdCorrupted = (): PubSubError =>
  new PubSubError(
    status.INVALID_ARGUMENT,
    'subscription.fetch.replayid.corrupted',
    'The Replay ID validation failed. Ensure that the Replay ID is valid.',
  );
export const replayIdInvalid = (): PubSubError =>
  new PubSubError(
    status.INVALID_ARGUMENT,
    'subscription.fetch.replayid.validation.failed',
    'The Replay ID validation failed. Ensure that the Replay ID is valid.',
  );
export const requestedTooMany = (): PubSubError =>
  new PubSubError(
    status.INVALID_ARGUMENT,
    'subscription.fetch.requested.events.invalid',
    'num_requested must be at least 1, and no more than 100 events may be outstanding',
  );
export const publishRefused = (details: string): PubSubError =>
  new PubSubError(status.INVALID_ARGUMENT, 'publish.invalid', details);
export const publishIdle = (): PubSubError =>
  new PubSubError(
    status.DEADLINE_EXCEEDED,
    'publish.stream.idle',
    'No publish request was received in 70 seconds',
  );
export const notBuiltYet = (what: string): PubSubError =>
  new PubSubError(
    status.UNIMPLEMENTED,
    'not.implemented',
    `The sandbox org does not implement ${what}`,
  );
export const unexpected = (): PubSubError =>
  new PubSubError(status.INTERNAL, 'service.internal.error', 'An internal error occurred');
