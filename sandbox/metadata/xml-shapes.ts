import { z } from 'zod';

/** One element or several: XML does not tell a list of one from a value. */
export const many = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z.array(item),
  );

/** `value` stands for a list elsewhere in Metadata, so it is read as one. */
export const valueText = z.preprocess(
  (value) => (Array.isArray(value) ? value.join(',') : value),
  z.string().nullish(),
);
