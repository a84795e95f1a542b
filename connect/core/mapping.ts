import { z } from 'zod';

/** Who may write: Salesforce alone, or the application too. */
export const Access = z.enum(['read_only', 'read_write']);
export type Access = z.infer<typeof Access>;

/** Which side keeps a field that both changed since they were last equal. */
export const ConflictRule = z.enum(['salesforce', 'postgres']);
export type ConflictRule = z.infer<typeof ConflictRule>;

/** What Landbridge adds to Heroku Connect's mapping; absent from files made there. */
const Extensions = z.strictObject({
  conflict: ConflictRule.optional(),
  /** Gives rows inserted without a value of the upsert field one of ours. On unless the field cannot hold it. */
  key_default: z.boolean().optional(),
  /** Polls faster than Heroku Connect's two minutes. */
  polling_seconds: z.int().min(1).max(3600).optional(),
});

export const MappingConfig = z.looseObject({
  access: Access,
  sf_notify_enabled: z.boolean().default(false),
  sf_polling_seconds: z.int().min(120).max(3600).default(600),
  sf_max_daily_api_calls: z.int().min(0).default(30_000),
  fields: z.record(z.string(), z.looseObject({})),
  indexes: z.record(z.string(), z.looseObject({ unique: z.boolean().default(false) })).optional(),
  upsert_field: z.string().nullish(),
  landbridge: Extensions.optional(),
});
export type MappingConfig = Readonly<z.infer<typeof MappingConfig>>;

const JsonObject = z.record(z.string(), z.json());
export type JsonObject = Readonly<z.infer<typeof JsonObject>>;

/** One mapping as its owner wrote it: read once, and kept word for word so that an export equals the import. */
export interface MappingDocument {
  readonly objectName: string;
  readonly config: MappingConfig;
  readonly source: JsonObject;
}

/** @throws ZodError when the configuration is not one. */
export function readMappingDocument(objectName: string, source: unknown): MappingDocument {
  return {
    objectName,
    config: MappingConfig.parse(source),
    source: JsonObject.parse(source),
  };
}

export function conflictRule({ landbridge }: MappingConfig): ConflictRule {
  return landbridge?.conflict ?? 'salesforce';
}

export function pollingSeconds({ landbridge, sf_polling_seconds }: MappingConfig): number {
  return landbridge?.polling_seconds ?? sf_polling_seconds;
}
