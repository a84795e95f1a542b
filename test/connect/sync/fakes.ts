import type { Log } from '../../../src/kit/log.ts';
import type { Send } from '../../../connect/core/step-types.ts';
import type {
  AddressedEvent,
  Claimed,
  Org,
  OrgPage,
  Store,
  ToRead,
  WriteOutcome,
} from '../../../connect/ports.ts';
import type { Sync, SyncReport } from '../../../connect/sync/sync.ts';
import { PLAN } from '../core/row-states.ts';

const no = (what: string) => async (): Promise<never> => {
  throw new Error(`${what} was not expected`);
};

const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => {
    throw new Error('not used');
  },
};

export const EMPTY_PAGE: OrgPage = {
  records: [],
  end: null,
  more: false,
  asOf: '2026-01-01T00:00:00.000Z',
};
export const NOTHING_TO_READ: ToRead = { ambiguous: [], sfids: [], nextDueAt: null };

export function sendOf(recordId: number, at = 0): Send {
  return {
    recordId,
    attempt: recordId * 10,
    op: 'update',
    sfid: `003${recordId}`,
    key: null,
    values: { lastname: 'x' },
    at,
  };
}

/** Ports of which a test replaces what it is about; a clock that only moves when told; and what was stepped and reported. */
export function fakeSync(parts: {
  readonly store?: Partial<Store>;
  readonly org?: Partial<Org>;
  readonly now?: { ms: number };
  readonly lingerMs?: number;
}): { readonly sync: Sync; readonly stepped: AddressedEvent[]; readonly reports: SyncReport[] } {
  const stepped: AddressedEvent[] = [];
  const reports: SyncReport[] = [];
  const now = parts.now ?? { ms: 0 };
  const store: Store = {
    nextToken: async () => 1,
    claim: async () => ({ sends: [], rows: 0, nextDueAt: null }),
    step: async (_, steps) => {
      stepped.push(...steps);
      return [];
    },
    toRead: async () => NOTHING_TO_READ,
    recover: async () => 0,
    forget: async () => undefined,
    readCursor: async () => ({ asOf: null, sweep: null }),
    readLoad: async () => null,
    saveLoad: no('saveLoad'),
    loadPage: no('loadPage'),
    finishLoad: no('finishLoad'),
    ...parts.store,
  };
  const org: Org = {
    changesSince: async () => EMPTY_PAGE,
    readBack: async () => [],
    createdBySelf: async () => [],
    write: no('write'),
    deletedSince: async () => ({ sfids: [], asOf: EMPTY_PAGE.asOf }),
    createQueryJob: no('createQueryJob'),
    queryJobState: no('queryJobState'),
    queryJobPage: no('queryJobPage'),
    usage: () => null,
    ...parts.org,
  };
  const clock = {
    now: () => now.ms,
    sleep: async (ms: number) => {
      now.ms += ms;
    },
  };
  const bounds = {
    step: {
      serverAppliesWithinMs: 60_000,
      clockSkewMs: 1_000,
      retryFirstMs: 100,
      retryMaxMs: 1_000,
      recordRetriesMax: 3,
    },
    claimRowsMax: 2,
    sendRecordsMax: 2,
    sendsAtOnceMax: 2,
    sendWithinMs: 5_000,
    pageRecordsMax: 2,
    readBackRecordsMax: 10,
    lookBackMs: 300_000,
    pollIntervalMs: 10_000,
    sweepLogMs: 10_000,
    hintRestMs: 0,
    readAgainRestMs: 1_000,
    jobPollMs: 500,
    deletedListIntervalMs: 3_600_000,
    deletedListFirstMs: 86_400_000,
  };
  const report = (one: SyncReport): void => void reports.push(one);
  return {
    sync: {
      plan: PLAN,
      store,
      org,
      clock,
      log: SILENT,
      bounds,
      lingerMs: () => parts.lingerMs ?? 0,
      report,
    },
    stepped,
    reports,
  };
}

/** A claim that hands out each of the lists once, then nothing. */
export function claims(...lists: readonly (readonly Send[])[]): () => Promise<Claimed> {
  const left = [...lists];
  return async () => {
    const sends = left.shift() ?? [];
    return { sends, rows: sends.length, nextDueAt: null };
  };
}

export function all(
  kind: 'lost' | 'unsent',
): (plan: unknown, sends: readonly Send[]) => Promise<WriteOutcome[]> {
  return async (_, sends) => sends.map(() => ({ kind, reason: 'away' }));
}
