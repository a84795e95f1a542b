import { z } from 'zod';

import type { LookupFilter } from './field.ts';

const text = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .nullish()
  .transform((value) => value ?? null);
const flag = (otherwise: boolean) =>
  z
    .union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')])
    .default(otherwise);

/** A lookup's filter as the Metadata and Tooling APIs give it. */
const Metadata = z.looseObject({
  active: flag(true),
  booleanFilter: text,
  errorMessage: text,
  isOptional: flag(false),
  filterItems: z.preprocess(
    (value) =>
      value === undefined || value === null ? [] : Array.isArray(value) ? value : [value],
    z.array(
      z.looseObject({
        field: z.string(),
        operation: z.string(),
        value: z.preprocess(
          (value) => (Array.isArray(value) ? value.join(',') : value),
          text.transform((value) => value ?? ''),
        ),
        valueField: text,
      }),
    ),
  ),
});

/** Undefined when there is none; what cannot be read holds nobody back, and deploying says so. */
export function readLookupFilter(given: unknown): LookupFilter | undefined {
  if (given === undefined || given === null) return undefined;
  return Metadata.safeParse(given).data;
}
