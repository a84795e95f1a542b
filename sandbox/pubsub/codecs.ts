import type pg from 'pg';

import type { StreamEvent } from '../streaming/event.ts';
import { findSchema } from '../streaming/store.ts';
import { createCodec, type EventCodec } from './codec.ts';
import { schemaMissing } from './status.ts';

/** The codecs of all schemas that events have been written with, made when first needed. There are as many as objects have had shapes. */
export class Codecs {
  readonly #pool: pg.Pool;
  readonly #codecs = new Map<string, EventCodec>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** @throws PubSubError */
  async get(schemaId: string): Promise<EventCodec> {
    const known = this.#codecs.get(schemaId);
    if (known !== undefined) return known;
    const schema = await findSchema(this.#pool, schemaId);
    if (schema === undefined) throw schemaMissing(schemaId);
    const codec = createCodec(schema.avro);
    this.#codecs.set(schemaId, codec);
    return codec;
  }

  /** An event's schema and bytes. */
  async encode({
    body,
  }: StreamEvent): Promise<{ readonly schemaId: string; readonly payload: Buffer }> {
    const { schema, payload } = body;
    const schemaId = typeof schema === 'string' ? schema : '';
    const codec = await this.get(schemaId);
    const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
    return { schemaId, payload: codec.encode(isObject ? payload : {}) };
  }
}
