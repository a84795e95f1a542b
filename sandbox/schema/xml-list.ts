import { z } from 'zod';

/** In XML one element and a list of one look alike, and none at all is an empty text. */
export function many<Shape extends z.ZodType>(shape: Shape) {
  return z.preprocess(
    (value) =>
      value === undefined || value === null || value === ''
        ? []
        : Array.isArray(value)
          ? value
          : [value],
    z.array(shape),
  );
}
