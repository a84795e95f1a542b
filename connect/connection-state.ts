import { codeOf, Fault, messageOf } from '../src/kit/fault.ts';
import { unreachable } from '../src/kit/assert.ts';
import type { SyncReport } from './sync/sync.ts';

/** The words clients know for a mapping's state (Heroku Connect's own). */
export type MappingState =
  | 'INITIAL'
  | 'WAIT_BULK_LOAD'
  | 'LOADING_BULK_JOB'
  | 'RELOAD_TABLE'
  | 'DATA_SYNCED'
  | 'POLLING_SF_CHANGES'
  | ProblemState
  | 'BAD_CONFIG';

/** The words clients know for a connection's state. */
export type ConnectionState =
  | 'NEW'
  | 'NEED_AUTHENTICATION'
  | 'IDLE'
  | 'POLLING_DB_CHANGES'
  | 'PAUSED'
  | 'IMPORT_CONFIGURATION'
  | 'RECOVERY'
  | ProblemState
  | 'HEROKU_UNAUTH';

type ProblemState = 'UNAUTHORIZED' | 'INACTIVE_ORG' | 'DB_UNAVAILABLE' | 'SYSTEM_ERROR';

/** What is in the way, in the state's word and a sentence. */
export interface Problem {
  readonly state: ProblemState | 'BAD_CONFIG' | 'HEROKU_UNAUTH';
  readonly message: string;
}

/** What is in the way, by the error it shows itself as. */
export function problemOf(error: unknown): Problem {
  const message = messageOf(error);
  if (error instanceof Fault) return { state: stateOfFault(error), message };
  // The org's errors are faults by now; what else breaks on a wire is the database's.
  return { state: isDatabaseAway(codeOf(error)) ? 'DB_UNAVAILABLE' : 'SYSTEM_ERROR', message };
}

const STATE_OF_FAULT: ReadonlyMap<string, Problem['state']> = new Map([
  ['SALESFORCE_UNAUTHORIZED', 'UNAUTHORIZED'],
  ['SALESFORCE_ORG_INACTIVE', 'INACTIVE_ORG'],
  ['SALESFORCE_HOST_REFUSED', 'UNAUTHORIZED'],
  ['SECRET_UNREADABLE', 'UNAUTHORIZED'],
  ['DATABASE_REFUSED', 'DB_UNAVAILABLE'],
  ['DATABASE_UNKNOWN', 'DB_UNAVAILABLE'],
  ['SCHEMA_UNUSABLE', 'BAD_CONFIG'],
  ['MAPPING_FILE_REFUSED', 'BAD_CONFIG'],
  ['UNAUTHENTICATED', 'HEROKU_UNAUTH'],
  ['FORBIDDEN', 'HEROKU_UNAUTH'],
  ['NOT_FOUND', 'HEROKU_UNAUTH'],
]);

/** Salesforce's codes of an object or field that is no more, or is shown no more. */
const GONE_FROM_ORG = new Set(['INVALID_TYPE', 'INVALID_FIELD']);

function stateOfFault({ code, details }: Fault): Problem['state'] {
  if (code === 'SALESFORCE_REFUSED' && GONE_FROM_ORG.has(String(details['code']))) {
    return 'BAD_CONFIG';
  }
  return STATE_OF_FAULT.get(code) ?? 'SYSTEM_ERROR';
}

/** Node's codes of a server that is not there, and PostgreSQL's classes of one that takes no session. */
function isDatabaseAway(code: string | undefined): boolean {
  if (code === undefined) return false;
  return (
    /^(ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_|EHOST|ENET)/.test(code) ||
    /^(08|28|3D|53|57|58)[0-9A-Z]{3}$/.test(code)
  );
}

/** What is known of a mapping's loops. Times are epoch milliseconds. */
export interface MappingStatus {
  readonly state:
    | 'INITIAL'
    | 'WAIT_BULK_LOAD'
    | 'LOADING_BULK_JOB'
    | 'RELOAD_TABLE'
    | 'DATA_SYNCED'
    | 'POLLING_SF_CHANGES';
  readonly read: LoopStatus;
  readonly push: LoopStatus;
  /** Writes on the wire. */
  readonly sending: number;
  readonly times: {
    readonly sfPoll: number | null;
    readonly sfWrite: number | null;
    readonly dbPoll: number | null;
    readonly dbWrite: number | null;
  };
  /** Everything Salesforce had at that time (its clock, ISO) is in the table. */
  readonly asOf: string | null;
}

interface LoopStatus {
  readonly problem: Problem | null;
  readonly failures: number;
}

const WELL: LoopStatus = { problem: null, failures: 0 };

export function beginning(loaded: boolean): MappingStatus {
  return {
    state: loaded ? 'DATA_SYNCED' : 'INITIAL',
    read: WELL,
    push: WELL,
    sending: 0,
    times: { sfPoll: null, sfWrite: null, dbPoll: null, dbWrite: null },
    asOf: null,
  };
}

/** The status after a report of the mapping's loops. */
export function afterReport(status: MappingStatus, report: SyncReport, now: number): MappingStatus {
  const { times } = status;
  switch (report.kind) {
    case 'loadWaiting':
      return { ...answered(status), state: 'WAIT_BULK_LOAD' };
    case 'loading':
      return {
        ...answered(status),
        state: 'LOADING_BULK_JOB',
        times: { ...times, sfPoll: now, dbWrite: now },
      };
    case 'loaded':
      return { ...answered(status), state: 'DATA_SYNCED' };
    case 'polling':
      return { ...status, state: 'POLLING_SF_CHANGES' };
    case 'polled':
      return {
        ...answered(status),
        state: 'DATA_SYNCED',
        asOf: report.asOf,
        times: { ...times, sfPoll: now, dbWrite: report.records > 0 ? now : times.dbWrite },
      };
    case 'pushing':
      return {
        ...status,
        sending: status.sending + report.records,
        times: { ...times, dbPoll: now },
      };
    case 'pushed': {
      const records = report.accepted + report.refused + report.lost + report.unsent;
      return {
        ...status,
        push: report.accepted + report.refused > 0 ? WELL : status.push,
        sending: Math.max(0, status.sending - records),
        times: report.accepted > 0 ? { ...times, sfWrite: now } : times,
      };
    }
    case 'failed': {
      const { failures } = status[report.loop];
      const failed = { problem: problemOf(report.error), failures: failures + 1 };
      return report.loop === 'read' ? { ...status, read: failed } : { ...status, push: failed };
    }
    default:
      return unreachable(report);
  }
}

/** A read went well: both the org and the database have answered, and without these a push has no trouble of its own. */
function answered(status: MappingStatus): MappingStatus {
  return { ...status, read: WELL, push: WELL };
}

/** A single failure that mends itself is the weather; one that names its cause, or comes again, is told. */
export function problemOfMapping({ read, push }: MappingStatus): Problem | null {
  const told = [read, push].filter(
    ({ problem, failures }) =>
      problem !== null && (problem.state !== 'SYSTEM_ERROR' || failures > 1),
  );
  return told[0]?.problem ?? null;
}

export function shownMappingState(status: MappingStatus): MappingState {
  const problem = problemOfMapping(status);
  if (problem === null) return status.state;
  return problem.state === 'HEROKU_UNAUTH' ? 'SYSTEM_ERROR' : problem.state;
}

/** How far a connection has come. */
export type Phase =
  | { readonly kind: 'new' }
  | { readonly kind: 'needsAuthentication' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'starting' }
  /** Another process runs it. */
  | { readonly kind: 'standingBy' }
  | { readonly kind: 'importing' }
  | { readonly kind: 'running' }
  | { readonly kind: 'failing'; readonly problem: Problem };

export function shownConnectionState(
  phase: Phase,
  mappings: readonly MappingStatus[],
  problem: Problem | null,
): ConnectionState {
  switch (phase.kind) {
    case 'new':
      return 'NEW';
    case 'needsAuthentication':
      return 'NEED_AUTHENTICATION';
    case 'paused':
      return 'PAUSED';
    case 'starting':
    case 'standingBy':
      return 'RECOVERY';
    case 'importing':
      return 'IMPORT_CONFIGURATION';
    case 'failing':
      return phase.problem.state === 'BAD_CONFIG' ? 'SYSTEM_ERROR' : phase.problem.state;
    case 'running': {
      if (problem !== null) return problem.state === 'BAD_CONFIG' ? 'IDLE' : problem.state;
      return mappings.some(({ sending }) => sending > 0) ? 'POLLING_DB_CHANGES' : 'IDLE';
    }
    default:
      return unreachable(phase);
  }
}

/** What several mappings can have in common: the way into the org, or the database. One mapping's own trouble is its own. */
export function connectionProblem(mappings: readonly MappingStatus[]): Problem | null {
  const problems = mappings.map(problemOfMapping);
  const shared = problems.find(
    (problem) => problem !== null && !['BAD_CONFIG', 'SYSTEM_ERROR'].includes(problem.state),
  );
  if (shared !== undefined) return shared;
  const [first] = problems;
  const all = problems.length > 0 && problems.every((problem) => problem?.state === 'SYSTEM_ERROR');
  return all ? (first ?? null) : null;
}
