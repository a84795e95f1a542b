import { isDeepStrictEqual } from 'node:util';

import { SalesforceError } from '../salesforce-error.ts';

/** What became of a component that was put into the draft. */
export interface Applied {
  readonly fullName: string;
  readonly outcome: 'created' | 'changed' | 'same';
}

export type Mode = 'create' | 'update' | 'upsert';

export interface Target {
  readonly fullName: string;
  readonly metadata: unknown;
  readonly mode: Mode;
}

export function outcomeOf(before: unknown, after: unknown): Applied['outcome'] {
  if (before === undefined) return 'created';
  const [was, is]: readonly unknown[] = [before, after].map((one) =>
    JSON.parse(JSON.stringify(one)),
  );
  return isDeepStrictEqual(was, is) ? 'same' : 'changed';
}

export function refuseMode(
  fullName: string,
  known: boolean,
  { mode, type }: { readonly mode: Mode; readonly type: string },
): void {
  if (mode === 'create' && known) {
    throw new SalesforceError(
      'DUPLICATE_DEVELOPER_NAME',
      `That name is already used: ${fullName}`,
      { fields: ['fullName'] },
    );
  }
  if (mode === 'update' && !known) {
    throw notThere(type, fullName);
  }
}

export function notThere(type: string, fullName: string): SalesforceError {
  return new SalesforceError(
    'INVALID_CROSS_REFERENCE_KEY',
    `In field: fullName - no ${type} named ${fullName} found`,
    { fields: [] },
  );
}

/** Salesforce writes the name first and the rest by the alphabet, so that files of two orgs can be compared. */
export function inOrder(
  metadata: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(metadata)
    .filter(([name, value]) => name !== 'fullName' && value !== undefined)
    .map(([name, value]) => [name, ordered(value)] as const);
  return {
    ...('fullName' in metadata ? { fullName: metadata['fullName'] } : {}),
    ...Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return inOrder(Object.fromEntries(Object.entries(value)));
}
