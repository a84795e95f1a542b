import { made, type Kind, type Value } from '../value.ts';

/** Where a formula stands. */
export type Place = 'field' | 'rule' | 'default';

/** A call of a function, its parameters compiled and found to be of the right kinds. */
export interface FunctionCall {
  readonly name: string;
  readonly values: readonly Value[];
}

export interface FunctionRule {
  /** The kinds each parameter may be of; those after the first `needs` may be left out. */
  readonly takes: readonly (readonly Kind[])[];
  readonly needs: number;
  /** The last parameter may be given again and again. */
  readonly more?: boolean;
  /** Where it may stand; everywhere unless told. */
  readonly places?: readonly Place[];
  /** Its first parameter must be a field, not a computed value. */
  readonly ofField?: boolean;
  readonly make: (call: FunctionCall) => Value;
}

export const NUMBER: readonly Kind[] = ['Number'];
export const TEXT: readonly Kind[] = ['Text'];
export const BOOLEAN: readonly Kind[] = ['Boolean'];

/** A function whose SQL is that of its parameters put together. */
export function plain(
  kind: Kind,
  takes: readonly (readonly Kind[])[],
  sql: (...parameters: string[]) => string,
  rest: Partial<Pick<FunctionRule, 'needs' | 'more' | 'places'>> & {
    /** When the value is #Error! though its parameters are not. */
    readonly fault?: (...parameters: string[]) => string;
  } = {},
): FunctionRule {
  const { fault, ...more } = rest;
  return {
    takes,
    needs: takes.length,
    ...more,
    make: ({ values }) => {
      const parameters = values.map((value) => value.sql);
      return made(kind, sql(...parameters), values, fault?.(...parameters));
    },
  };
}
