/** Replay ids are opaque bytes to clients; ours are the event's number, 8 bytes, big end first. */
export function encodeReplayId(replayId: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(replayId));
  return bytes;
}

/** Undefined when these are not the bytes of a replay id. */
export function decodeReplayId(bytes: Uint8Array): number | undefined {
  if (bytes.length !== 8) return undefined;
  const value = Buffer.from(bytes).readBigUInt64BE();
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}
