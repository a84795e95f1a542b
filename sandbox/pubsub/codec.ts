import avro from 'avsc';
import { z } from 'zod';

import type { Json } from '../streaming/event.ts';

const Bitmapped = ['nulledFields', 'diffFields', 'changedFields'] as const;

/** Events of one schema as bytes and back. */
export interface EventCodec {
  encode(payload: Json): Buffer;
  decode(bytes: Buffer): Json;
}

const Field = z.object({ name: z.string(), type: z.json() });
const Schema = z.looseObject({
  type: z.literal('record'),
  name: z.string(),
  fields: z.array(Field),
});
type Schema = z.infer<typeof Schema>;

/** Makes the codec of an Avro schema as it is kept. */
export function createCodec(json: unknown): EventCodec {
  const schema = Schema.parse(json);
  // Unions stand as they are, without a wrapper naming the branch: each of ours has one branch beside null and string.
  const type = avro.Type.forSchema(AvroSchema.parse(JSON.parse(JSON.stringify(schema))), {
    wrapUnions: 'never',
  });
  return {
    encode: (payload) => type.toBuffer(toAvro(schema, payload)),
    decode: (bytes) => DecodedEvent.parse(JSON.parse(JSON.stringify(type.fromBuffer(bytes)))),
  };
}

const DecodedEvent = z.record(z.string(), z.json());
const AvroSchema = z.custom<avro.Schema>((value) => typeof value === 'object' && value !== null);

function toAvro(schema: Schema, payload: Json): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    schema.fields.map((field) => {
      const value = payload[field.name] ?? null;
      if (field.name === 'ChangeEventHeader')
        return [field.name, toAvroHeader(schema, Header.parse(value))];
      return [field.name, toAvroValue(field.type, value)];
    }),
  );
}

const Names = z.array(z.string());
const Header = z.looseObject({ nulledFields: Names, diffFields: Names, changedFields: Names });

function toAvroHeader(
  schema: Schema,
  header: z.infer<typeof Header>,
): Readonly<Record<string, unknown>> {
  return {
    ...header,
    ...Object.fromEntries(Bitmapped.map((key) => [key, bitmaps(schema, header[key])])),
  };
}

/** Times are numbers in Avro; a compound field is a record of its parts. */
function toAvroValue(type: unknown, value: Json[string]): unknown {
  const branch = branchOf(type);
  if (value === null) return null;
  const record = Schema.safeParse(branch);
  const parts = z.record(z.string(), z.json()).safeParse(value);
  if (record.success && parts.success) {
    return Object.fromEntries(
      record.data.fields.map(({ name, type: part }) => [
        name,
        toAvroValue(part, parts.data[name] ?? null),
      ]),
    );
  }
  // A long text's difference is an object to CometD clients, and a text to these.
  const difference = Difference.safeParse(value);
  if (branch === 'string' && difference.success) return difference.data.diff;
  if (branch === 'long' && typeof value === 'string') return millisecondsOf(value);
  return value;
}

const Difference = z.strictObject({ diff: z.string() });

/** The branch of a union that carries a value: its last. */
function branchOf(type: unknown): unknown {
  return Array.isArray(type) ? type.at(-1) : type;
}

/** Dates, dates with times, and times of day, as milliseconds. */
function millisecondsOf(text: string): number {
  const iso = /^\d\d:\d\d/.test(text) ? `1970-01-01T${text}` : text;
  return Date.parse(iso.replace(/\+0000$/, 'Z'));
}

/**
 * Field names as bitmaps over the schema's fields: `0x…` for those of the event itself, `N-0x…` for the parts of its
 * Nth field. Bit 0 is the first field.
 */
function bitmaps(schema: Schema, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const own = names.flatMap((name) =>
    name.includes('.') ? [] : [positionOf(schema.fields, name)],
  );
  const nested = new Map<number, number[]>();
  for (const name of names) {
    const [parent, part] = name.split('.');
    if (parent === undefined || part === undefined) continue;
    const position = positionOf(schema.fields, parent);
    const record = Schema.safeParse(branchOf(schema.fields[position]?.type));
    if (!record.success) continue;
    nested.set(position, [...(nested.get(position) ?? []), positionOf(record.data.fields, part)]);
  }
  return [hexOf(own), ...[...nested].map(([position, parts]) => `${position}-${hexOf(parts)}`)];
}

function positionOf(fields: readonly { readonly name: string }[], name: string): number {
  return fields.findIndex((field) => field.name === name);
}

function hexOf(positions: readonly number[]): string {
  let bits = 0n;
  for (const position of positions) if (position >= 0) bits |= 1n << BigInt(position);
  return `0x${bits.toString(16).toUpperCase()}`;
}
