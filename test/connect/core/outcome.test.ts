import { expect, test } from '@jest/globals';
import { classify } from '../../../connect/core/outcome.ts';
import { step } from '../../../connect/core/step.ts';
import { applied, contextOf, nameOf, PLAN, STATES } from './row-states.ts';

const refusal = (code: string, fields: readonly string[] = []) => ({ code, message: code, fields });

test.each([
  ['update', 'UNABLE_TO_LOCK_ROW', 'busy'],
  ['update', 'REQUEST_LIMIT_EXCEEDED', 'later'],
  ['update', 'SERVER_UNAVAILABLE', 'later'],
  ['update', 'QUERY_TIMEOUT', 'later'],
  ['update', 'INVALID_SESSION_ID', 'later'],
  ['update', 'HTTP_503', 'later'],
  ['delete', 'ENTITY_IS_DELETED', 'gone'],
  ['delete', 'INVALID_CROSS_REFERENCE_KEY', 'gone'],
  ['update', 'INVALID_CROSS_REFERENCE_KEY', 'final'],
  ['update', 'REQUIRED_FIELD_MISSING', 'final'],
  ['update', 'toString', 'final'],
] as const)('%s refused with %s is %s', (op, code, meaning) => {
  expect(classify(PLAN, op, refusal(code))).toBe(meaning);
});

test('a duplicate external id is another upsert’s doing; any other duplicate is the application’s', () => {
  expect(classify(PLAN, 'insert', refusal('DUPLICATE_VALUE', ['Key__c']))).toBe('busy');
  expect(classify(PLAN, 'insert', refusal('DUPLICATE_VALUE', ['Email']))).toBe('final');
});

test('a locked record is tried again after a growing while, and is FAILED when that never helps', () => {
  const context = contextOf();
  const locked = { kind: 'refused', attempt: 50, refusal: refusal('UNABLE_TO_LOCK_ROW') } as const;
  const { sending } = STATES;
  const delays: number[] = [];
  let state = sending;
  while (delays.length < 10) {
    state = applied(
      state,
      step(context, { ...state, sync: { ...state.sync, sent: sending.sync.sent } }, locked),
    );
    if (nameOf(state) === 'refused') break;
    delays.push(state.sync.retryAt - context.now);
  }
  expect(delays).toEqual([500, 1_000, 2_000]);
  expect(nameOf(state)).toBe('refused');
});
