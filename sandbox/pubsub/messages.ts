import { z } from 'zod';

/** The requests, as the library gives them: bytes as Buffers, enums as numbers, absent values as their defaults. */
const Bytes = z.instanceof(Uint8Array);

export const TopicRequest = z.object({ topicName: z.string() });
export const SchemaRequest = z.object({ schemaId: z.string() });

export const REPLAY_LATEST = 0;
export const REPLAY_EARLIEST = 1;

export const FetchRequest = z.object({
  topicName: z.string(),
  replayPreset: z.number(),
  replayId: Bytes,
  numRequested: z.number(),
});
export type FetchRequest = z.infer<typeof FetchRequest>;

export const PublishRequest = z.object({
  topicName: z.string(),
  events: z.array(z.object({ id: z.string(), schemaId: z.string(), payload: Bytes })),
});
export type PublishRequest = z.infer<typeof PublishRequest>;

export interface PublishResult {
  readonly replayId?: Buffer;
  readonly error?: { readonly code: number; readonly msg: string };
  readonly correlationKey: string;
}

const CommitReplayRequest = z.object({ commitRequestId: z.string(), replayId: Bytes });
export type CommitReplayRequest = z.infer<typeof CommitReplayRequest>;

export const ManagedFetchRequest = z.object({
  subscriptionId: z.string(),
  developerName: z.string(),
  numRequested: z.number(),
  authRefresh: z.string(),
  commitReplayIdRequest: CommitReplayRequest.nullable(),
});
export type ManagedFetchRequest = z.infer<typeof ManagedFetchRequest>;
