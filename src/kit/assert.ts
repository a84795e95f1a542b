/** Stops the program's present work where something that cannot be is: a defect of ours, never the user's mistake. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** The value, which by the program's own logic must be there. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new AssertionFailed(`${what} is missing`);
  return value;
}

/** Marks a place that the types prove is never reached. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable: ${JSON.stringify(value)}`);
}

class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}
