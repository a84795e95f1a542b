import { createHash } from 'node:crypto';

import { recordId } from '../store/record-id.ts';

/** An id for what is made by name: always the same for the same name. */
export function metadataId(prefix: string, name: string): string {
  const number = createHash('sha256').update(name.toLowerCase()).digest().readUInt32BE(0);
  return recordId(prefix, BigInt(number));
}
