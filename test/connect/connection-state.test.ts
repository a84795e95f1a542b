import { describe, expect, test } from '@jest/globals';

import {
  afterReport,
  beginning,
  connectionProblem,
  problemOf,
  shownConnectionState,
  shownMappingState,
  type ConnectionState,
  type MappingState,
  type MappingStatus,
  type Phase,
} from '../../connect/connection-state.ts';
import { fault } from '../../connect/faults.ts';
import type { SyncReport } from '../../connect/sync/sync.ts';

const failed = (error: unknown, loop: 'push' | 'read' = 'read'): SyncReport => ({
  kind: 'failed',
  loop,
  error,
});
const after = (...reports: readonly SyncReport[]): MappingStatus =>
  reports.reduce((status, report) => afterReport(status, report, 1_000), beginning(true));
const polled: SyncReport = { kind: 'polled', records: 3, asOf: '2026-11-21T06:41:31.000Z' };

const ERRORS: readonly (readonly [string, unknown, ReturnType<typeof problemOf>['state']])[] = [
  ['a refused login', fault('SALESFORCE_UNAUTHORIZED', 'x'), 'UNAUTHORIZED'],
  ['a locked org', fault('SALESFORCE_ORG_INACTIVE', 'x'), 'INACTIVE_ORG'],
  ['an org that is away', fault('SALESFORCE_AWAY', 'x'), 'SYSTEM_ERROR'],
  [
    'a field that is gone',
    fault('SALESFORCE_REFUSED', 'x', { details: { code: 'INVALID_FIELD' } }),
    'BAD_CONFIG',
  ],
  [
    'another refusal',
    fault('SALESFORCE_REFUSED', 'x', { details: { code: 'QUERY_TOO_COMPLICATED' } }),
    'SYSTEM_ERROR',
  ],
  [
    'a database that is away',
    Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
    'DB_UNAVAILABLE',
  ],
  ['a database that is gone', Object.assign(new Error('x'), { code: '3D000' }), 'DB_UNAVAILABLE'],
  ['a wrong password', Object.assign(new Error('x'), { code: '28P01' }), 'DB_UNAVAILABLE'],
  [
    'a statement of ours that is wrong',
    Object.assign(new Error('x'), { code: '42703' }),
    'SYSTEM_ERROR',
  ],
  ['a platform that does not know us', fault('UNAUTHENTICATED', 'x'), 'HEROKU_UNAUTH'],
  ['something unforeseen', new TypeError('x'), 'SYSTEM_ERROR'],
];

test.each(ERRORS)('%s is told by its word', (_what, error, state) => {
  expect(problemOf(error).state).toBe(state);
});

describe('a mapping', () => {
  const shown: readonly (readonly [MappingState, readonly SyncReport[]])[] = [
    ['DATA_SYNCED', []],
    ['WAIT_BULK_LOAD', [{ kind: 'loadWaiting' }]],
    ['LOADING_BULK_JOB', [{ kind: 'loading', records: 10 }]],
    [
      'DATA_SYNCED',
      [
        { kind: 'loading', records: 10 },
        { kind: 'loaded', records: 10 },
      ],
    ],
    ['POLLING_SF_CHANGES', [{ kind: 'polling' }]],
    ['DATA_SYNCED', [{ kind: 'polling' }, polled]],
    ['UNAUTHORIZED', [failed(fault('SALESFORCE_UNAUTHORIZED', 'x'))]],
    ['DB_UNAVAILABLE', [failed(Object.assign(new Error('x'), { code: '57P01' }), 'push')]],
    ['DATA_SYNCED', [failed(fault('SALESFORCE_AWAY', 'x'))]],
    [
      'SYSTEM_ERROR',
      [failed(fault('SALESFORCE_AWAY', 'x')), failed(fault('SALESFORCE_AWAY', 'x'))],
    ],
    ['DATA_SYNCED', [failed(fault('SALESFORCE_UNAUTHORIZED', 'x')), polled]],
    ['DATA_SYNCED', [failed(new Error('x'), 'push'), failed(new Error('x'), 'push'), polled]],
  ];
  test.each(shown)('is %s after %j', (state, reports) => {
    expect(shownMappingState(after(...reports))).toBe(state);
  });

  test('that was never loaded is INITIAL', () => {
    expect(shownMappingState(beginning(false))).toBe('INITIAL');
  });

  test('counts what is on the wire down to nothing, whatever became of it', () => {
    const pushing: SyncReport = { kind: 'pushing', records: 4 };
    const pushed: SyncReport = { kind: 'pushed', accepted: 1, refused: 1, lost: 1, unsent: 1 };
    expect(after(pushing).sending).toBe(4);
    expect(after(pushing, pushed).sending).toBe(0);
    expect(after(pushed).sending).toBe(0);
  });
});

describe('a connection', () => {
  const phases: Readonly<Record<Exclude<Phase['kind'], 'failing' | 'running'>, ConnectionState>> = {
    new: 'NEW',
    needsAuthentication: 'NEED_AUTHENTICATION',
    paused: 'PAUSED',
    starting: 'RECOVERY',
    standingBy: 'RECOVERY',
    importing: 'IMPORT_CONFIGURATION',
  };
  test('has a word for every phase', () => {
    const kinds = [
      'new',
      'needsAuthentication',
      'paused',
      'starting',
      'standingBy',
      'importing',
    ] as const;
    for (const kind of kinds) expect(shownConnectionState({ kind }, [], null)).toBe(phases[kind]);
  });

  const running = (...mappings: readonly MappingStatus[]): ConnectionState =>
    shownConnectionState({ kind: 'running' }, mappings, connectionProblem(mappings));
  const gone = fault('SALESFORCE_REFUSED', 'x', { details: { code: 'INVALID_TYPE' } });

  test('that runs is IDLE, or writing', () => {
    expect(running(after(polled))).toBe('IDLE');
    expect(running(after({ kind: 'pushing', records: 1 }))).toBe('POLLING_DB_CHANGES');
  });

  test('is not stopped by one bad mapping', () => {
    expect(running(after(failed(gone)), after(polled))).toBe('IDLE');
    expect(running(after(failed(gone)))).toBe('IDLE');
  });

  test('has what its mappings share: no login, no database, or no org for any of them', () => {
    const away = failed(fault('SALESFORCE_AWAY', 'x'));
    expect(running(after(polled), after(failed(fault('SALESFORCE_UNAUTHORIZED', 'x'))))).toBe(
      'UNAUTHORIZED',
    );
    expect(running(after(away, away), after(polled))).toBe('IDLE');
    expect(running(after(away, away), after(away, away))).toBe('SYSTEM_ERROR');
  });
});
